"""While nobody looks at the page: what comes is counted in the title and the icon of its tab."""

import re
from collections import Counter

import pytest
from asgiref.sync import sync_to_async

from chat import actions, fragments
from chat.live.visit import Visit
from chat.models import Participant, Room
from chat.tests.bare_sockets import BareSocket, ring, seqs
from chat.tests.page import Page

post = sync_to_async(actions.post_message)
edit = sync_to_async(actions.edit_message)
delete = sync_to_async(actions.delete_message)

SEEN, UNREAD = "Lobby · Parley", "({}) Lobby · Parley"
ICONS = {True: "/static/chat/icon-unread.svg", False: "/static/chat/icon.svg"}


def tab(frame: str) -> str | None:
    """The title that the frame brings, and the icon has to fit; None when it brings none."""
    title = re.search(r'<div hx-swap-oob="innerHTML:title">\s*(.*?)\s*</div>', frame)
    icon = re.search(r'<link id="icon" rel="icon" type="image/svg\+xml" href="([^"]+)">', frame)
    assert bool(title) == bool(icon)
    if title is None:
        return None
    assert icon[1] == ICONS[title[1].startswith("(")]
    return title[1]


def away(frame: str) -> str:
    """What the page remembers of when it was left."""
    return re.fullmatch(
        r'<input id="away-lobby" form="sync-lobby" type="hidden" name="away" value="(\d*)" autocomplete="off">', frame
    )[1]


async def leave(socket) -> str:
    await socket.say(do="away")
    return away((await socket.receive_from(timeout=30)).strip())


async def come_back(connect, client, room, **sync):
    """A page's socket that has synced, and what it heard by then."""
    socket = await connect("/ws/chat/lobby/?sync=1")
    await socket.say(do="sync", cursor=str(room.seq), **sync)
    return socket, await socket.hears('data-state="live"')


# --- Away and back -------------------------------------------------------------------------------


async def test_each_message_that_comes_while_away_is_counted_in_the_tab(connect, lobby, ann):
    socket = await connect()
    await post(lobby, ann, "seen")
    await socket.hears("seen")
    assert await leave(socket) == "1"
    for number in range(1, 13):
        await post(lobby, ann, "hello")
        assert seqs([await socket.receive_from(timeout=30)]) == [number + 1]
        assert tab(await socket.receive_from(timeout=30)) == UNREAD.format(number)


async def test_coming_back_makes_the_tab_as_it_was_and_ends_the_counting(connect, lobby, ann):
    socket = await connect()
    await leave(socket)
    await post(lobby, ann, "hello")
    await socket.hears("(1) Lobby")
    await socket.say(do="back")
    frame = await socket.receive_from(timeout=30)
    assert away(frame.splitlines()[0]) == ""
    assert tab(frame) == SEEN
    for number in (2, 3):
        await post(lobby, ann, "hello")
        assert seqs([await socket.receive_from(timeout=30)]) == [number]  # with nothing in between
    assert await leave(socket) == "3"
    await post(lobby, ann, "hello")
    await socket.receive_from(timeout=30)
    assert tab(await socket.receive_from(timeout=30)) == UNREAD.format(1)


async def test_who_missed_nothing_or_was_never_away_has_nothing_changed_in_the_tab(connect, lobby):
    socket = await connect()
    for leaves in (True, False):
        if leaves:
            await leave(socket)
        await socket.say(do="back")
        assert away((await socket.receive_from(timeout=30)).strip()) == ""


async def test_who_looks_at_the_page_gets_no_tab(connect, lobby, ann):
    looks, left = await connect(), await connect()
    await leave(left)
    for number in (1, 2):
        await post(lobby, ann, "hello")
        assert seqs([await looks.receive_from(timeout=30)]) == [number]
        await left.hears(f"({number}) Lobby")


async def test_ones_own_messages_are_counted_as_well(connect, lobby, ann):
    socket = await connect(guest=ann)
    await leave(socket)
    await socket.say(message="from a composer that waited")
    assert seqs([await socket.receive_from(timeout=30)]) == [1]
    assert tab(await socket.receive_from(timeout=30)) == UNREAD.format(1)


async def test_edits_and_deletions_are_not_counted(connect, lobby, ann):
    message = await post(lobby, ann, "seen")
    socket = await connect()
    await leave(socket)
    await edit(message.pk, ann, "edited")
    assert seqs([await socket.receive_from(timeout=30)]) == [1]
    await delete(message.pk, ann)
    assert seqs([await socket.receive_from(timeout=30)]) == [1]
    await post(lobby, ann, "hello")
    assert seqs([await socket.receive_from(timeout=30)]) == [4]
    assert tab(await socket.receive_from(timeout=30)) == UNREAD.format(1)


