"""The page and its plain forms: everything works by HTTP alone."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_script_prefix
from django.utils import timezone

from chat import actions, fragments
from chat.models import Message, Participant, Room

HOSTILE = """</input>"><script>alert(1)</script><b id='x'>&amp;{{ 7|add:7 }}"""


def field(page, name: str) -> str:
    """What stands in the last field of this name."""
    return unescape(re.findall(rf'<input[^>]* name="{name}" value="([^"]*)"', page.text)[-1])


def fill(room: Room, author: Participant, count: int) -> None:
    for number in range(1, count + 1):
        Message.objects.create(
            room=room,
            author=author,
            author_name=author.name,
            body=f"message {number}",
            seq=number,
            changed=number,
            sent=timezone.now(),
        )
    Room.objects.filter(pk=room.pk).update(seq=count)


def seqs(page) -> list[int]:
    return [int(seq) for seq in re.findall(r'data-seq="(\d+)"', page.text)]


@pytest.fixture
def browser_like(lobby):
    """A client that is asked for its CSRF token, as browsers are."""
    return Client(enforce_csrf_checks=True)


def test_it_works(browser_like):
    page = browser_like.get("/chat/")
    form = {name: field(page, name) for name in ("csrfmiddlewaretoken", "nonce")}
    answer = browser_like.post("/chat/lobby/messages/", {**form, "message": "hello"})
    assert (answer.status_code, answer["Location"]) == (303, "/chat/lobby/")
    assert ">hello</section>" in browser_like.get(answer["Location"]).text


def test_a_browser_that_knows_no_style_reads_of_no_state_that_it_never_has(client, lobby):
    text = re.sub(r"<[^>]+>", " ", client.get("/chat/").text)
    assert "Send" in text
    for state in ("Connecting", "Waiting until", "Not sent yet", "Try again"):
        assert state not in text


def test_the_root_goes_to_the_chat(client, db):
    assert client.get("/", follow=True).redirect_chain == [("/chat/", 302)]


def test_the_default_room_is_there_from_the_first_visit_on(client, db, settings):
    settings.CHAT_DEFAULT_ROOM = "town-hall"
    page = client.get("/chat/")
    assert 'id="room-town-hall"' in page.text
    assert Room.objects.get().name == "Town hall"
    assert client.get("/chat/town-hall/").status_code == 200


def test_hostile_text_names_and_rooms_are_shown_as_text(client, db):
    room = Room.objects.create(slug="r", name=HOSTILE[:80], topic=HOSTILE[:200])
    author = actions.enrol(Participant(key="gx", kind=Participant.Kind.GUEST, name=HOSTILE[:80]))
    actions.post_message(room, author, HOSTILE)
    page = client.get("/chat/r/")
    assert "<script>alert" not in page.text
    assert "{{ 7|add:7 }}</section>" in page.text
    assert page.text.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 5


# --- What the page shows -------------------------------------------------------------------------


def test_the_page_shows_the_newest_fifty_in_their_order(client, lobby, ann):
    fill(lobby, ann, 60)
    page = client.get("/chat/")
    assert seqs(page) == [*range(11, 61)]
    assert field(page, "cursor") == "60"


def test_the_cursor_of_an_empty_room_is_nought(client, lobby):
    assert field(client.get("/chat/"), "cursor") == "0"


def test_a_page_costs_the_same_number_of_queries_whatever_it_shows(client, lobby, ann):
    queries = []
    client.get("/chat/")  # whoever has no cookie yet is looked up nowhere
    for count in (1, 50):
        Message.objects.all().delete()
        fill(lobby, ann, count)
        fragments.forget_logs()  # so that both read what may be a second old
        with CaptureQueriesContext(connection) as asked:
            assert len(seqs(client.get("/chat/"))) == count
        queries.append(len(asked))
    assert queries[0] == queries[1] <= 6


