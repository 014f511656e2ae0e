"""The sidebar of an open page: what happens in other rooms comes on the one socket that the page has."""

import asyncio
import re

import pytest
from channels.db import database_sync_to_async as threaded
from django.test import Client as Browser
from playwright.sync_api import expect

from chat import actions
from chat.live.hub import hub
from chat.models import Membership, Participant, Room
from chat.tests import servers
from chat.tests.people import go_live, say, sign_up
from chat.tests.sidebars import TOKEN, joined, labels, lists, lists_of, said
from chat.tests.test_accessibility import is_for_everybody

RAISED = re.compile(
    r'<div hx-swap-oob="afterbegin:#sidebar:not\(:has\(#listed-([\w-]+)\)\) #sidebar-(\w+), #sidebar-spare">'
)
GONE = re.compile(r'<div hx-swap-oob="delete:#listed-([\w-]+), #sidebar-spare > \*">')
MENU = re.compile(r'<span class="room-menu-news" id="news-[\w-]+">(.*?)</span>', re.DOTALL)


@pytest.fixture(autouse=True)
def _by_rings_alone(settings):
    """No tick makes up for a ring that is not rung."""
    settings.CHAT_TICK_SECONDS = 600
    settings.CHAT_RATE_LIMITS = False


@pytest.fixture
def open_page(connect):
    """`await open_page(person, room)`: the page is loaded, its socket is open and has synced, and the sidebar stands:
    a token of something else has had it sent once. `shows` is another token, and then nothing is waited for.
    """

    async def open_page(who: Participant, room: Room, shows: str = ""):
        browser = Browser()
        await threaded(browser.force_login)(who.user)
        html = (await threaded(browser.get)(room.get_absolute_url())).text
        cookies = {name: cookie.value for name, cookie in browser.cookies.items()}
        socket = await connect(f"/ws/chat/{room.slug}/?sync=1", cookies=cookies)
        socket.html = html
        cursor = re.search(r'id="cursor-[\w-]+"[^>]* value="(\d+)"', html)[1]
        await socket.say(do="sync", cursor=cursor, sidebar=shows or "of another time")
        await socket.hears('data-state="live"')
        if not shows:
            assert lists_of(await told(socket)) == lists(html)
        return socket

    return open_page


post = threaded(actions.post_message)


async def told(socket) -> str:
    """The next frame about the sidebar."""
    async with asyncio.timeout(30):  # other frames come for ever
        return (await socket.hears('id="shows-'))[-1]


async def test_it_works(open_page, lobby, olive, gina, garden):
    page = await open_page(olive, lobby)
    await post(garden, gina, "hello")
    frame = await told(page)
    assert labels(frame) == {garden.slug: "Garden 1 unread"}
    assert said(MENU.search(frame)[1]) == "1 with news"
    assert TOKEN.search(frame)[1] != TOKEN.search(page.html)[1]
    await post(garden, gina, "hello again")
    assert labels(await told(page)) == {garden.slug: "Garden 2 unread"}


async def test_a_page_that_shows_what_there_is_is_told_nothing(open_page, lobby, olive, gina, garden):
    shown = TOKEN.search((await open_page(olive, lobby)).html)[1]
    page, marker = await open_page(olive, lobby, shows=shown), await open_page(olive, lobby)
    await post(garden, gina, "hello")
    assert labels(await told(page)) == labels(await told(marker)) == {garden.slug: "Garden 1 unread"}


async def test_a_new_word_raises_its_room_and_a_focused_entry_stays(open_page, lobby, olive, gina, garden):
    tea = await threaded(joined)(olive, gina, name="Tea")
    await post(garden, gina, "first")
    page = await open_page(olive, lobby)
    await post(tea, gina, "hello")
    frame = await told(page)
    assert RAISED.findall(frame) == [(tea.slug, "rooms")]
    assert f"delete:#listed-{tea.slug}:not(:focus-within), #sidebar-spare > *" in frame
    await post(tea, gina, "it is on top already")
    frame = await told(page)
    assert RAISED.findall(frame) == []
    assert labels(frame) == {tea.slug: "Tea 2 unread"}


