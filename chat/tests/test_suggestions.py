"""Suggestions: who may be meant by an @ at the end of a draft, as buttons that finish the name."""

import json
import re
from html import unescape

import pytest
from channels.db import database_sync_to_async as threaded
from django.contrib.auth import get_user_model
from playwright.sync_api import expect

from chat import actions, mentions
from chat.live.visit import SUGGESTIONS, Visit
from chat.models import Kind, Membership, Message, Participant, Role, Room
from chat.tests.people import at, bodies, cookies_of, go_live, say, settle, sign_up
from chat.tests.test_typing import slow_down

NONCE = "c0ffee-3"
PAUSE = 1000 / 11  # milliseconds from one key to the next, so that suggestions come meanwhile


def member(name: str, **more) -> Participant:
    user = get_user_model().objects.create(username=f"user{get_user_model().objects.count()}", **more)
    return actions.rename(actions.welcome(user), name) if name else actions.welcome(user)


def offered(frame: str) -> list[str]:
    return [json.loads(unescape(vals))["chosen"] for vals in re.findall(r'hx-vals="([^"]*)"', frame)]


async def ask(socket, text: str, nonce: str = NONCE, **more) -> list[str]:
    await socket.say(do="draft", nonce=nonce, message=text, **more)
    return offered((await socket.hears("suggest-"))[-1])


async def test_it_works(connect, lobby, ann):
    for name in ("Anton", "Ann Bell", "Carl Anders", "Bob"):
        await threaded(member)(name)
    socket = await connect(guest=ann)
    await socket.say(do="draft", nonce=NONCE, message="hi @an")
    (frame,) = await socket.hears("suggest-")
    assert offered(frame) == ["Ann Bell", "Anton", "Carl Anders"]
    assert frame.startswith(f'\n<div hx-swap-oob="innerHTML:#suggest-{NONCE}, #spare-lobby">')
    assert f'hx-post="/chat/lobby/composer/{NONCE.replace("-", "/")}/"' in frame
    assert "3 people match" in frame
    assert not await Message.objects.aexists()


async def test_what_is_finished_takes_them_away_and_costs_nothing_from_then_on(connect, lobby, ann, monkeypatch):
    await threaded(member)("Anton")
    socket = await connect(guest=ann)
    assert await ask(socket, "@an") == ["Anton"]
    assert await ask(socket, "@an, are you") == []  # may be a name of three words still
    assert await ask(socket, "@an, are you there") == []
    looked = []
    look = Visit.look
    monkeypatch.setattr(Visit, "look", lambda visit: (looked.append(visit), look(visit)))
    for text in ("@an, are you there?", "ann@an", "", "@", "@ an", "@a b c d"):
        await socket.say(do="draft", nonce=NONCE, message=text)
    assert not looked
    assert await ask(socket, "@anto") == ["Anton"]
    assert len(looked) == 1


async def test_six_at_most_in_the_order_of_their_names(connect, lobby, ann):
    for number in (*range(SUGGESTIONS + 2), "x"):
        await threaded(member)(f"Anton {number}")
    assert await ask(await connect(guest=ann), "@anton") == [f"Anton {number}" for number in range(SUGGESTIONS)]


async def test_only_who_can_read_the_room_and_not_oneself(connect, transactional_db):
    anna, anton, andy = [await threaded(member)(name) for name in ("Anna", "Anton", "Andy")]
    await threaded(actions.ban)(andy, True)
    room = await Room.objects.acreate(slug="quiet", name="Quiet", kind=Kind.PRIVATE)
    for one in (anna, anton, andy):
        await Membership.objects.acreate(room=room, participant=one)
    await threaded(member)("Anders")
    assert await ask(await connect("/ws/chat/quiet/", cookies=await threaded(cookies_of)(anna)), "@an") == ["Anton"]


