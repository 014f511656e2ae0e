"""Coming back by the websocket: what was missed, in order and once, and what a page gave up meanwhile."""

import re

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError

from chat import actions, fragments
from chat.consumers import ChatConsumer
from chat.live.visit import Visit
from chat.models import Message, Room
from chat.tests.bare_sockets import ANEW, cursor, seqs

post = sync_to_async(actions.post_message)

FRAME = 65_536


@pytest.fixture
async def five(connect, lobby, ann):
    """Five messages in the lobby."""
    return [await post(lobby, ann, f"message {number}") for number in range(1, 6)]


async def test_a_held_socket_gets_what_it_missed_in_order_and_then_what_comes(connect, lobby, ann, five):
    socket = await connect("/ws/chat/lobby/?sync=1")
    await post(lobby, ann, "message 6")  # nothing live may overtake the gap
    await socket.say(do="sync", cursor="2", epoch=lobby.epoch)
    frames = await socket.hears('data-state="live"')
    assert seqs(frames) == [3, 4, 5, 6]
    assert cursor("lobby", 6).search(frames[-2])
    await post(lobby, ann, "message 7")
    assert seqs([await socket.receive_from(timeout=30)]) == [7]


async def test_a_held_socket_hears_nothing_before_it_syncs(connect, lobby, ann, five):
    held, live = await connect("/ws/chat/lobby/?sync=1"), await connect("/ws/chat/lobby/")
    await post(lobby, ann, "message 6")
    assert seqs(await live.hears("message 6")) == [6]
    await held.say(do="nonsense")
    assert 'role="alert"' in await held.receive_from(timeout=30)  # its very first frame


async def test_a_page_that_missed_nothing_is_told_that_it_is_live(connect, lobby, five):
    socket = await connect("/ws/chat/lobby/?sync=1")
    await socket.say(do="sync", cursor="5")
    frame = await socket.receive_from(timeout=30)
    assert frame.startswith('<p class="connection" id="connection-lobby" data-state="live"')


async def test_without_sync_in_the_address_a_socket_is_live_from_the_moment_it_opens(connect, lobby, ann, five):
    for query in ("", "?sync=0", "?async=1"):
        socket = await connect(f"/ws/chat/{query}")
        message = await post(lobby, ann, "news")
        assert seqs([await socket.receive_from(timeout=30)]) == [message.seq]  # and nothing of before


async def test_a_bad_cursor_leaves_the_socket_held_until_a_good_one(connect, lobby, five):
    socket = await connect("/ws/chat/lobby/?sync=1")
    await socket.say(do="sync", cursor="x")
    assert 'role="alert"' in await socket.receive_from(timeout=30)
    await socket.say(do="sync", cursor="3")
    assert seqs(await socket.hears('data-state="live"')) == [4, 5]


async def test_who_is_too_far_behind_gets_the_log_anew(connect, lobby, five, settings):
    settings.CHAT_CATCH_UP_LIMIT, settings.CHAT_PAGE_SIZE = 3, 2
    socket = await connect("/ws/chat/lobby/?sync=1")
    await socket.say(do="sync", cursor="1")
    frames = await socket.hears('data-state="live"')
    assert ANEW.match(frames[0])
    assert seqs(frames) == [4, 5]


async def test_a_cursor_of_another_life_of_the_database_gets_the_log_anew(connect, lobby, ann, five):
    socket = await connect("/ws/chat/lobby/?sync=1")
    await socket.say(do="sync", cursor="9" * 18)
    frames = await socket.hears('data-state="live"')
    assert ANEW.match(frames[0])
    assert seqs(frames) == [1, 2, 3, 4, 5]
    await post(lobby, ann, "message 6")
    assert seqs([await socket.receive_from(timeout=30)]) == [6]