async def test_mentions_and_muted_rooms(open_page, lobby, olive, gina, garden):
    await threaded(actions.mute_room)(olive, garden, True)
    page = await open_page(olive, lobby)
    await post(garden, gina, "nothing")
    await post(garden, gina, "@olive")
    await post(garden, gina, "and on")
    assert labels(await told(page)) == {garden.slug: "Garden @1 mentions"}


async def test_each_reader_is_told_in_their_language(open_page, lobby, olive, gina, garden):
    await Participant.objects.filter(pk=olive.pk).aupdate(language="de")
    german, english = await open_page(olive, lobby), await open_page(gina, lobby)
    for author in (gina, olive):
        await post(garden, author, "hello")
    assert labels(await told(german)) == {garden.slug: "Garden 1 ungelesen"}
    assert labels(await told(english)) == {garden.slug: "Garden 1 unread"}


# --- Reading -----------------------------------------------------------------------------------------


async def has_read(room: Room, who: Participant, seq: int) -> None:
    async with asyncio.timeout(30):
        while (await Membership.objects.aget(room=room, participant=who)).read_seq != seq:
            pass  # each look takes a turn of the thread that asks the database


async def test_reading_on_one_page_clears_the_others(open_page, lobby, olive, gina, garden):
    here, there = await open_page(olive, lobby), await open_page(olive, lobby)
    await post(garden, gina, "hello")
    for page in (here, there):
        assert labels(await told(page)) == {garden.slug: "Garden 1 unread"}
    await open_page(olive, garden)
    for page in (here, there):
        frame = await told(page)
        assert labels(frame) == {garden.slug: "Garden"}
        assert said(MENU.search(frame)[1]) == ""
    await has_read(garden, olive, 1)


async def test_what_comes_while_one_looks_is_read_and_away_it_is_not(open_page, lobby, olive, gina, garden):
    page, other = await open_page(olive, garden), await open_page(olive, lobby)
    await post(garden, gina, "seen")
    await has_read(garden, olive, 1)
    await page.say(do="away")
    await page.hears('id="away-')
    await post(garden, gina, "not seen")
    assert labels(await told(other)) == {garden.slug: "Garden 1 unread"}
    assert labels(await told(page)) == {garden.slug: "Garden 1 unread"}
    await page.say(do="back")
    for one in (other, page):
        assert labels(await told(one)) == {garden.slug: "Garden"}
    await has_read(garden, olive, 2)


async def test_what_was_shown_just_before_one_looked_away_or_left_is_read(open_page, lobby, olive, gina, garden):
    for seq, leave in ((1, lambda page: page.say(do="away")), (2, lambda page: page.disconnect(timeout=30))):
        page = await open_page(olive, garden)
        await post(garden, gina, "hello")
        await page.hears("hello")
        await leave(page)
        await has_read(garden, olive, seq)


async def test_a_client_says_itself_what_it_has_read(connect, open_page, lobby, olive, gina, garden):
    page = await open_page(olive, lobby)
    for text in ("one", "two", "three"):
        await post(garden, gina, text)
    shown = {}
    while shown != {garden.slug: "Garden 3 unread"}:  # in one round or several
        shown = labels(await told(page))
    browser = Browser()
    await threaded(browser.force_login)(olive.user)
    cookies = {name: cookie.value for name, cookie in browser.cookies.items()}
    raw = await connect(f"/ws/chat/{garden.slug}/", cookies=cookies)
    await raw.say(do="read", seq="2")
    assert labels(await told(page)) == {garden.slug: "Garden 1 unread"}
    await raw.say(do="read", seq="999999999999999999")
    assert labels(await told(page)) == {garden.slug: "Garden"}
    await raw.say(do="read", seq="1")
    await raw.say(do="read", seq="x")
    assert "A seq is a text of up to 18 digits" in (await raw.hears('role="alert"'))[-1]
    await has_read(garden, olive, 3)


async def test_who_has_not_joined_can_have_read_nothing(connect, lobby, ann):
    raw = await connect(guest=ann)
    await raw.say(do="read", seq="1")
    assert "join this one first" in (await raw.hears('role="alert"'))[-1]


# --- Coming and going --------------------------------------------------------------------------------


