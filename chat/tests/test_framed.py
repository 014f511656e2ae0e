"""A room in a frame of another site: who may frame it, and who somebody in it is. No cookie counts there."""

import base64
import hashlib
import hmac
import json
import re
import time
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from channels.db import database_sync_to_async as threaded
from django.core import signing
from django.core.checks import run_checks
from django.test import Client

from chat import actions, identity, tickets
from chat.models import Message, Participant, Room
from chat.tests.sidebars import person
from chat.tests.test_docs import blocks, document, section
from chat.tests.test_embedding import HTMX, fields
from chat.tests.test_headers import PAGES, policy

SECRET = "shared-with-the-blog-and-nobody-else-0123456789"
PATH = "/chat/lobby/embed/"
FRAME = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "iframe"}


@pytest.fixture(autouse=True)
def _framed(settings, lobby):
    settings.CHAT_FRAME_ANCESTORS = "https://blog.example https://*.example.org"
    settings.CHAT_FRAME_SECRET = SECRET


@pytest.fixture
def frame():
    """A browser that keeps no cookie of ours, with CSRF enforced as on a real site."""
    return Client(enforce_csrf_checks=True)


def signed(secret=SECRET, **about) -> str:
    about = {"room": "lobby", "id": "42", "name": "Ann of the blog", "exp": time.time() + 60, **about}
    payload = base64.urlsafe_b64encode(json.dumps(about).encode()).decode().rstrip("=")
    return f"{payload}.{hmac.new(secret.encode(), payload.encode(), hashlib.sha256).hexdigest()}"


def shown_name(page: str) -> str:
    return unescape(re.search(r'class="me-name"[^>]*>[\s\S]*?<bdi[^>]*>([^<]*)<', page)[1])


def form(page: str) -> dict[str, str]:
    return fields(page, 'class="composer"')


def say(browser: Client, page: str, text: str, path="/chat/lobby/messages/", **headers):
    return browser.post(path, {**form(page), "message": text}, headers=headers)