async def test_catching_up_comes_in_frames_of_at_most_64_kib(connect, lobby, ann, settings):
    settings.CHAT_RATE_LIMITS = False
    for number in range(1, 9):
        await post(lobby, ann, f"{number}" + "'" * 3999)
    socket = await connect("/ws/chat/lobby/?sync=1")
    await socket.say(do="sync", cursor="0")
    frames = await socket.hears('data-state="live"')
    assert len(frames) > 3
    assert max(len(frame.encode()) for frame in frames) <= FRAME
    assert seqs(frames) == [*range(1, 9)]
    for frame in frames[:-1]:
        assert cursor("lobby", seqs([frame])[-1]).search(frame)


async def test_a_sync_that_the_database_fails_does_not_leave_the_socket_deaf(connect, lobby, ann, monkeypatch):
    """Nobody syncs twice on one connection: it either goes live all the same, or ends, so that the page comes back."""
    failing = iter([OperationalError("the database is away")])
    since = fragments.Changes.since

    def fail_once(room, after, epoch=None):
        for error in failing:
            raise error
        return since(room, after, epoch)

    monkeypatch.setattr(fragments.Changes, "since", fail_once)
    socket = await connect("/ws/chat/lobby/?sync=1")
    await socket.say(do="sync", cursor="0")
    if 'role="alert"' in await socket.receive_from(timeout=30):
        await post(lobby, ann, "news")
        output = await socket.receive_output(timeout=30)
        assert output["type"] == "websocket.close" or "news" in output["text"]


# --- What was given up meanwhile -----------------------------------------------------------------


def deletes(nonce: str) -> str:
    return f'<div hx-swap-oob="delete:#composer-{nonce}"></div>'


@pytest.mark.parametrize("discard", ["n-1", ["n-1"], ["n-0", "n-1"]], ids=str)
async def test_what_was_discarded_is_not_stored_and_its_composer_goes(connect, lobby, discard):
    socket = await connect("/ws/chat/lobby/?sync=1")
    await socket.say(do="sync", cursor="0", discard=discard)
    await socket.hears('data-state="live"')
    await socket.say(message="given up", nonce="n-1")
    assert await socket.receive_from(timeout=30) == deletes("n-1")
    await socket.say(message="meant", nonce="n-2")
    frame = await socket.receive_from(timeout=30)
    assert frame.startswith(deletes("n-2"))
    assert seqs([frame]) == [1]
    await socket.say(message="without a nonce")
    assert seqs([await socket.receive_from(timeout=30)]) == [2]
    assert [message.body async for message in Message.objects.order_by("seq")] == ["meant", "without a nonce"]


async def test_what_is_stored_already_stays_when_it_is_discarded(connect, lobby, ann):
    await post(lobby, ann, "stored", "n-1")
    socket = await connect("/ws/chat/lobby/?sync=1", guest=ann)
    await socket.say(do="sync", cursor="1", discard="n-1")
    await socket.hears('data-state="live"')
    await socket.say(message="stored", nonce="n-1")
    assert await socket.receive_from(timeout=30) == deletes("n-1")
    assert (await Message.objects.aget()).deleted is False


async def test_what_is_discarded_is_so_on_this_line_alone(connect, lobby, ann):
    one, other = [await connect("/ws/chat/lobby/?sync=1", guest=ann) for _ in range(2)]
    await one.say(do="sync", cursor="0", discard="n-1")
    await one.hears('data-state="live"')
    await other.say(message="from another page", nonce="n-1")
    assert await other.receive_from(timeout=30) == deletes("n-1")
    assert (await Message.objects.aget()).body == "from another page"


async def test_who_changes_their_mind_posts_it_after_the_next_sync(connect, lobby):
    socket = await connect("/ws/chat/lobby/?sync=1")
    for discard in (["n-1"], []):
        await socket.say(do="sync", cursor="0", discard=discard)
        await socket.hears('data-state="live"')
        await socket.say(message="after all", nonce="n-1")
        await socket.hears(deletes("n-1"))
    assert (await Message.objects.aget()).body == "after all"