def test_every_id_in_the_page_is_there_once_and_names_the_room(client, lobby, ann):
    actions.post_message(lobby, ann, "hello")
    ids = re.findall(r'\sid="([^"]+)"', client.get("/chat/").text)
    assert len(ids) == len(set(ids))
    for name in ("room", "log", "cursor", "connection"):
        assert f"{name}-lobby" in ids


def test_the_page_says_where_its_socket_is(client, lobby):
    assert 'ws-connect="/ws/chat/lobby/?sync=1"' in client.get("/chat/").text
    with override_script_prefix("/below/"):
        assert 'ws-connect="/below/ws/chat/lobby/?sync=1"' in client.get("/chat/").text


def test_pages_are_kept_for_going_back_but_always_asked_for(client, lobby):
    assert set(client.get("/chat/")["Cache-Control"].split(", ")) == {"private", "no-cache"}


@pytest.mark.parametrize("path", ["/chat/", "/chat/lobby/", "/health/", "/chat/viewer/g1.css"])
def test_head_works(client, lobby, path):
    answer = client.head(path)
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_page_cannot_be_posted_to(client, lobby):
    assert client.post("/chat/lobby/", {"message": "hello"}).status_code == 405


def test_an_unknown_room_looks_like_any_other_address_that_is_not_there(client, lobby):
    unknown = client.get("/chat/nowhere/")
    assert unknown.status_code == 404
    assert unknown.text == client.get("/no/such/address").text
    assert client.post("/chat/nowhere/messages/", {"message": "hello"}).text == unknown.text
    assert client.post("/chat/nowhere/name/", {"name": "Nina"}).text == unknown.text
    assert not Room.objects.exclude(slug="lobby").exists()


# --- The form of a message -----------------------------------------------------------------------


def test_posting_twice_with_the_same_nonce_stores_once(client, lobby):
    client.get("/chat/")
    for _ in range(2):
        assert client.post("/chat/lobby/messages/", {"message": "hello", "nonce": "n-1"}).status_code == 303
    assert Message.objects.count() == 1


def test_a_message_may_have_several_lines(client, lobby):
    client.post("/chat/lobby/messages/", {"message": "one\r\ntwo"})
    assert Message.objects.get().body == "one\ntwo"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the message is empty"),
        (" \u200b ", "the message is empty"),
        ("x" * 4001, "it has 4,001 characters, and at most 4,000 fit"),
        ("a\x00b", "the character NUL"),
    ],
    ids=["empty", "blank", "too long", "NUL"],
)
def test_a_message_that_does_not_do_comes_back_with_its_text_and_the_reason(client, lobby, text, reason):
    page = client.post("/chat/lobby/messages/", {"message": text, "nonce": "n-1"})
    assert page.status_code == 400
    assert reason in page.text
    assert field(page, "message") == text
    assert field(page, "nonce") != "n-1"
    assert not Message.objects.exists()


def test_a_missing_message_is_an_empty_one(client, lobby):
    assert client.post("/chat/lobby/messages/").status_code == 400


def test_a_nonce_that_is_none_is_refused(client, lobby):
    page = client.post("/chat/lobby/messages/", {"message": "hello", "nonce": "a b"})
    assert (page.status_code, field(page, "message")) == (400, "hello")


def test_hostile_text_comes_back_as_text(client, lobby):
    text = HOSTILE + "x" * 4000
    page = client.post("/chat/lobby/messages/", {"message": text})
    assert page.status_code == 400
    assert "<script>alert" not in page.text
    assert field(page, "message") == text


def test_who_is_too_fast_gets_429_and_keeps_the_text(client, lobby, settings):
    settings.CHAT_PARTICIPANT_RATE = "1/day"
    client.get("/chat/")
    client.post("/chat/lobby/messages/", {"message": "first"})
    page = client.post("/chat/lobby/messages/", {"message": "second"})
    assert (page.status_code, field(page, "message")) == (429, "second")
    assert "too fast" in page.text
    assert [*Message.objects.values_list("body", flat=True)] == ["first"]