async def test_joining_and_leaving_muting_and_naming(open_page, lobby, olive, gina):
    tea = await threaded(joined)(gina, name="Tea", kind="public")
    page = await open_page(olive, tea)
    assert lists(page.html) == {"visited": ["Lobby", "Tea"]}
    await threaded(actions.join_room)(olive, tea)
    frame = await told(page)
    assert RAISED.findall(frame) == [("tea", "rooms")]
    assert 'href="/chat/tea/" aria-current="page"' in frame
    await threaded(actions.change_room)(gina, tea, "Tea & <i>biscuits</i>")
    assert labels(await told(page)) == {"tea": "Tea & <i>biscuits</i>"}
    await threaded(actions.mute_room)(olive, tea, True)
    assert RAISED.findall(await told(page)) == [("tea", "rooms_muted")]
    await threaded(actions.archive_room)(gina, tea, True)
    assert labels(await told(page)) == {"tea": "Tea & <i>biscuits</i> archived"}
    await threaded(actions.leave_room)(olive, tea)
    frame = await told(page)
    assert GONE.findall(frame) == ["tea"]
    assert lists_of(frame) == {"visited": ["Tea & <i>biscuits</i> archived"]}


async def test_who_is_put_out_of_a_private_room_sees_no_more_of_it(open_page, lobby, olive, gina, garden):
    page = await open_page(gina, lobby)
    membership = await Membership.objects.select_related("participant", "room").aget(room=garden, participant=gina)
    await threaded(actions.remove_member)(olive, membership)
    frame = await told(page)
    assert GONE.findall(frame) == [garden.slug]
    assert "Garden" not in frame
    await post(garden, olive, "without her")
    await threaded(actions.talk)(olive, [gina])
    frame = await told(page)
    assert garden.slug not in frame
    assert [where for _, where in RAISED.findall(frame)] == ["direct"]


async def test_a_conversation_is_there_when_it_begins_and_follows_names(open_page, lobby, olive, gina):
    page = await open_page(olive, lobby)
    talk = await threaded(actions.talk)(gina, [olive])
    assert labels(await told(page)) == {talk.slug: "gina"}
    await threaded(actions.rename)(gina, "Gina")
    assert labels(await told(page)) == {talk.slug: "Gina"}
    await post(talk, gina, "psst")
    assert labels(await told(page)) == {talk.slug: "Gina 1 unread"}


# --- Hostile -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [5, ["x"], {"a": 1}, True, "x" * 65], ids=str)
async def test_a_bad_token_is_refused_in_words_and_the_line_lives(connect, lobby, ann, bad):
    socket = await connect()
    await socket.say(do="sync", cursor="0", sidebar=bad)
    assert "at most 64 characters" in (await socket.hears('role="alert"'))[-1]
    await post(lobby, ann, "news")
    await socket.hears("news")


async def test_a_guest_who_names_a_sidebar_gets_none(connect, lobby, ann, olive, gina, garden):
    socket = await connect(guest=ann)
    await socket.say(do="sync", cursor="0", sidebar="x")
    await socket.hears('data-state="live"')
    assert hub().sidebars._of == {}
    await post(garden, gina, "secret")
    await post(lobby, gina, "open")
    frames = await socket.hears("open")
    assert not any("sidebar" in frame or "secret" in frame for frame in frames)


# --- In a browser ------------------------------------------------------------------------------------

ROOMS = """from chat import actions, models
olive, gina = (models.Participant.objects.select_related("user").get(name=name) for name in ("olive", "gina"))
for name in ("Garden", "Tea"):
    room = actions.make_room(olive, name, "private")
    models.Membership.objects.create(room=room, participant=gina)
actions.talk(olive, [gina])"""

PUT_OUT = """from chat import actions, models
row = models.Membership.objects.select_related("room", "participant").get(participant__name="gina", room__name="Tea")
actions.remove_member(models.Participant.objects.select_related("user").get(name="olive"), row)"""


def listed(page, name: str):
    return page.locator("#sidebar-rooms > li").filter(has_text=name)


def order(page) -> list[str]:
    return [said(text).split()[0] for text in page.locator("#sidebar-rooms bdi").all_inner_texts()]


