"""Emoji at a message: who puts what there, what is stored of it, and how it comes to pages."""

import re
from concurrent.futures import ThreadPoolExecutor
from html import unescape

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import expect

from chat import actions, fragments
from chat.actions.reacting import MOST_KEYS, MOST_KINDS
from chat.checks.settings import check_settings
from chat.errors import Forbidden, Refused, TooFast
from chat.formatting import MOST_BYTES as MOST_HTML
from chat.fragments import Changes
from chat.models import Message, Participant, Reaction
from chat.tests.people import say
from chat.tests.test_accessibility import LOOKS, PHONE, is_for_everybody
from chat.tests.test_browser import is_not_wide
from chat.tests.test_menu_page import open_menu

MARK = re.compile(r'data-by="([^"]*)" title="([^"]*)"[^>]*><span class="reaction-pill">(\S+) (\d+)</span>')
EMOJI = [chr(code) for code in range(0x1F600, 0x1F600 + MOST_KINDS + 1)]


@pytest.fixture
def message(lobby, bob) -> Message:
    return actions.post_message(lobby, bob, "hello")


def marks(html: str) -> list[tuple[str, int, str, str]]:
    """(emoji, how many, who, keys)."""
    return [(emoji, int(count), unescape(who), keys) for keys, who, emoji, count in MARK.findall(html)]


def guests(count: int) -> list[Participant]:
    return [actions.enrol(Participant.guest(f"g{number}", f"Guest {number}")) for number in range(count)]


def test_it_works(message, ann, bob, client):
    actions.react(message.pk, ann, "🎉")
    changed = actions.react(message.pk, bob, "🎉")
    assert (changed.changed, changed.room.seq) == (3, 3)
    assert marks(client.get("/chat/lobby/").text) == [("🎉", 2, "Bob and Ann", "gbob gann")]
    actions.react(message.pk, ann, "🎉")  # once more takes it back
    assert marks(client.get("/chat/lobby/").text) == [("🎉", 1, "Bob", "gbob")]
    actions.react(message.pk, bob, "🎉")
    assert "reactions" not in client.get("/chat/lobby/").text.partition('id="log-lobby"')[2]
    assert not Reaction.objects.exists()


def test_who_says_which_says_it_once(message, ann):
    for wanted, changed in ((True, 2), (True, 2), (False, 3), (False, 3)):
        actions.react(message.pk, ann, "🎉", wanted)
        assert Message.objects.get().changed == changed


@pytest.mark.parametrize(
    ("said", "emoji"),
    [
        ("🎉", "🎉"),
        (":tada:", "🎉"),
        (" 🎉 ", "🎉"),
        ("❤", "❤️"),
        ("❤️", "❤️"),
        ("👩‍👩‍👧‍👦", "👩‍👩‍👧‍👦"),
        ("👍🏽", "👍🏽"),
        ("1️⃣", "1️⃣"),
    ],
)
def test_one_emoji_in_one_form(message, ann, said, emoji):
    assert actions.react(message.pk, ann, said).reactions[0][0] == emoji


@pytest.mark.parametrize(
    "said", ["", "a", "1", "🎉🎉", "<b>", ":nobody:", "🎉 b", None, 7, ["🎉"], "x" * 5000, "\ud800", "🎉\x00"]
)
def test_what_is_no_emoji(message, ann, said):
    with pytest.raises(Refused, match="no emoji"):
        actions.react(message.pk, ann, said)
    assert Message.objects.get().changed == 1


def test_kinds_keep_their_places(message, ann, bob):
    for emoji in "🎉👍🚀":
        actions.react(message.pk, ann, emoji)
    actions.react(message.pk, bob, "👍")
    actions.react(message.pk, ann, "🎉")
    kinds = actions.react(message.pk, ann, "🎉").reactions
    assert [(kind[0], kind[1]) for kind in kinds] == [("👍", 2), ("🚀", 1), ("🎉", 1)]


def test_only_so_many_kinds(message, ann, bob):
    for emoji in EMOJI[:MOST_KINDS]:
        actions.react(message.pk, ann, emoji)
    with pytest.raises(Refused, match="At most 20 kinds"):
        actions.react(message.pk, bob, EMOJI[-1])
    actions.react(message.pk, bob, EMOJI[0])
    assert len(Message.objects.get().reactions) == MOST_KINDS


def test_of_many_the_latest_are_named_and_all_are_counted(message, client, settings):
    settings.CHAT_RATE_LIMITS = False
    for one in guests(MOST_KEYS + 3):
        actions.react(message.pk, one, "🎉")
    ((_, count, who, keys),) = marks(client.get("/chat/lobby/").text)
    assert (count, len(keys.split())) == (MOST_KEYS + 3, MOST_KEYS)
    assert who == "Guest 42, Guest 41, Guest 40 and 40 others"
    page = client.get("/chat/lobby/1/").text
    assert all(f"<bdi>Guest {number}</bdi>" in page for number in range(MOST_KEYS + 3))


