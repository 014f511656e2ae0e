"""What a process has once for each event loop, as its hub and its writer."""

import asyncio
import gc
import weakref

from chat.bus import per_loop


class Made:
    """Anything."""


def test_it_works():
    of_this_loop = per_loop(Made)

    async def twice() -> list[Made]:
        return [of_this_loop(), of_this_loop()]

    (one, again), (other, _) = asyncio.run(twice()), asyncio.run(twice())
    assert one is again
    assert one is not other


def test_what_belongs_to_a_closed_loop_is_let_go():
    of_this_loop = per_loop(Made)

    async def ask() -> weakref.ref:
        return weakref.ref(of_this_loop())

    first, _ = asyncio.run(ask()), asyncio.run(ask())
    gc.collect()
    assert first() is None
