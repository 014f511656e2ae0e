"""What is pinned at a room's head: who pins, what is stored of it, and how it comes to pages, there and away."""

import re
from datetime import timedelta
from html import unescape

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone
from playwright.sync_api import expect

from chat import actions, fragments
from chat.actions.changing import MOST_PINS
from chat.errors import Forbidden, Refused, TooFast
from chat.fragments import Changes
from chat.models import Message, Room
from chat.models.message import MessageQuerySet
from chat.rules import ALLOWED, Policy
from chat.tests.people import forgive_outage, go_live, say, sign_up
from chat.tests.test_accessibility import is_for_everybody
from chat.tests.test_menu_page import open_menu
from chat.tests.test_rooms_live import cookies_of


@pytest.fixture
def olive(olive):
    """She keeps order everywhere."""
    olive.user.is_staff = True
    olive.user.save()
    return olive


@pytest.fixture
def message(lobby, ann) -> Message:
    return actions.post_message(lobby, ann, "hello")


def listed(html: str) -> list[str]:
    return [unescape(said) for said in re.findall(r'class="pin-said" dir="auto">([^<]*)<', html)]


def fresh() -> Room:
    return Room.objects.get(slug="lobby")


def test_it_works(message, olive, client):
    pinned = actions.pin_message(message.pk, olive)
    assert (pinned.pinned is not None, pinned.changed, fresh().seq, fresh().pins_seq) == (True, 2, 2, 2)
    page = client.get("/chat/lobby/").text
    assert listed(page) == ["hello"]
    assert "1 pinned message" in page
    assert 'href="/chat/lobby/1/"' in page


def test_who_says_which_says_it_once(message, olive):
    for wanted, seq in ((True, 2), (True, 2), (False, 3), (False, 3), (None, 4), (None, 5)):
        actions.pin_message(message.pk, olive, wanted)
        assert fresh().pins_seq == fresh().seq == seq
    assert Message.objects.get(pk=message.pk).pinned is None


def test_the_latest_stands_first(lobby, ann, olive, client):
    for text in ("one", "two", "three"):
        actions.pin_message(actions.post_message(lobby, ann, text).pk, olive)
    assert listed(client.get("/chat/lobby/").text) == ["three", "two", "one"]


def test_only_so_many(lobby, ann, olive, settings):
    settings.CHAT_RATE_LIMITS = False
    rows = [actions.post_message(lobby, ann, f"{number}") for number in range(MOST_PINS + 1)]
    for row in rows[:MOST_PINS]:
        actions.pin_message(row.pk, olive)
    with pytest.raises(Refused, match="At most 20 messages"):
        actions.pin_message(rows[-1].pk, olive)
    actions.pin_message(rows[0].pk, olive, False)
    actions.pin_message(rows[-1].pk, olive)
    assert lobby.messages.pinned().count() == MOST_PINS


def test_a_guest_pins_nothing(message, ann):
    with pytest.raises(Forbidden, match="owner and the moderators"):
        actions.pin_message(message.pk, ann)
    assert fresh().pins_seq == 0


def test_pinning_counts_as_writing(message, olive, settings):
    settings.CHAT_PARTICIPANT_RATE = "2/day"
    for _ in range(2):
        actions.pin_message(message.pk, olive)
    with pytest.raises(TooFast):
        actions.pin_message(message.pk, olive)


def test_it_says_what_the_message_says_now(message, ann, olive, client):
    actions.pin_message(message.pk, olive)
    actions.edit_message(message.pk, ann, "hello, you\nand more")
    assert listed(client.get("/chat/lobby/").text) == ["hello, you …"]
    actions.delete_message(message.pk, ann)
    assert listed(client.get("/chat/lobby/").text) == []
    assert Message.objects.get(pk=message.pk).pinned is None


def test_what_is_not_pinned_changes_no_pins(message, ann):
    actions.edit_message(message.pk, ann, "hello, you")
    actions.delete_message(message.pk, ann)
    assert fresh().pins_seq == 0


def test_nothing_typed_becomes_markup(lobby, ann, olive, client):
    text = "<b>bold</b> & {{ 7*7 }} " + "W" * 500
    actions.pin_message(actions.post_message(lobby, ann, text).pk, olive)
    (said,) = listed(client.get("/chat/lobby/").text)
    assert said.startswith("<b>bold</b> & {{ 7*7 }} W")
    assert (len(said), said[-1]) == (140, "…")