@pytest.mark.parametrize(
    "discard", [5, None, True, {}, {"n-1": "n-1"}, [5], [None], ["n-1", ["n-2"]], [["n-1"]]], ids=str
)
async def test_a_discard_that_is_none_is_refused_and_the_socket_stays_held(connect, lobby, ann, five, discard):
    socket = await connect("/ws/chat/lobby/?sync=1")
    await socket.say(do="sync", cursor="2", discard=discard)
    assert re.match(
        r'<p class="notice" id="notice-lobby" role="alert">A discard is', await socket.receive_from(timeout=30)
    )
    await post(lobby, ann, "message 6")
    await socket.say(message="hello", nonce="n-1")
    assert await socket.receive_from(timeout=30) == deletes("n-1")  # and not message 6 before it
    assert await Message.objects.acount() == 7
    await socket.say(do="sync", cursor="5")
    assert seqs(await socket.hears('data-state="live"')) == [6, 7]


async def test_what_a_page_still_waits_for_is_acknowledged_with_what_it_missed(connect, lobby, ann, bob):
    """The answer was lost with the connection. Nothing of what is somebody else's goes with it."""
    await post(lobby, ann, "stored", "c-1")
    await post(lobby, ann, "seen before", "c-2")
    await post(lobby, bob, "bob's", "c-3")
    await post(lobby, ann, "missed")
    socket = await connect("/ws/chat/lobby/?sync=1", guest=ann)
    await socket.say(do="sync", cursor="2", waiting=["c-2", "c-1", "c-3", "c-4", "\0", "x" * 65, "c-9"])
    (missed, live) = await socket.hears('data-state="live"')
    assert seqs([missed]) == [3, 4]
    assert [*re.findall(r"delete:#composer-([\w-]+)", missed)] == ["c-1", "c-2"]
    assert "delete:#composer" not in live


async def test_it_is_acknowledged_too_when_nothing_was_missed(connect, lobby, ann):
    await post(lobby, ann, "stored", "c-1")
    socket = await connect("/ws/chat/lobby/?sync=1", guest=ann)
    await socket.say(do="sync", cursor="1", waiting=["c-1", "c-2"])
    first, *_ = await socket.hears('data-state="live"')
    assert "delete:#composer-c-1" in first


@pytest.mark.parametrize(
    "said",
    [
        {"waiting": "c-1"},
        {"waiting": ["c-0", "c-1"]},
        {"waiting": ["c-1", "c-2"], "refused": "c-1"},
        {"waiting": ["c-1", "c-2"], "refused": ["c-0", "c-1"]},
        {"waiting": ["elsewhere", "c-2"]},
    ],
    ids=str,
)
async def test_neither_what_is_typed_in_nor_what_was_refused_nor_what_stands_elsewhere(connect, lobby, ann, said):
    """The page may come from the browser's cache, or another tab of it may have sent another text under the nonce."""
    hall = Room(slug="hall", name="Hall")
    await sync_to_async(actions.save_room)(hall)
    await post(hall, ann, "in another room", "elsewhere")
    await post(lobby, ann, "stored", "c-1")
    socket = await connect("/ws/chat/lobby/?sync=1", guest=ann)
    await socket.say(do="sync", cursor="0", **said)
    frames = await socket.hears('data-state="live"')
    assert seqs(frames) == [1]
    assert not any("delete:#composer" in frame for frame in frames)


async def test_a_page_that_could_not_be_told_that_it_is_live_is_held_and_let_go(connect, lobby, ann, five, monkeypatch):
    """It would hear what comes and say "Connecting" all the same."""
    finished = []

    async def finish(consumer):
        finished.append(consumer)

    def fails(*arguments):
        raise OperationalError("the database is away")

    monkeypatch.setattr(ChatConsumer, "finish", finish)
    socket = await connect("/ws/chat/lobby/?sync=1", guest=ann)
    with monkeypatch.context() as broken:
        broken.setattr(Visit, "unread", fails)
        await socket.say(do="sync", cursor="5", away="3")
        await socket.hears('role="alert"')
    assert [consumer.cursor for consumer in finished] == [None]
