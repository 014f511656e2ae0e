"""Rooms change under people who have them open."""

import re

import pytest
from channels.db import database_sync_to_async as threaded
from django.contrib.auth import get_user_model

from chat import actions
from chat.models import Membership, Participant, Room
from chat.tests.people import cookies_of, go_live, sign_up


@pytest.fixture
def owner(transactional_db) -> Participant:
    user = get_user_model().objects.create_user("olive", password="olive-has-a-password")
    return actions.welcome(user)


@pytest.fixture
def garden(owner) -> Room:
    return actions.make_room(owner, "Garden", "private", "Beds")


async def test_a_new_name_comes_to_open_pages(connect, lobby, ann, owner):
    owner.user.is_staff = True
    socket = await connect(guest=ann)
    await threaded(actions.change_room)(owner, lobby, "The <b>Hall</b>", "Come in")
    (frame,) = await socket.hears("title-lobby")
    assert re.search(r'<div hx-swap-oob="innerHTML:#title-lobby">.*The &lt;b&gt;Hall&lt;/b&gt;', frame)
    assert '<div hx-swap-oob="innerHTML:#topic-lobby">Come in</div>' in frame


async def test_what_the_admin_changes_comes_as_well(connect, lobby, ann):
    socket = await connect(guest=ann)
    lobby.name = "Foyer"
    await threaded(actions.save_room)(lobby)
    (frame,) = await socket.hears("title-lobby")
    assert "Foyer" in frame


async def test_who_is_put_out_of_a_private_room_is_shown_out_of_its_open_page(connect, owner, garden):
    guest = await threaded(get_user_model().objects.create_user)("gina", password="gina-has-a-password")
    gina = await threaded(actions.welcome)(guest)
    membership = await Membership.objects.acreate(room=garden, participant=gina)
    socket = await connect(f"/ws/chat/{garden.slug}/", cookies=await threaded(cookies_of)(gina))
    await socket.say(message="I am in")
    await socket.hears("I am in")
    await threaded(actions.remove_member)(owner, membership)
    frames = await socket.hears("There is no such room.")
    assert 'data-state="ended"' in frames[-1]
    closed = await socket.receive_output(timeout=30)
    assert (closed["type"], closed["code"]) == ("websocket.close", 4403)


async def test_an_archived_room_refuses_at_the_composer(connect, lobby, ann, owner):
    owner.user.is_staff = True
    socket = await connect(guest=ann)
    await threaded(actions.archive_room)(owner, lobby, True)
    await socket.say(message="too late", nonce="a-1")
    frames = await socket.hears("refusal-a-1")
    assert "archived" in frames[-1]


def test_a_private_room_from_the_page_alone_on_a_phone(site, browser):
    """Two people, each on a phone: one makes it and invites, the other comes by the link, and they talk."""
    phone = {"viewport": {"width": 390, "height": 800}, "has_touch": True, "is_mobile": True}
    one, other = (sign_up(browser(site, expect_live=False, **phone), name) for name in ("olive", "gina"))
    one.goto("/chat/rooms/new/")
    one.get_by_label("Name").fill("Our garden")
    one.get_by_label("Private: by invitation").check()
    one.get_by_role("button", name="Make it").click()
    go_live(one)
    one.get_by_role("link", name="Our garden").first.click()
    one.get_by_role("button", name="Make a link").click()
    link = one.get_by_label("Link").input_value()
    other.goto(link)
    other.get_by_role("button", name="Join").click()
    go_live(other)
    one.get_by_role("link", name="Back to the room").click()
    go_live(one)
    one.locator("[name=message]").last.fill("Shall we sow?")
    one.keyboard.press("Enter")
    other.locator(".message-body", has_text="Shall we sow?").wait_for()
    other.goto("/chat/talk/")
    other.get_by_label("olive").check()
    other.get_by_role("button", name="Begin").click()
    go_live(other)
    assert "olive" in other.locator(".room-title").inner_text()
    for page in (one, other):
        for path in ("/chat/rooms/", "/chat/rooms/new/", "/chat/talk/"):
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