def test_a_room_without_pins_is_asked_for_none(message, olive, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert "pins-count" in fragments.pins_of(fresh_room := message.room).number
    assert fresh_room.pins_seq == 0
    actions.pin_message(message.pk, olive)
    room = fresh()
    fragments.pins_of(room)
    with django_assert_num_queries(0):  # nor is one asked again while they stay the same
        assert listed(fragments.pins_of(room).messages) == ["hello"]


# --- Those who are there, and those who were away ---------------------------------------------------


@pytest.mark.parametrize(("after", "told"), [(1, True), (2, False), (3, False)])
def test_it_comes_to_who_has_not_got_it(message, ann, olive, after, told):
    actions.pin_message(message.pk, olive)
    actions.post_message(message.room, ann, "later")
    frames = "".join(Changes.since(message.room, after).frames_after(after))
    assert ('class="pins-list"' in frames) == told


def test_it_comes_with_a_log_that_is_replaced(message, olive):
    """Also if nothing is pinned, or ever was: in the page something may be, as from before a backup was restored."""
    for pinned in ([], ["hello"], []):
        whole = "".join(Changes.since(message.room, 99).frames_after(99))
        assert (listed(whole), whole.count('class="pins-list"')) == (pinned, 1)
        actions.pin_message(message.pk, olive)


def test_who_is_cut_off_between_two_frames_gets_it_again(lobby, message, ann, olive, settings):
    """No frame says a cursor beyond what it has brought."""
    settings.CHAT_FRAME_LIMIT = 1024
    actions.pin_message(message.pk, olive)
    for number in range(4):
        actions.post_message(lobby, ann, f"{number}" * 300)
    for after, epoch in ((1, None), (1, "another")):
        frames = Changes.since(lobby, after, epoch).frames_after(after)
        assert len(frames) > 3
        brought = 0
        for frame in frames:
            brought += frame.count('class="pins-count"') + frame.count('class="pins-list"')
            if int(re.findall(r'name="cursor" value="(\d+)"', frame)[-1]) >= fresh().pins_seq:
                assert brought == 2


def test_what_is_pinned_between_two_reads_is_not_lost(lobby, message, olive, monkeypatch):
    """Of the room and of its messages, whose head is past it then."""
    changed_after = MessageQuerySet.changed_after

    def meanwhile(self, cursor):
        monkeypatch.undo()
        actions.pin_message(message.pk, olive)
        return changed_after(self, cursor)

    actions.edit_message(message.pk, message.author, "so that there is something to read")
    monkeypatch.setattr(MessageQuerySet, "changed_after", meanwhile)
    changes = Changes.since(lobby, 1)
    assert changes.head == fresh().pins_seq == 3
    assert listed("".join(changes.frames_after(1))) == ["so that there is something to read"]


def test_a_page_that_was_read_meanwhile_has_it(lobby, message, olive):
    lobby.refresh_from_db()
    actions.pin_message(message.pk, olive)
    log = fragments.Log(fragments.log(fresh()).html, 2, None)
    said = fragments.room_context(lobby, olive, True, log)
    assert listed(said["pins"].messages) == ["hello"]


class Lenient(Policy):
    def can_pin(self, participant, message):
        return ALLOWED


def test_no_rule_of_a_hosts_pins_what_is_gone(message, ann, settings):
    settings.CHAT_POLICY = f"{__name__}.Lenient"
    actions.delete_message(message.pk, ann)
    with pytest.raises(Forbidden, match="has been deleted"):
        actions.pin_message(message.pk, ann)


def test_accents_that_are_piled_up_count(lobby, ann, olive, client):
    actions.pin_message(actions.post_message(lobby, ann, "a" + "\u0323" * 3000).pk, olive)
    (said,) = listed(client.get("/chat/lobby/").text)
    assert len(said) == 140


async def test_it_is_live(connect, lobby, ann, olive):
    socket = await connect(guest=ann)
    await socket.say(message="hello")
    await socket.hears("hello")
    message = await Message.objects.aget()
    for wanted in (True, False):
        await sync_to_async(actions.pin_message)(message.pk, olive, wanted)
        (frame,) = await socket.hears("pins-list-lobby")
        assert listed(frame) == ["hello"] * wanted
        assert frame.index("<article") < frame.index("pins-count") < frame.index("cursor-lobby")


async def test_a_frame_pins_and_unpins(connect, lobby, ann, gina):
    def in_the_garden():
        room = actions.make_room(gina, "Garden", "public", "")
        actions.post_message(room, ann, "hello")
        return room

    room = await sync_to_async(in_the_garden)()
    socket = await connect(f"/ws/chat/{room.slug}/", cookies=await sync_to_async(cookies_of)(gina))
    for said, pinned in (({}, True), ({}, False), ({"pinned": "1"}, True), ({"pinned": "0"}, False)):
        await socket.say(do="pin", seq="1", **said)
        (frame,) = await socket.hears("pins-list")
        assert bool(listed(frame)) == pinned
    await socket.say(do="pin", seq="1", pinned=True)
    await socket.hears("What is under pinned is a text")
    stranger = await connect(f"/ws/chat/{room.slug}/", guest=ann)
    await stranger.say(do="pin", seq="1")
    await stranger.hears("Only the owner and the moderators of a room can pin something in it.")


# --- By its forms ----------------------------------------------------------------------------------


def test_without_javascript(message, olive, client):
    client.force_login(olive.user)
    for wanted, button in (("1", "Unpin"), ("0", "Pin")):
        answer = client.post("/chat/lobby/1/pin/", {"pinned": wanted})
        assert (answer.status_code, answer["Location"]) == (303, f"/chat/lobby/#message-{message.pk}")
        page = client.get("/chat/lobby/1/").text
        assert re.search(rf'name="pinned" value="{1 - int(wanted)}">\s*<button[^>]*>{button}<', page)
    assert client.get("/chat/lobby/1/pin/")["Location"] == "/chat/lobby/1/"


def test_the_room_gets_its_menu_closed(message, olive, client, ann):
    client.force_login(olive.user)
    answer = client.post("/chat/lobby/1/pin/", headers={"HX-Request": "true"})
    assert answer.text.count("<a ") == 1
    assert f'id="menu-{message.pk}" hx-swap-oob="true"' in answer.text
    actions.delete_message(message.pk, ann)
    refused = client.post("/chat/lobby/1/pin/", headers={"HX-Request": "true"})
    assert refused["HX-Retarget"] == "#notice-lobby"


def test_old_pins_have_no_end(message, olive, settings):
    settings.CHAT_EDIT_SECONDS = 60
    Message.objects.update(sent=timezone.now() - timedelta(days=9))
    assert actions.pin_message(message.pk, olive).pinned


# --- In Chromium -------------------------------------------------------------------------------------


def test_who_keeps_a_room_pins_and_others_see_it(relay, browser, nth_try):
    owner = sign_up(browser(relay.site, "/health/", expect_live=False), f"olive-pins{nth_try}")
    owner.goto("/chat/rooms/new/")
    owner.get_by_label("Name").fill(f"Pins {nth_try}")
    owner.get_by_role("button", name="Make it").click()
    go_live(owner)
    path = re.sub(r"https?://[^/]+", "", owner.url)
    other, late = browser(relay.site, path), browser(relay, path)
    for text in ("first", "second"):
        say(owner, text)
        expect(late.locator(".message-body").last).to_have_text(text)
    expect(other.locator(".pins")).to_be_hidden()
    relay.down()
    late.locator(".connection[data-state=reconnecting]").wait_for()
    for number, text in enumerate(("first", "second"), 1):
        open_menu(owner, text).get_by_role("button", name="Pin", exact=True).click()
        expect(owner.locator(".message-items")).to_have_count(0)
        for page in (owner, other):
            expect(page.locator(".pins-count [aria-hidden]")).to_have_text(f"{number}")
        if number == 1:
            other.locator(".pins summary").click()
            expect(other.locator(".pin-said")).to_have_text(["first"])
    expect(other.locator(".pin-said")).to_have_text(["second", "first"])  # and it stays open
    expect(other.locator(".pin-said").first).to_be_visible()
    is_for_everybody(other)
    relay.up()
    go_live(late)
    expect(late.locator(".pins-count [aria-hidden]")).to_have_text("2")
    other.locator(".pin a").last.click()
    expect(other.locator(".message-found .message-body")).to_have_text("first")
    open_menu(owner, "second").get_by_role("button", name="Unpin").click()
    expect(late.locator(".pins-count [aria-hidden]")).to_have_text("1")
    forgive_outage(browser)
