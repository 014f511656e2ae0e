"""Across processes: the doorbell. What travels is "room 7 is at 42" or "look who g1234 is", never content, so a
ring may be lost, doubled or late without harm: whoever hears it reads the table.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from contextvars import Context
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

logger = logging.getLogger("chat.bus")

LAYER_SECONDS = 1.0  # an unanswered layer holds nobody up for longer; the hub's tick repairs the lost ring

Ring = dict[str, Any]
News = Sequence[Any]
"""The rows that a ring stands for, by their seq, for ears of this process alone."""
Ear = Callable[[Ring, News], None]
_ears: dict[asyncio.AbstractEventLoop, Ear] = {}
_tasks: set[asyncio.Task[None]] = set()

EVERYWHERE = "chat.everywhere"
"""The group that every process with a socket listens to."""


def group(room_id: int) -> str:
    return f"chat.room.{room_id}"


def listen(ear: Ear) -> None:
    """Have this event loop's `ear(ring, news)` called, on the loop, for every ring of this process."""
    for loop in [loop for loop in _ears if loop.is_closed()]:
        del _ears[loop]
    _ears[asyncio.get_running_loop()] = ear


def ring(room_id: int, seq: int, news: News = ()) -> None:
    """Once the transaction is committed, tell every process that the room stands at `seq`. Never raises.

    `news`: the messages that led there, if they did and nothing else; this process need not read them again then.
    """
    what = {"type": "chat.ring", "room": room_id, "seq": seq}
    transaction.on_commit(lambda: _send(group(room_id), what, news), robust=True)


def kick(key: str) -> None:
    """Once the transaction is committed, have every process look again whether this participant may read."""
    transaction.on_commit(lambda: _send(EVERYWHERE, {"type": "chat.kick", "key": key}), robust=True)


def _send(to: str, what: Ring, news: News = ()) -> None:
    running = [loop for loop in list(_ears) if loop.is_running()]
    for loop in running:  # our own sockets hear it without the layer
        # In a context of its own: that of the poster says that its thread is busy, which what follows must not inherit.
        loop.call_soon_threadsafe(_ears[loop], what, news, context=Context())
    if running:  # and the poster does not wait for the layer
        running[0].call_soon_threadsafe(spawn, _publish(to, what), context=Context())
    else:
        async_to_sync(_publish)(to, what)


def spawn(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Run it on this loop as a task that nobody awaits, in a context of its own."""
    task = asyncio.get_running_loop().create_task(work, context=Context())
    _tasks.add(task)  # a loop holds its tasks weakly
    task.add_done_callback(_tasks.discard)
    return task


async def _publish(to: str, what: Ring) -> None:
    await ask_layer("group_send", to, what)


async def ask_layer(verb: str, *arguments: Any) -> bool:
    """Ask the channel layer for something. It may be away, and nobody waits long for it; False when it was."""
    layer = get_channel_layer()
    if layer is None:
        return False
    try:
        async with asyncio.timeout(LAYER_SECONDS):
            await getattr(layer, verb)(*arguments)
    except Exception as error:  # stored is stored, whatever became of the ring
        logger.debug("The channel layer did not take %s: %r", verb, error)
        return False
    return True
