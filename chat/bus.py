"""Across processes: the doorbell. What travels is "room 7 is at 42" or "look who g1234 is", never content, so a
ring may be lost, doubled or late without harm: whoever hears it reads the table.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from contextvars import Context
from functools import partial
from typing import Any, TypeVar

from asgiref.sync import async_to_sync
from channels.layers import InMemoryChannelLayer, get_channel_layer
from django.db import transaction

logger = logging.getLogger("chat.bus")

AGAIN_SECONDS = 1.0
LAYER_SECONDS = 1.0  # an unanswered layer holds nobody up for longer; the hub's tick repairs the lost ring

Ring = dict[str, Any]
News = Sequence[Any]
"""The rows that a ring stands for, by their seq, for listeners of this process alone."""
Prepare = Callable[[Ring, News], Any]
"""Makes them ready for the listener, in the thread that has stored them."""
Listener = Callable[[Ring, Any], None]
_listeners: dict[asyncio.AbstractEventLoop, tuple[Listener, Prepare]] = {}
_tasks: set[asyncio.Task[None]] = set()

Made = TypeVar("Made")


def per_loop(make: Callable[[], Made]) -> Callable[[], Made]:
    """`make()`, once for each event loop: a process has one, tests have several."""
    made: dict[asyncio.AbstractEventLoop, Made] = {}

    def of_this_loop() -> Made:
        loop = asyncio.get_running_loop()
        if loop not in made:
            for closed in [known for known in made if known.is_closed()]:
                del made[closed]
            made[loop] = make()
        return made[loop]

    return of_this_loop


EVERYWHERE = "chat.everywhere"
"""The group that every process with a socket listens to."""


def group(room_id: int) -> str:
    return f"chat.room.{room_id}"


def listen(listener: Listener, prepare: Prepare) -> None:
    """Have `listener(ring, prepare(ring, news))` called on this event loop for every ring of this process."""
    for loop in [loop for loop in _listeners if loop.is_closed()]:
        del _listeners[loop]
    _listeners[asyncio.get_running_loop()] = (listener, prepare)


def ring(room_id: int, seq: int, news: News = (), *, may_wait: bool = False) -> None:
    """Once the transaction is committed, tell every process that the room stands at `seq`. Never raises.

    `news`: the messages that led there, if they did and nothing else; this process need not read them again then.
    `may_wait`: it is shown together with what else comes within a moment.
    """
    what = {"type": "chat.ring", "room": room_id, "seq": seq}
    if may_wait:
        what["may_wait"] = True
    transaction.on_commit(lambda: _send(group(room_id), what, news), robust=True)


def changed(room_id: int) -> None:
    """Once the transaction is committed, have every process read anew what the room is called, and say so."""
    transaction.on_commit(lambda: _send(group(room_id), {"type": "chat.changed", "room": room_id}), robust=True)


def read(rooms: Mapping[int, Sequence[int]]) -> None:
    """{room: members who have read more of it}: once committed, have every process count anew what is left for them."""
    what = {"type": "chat.read", "rooms": [[room, [*people]] for room, people in rooms.items()]}
    transaction.on_commit(lambda: _send(EVERYWHERE, what), robust=True)


def listed(people: Iterable[int]) -> None:
    """Once the transaction is committed, have every process read anew which rooms these participants have."""
    what = {"type": "chat.listed", "people": [*people]}
    transaction.on_commit(lambda: _send(EVERYWHERE, what), robust=True)


def presence(room_id: int) -> None:
    """Once the transaction is committed, have every process look again who is in the room."""
    transaction.on_commit(lambda: _send(group(room_id), {"type": "chat.presence", "room": room_id}), robust=True)


def whisper(room_id: int, key: str, what: str) -> None:
    """Tell every process that this participant is "writing" in the room, or has "written". Nobody stores it."""
    _send(group(room_id), {"type": "chat.whisper", "room": room_id, "key": key, "what": what})


def kick(key: str) -> None:
    """Once the transaction is committed, have every process look again whether this participant may read."""
    transaction.on_commit(lambda: _send(EVERYWHERE, {"type": "chat.kick", "key": key}), robust=True)


def _send(to: str, what: Ring, news: News = ()) -> None:
    running = [loop for loop in list(_listeners) if loop.is_running()]
    for loop in running:  # our own sockets hear it without the layer, and the poster does not wait for that
        listener, prepare = _listeners[loop]
        published = to if loop is running[0] and _others_may_listen() else ""
        told = partial(_hear, listener, what, _prepared(prepare, what, news), published)
        # In a context of its own: that of the poster says that its thread is busy, which what follows must not inherit.
        loop.call_soon_threadsafe(told, context=Context())
    if not running:
        async_to_sync(_publish)(to, what)


def _others_may_listen() -> bool:
    """A layer in this process's memory leads to nobody who has not just been told. To be told by it again took 6% of
    the CPU of a message that came alone (4,000 of them over one socket, with and without, three times in turns)."""
    return type(get_channel_layer()) is not InMemoryChannelLayer


def _prepared(prepare: Prepare, what: Ring, news: News) -> Any:
    try:
        return prepare(what, news)
    except Exception as error:  # stored is stored, and the ring says so: then it is read
        logger.warning("What was stored could not be made ready: %r", error)
        return None


def _hear(listener: Listener, what: Ring, news: Any, to: str) -> None:
    listener(what, news)
    if to:
        spawn(_publish(to, what))


def spawn(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Run it on this loop as a task that nobody awaits, in a context of its own."""
    task = asyncio.get_running_loop().create_task(work, context=Context())
    _tasks.add(task)  # a loop holds its tasks weakly
    task.add_done_callback(_tasks.discard)
    return task


async def for_ever(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """What a process does as long as it lives: should it fail in a way nobody foresaw, it begins anew."""
    while True:
        try:
            await work()
            logger.error("What never ends has ended, and begins anew")
        except Exception:
            logger.exception("What never ends has failed, and begins anew")
        await asyncio.sleep(AGAIN_SECONDS)


async def _publish(to: str, what: Ring) -> None:
    await ask_layer("group_send", to, what)


async def ask_layer(verb: str, *arguments: Any) -> bool:
    """Ask the channel layer for something. It may be away, and nobody waits long for it; False when it was."""
    layer = get_channel_layer()
    if layer is None:
        return False
    # A task of its own: a client of Redis that is cancelled while it connects may take that for a reason to try again.
    asking = asyncio.get_running_loop().create_task(_ask(layer, verb, arguments), context=Context())
    try:
        answered, _ = await asyncio.wait([asking], timeout=LAYER_SECONDS)
        return bool(answered) and not asking.cancelled() and asking.result()
    finally:
        if not asking.done():
            spawn(_give_up(asking))


async def _ask(layer: Any, verb: str, arguments: Sequence[Any]) -> bool:
    try:
        await getattr(layer, verb)(*arguments)
    except Exception as error:  # stored is stored, whatever became of the ring
        logger.debug("The channel layer did not take %s: %r", verb, error)
        return False
    return True


async def _give_up(asking: asyncio.Task[bool]) -> None:
    """Until it takes it: what goes on holds the lock by which the layer is asked."""
    while not asking.done():
        asking.cancel()
        await asyncio.wait([asking], timeout=LAYER_SECONDS)