def test_names_without_end_are_left_out_of_a_frame(message, monkeypatch, client, ann, bob):
    monkeypatch.setattr("chat.fragments.reactions.MOST_BYTES", 5)
    actions.react(message.pk, ann, "🎉")
    actions.react(message.pk, bob, "👍")
    assert [mark[2] for mark in marks(client.get("/chat/lobby/").text)] == ["1 person", "1 person"]


def test_with_all_that_fits_a_message_fits_a_frame(lobby, bob, settings):
    settings.CHAT_RATE_LIMITS = False
    message = actions.post_message(lobby, bob, "```\n" + "'" * 3980 + "\n```")
    message.html += "x" * (MOST_HTML - len(message.html))
    people = [[f"u{number}" for number in range(10**5, 10**5 + MOST_KEYS)], ["'" * 40] * 3]
    message.reactions = [[emoji, 1000, *people] for emoji in EMOJI[:MOST_KINDS]]
    message.save()
    frames = Changes.since(message.room, 0).frames_after(0)
    assert [len(frame.encode()) <= 65_536 for frame in frames] == [True]


def test_changes_make_a_message_no_older(lobby, message, ann, settings):
    settings.CHAT_RATE_LIMITS, settings.CHAT_PAGE_SIZE = False, 2
    for emoji in EMOJI[:5]:
        actions.react(message.pk, ann, emoji)
    assert Message.objects.get().get_absolute_url() == f"/chat/lobby/#message-{message.pk}"
    for _ in range(2):
        actions.post_message(lobby, ann, "later")
    assert Message.objects.get(pk=message.pk).get_absolute_url() == "/chat/lobby/1/"


def test_what_is_offered_at_once_may_be_named(message, as_guest, ann, settings):
    settings.CHAT_REACTIONS = ":tada: ❤"
    page = as_guest(ann).get("/chat/lobby/1/").text
    assert re.findall(r'name="emoji" value="([^"]+)"', page) == ["🎉", "❤️"]


def test_a_deletion_leaves_none_and_an_edit_all(message, ann, bob, client):
    actions.react(message.pk, ann, "🎉")
    actions.edit_message(message.pk, bob, "hello, you")
    assert len(marks(client.get("/chat/lobby/").text)) == 1
    actions.delete_message(message.pk, bob)
    assert marks(client.get("/chat/lobby/").text) == []
    assert (Message.objects.get().reactions, Reaction.objects.count()) == ([], 0)
    with pytest.raises(Forbidden, match="deleted"):
        actions.react(message.pk, ann, "🎉")


def test_it_counts_as_writing(message, ann, settings):
    settings.CHAT_PARTICIPANT_RATE = "2/day"
    for emoji in "🎉👍":
        actions.react(message.pk, ann, emoji)
    with pytest.raises(TooFast):
        actions.react(message.pk, ann, "🚀")


def test_it_costs_a_page_no_query(message, ann, client):
    before = len(_queries(message))
    actions.react(message.pk, ann, "🎉")
    assert len(_queries(message)) == before


def _queries(message: Message) -> list:
    fragments.forget_logs()
    with CaptureQueriesContext(connection) as captured:
        fragments.log(message.room)
    return captured.captured_queries


def test_nothing_typed_becomes_markup(message, ann, client):
    actions.rename(ann, '"><b>&{{ 7 }}')
    actions.react(message.pk, Participant.objects.get(pk=ann.pk), "🎉")
    assert [mark[2] for mark in marks(client.get("/chat/lobby/").text)] == ['"><b>&{{ 7 }}']


@pytest.mark.django_db(transaction=True)
def test_many_at_once_are_counted_once_each(message, settings):
    settings.CHAT_RATE_LIMITS = False
    people = guests(12)

    def react(one: Participant) -> None:
        try:
            for _ in range(3):
                actions.react(message.pk, one, "🎉")
            actions.react(message.pk, one, "👍", True)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(react, people))
    assert {kind[0]: kind[1] for kind in Message.objects.get().reactions} == {"🎉": 12, "👍": 12}
    assert Reaction.objects.count() == 24


# --- Those who are there, and those who were away ---------------------------------------------------


def test_it_comes_to_who_was_away(message, ann):
    actions.react(message.pk, ann, "🎉")
    (frame,) = Changes.since(message.room, 1).frames_after(1)
    assert marks(frame) == [("🎉", 1, "Ann", "gann")]
    assert Changes.since(message.room, 2).frames_after(2) == []


async def test_by_a_frame(connect, lobby, bob, ann):
    await sync_to_async(actions.post_message)(lobby, bob, "hello")
    socket, other = await connect(guest=ann), await connect(guest=bob)
    await socket.say(do="react", seq="1", emoji="🎉")
    for one in (socket, other):
        (frame,) = await one.hears('class="reactions"')
        assert marks(frame) == [("🎉", 1, "Ann", "gann")]
    await socket.say(do="react", seq="1", emoji="b")
    await socket.hears("That is no emoji.")
    await socket.say(do="react", seq="9", emoji="🎉")
    await socket.hears("There is no such message.")
    await socket.say(do="react", seq="1", emoji="🎉")
    (frame,) = await other.hears('id="message-')
    assert marks(frame) == []