async def test_all_are_offered_to_who_may_call_them(connect, transactional_db):
    boss, other = [await threaded(member)(name) for name in ("Boss", "Roberta")]
    room = await Room.objects.acreate(slug="garden", name="Garden")
    await Membership.objects.acreate(room=room, participant=boss, role=Role.OWNER)
    path = "/ws/chat/garden/"
    assert await ask(await connect(path, cookies=await threaded(cookies_of)(boss)), "@Ro") == ["room", "Roberta"]
    assert await ask(await connect(path, cookies=await threaded(cookies_of)(other)), "@ro") == []


async def test_who_may_not_write_is_offered_nobody(connect, lobby, ann):
    await threaded(member)("Anton")
    socket = await connect(guest=ann)
    await Room.objects.filter(pk=lobby.pk).aupdate(guests_write=False)
    assert await ask(socket, "@an") == []


async def test_who_was_shown_out_hears_nothing_more(connect, lobby, ann, monkeypatch):
    await threaded(member)("Anton")
    monkeypatch.setattr("chat.bus.kick", lambda key: None)
    socket = await connect(guest=ann)
    await threaded(actions.ban)(ann, True)
    await socket.say(do="draft", nonce=NONCE, message="@an")
    (frame,) = await socket.hears("connection-lobby")
    assert 'data-state="ended"' in frame
    assert "Anton" not in frame


async def test_several_lines_and_what_was_begun(connect, lobby, ann):
    await threaded(member)("Ann Bell")
    socket = await connect(guest=ann)
    await socket.say(do="draft", nonce=NONCE, message="and @an", lines="1", **{f"begun-{NONCE}": "hi @Bob "})
    assert f"/chat/lobby/lines/{NONCE.replace('-', '/')}/" in (await socket.hears("suggest-"))[-1]


@pytest.mark.parametrize("nonce", ["n1", "x-1", "c0ffee-", "0" * 40 + "-1"])
async def test_a_client_without_composers_gets_none(connect, lobby, ann, nonce):
    await threaded(member)("Anton")
    socket = await connect(guest=ann)
    await socket.say(do="draft", nonce=nonce, message="@an")
    await socket.say(do="back")
    assert "suggest" not in await socket.receive_from(timeout=30)


async def test_a_hostile_name_is_only_a_name(connect, lobby, ann):
    hostile = """Ann"><b hx-get='/x'>"""
    one = await threaded(member)("Anton")
    await Participant.objects.filter(pk=one.pk).aupdate(name=hostile)
    socket = await connect(guest=ann)
    await socket.say(do="draft", nonce=NONCE, message="@an")
    frame = (await socket.hears("suggest-"))[-1]
    assert offered(frame) == [hostile]
    assert "<b " not in frame


# --- Choosing --------------------------------------------------------------------------------------

CHOOSE = "/chat/lobby/composer/c0ffee/3/"


def chosen(client, message: str, name: str, path: str = CHOOSE, **more):
    return client.post(path, {"message": message, "chosen": name, **more}, headers={"HX-Request": "true"})


def test_who_is_chosen_stands_before_the_field(client):  # and no fixture lets this test use the database
    answer = chosen(client, 'hi "you" @an', "Ann <Bell>")
    assert f'name="begun-{NONCE}" value="hi &quot;you&quot; @Ann &lt;Bell&gt; "' in answer.text
    field = re.search(r'<input class="composer-text"[^>]*>', answer.text)[0]
    assert 'value=""' in field
    assert "autofocus" in field
    assert "required" not in field
    assert not answer.cookies
    again = chosen(client, "and @bo", "Bob", **{f"begun-{NONCE}": "hi @Ann "})
    assert f'name="begun-{NONCE}" value="hi @Ann and @Bob "' in again.text
    lines = chosen(client, "one\ntwo @an", "Ann", CHOOSE.replace("composer", "lines"))
    assert re.search(r'<textarea class="composer-begun"[^>]*>one\ntwo @Ann </textarea>', lines.text)