async def test_in_another_room_nothing_is_counted(connect, lobby, ann):
    other = await Room.objects.acreate(slug="other", name="Other")
    socket = await connect()
    await leave(socket)
    await post(other, ann, "elsewhere")
    await post(lobby, ann, "here")
    assert "here" in await socket.receive_from(timeout=30)
    assert tab(await socket.receive_from(timeout=30)) == UNREAD.format(1)


async def test_a_held_socket_can_not_be_left(connect, lobby, ann):
    socket = await connect("/ws/chat/lobby/?sync=1")
    await socket.say(do="away")
    await socket.say(do="sync", cursor="0")
    assert 'data-state="live"' in await socket.receive_from(timeout=30)
    await post(lobby, ann, "hello")
    await post(lobby, ann, "again")
    assert [seqs([await socket.receive_from(timeout=30)]) for _ in range(2)] == [[1], [2]]


async def test_a_hostile_name_of_a_room_is_text_in_the_tab(connect, ann, db):
    await Room.objects.acreate(slug="r", name="</title><script>alert(1)</script>")
    room, socket = await Room.objects.aget(slug="r"), await connect("/ws/chat/r/")
    await socket.say(do="away")
    await socket.receive_from(timeout=30)
    await post(room, ann, "hello")
    assert "(1) &lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt; · Parley" in (await socket.hears("(1)"))[-1]


@pytest.mark.parametrize("verb", ["away", "back"])
async def test_who_is_banned_meanwhile_is_shown_out_instead(connect, lobby, ann, verb):
    socket = await connect(guest=ann)
    await Participant.objects.filter(pk=ann.pk).aupdate(banned=True)
    await socket.say(do=verb)
    assert "moderator" in await socket.receive_from(timeout=30)
    assert await socket.receive_output(timeout=30) == {"type": "websocket.close", "code": 4403}


# --- Many of them --------------------------------------------------------------------------------


async def test_all_who_left_at_the_same_time_get_the_very_same_string_rendered_once(hubs, lobby, ann, monkeypatch):
    rendered, render = Counter(), fragments.tab

    def counting(room, unread):
        rendered[unread] += 1
        return render(room, unread)

    monkeypatch.setattr("chat.fragments.changes.tab", counting)
    hub, left, earlier, looks = hubs(), [BareSocket(lobby) for _ in range(3)], BareSocket(lobby), BareSocket(lobby)
    for socket in (*left, earlier, looks):
        await hub.join(socket, lobby)
    for socket in left:
        socket.unread = 0
    earlier.unread = 7
    await post(lobby, ann, "hello")
    for socket in (*left, earlier):
        await socket.gets(2)
    await looks.gets(1)
    assert [tab(socket.frames[1]) for socket in (*left, earlier)] == [UNREAD.format(number) for number in (1, 1, 1, 8)]
    assert left[0].frames[1] is left[1].frames[1] is left[2].frames[1]
    assert rendered == {1: 1, 8: 1}
    assert [socket.unread for socket in (*left, earlier, looks)] == [1, 1, 1, 8, None]


async def test_several_messages_that_come_at_once_are_one_tab(hubs, lobby, ann, silent):
    hub, socket = hubs(), BareSocket(lobby)
    await hub.join(socket, lobby)
    socket.unread = 2
    messages = [await post(lobby, ann, "hello") for _ in range(3)]
    await edit(messages[0].pk, ann, "edited")
    hub.hear(ring(lobby.pk, 4))
    await socket.gets(2)
    assert [tab(frame) for frame in socket.frames] == [None, UNREAD.format(5)]


async def test_only_what_is_new_to_a_page_is_counted_for_it(hubs, lobby, ann, silent):
    for _ in range(2):
        await post(lobby, ann, "hello")
    hub, ahead = hubs(), BareSocket(lobby, cursor=4)
    await hub.join(ahead, lobby)
    ahead.unread = 0
    for _ in range(3):  # the socket has synced to the fourth of them, and the room's head is not there yet
        await post(lobby, ann, "hello")
    hub.hear(ring(lobby.pk, 5))
    await ahead.gets(2)
    assert (ahead.seqs, tab(ahead.frames[1])) == ([5], UNREAD.format(1))


# --- Over a lost connection ----------------------------------------------------------------------------