def test_two_people_and_several_pages_over_two_processes(two_sites, database_url, browser):
    one, other = two_sites
    phone = {"viewport": {"width": 390, "height": 800}, "has_touch": True, "is_mobile": True}
    desk = sign_up(browser(one, expect_live=False), "olive")
    gina = sign_up(browser(other, expect_live=False), "gina")
    servers.manage(
        database_url, "shell", "--verbosity", "0", "--command", ROOMS, REDIS_URL=one.environment["REDIS_URL"]
    )
    pocket = browser(other, "/accounts/login/?next=/chat/", expect_live=False, **phone)
    for field, text in (("username", "olive"), ("password", "a-very-good-password")):
        pocket.locator(f"[name={field}]").fill(text)
    pocket.keyboard.press("Enter")
    desk.goto("/chat/")
    for page in (desk, pocket):
        go_live(page)
    gina.goto("/chat/")
    listed(gina, "Garden").click()
    go_live(gina)

    # Counts rise everywhere, and what has the focus keeps it.
    listed(desk, "Tea").get_by_role("link").focus()
    say(gina, "hello @olive")
    say(gina, "are you there?")
    for page in (desk, pocket):
        expect(listed(page, "Garden").locator(".sidebar-unread")).to_have_text("2 unread")
        expect(listed(page, "Garden").locator(".sidebar-mentions")).to_have_text("@1 mentions")
    expect(listed(desk, "Tea").get_by_role("link")).to_be_focused()
    assert order(desk) == ["Garden", "Tea"]
    expect(pocket.locator(".room-menu-news")).to_have_text("1 with news")
    expect(pocket.locator(".room-menu-news")).to_be_in_viewport()
    for scheme in ("light", "dark"):
        for page in (desk, pocket):
            page.emulate_media(color_scheme=scheme)
            is_for_everybody(page)
    listed(gina, "Tea").click()
    go_live(gina)
    say(gina, "tea?")
    expect(listed(desk, "Tea").locator(".sidebar-unread")).to_have_text("1 unread")
    expect(listed(desk, "Tea").get_by_role("link")).to_be_focused()
    assert order(desk) == ["Garden", "Tea"]  # it would have lost the focus by moving
    desk.keyboard.press("Shift+Tab")
    expect(listed(desk, "Garden").get_by_role("link")).to_be_focused()
    expect(listed(pocket, "Tea").locator(".sidebar-unread")).to_have_text("1 unread")
    assert order(pocket) == ["Tea", "Garden"]

    # Reading on the phone clears the desk, and the list stays open over what comes.
    pocket.locator(".room-menu").click()
    expect(listed(pocket, "Tea")).to_be_in_viewport()
    say(gina, "or coffee?")
    expect(listed(pocket, "Tea").locator(".sidebar-unread")).to_have_text("2 unread")
    expect(listed(pocket, "Tea")).to_be_in_viewport()
    listed(pocket, "Garden").click()
    go_live(pocket)
    expect(listed(desk, "Garden").locator(".sidebar-unread, .sidebar-mentions")).to_have_count(0)
    expect(listed(desk, "Garden").get_by_role("link")).to_be_focused()
    expect(listed(desk, "Tea").locator(".sidebar-unread")).to_have_text("2 unread")

    # Muted on one, it is so on the other; a mention shows all the same.
    pocket.locator(".room-title a").click()
    desk.keyboard.press("Tab")  # what has the focus is not moved
    expect(listed(desk, "Tea").get_by_role("link")).to_be_focused()
    pocket.get_by_role("button", name="Mute").click()
    quiet = desk.locator("#sidebar-rooms_muted > li")
    expect(quiet).to_have_count(1)
    listed(gina, "Garden").click()
    go_live(gina)
    say(gina, "nothing for anybody")
    say(gina, "but for @olive")
    expect(quiet.locator(".sidebar-mentions")).to_have_text("@1 mentions")
    expect(quiet.locator(".sidebar-unread")).to_have_count(0)

    # Who is put out has not even the name any more.
    expect(listed(gina, "Tea")).to_have_count(1)
    servers.manage(
        database_url, "shell", "--verbosity", "0", "--command", PUT_OUT, REDIS_URL=one.environment["REDIS_URL"]
    )
    expect(listed(gina, "Tea")).to_have_count(0)
    assert "Tea" not in gina.content()