# --- Found by name ----------------------------------------------------------------------------------


def found(client, sought: str, language: str = "en") -> list[str]:
    html = client.get("/chat/lobby/emoji/", {"emoji": sought, "l": language}).text
    return re.findall(r'name="emoji" value="([^"]*)"', html)


def test_it_is_found_by_its_name(client):
    assert "🎉" in found(client, "party pop")
    assert "🎉" in found(client, ":tada:")
    assert "🎉" in found(client, "Konfetti", "de")
    assert "🎉" in found(client, "tada", "de")
    assert len(found(client, "face")) == 40
    assert found(client, "   ") == found(client, "") == []
    assert "No emoji is called that." in client.get("/chat/lobby/emoji/", {"emoji": "<b>"}).text


def test_it_is_found_and_put_there_by_plain_forms(message, as_guest, ann):
    client = as_guest(ann)
    page = client.get("/chat/lobby/1/", {"emoji": "party pop"}).text
    assert '<button class="button button-quiet" type="submit" name="emoji" value="🎉"' in page
    assert 'value="👍"' in page
    assert client.post("/chat/lobby/1/react/", {"emoji": "🎉"}).status_code == 303
    assert marks(client.get("/chat/lobby/").text) == [("🎉", 1, "Ann", "gann")]
    refused = client.post("/chat/lobby/1/react/", {"emoji": "b"})
    assert (refused.status_code, "That is no emoji." in refused.text) == (400, True)
    assert client.get("/chat/lobby/1/react/").status_code == 303


@pytest.mark.parametrize("quick", ["👍 b", "🎉🎉"])
def test_a_setting_that_is_no_emoji_is_told(settings, quick):
    settings.CHAT_REACTIONS = quick
    assert ["CHAT_REACTIONS can't be read" in str(error) for error in check_settings()] == [True]


# --- In Chromium -----------------------------------------------------------------------------------


def test_two_people_and_one_without_javascript(busy_site, room, browser):
    ann = browser(busy_site, f"/chat/{room}/")
    phone = browser(busy_site, f"/chat/{room}/", viewport=PHONE)
    plain = browser(busy_site, f"/chat/{room}/", java_script_enabled=False)
    say(ann, "hello")
    expect(phone.locator(".message-body")).to_have_text("hello")
    open_menu(phone, "hello").get_by_role("button", name="👍").click()
    for page in (ann, phone):
        expect(page.locator(".reaction")).to_have_text("👍 1")
        expect(page.locator(".message-items")).to_have_count(0)
    ground = "surface => getComputedStyle(surface).backgroundColor"
    mine = phone.locator(".reaction-pill").evaluate(ground)
    assert mine != ann.locator(".reaction-pill").evaluate(ground)
    ann.locator(".reaction").focus()
    ann.keyboard.press("Enter")
    for page in (ann, phone):
        expect(page.locator(".reaction")).to_have_text("👍 2")
    expect(ann.locator(".reaction-pill")).to_have_css("background-color", mine)
    plain.goto(f"/chat/{room}/1/")
    plain.get_by_role("searchbox", name="Find an emoji").fill("party pop")
    plain.keyboard.press("Enter")
    plain.get_by_role("button", name="party popper").click()
    for page in (ann, phone):
        expect(page.locator(".reaction")).to_have_text(["👍 2", "🎉 1"])
    phone.locator(".reaction").first.click()
    expect(ann.locator(".reaction").first).to_have_text("👍 1")


def test_any_emoji_by_its_name(busy_site, room, browser):
    page = browser(busy_site, f"/chat/{room}/")
    say(page, "hello")
    menu = open_menu(page, "hello")
    menu.get_by_role("searchbox", name="Find an emoji").fill("rocket")
    expect(menu.get_by_role("button", name="rocket")).to_be_visible()
    page.keyboard.press("Enter")  # seeks at once, and puts nothing there
    menu.get_by_role("button", name="rocket").click()
    expect(page.locator(".reaction")).to_have_text("🚀 1")


@pytest.mark.parametrize(("viewport", "scheme"), LOOKS)
def test_it_is_for_everybody(busy_site, room, browser, viewport, scheme):
    page = browser(busy_site, f"/chat/{room}/", viewport=viewport, color_scheme=scheme)
    say(page, "hello")
    for name in ("👍", "🎉", "😢"):
        open_menu(page, "hello").get_by_role("button", name=name).click()
        expect(page.locator(".reaction").last).to_contain_text(name)
    menu = open_menu(page, "hello")
    menu.get_by_role("searchbox", name="Find an emoji").fill("party")
    expect(menu.get_by_role("button", name="party popper")).to_be_visible()
    is_for_everybody(page)
    is_not_wide(page)