def test_a_shape_that_changes_has_all_of_the_text(client):
    begun = {f"begun-{NONCE}": "hi @Ann ", "message": "bye"}
    answer = client.post("/chat/lobby/lines/c0ffee/3/", begun, headers={"HX-Request": "true"})
    assert f'name="begun-{NONCE}"' in answer.text
    assert ">hi @Ann </textarea>" in answer.text
    assert ">bye</textarea>" in answer.text


@pytest.mark.parametrize(
    ("text", "name", "whole"),
    [
        ("@an", "Ann", "@Ann "),
        ("hi @ann be", "Ann Bell", "hi @Ann Bell "),
        ("a@b.c @b", "Bob", "a@b.c @Bob "),
        ("hi @an, yes @bo", "Bob", "hi @an, yes @Bob "),
        ("I went on", "Bob", "I went on @Bob "),
        ("", "Bob", " @Bob "),
    ],
)
def test_what_is_unfinished_is_replaced(text, name, whole):
    assert mentions.finished(text, name) == whole


def test_what_was_begun_is_posted_with_the_rest_by_every_door(lobby, ann, as_guest):
    client = as_guest(ann)
    client.post("/chat/lobby/messages/", {"nonce": "c-1", "begun-c-1": "hi @Ann ", "message": "one"})
    form = {"nonce": ["c-2", "c-3"], "message": ["", "draft"], "begun-c-2": "two @Ann ", "begun-c-3": "three "}
    page = client.post("/chat/lobby/plain/", form)
    assert [*Message.objects.values_list("body", flat=True)] == ["hi @Ann one", "two @Ann"]
    assert 'value="three draft"' in page.text


async def test_what_was_begun_is_posted_by_a_frame(connect, lobby, ann):
    socket = await connect(guest=ann)
    await socket.say(message="you", nonce=NONCE, **{f"begun-{NONCE}": "hi @Ann "})
    await socket.hears("hi @Ann you")
    await socket.say(message="you", nonce="c0ffee-4", **{"begun-c0ffee-4": ["x"]})
    await socket.hears(">you</section>")


# --- In Chromium -----------------------------------------------------------------------------------


def test_a_name_is_finished_by_keyboard_and_typing_goes_on(busy_site, room, browser, nth_try):
    name = f"annabel{nth_try}"
    sign_up(browser(busy_site, "/chat/"), name)
    page = browser(busy_site, f"/chat/{room}/")
    slow_down(page, 300)
    page.keyboard.insert_text(f"hello @{name[:-2]}")  # in one, so that no later answer comes in between
    expect(page.get_by_role("button", name=f"@{name}")).to_be_visible()
    expect(page.locator("[id^=suggested]").last).to_have_text("1 person matches, Tab leads to them.")
    expect(at(page)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name=f"@{name}")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".composer-begun")).to_have_value(f"hello @{name} ")
    expect(at(page)).to_be_focused()
    expect(page.locator(".suggestion")).to_have_count(0)
    settle(page)
    page.keyboard.type("how are you?\n", delay=PAUSE)
    expect(page.locator(".message-body")).to_have_text([f"hello @{name} how are you?"])
    expect(page.locator(".message .mention")).to_have_text(f"@{name}")
    expect(page.locator("form.composer")).to_have_count(1)
    expect(page.locator(".composer-begun")).to_have_count(0)
    texts = [f"{n} for @ann" for n in range(10)]  # suggestions come while the next one is typed
    page.keyboard.type("".join(f"{text}\n" for text in texts), delay=PAUSE)
    expect(page.locator(".message")).to_have_count(11)
    assert bodies(page)[1:] == texts
    expect(at(page)).to_have_value("")
    page.keyboard.type("@anna")
    expect(page.get_by_role("button", name=f"@{name}")).to_be_visible()
    at(page).fill("")
    expect(page.locator(".suggestion")).to_have_count(0)
    go_live(page)
    say(page, "done")
