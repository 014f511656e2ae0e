"""Whose a form or a page is: cookies tell. Without them, or with somebody else's, it says so and keeps the text."""

import pytest
from django.test import Client

from chat.models import Kind, Message, Participant, Room
from chat.tests.test_forms import field

HTMX = {"HX-Request": "true"}
FORMS = {
    "messages": {"message": "hello", "nonce": "c-0"},
    "name": {"name": "hello"},
    "plain": {"message": ["hel", "lo"], "nonce": ["c-0", "c-1"]},
}
TYPED = {"messages": 'value="hello"', "name": 'value="hello"', "plain": ">hel\nlo</textarea>"}
every_form = pytest.mark.parametrize("form", FORMS)


@pytest.fixture
def browser_like(lobby):
    """A client that is asked for its CSRF token, as browsers are."""
    return Client(enforce_csrf_checks=True)


def nothing_is_stored() -> bool:
    return not Message.objects.exists() and not Participant.objects.exists()


@every_form
def test_without_cookies_it_says_so_and_keeps_the_text(browser_like, form):
    answer = browser_like.post(f"/chat/lobby/{form}/", FORMS[form])
    assert answer.status_code == 403
    assert "cookie of this site came along" in answer.text
    assert TYPED[form] in answer.text
    assert nothing_is_stored()


@every_form
def test_htmx_is_given_what_it_shows(browser_like, form):
    answer = browser_like.post(f"/chat/lobby/{form}/", FORMS[form], headers=HTMX)
    assert answer.status_code == 200
    assert "cookie of this site came along" in answer.text
    assert TYPED[form] in answer.text
    assert nothing_is_stored()


def test_with_a_token_of_before_it_can_be_sent_at_once(browser_like):
    browser_like.get("/chat/")
    answer = browser_like.post("/chat/lobby/messages/", {**FORMS["messages"], "csrfmiddlewaretoken": "x" * 64})
    assert answer.status_code == 403
    assert "signed in or out" in answer.text
    assert nothing_is_stored()
    form = {name: field(answer, name) for name in ("csrfmiddlewaretoken", "nonce", "message")}
    assert browser_like.post("/chat/lobby/messages/", form).status_code == 303
    assert Message.objects.get().body == "hello"


@every_form
@pytest.mark.parametrize("header", [{"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}], ids=str)
def test_another_site_puts_no_words_into_anybodys_mouth(browser_like, form, header):
    browser_like.get("/chat/")
    answer = browser_like.post(f"/chat/lobby/{form}/", FORMS[form], headers=header)
    assert answer.status_code == 403
    assert "hel" not in answer.text.partition("<main")[2]
    assert nothing_is_stored()


def test_a_room_one_may_not_read_tells_nothing(browser_like):
    Room.objects.create(slug="secret", name="Secret", kind=Kind.PRIVATE)
    answer = browser_like.post("/chat/secret/messages/", FORMS["messages"])
    assert (answer.status_code, "hello" in answer.text) == (404, False)


# --- A page's socket ------------------------------------------------------------------------------


async def say_who(connect, me, **who) -> str:
    socket = await connect("/ws/chat/?sync=1", **who)
    await socket.say(do="sync", cursor="0", me=me)
    return (await socket.hears("connection-lobby"))[-1]


async def test_a_page_of_ones_own_is_live(connect, lobby, ann):
    assert 'data-state="live"' in await say_who(connect, ann.key, guest=ann)


@pytest.mark.parametrize(("keeps", "said"), [(True, "somebody else"), (False, "cookie of this site came along")])
async def test_one_that_was_made_for_somebody_else_ends(connect, lobby, ann, keeps, said):
    frame = await say_who(connect, "g0123456789abcdef", guest=ann if keeps else None)
    assert 'data-state="ended"' in frame
    assert said in frame


def test_who_is_banned_hears_that(as_guest, lobby, ann):
    ann.banned = True
    ann.save()
    assert "A moderator has closed this room to you" in as_guest(ann).get("/chat/lobby/", headers=HTMX).text


async def test_what_it_says_is_a_text(connect, lobby, ann):
    socket = await connect("/ws/chat/?sync=1", guest=ann)
    await socket.say(do="sync", cursor="0", me=["x"])
    assert "text of at most 64" in await socket.receive_from(timeout=30)


# --- Going on -------------------------------------------------------------------------------------


@pytest.mark.parametrize("slug", ["secret", "nowhere"])
def test_to_a_page_that_holds_a_room_still_it_is_said_that_it_is_not_for_them(client, lobby, slug):
    Room.objects.create(slug="secret", name="Secret", kind=Kind.PRIVATE)
    answer = client.get(f"/chat/{slug}/", headers=HTMX)
    assert answer.status_code == 200
    assert answer.headers["HX-Retarget"] == answer.headers["HX-Reselect"] == f"#connection-{slug}"
    assert 'data-state="ended"' in answer.text
    assert "not for you" in answer.text
    assert "Secret" not in answer.text
    assert "no-store" in answer.headers["Cache-Control"]
    assert client.get(f"/chat/{slug}/").status_code == 404