def test_it_works(frame):
    page = frame.get(PATH, headers=FRAME).text
    frame.cookies.clear()  # blocked
    answer = say(frame, page, "from the frame", **{"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 303
    where = urlsplit(answer["Location"])
    assert (where.path, where.fragment) == (PATH, "room-lobby")
    again = frame.get(f"{where.path}?{where.query}", headers={"Sec-Fetch-Site": "same-origin"}).text
    assert "from the frame" in again
    assert shown_name(again) == shown_name(page)
    assert Message.objects.get().author.is_guest


# --- Who may frame it ----------------------------------------------------------------------------


def test_the_listed_sites_may_and_only_in_this_page(frame):
    answer = frame.get(PATH)
    own = policy(answer)
    assert own["frame-ancestors"] == {"https://blog.example", "https://*.example.org"}
    assert own["default-src"] == {"'none'"}
    assert own["script-src"] == own["style-src"] == own["connect-src"] == {"'self'"}
    assert "X-Frame-Options" not in answer.headers
    assert answer.text.count("<script") == answer.text.count('<script src="/static/') > 0


@pytest.mark.parametrize(("path", "status"), PAGES.items())
def test_every_other_page_is_framed_by_nobody(client, path, status):
    answer = client.get(path)
    assert answer.status_code == status
    assert policy(answer)["frame-ancestors"] == {"'none'"}
    assert answer.headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(
    "said", ["", "  ", "*", "https://a.example/path", "https://a.example; script-src *", "null", "a.b"]
)
def test_without_a_list_that_is_one_there_is_no_such_page(client, settings, said):
    settings.CHAT_FRAME_ANCESTORS = said
    answer = client.get(PATH)
    assert answer.status_code == 404
    assert policy(answer)["frame-ancestors"] == {"'none'"}
    nothing = client.get("/chat/lobby/nothing/")
    assert (nothing.status_code, nothing.text) == (404, answer.text)
    found = {message.id for message in run_checks()}
    assert ("chat.E013" in found) == bool(said.strip())


def test_a_short_secret_is_named_by_check(settings):
    settings.CHAT_FRAME_SECRET = "secret"
    assert "chat.E014" in {message.id for message in run_checks()}
    settings.CHAT_FRAME_SECRET = SECRET
    assert "chat.E014" not in {message.id for message in run_checks()}


@pytest.mark.parametrize("kind", ["members", "private", "nowhere"])
def test_what_a_guest_may_not_read_is_not_there_even_for_its_owner(kind):
    zelda = person("zelda")
    slug = "nowhere" if kind == "nowhere" else actions.make_room(zelda, "Garden", kind).slug
    browser = Client()
    browser.force_login(zelda.user)
    answer = browser.get(f"/chat/{slug}/embed/")
    assert answer.status_code == 404
    assert "There is no such room." in answer.text
    assert "Garden" not in answer.text
    assert "zelda" not in answer.text


def test_a_banned_guest_reads_why_in_the_frame(frame):
    page = frame.get(PATH).text
    say(frame, page, "rude", **{"Sec-Fetch-Site": "same-origin"})
    actions.ban(Message.objects.get().author, True)
    answer = frame.get(PATH)
    assert answer.status_code == 403
    assert "A moderator has closed this room to you." in answer.text
    assert "X-Frame-Options" not in answer.headers


# --- Who it is -----------------------------------------------------------------------------------


def test_nobody_is_signed_in_in_a_frame(client):
    zelda = person("zelda")
    client.force_login(zelda.user)
    page = client.get(PATH).text
    assert "zelda" not in page
    assert "Sign out" not in page
    answer = say(client, page, "clicked by whom?")
    assert answer.status_code == 303
    assert Message.objects.get().author != zelda
    name = client.post("/chat/lobby/name/", {"name": "Framed", "ticket": form(page)["ticket"], "next": PATH})
    assert name.status_code == 303
    assert {*Participant.objects.filter(name="Framed").values_list("kind", flat=True)} == {"guest"}
    assert "zelda" in client.get("/chat/lobby/").text  # where they are as ever


def test_the_cookie_is_kept_apart_and_no_other_one_is_set(frame):
    answer = frame.get(PATH)
    assert {*answer.cookies} == {identity.FRAME_COOKIE}
    said = answer.cookies[identity.FRAME_COOKIE].OutputString()
    assert {"SameSite=None", "Partitioned", "Secure", "HttpOnly"} <= {part.strip() for part in said.split(";")}
    assert shown_name(frame.get(PATH).text) == shown_name(answer.text)
    assert shown_name(Client().get(PATH).text) != shown_name(answer.text)


def test_the_guest_of_the_site_itself_is_another_one(client):
    own = shown_name(client.get("/chat/lobby/").text)
    before = client.cookies[identity.COOKIE].value
    framed = client.get(PATH)
    assert shown_name(framed.text) != own
    say(client, framed.text, "from the frame")
    assert client.cookies[identity.COOKIE].value == before
    assert shown_name(client.get("/chat/lobby/").text) == own


def test_looking_stores_nothing(frame, django_assert_max_num_queries):
    with django_assert_max_num_queries(6):
        frame.get(f"{PATH}?name={signed()}")
    assert not Participant.objects.exists()


def test_a_form_without_a_ticket_needs_its_token_as_ever(frame):
    assert frame.post("/chat/lobby/messages/", {"message": "forged"}).status_code == 403
    assert frame.post("/chat/lobby/plain/", {"nonce": "a-0", "message": "forged"}).status_code == 403
    assert frame.post("/chat/lobby/name/", {"name": "Forged"}).status_code == 403
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_another_site_can_not_post_with_a_ticket_of_its_own(frame, headers):
    ticket = form(frame.get(PATH).text)["ticket"]
    victim = Client(enforce_csrf_checks=True)
    victim.force_login(person("zelda").user)
    answer = victim.post("/chat/lobby/messages/", {"message": "forged", "ticket": ticket}, headers=headers)
    assert answer.status_code == 403
    assert not Message.objects.exists()


def test_a_link_with_somebody_s_ticket_makes_nobody_them(frame, client):
    ticket = form(frame.get(PATH).text)["ticket"]
    theirs = tickets.read(ticket, "lobby").key
    page = client.get(PATH, {"ticket": ticket}, headers={"Sec-Fetch-Site": "cross-site"})
    assert theirs not in page.text
    page = client.get("/chat/lobby/", {"ticket": ticket})
    assert theirs not in page.text
    assert theirs not in str(client.cookies)


def test_a_ticket_is_good_for_its_room_alone_and_for_a_week(frame, monkeypatch):
    Room.objects.create(slug="other", name="Other")
    ticket = form(frame.get(PATH).text)["ticket"]
    key = tickets.read(ticket, "lobby").key
    assert tickets.read(ticket, "other") is None
    assert tickets.read(ticket + "x", "lobby") is None
    assert tickets.read(signing.dumps(["lobby", key, ""], salt="chat.other"), "lobby") is None
    assert tickets.read(signing.dumps("lobby", salt=tickets.SALT), "lobby") is None
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + tickets.SECONDS + 60)
    assert tickets.read(ticket, "lobby") is None
    answer = frame.post("/chat/lobby/messages/", {"message": "late", "ticket": ticket, "next": PATH})
    assert answer.status_code == 303  # and it is not lost
    assert Message.objects.get().author.key != key


def test_what_is_refused_stays_in_the_frame_with_its_text(frame):
    page = frame.get(PATH).text
    answer = say(frame, page, "x" * 5000)
    assert answer.status_code == 400
    assert "x" * 5000 in answer.text
    assert "X-Frame-Options" not in answer.headers
    assert form(answer.text)["ticket"]
    assert "csrfmiddlewaretoken" not in answer.text


def test_its_room_is_renewed_as_the_same_guest(frame):
    page = frame.get(PATH).text
    place = re.search(r'<fieldset id="place-lobby"[^>]*>(.*?)</fieldset>', page)[1]
    sent = {name: unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', place)}
    client = Client()
    client.force_login(person("zelda").user)
    anew = client.get("/chat/lobby/", sent, headers={**HTMX, "Sec-Fetch-Site": "same-origin"}).text
    assert anew.lstrip().startswith('<section class="chat-room"')
    assert shown_name(anew) == shown_name(page)
    assert "zelda" not in anew
    assert "ticket=" in re.search(r'ws-connect="([^"]+)"', anew)[1]
    plain = client.post("/chat/lobby/plain/", {**sent, "nonce": "a-0", "message": "typed"}, headers=HTMX).text
    assert "typed" in plain
    assert shown_name(plain) == shown_name(page)


# --- Names that are handed over ------------------------------------------------------------------


def test_the_site_around_says_who_it_is(frame):
    page = frame.get(f"{PATH}?name={signed()}").text
    assert shown_name(page) == "Ann of the blog"
    say(frame, page, "hello")
    author = Message.objects.get().author
    assert (author.name, author.kind, author.user) == ("Ann of the blog", "guest", None)
    assert "42" not in author.key
    other = Client().get(f"{PATH}?name={signed(name='Ann Bell')}").text
    say(Client(), other, "the same one, by her new name")
    assert [*Message.objects.order_by("seq").values_list("author__key", "author_name")] == [
        (author.key, "Ann of the blog"),
        (author.key, "Ann Bell"),
    ]
    say(Client(), frame.get(f"{PATH}?name={signed(id='43')}").text, "another one")
    assert Participant.objects.count() == 2


def test_the_recipe_in_the_documentation(frame):
    (recipe,) = blocks(section(document("docs/embedding.md"), "In a frame of another site"), "python")
    made: dict = {}
    exec(recipe, made)
    page = frame.get(PATH, {"name": made["handed_over"](SECRET, "lobby", "7", "Zoë")}).text
    assert shown_name(page) == "Zoë"


BAD = {
    "tampered": (lambda: signed().replace("e", "f", 1), "is not signed as agreed"),
    "another secret": (lambda: signed(secret="another"), "is not signed as agreed"),
    "no signature": (lambda: signed().partition(".")[0], "is not signed as agreed"),
    "an empty one": (lambda: signed().partition(".")[0] + ".", "is not signed as agreed"),
    "strange letters": (lambda: "\udcff\x00é.é", "is not signed as agreed"),
    "a long one": (lambda: signed(name="x" * 9000), "is not signed as agreed"),
    "expired": (lambda: signed(exp=time.time() - 1), "is too old"),
    "never ending": (lambda: signed(exp=float("nan")), "is too old"),
    "without an end": (lambda: signed(exp=None), "is not for this room"),
    "of another room": (lambda: signed(room="other"), "is not for this room"),
    "of nobody": (lambda: signed(id=""), "is not for this room"),
    "a number": (lambda: signed(name=7), "is not for this room"),
    "reserved": (lambda: signed(name="The Admin"), "This name is reserved"),
    "a member's": (lambda: signed(name="0live"), "A member has this name"),
    "empty": (lambda: signed(name=" \u200b "), "A name needs at least one letter."),
    "too long": (lambda: signed(name="x" * 41), "This name is too long"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_not_taken_is_said_and_they_are_a_guest_without_a_name(frame, what):
    person("olive")
    make, why = BAD[what]
    answer = frame.get(PATH, {"name": make().encode(errors="replace")})
    assert answer.status_code == 200
    notice = re.search(r'id="notice-lobby"[^>]*>([^<]*)<', answer.text)[1]
    assert why in unescape(notice)
    assert re.fullmatch(r"[A-Z]\w+ [A-Z]\w+", shown_name(answer.text))
    assert say(frame, answer.text, "all the same").status_code == 303


def test_without_a_secret_no_name_is_taken(frame, settings):
    settings.CHAT_FRAME_SECRET = ""
    assert shown_name(frame.get(f"{PATH}?name={signed(secret='')}").text) != "Ann of the blog"


def test_a_name_that_was_handed_over_is_not_changed_here(frame):
    page = frame.get(f"{PATH}?name={signed()}").text
    assert 'name="name"' not in page
    answer = frame.post("/chat/lobby/name/", {"name": "Bob", "ticket": form(page)["ticket"]})
    assert answer.status_code == 403
    assert "Your name comes from the page around" in answer.text
    assert not Participant.objects.filter(name="Bob").exists()


# --- Sockets -------------------------------------------------------------------------------------


def socket_of(page: str) -> str:
    return unescape(re.search(r'ws-connect="([^"]+)"', page)[1])


@pytest.mark.django_db(transaction=True)
async def test_its_socket_is_its_guest_s_whoever_is_signed_in(connect):
    zelda = await threaded(person)("zelda")
    browser = Client()
    await threaded(browser.force_login)(zelda.user)
    page = (await threaded(browser.get)(f"{PATH}?name={signed()}")).text
    cookies = {name: cookie.value for name, cookie in browser.cookies.items()}
    socket = await connect(socket_of(page), cookies=cookies)
    await socket.say(do="sync", cursor="0")
    await socket.hears('data-state="live"')
    await socket.say(message="by the socket", nonce="a-0")
    await socket.hears("delete:#composer-a-0")
    author = await threaded(lambda: Message.objects.select_related("author").get().author)()
    assert (author.name, author.is_guest) == ("Ann of the blog", True)
    await socket.say(do="rename", name="Bob")
    assert "Your name comes from the page around" in (await socket.hears("#renamed-lobby"))[-1]
    await threaded(actions.ban)(author, True)
    await socket.hears('data-state="ended"')


@pytest.mark.django_db(transaction=True)
async def test_a_socket_with_a_bad_ticket_is_nobody_s(connect):
    zelda = await threaded(person)("zelda")
    browser = Client()
    await threaded(browser.force_login)(zelda.user)
    cookies = {name: cookie.value for name, cookie in browser.cookies.items()}
    other = str(tickets.new("other"))
    for said in ("", "x", other):
        socket = await connect(f"/ws/chat/lobby/?ticket={said}", cookies=cookies)
        (frame,) = await socket.hears('data-state="ended"')
        assert "open for too long" in frame


def test_the_ticket_is_in_no_log_of_another_site(frame):
    """The page's address has it after a form: nobody else is to learn it by a link that is followed."""
    answer = frame.get(PATH)
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert parse_qs(urlsplit(socket_of(answer.text)).query)["ticket"]
