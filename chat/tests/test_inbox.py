"""The frames of a socket on their way to their answers: none is forgotten, and one whose turn never comes not begun."""

import asyncio
import warnings

import pytest

from chat.live.inbox import SIDE_BY_SIDE, Inbox
from chat.wire import Connection


class Frames:
    """What was begun and what was answered; each is answered once somebody lets it be."""

    def __init__(self):
        self.begun, self.answered = [], []
        self.go = asyncio.Event()

    def frame(self, number: int):
        async def handle():
            self.begun.append(number)
            await self.go.wait()
            self.answered.append(number)

        return handle


async def rest() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.fixture
async def inbox():
    return Inbox(Connection(None))


async def test_it_works(inbox):
    frames = Frames()
    for number in range(3):
        await inbox.side_by_side(frames.frame(number))
    last = asyncio.create_task(inbox.in_turn(frames.frame(3)))
    await rest()
    assert frames.begun == [0, 1, 2]
    frames.go.set()
    await last
    assert frames.answered == [0, 1, 2, 3]


async def test_whoever_waits_for_what_is_never_answered_any_more_goes_on_once_the_connection_is_over(inbox):
    inbox._connection.received = 1  # it was on its way here
    emptied = asyncio.create_task(inbox.empty())
    await rest()
    assert not emptied.done()
    inbox.end()
    await asyncio.wait_for(emptied, 30)
    await asyncio.wait_for(inbox.empty(), 30)


async def test_what_has_begun_is_waited_for_also_when_the_connection_is_over(inbox):
    frames = Frames()
    await inbox.side_by_side(frames.frame(0))
    await rest()
    inbox.end()
    emptied = asyncio.create_task(inbox.empty())
    await rest()
    assert not emptied.done()
    frames.go.set()
    await asyncio.wait_for(emptied, 30)
    assert frames.answered == [0]


async def test_so_many_at_most_are_handled_side_by_side(inbox):
    frames = Frames()
    for number in range(SIDE_BY_SIDE):
        await inbox.side_by_side(frames.frame(number))
    next_one = asyncio.create_task(inbox.side_by_side(frames.frame(SIDE_BY_SIDE)))
    await rest()
    assert len(frames.begun) == SIDE_BY_SIDE
    frames.go.set()
    await next_one
    await rest()
    assert frames.answered == [*range(SIDE_BY_SIDE + 1)]


@pytest.mark.parametrize("way", ["in_turn", "side_by_side"])
async def test_one_that_waits_for_its_turn_is_not_forgotten_when_the_socket_is_to_end(inbox, way):
    frames, first = Frames(), Frames()
    for number in range(SIDE_BY_SIDE):
        await inbox.side_by_side(first.frame(number))
    waiting = asyncio.create_task(getattr(inbox, way)(frames.frame(0)))
    await rest()
    emptying = asyncio.create_task(inbox.empty())
    frames.go.set()
    while not first.answered or inbox._beside:
        first.go.set()
        await asyncio.sleep(0)
        assert not emptying.done() or frames.answered
    await asyncio.wait_for(emptying, 30)
    await waiting
    assert frames.answered == [0]


@pytest.mark.parametrize("way", ["in_turn", "side_by_side"])
async def test_one_that_is_cancelled_while_it_waits_is_not_begun_and_holds_up_no_end(inbox, way):
    frames = Frames()
    for number in range(SIDE_BY_SIDE):
        await inbox.side_by_side(frames.frame(number))
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a coroutine that is never awaited would say so
        waiting = asyncio.create_task(getattr(inbox, way)(frames.frame(99)))
        await rest()
        waiting.cancel()
        await asyncio.wait([waiting])
    emptying = asyncio.create_task(inbox.empty())
    await rest()
    assert not emptying.done()
    frames.go.set()
    await asyncio.wait_for(emptying, 30)
    assert 99 not in frames.begun
    assert (inbox._handling, inbox._answered) == (0, SIDE_BY_SIDE + 1)


async def test_one_that_fails_counts_as_answered(inbox):
    async def fails():
        raise RuntimeError("a defect")

    with pytest.raises(RuntimeError):
        await inbox.in_turn(fails)
    await asyncio.wait_for(inbox.empty(), 30)