def test_in_a_room_archived_meanwhile_the_text_is_kept_too(client, lobby):
    client.get("/chat/")
    lobby.archived = True
    actions.save_room(lobby)
    page = client.post("/chat/lobby/messages/", {"message": "what I wrote"})
    assert page.status_code == 403
    assert "archived" in page.text
    assert "what I wrote" in page.text


def test_who_was_banned_meanwhile_keeps_the_text_too(as_guest, lobby, ann):
    actions.ban(ann, True)
    page = as_guest(ann).post("/chat/lobby/messages/", {"message": "what I wrote"})
    assert page.status_code == 403
    assert "moderator" in page.text
    assert "what I wrote" in page.text


def test_a_page_that_says_what_was_wrong_does_not_reload_itself(client, lobby):
    assert 'http-equiv="refresh"' in client.get("/chat/").text
    assert 'http-equiv="refresh"' not in client.get("/chat/?still=1").text
    assert 'http-equiv="refresh"' not in client.post("/chat/lobby/messages/", {"message": ""}).text


@pytest.mark.parametrize("form", ["messages", "name"])
def test_reloading_the_address_of_a_form_goes_to_the_room(client, lobby, form):
    answer = client.get(f"/chat/lobby/{form}/")
    assert (answer.status_code, answer["Location"]) == (303, "/chat/lobby/")


@pytest.mark.parametrize("name", ["messages", "name"])
def test_a_form_from_another_site_is_refused_in_words(browser_like, name):
    token = field(browser_like.get("/chat/"), "csrfmiddlewaretoken")
    form = {"csrfmiddlewaretoken": token, "message": "hello", "name": "Nina"}
    answer = browser_like.post(f"/chat/lobby/{name}/", form, headers={"origin": "https://evil.example"})
    assert answer.status_code == 403
    assert "This form has grown stale" in answer.text
    assert "Content-Security-Policy" in answer.headers
    assert not Message.objects.exists()
    assert not Participant.objects.exists()


def test_archived_rooms_can_be_read_and_have_no_composer(client, lobby, ann):
    actions.post_message(lobby, ann, "long ago")
    lobby.archived = True
    actions.save_room(lobby)
    page = client.get("/chat/?plain=1")
    assert "long ago" in page.text
    assert "archived" in page.text
    assert 'class="composer"' not in page.text


# --- The form of a name --------------------------------------------------------------------------


def test_a_guest_takes_another_name(as_guest, lobby, ann):
    client = as_guest(ann)
    answer = client.post("/chat/lobby/name/", {"name": "  Anna <b> "})
    assert (answer.status_code, answer["Location"]) == (303, "/chat/lobby/")
    ann.refresh_from_db()
    assert ann.name == "Anna <b>"
    assert "Anna &lt;b&gt;" in client.get("/chat/").text


def test_a_newcomer_may_take_a_name_first(client, lobby):
    client.post("/chat/lobby/name/", {"name": "Nina"})
    client.post("/chat/lobby/messages/", {"message": "hello"})
    assert Message.objects.get().author_name == "Nina"


@pytest.mark.parametrize("text", ["", "\u202e", "n" * 2000, "a\x00", '"><script>' * 10])
def test_a_name_that_does_not_do_comes_back_with_the_reason(as_guest, lobby, ann, text):
    page = as_guest(ann).post("/chat/lobby/name/", {"name": text})
    assert page.status_code == 400
    assert re.search(r'<details class="me" id="me-lobby" open>.*role="alert"', page.text, re.DOTALL)
    assert field(page, "name") == (text or "Ann")
    ann.refresh_from_db()
    assert ann.name == "Ann"


def test_a_member_can_take_another_name_than_that_of_the_account(client, lobby, member):
    client.force_login(member.user)
    assert client.post("/chat/lobby/name/", {"name": "Mia of the Hill"}).status_code == 303
    assert "Mia of the Hill" in client.get("/chat/").text
    member.refresh_from_db()
    assert member.name == "Mia of the Hill"


def test_who_is_banned_keeps_the_name(as_guest, lobby, ann):
    actions.ban(ann, True)
    assert as_guest(ann).post("/chat/lobby/name/", {"name": "Nina"}).status_code == 403