async def test_the_count_survives_a_lost_line(connect, client, lobby, ann):
    page, socket = Page(), await connect()
    await post(lobby, ann, "seen")
    page.apply((await socket.hears("seen"))[-1])
    await socket.say(do="away")
    page.apply(await socket.receive_from(timeout=30))
    await post(lobby, ann, "first")
    for frame in await socket.hears("(1) Lobby"):
        page.apply(frame)
    await socket.disconnect(timeout=30)
    for text in ("second", "third"):
        await post(lobby, ann, text)
    assert (page.cursor, page.away) == (2, "1")  # what its sync form holds
    socket = await connect("/ws/chat/lobby/?sync=1")
    await socket.say(do="sync", cursor="2", away="1")
    frames = await socket.hears('data-state="live"')
    assert seqs(frames) == [3, 4]
    while tab(frames[-1]) is None:
        frames.append(await socket.receive_from(timeout=30))
    assert [tab(frame) for frame in frames if tab(frame)] == [UNREAD.format(3)]
    await post(lobby, ann, "fourth")
    assert seqs([await socket.receive_from(timeout=30)]) == [5]
    assert tab(await socket.receive_from(timeout=30)) == UNREAD.format(4)
    await socket.say(do="back")
    assert tab(await socket.receive_from(timeout=30)) == SEEN


@pytest.mark.parametrize(("missed", "said"), [(4, "4"), (5, "4+"), (7, "4+")])
async def test_no_more_are_counted_than_a_tab_says(connect, lobby, ann, monkeypatch, missed, said):
    for where in ("chat.fragments", "chat.fragments.page"):  # who counts, and who says it
        monkeypatch.setattr(f"{where}.MOST_UNREAD", 4)
    for number in range(missed):
        lobby.seq = (await post(lobby, ann, f"message {number}")).seq
    visit = Visit(lobby, ann, {})
    assert await sync_to_async(visit.unread)(0) == min(missed, 5)
    socket, frames = await come_back(connect, None, lobby, away="0")
    assert tab(frames[-1]) == UNREAD.format(said)
    await post(lobby, ann, "and one more")
    assert tab((await socket.hears("innerHTML:title"))[-1]) == UNREAD.format("4+")


async def test_what_was_deleted_meanwhile_is_not_counted_nor_what_was_edited(connect, client, lobby, ann):
    messages = [await post(lobby, ann, f"message {number}") for number in range(5)]
    await delete(messages[3].pk, ann)
    await edit(messages[0].pk, ann, "edited")
    await edit(messages[4].pk, ann, "edited")
    await lobby.arefresh_from_db()
    _, frames = await come_back(connect, client, lobby, away="2")
    assert tab(frames[-1]) == UNREAD.format(2)


async def test_who_missed_nothing_over_a_lost_line_has_no_count(connect, client, lobby, ann):
    lobby.seq = (await post(lobby, ann, "seen")).seq
    socket, frames = await come_back(connect, client, lobby, away="1")
    assert tab(frames[-1]) in (SEEN, None)
    await post(lobby, ann, "news")
    assert tab((await socket.hears("(1) Lobby"))[-1]) == UNREAD.format(1)


async def test_who_looks_at_the_page_when_the_line_is_back_is_not_counted_for(connect, client, lobby, ann):
    lobby.seq = (await post(lobby, ann, "seen")).seq
    for sync in ({}, {"away": ""}):
        socket, frames = await come_back(connect, client, lobby, **sync)
        assert tab(frames[-1]) is None
        await post(lobby, ann, "news")
        assert tab(await socket.receive_from(timeout=30)) is None
        lobby.seq += 1
        await post(lobby, ann, "and more")
        assert tab(await socket.receive_from(timeout=30)) is None
        lobby.seq += 1


@pytest.mark.parametrize("bad", [5, ["1"], {"1": 1}, True, "x", "-1", "9" * 19, "٣"], ids=str)
async def test_a_bad_away_is_refused_in_words_and_the_line_lives(connect, lobby, ann, bad):
    socket = await connect()
    await socket.say(do="sync", cursor="0", away=bad)
    assert "An away is" in (await socket.hears('role="alert"'))[-1].replace("A away", "An away")
    await post(lobby, ann, "news")
    assert seqs([await socket.receive_from(timeout=30)]) == [1]


def test_a_fresh_page_is_not_away_and_its_tab_is_plain(client, lobby):
    text = client.get("/chat/").text
    assert re.search(r'id="away-lobby" form="sync-lobby" type="hidden" name="away" value=""', text)
    assert re.search(r"<title>\s*Lobby · Parley\s*</title>", text)
    assert 'href="/static/chat/icon.svg"' in text
