"""Who is here, as this process sees it: its sockets become rows, in batches, and the rows of all processes a list that
goes to its pages.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Iterable, Mapping
from weakref import WeakSet

from chat import actions, bus, fragments
from chat.frames import Frame
from chat.live.crowd import Socket
from chat.live.database import ask
from chat.live.subscribers import Subscribers
from chat.models import Presence
from chat.models.presence import Seats
from chat.variant import Variant

logger = logging.getLogger("chat.presence")

FLUSH_SECONDS = 1.0  # what comes and goes in between is written together; who only reloads does neither
TELL_SECONDS = 1.0  # from one telling to the next
PAUSE_SHARE = 4  # so many times as long as a telling took there is none, if that is longer: thousands take a fifth
BEAT_SECONDS = 10.0  # a quarter of the expiry in chat/models/presence.py
GATHER_SECONDS = 0.1  # a change is heard of from this process and from the channel layer


Told = Mapping[Variant, WeakSet[Socket]]


async def tell_pages(subscribers: Subscribers, frames: Mapping[Variant, Frame], told: Told) -> None:
    """Something that pages alone show: to those who are live and were not told it. They are told then."""
    for socket in [*subscribers.sockets]:
        frame = frames.get(socket.variant)
        if frame is None or not socket.is_page or socket.cursor is None or socket in told[socket.variant]:
            continue
        told[socket.variant].add(socket)
        try:
            if socket.write is None:
                await socket.send(frame)
            elif socket.write(frame.prepared):
                socket.bound()
        except Exception as error:
            logger.info("A socket is gone: %r", error)


class Shown:
    """What the pages of a room were told last."""

    def __init__(self, seats: Seats, frames: dict[Variant, Frame]):
        self.seats, self.frames = seats, frames
        self.told: dict[Variant, WeakSet[Socket]] = {variant: WeakSet() for variant in frames}


class Presences:
    """One per hub."""

    def __init__(self, subscribers: Mapping[int, Subscribers]):
        self.process = secrets.token_hex(8)
        self._subscribers = subscribers
        self._written: dict[int, Seats] = {}
        self._stirred: set[int] = set()
        """Rooms whose sockets are others than those that are written."""
        self._writing = asyncio.Lock()
        self._failed = False
        """The database is away. The beat finds out when it is back: each try holds up whoever else asks it."""
        self._flusher: asyncio.Task[None] | None = None
        self._shown: dict[int, Shown] = {}
        self._asked: dict[int, bool] = {}
        """{room to look at: has something changed that the rows themselves do not show, as a name}"""
        self._teller: asyncio.Task[None] | None = None

    def stir(self, room_id: int) -> None:
        """A socket has come to the room or left it, or nobody looks at its page, or somebody does again."""
        self._stirred.add(room_id)
        if self._flusher is None and not self._failed:
            self._flusher = bus.spawn(self._flush_soon())

    def look(self, room_ids: Iterable[int], anew: bool = True) -> None:
        """See soon who is in these rooms, and tell the pages that do not know."""
        for room_id in self._subscribers.keys() & room_ids:
            self._asked[room_id] = anew or self._asked.get(room_id, False)
        if self._teller is None and self._asked:
            self._teller = bus.spawn(self._tell_soon())

    async def beats(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            await self.beat()

    async def beat(self) -> None:
        """Say that this process lives; see what expired, and what nobody rang for. Never raises."""
        try:
            async with self._writing:
                kept = await ask(actions.keep_presence, self.process)
                self._failed = False
                if kept != sum(map(len, self._written.values())):
                    self._begin_anew()
        except Exception as error:
            logger.info("That this process lives could not be written; it is tried again: %r", error)
            self._failed = True
            return
        for room_id in [*self._stirred]:
            self.stir(room_id)
        self.look(self._subscribers, anew=False)

    def _begin_anew(self) -> None:
        """Its rows are not those it wrote, as after a time of which others saw nothing: old ones are left to expire."""
        self.process, self._written = secrets.token_hex(8), {}
        for room_id in self._subscribers:
            self.stir(room_id)

    # --- Writing -----------------------------------------------------------------------------------

    async def _flush_soon(self) -> None:
        try:
            while self._stirred and not self._failed:
                await asyncio.sleep(FLUSH_SECONDS)
                if not self._failed:
                    await self.flush()
        finally:
            self._flusher = None

    async def flush(self) -> None:
        """Write what has changed, and look at the rooms where it did. Never raises."""
        async with self._writing:
            rooms, self._stirred = self._stirred, set()
            here = {room_id: self._seats(room_id) for room_id in rooms}
            came, gone = self._changes(here)
            try:
                if came or gone:
                    await ask(actions.note_presence, self.process, came, gone)
            except Exception as error:
                logger.info("Who came and went could not be written; it is tried again: %r", error)
                self._stirred |= rooms
                self._failed = True
                return
            self._written = {**self._written, **here}
            for room_id in [room_id for room_id, seats in here.items() if not seats]:
                del self._written[room_id]
        self.look(rooms & self._subscribers.keys(), anew=False)

    def _seats(self, room_id: int) -> Seats:
        subscribers, seats = self._subscribers.get(room_id), Seats()
        for socket in subscribers.sockets if subscribers is not None else ():
            seats[socket.key] = seats.get(socket.key, True) and socket.unread is not None
        return seats

    def _changes(self, here: Mapping[int, Seats]) -> tuple[dict[int, Seats], dict[int, set[str]]]:
        came: dict[int, Seats] = {}
        gone: dict[int, set[str]] = {}
        for room_id, seats in here.items():
            written = self._written.get(room_id, {})
            if new := {key: away for key, away in seats.items() if written.get(key) != away}:
                came[room_id] = new
            if old := written.keys() - seats.keys():
                gone[room_id] = old
        return came, gone

    # --- Telling -----------------------------------------------------------------------------------

    async def _tell_soon(self) -> None:
        try:
            await asyncio.sleep(GATHER_SECONDS)
            while self._asked:
                asked, self._asked = self._asked, {}
                began = time.monotonic()
                try:
                    await self._tell(asked)
                except Exception as error:
                    logger.info("Who is here could not be read; the next beat tries again: %r", error)
                await asyncio.sleep(max(TELL_SECONDS, PAUSE_SHARE * (time.monotonic() - began)))
        finally:
            self._teller = None

    async def _tell(self, asked: Mapping[int, bool]) -> None:
        for room_id in self._shown.keys() - self._subscribers.keys():
            del self._shown[room_id]
        rooms = await ask(Presence.objects.seats, list(asked))
        for room_id, seats in rooms.items():
            subscribers = self._subscribers.get(room_id)
            if subscribers is not None:
                shown = await self._show(subscribers, seats, asked[room_id])
                await tell_pages(subscribers, shown.frames, shown.told)

    async def _show(self, subscribers: Subscribers, seats: Seats, anew: bool) -> Shown:
        shown = self._shown.get(subscribers.room.pk)
        variants = subscribers.variants
        if shown is None or anew or shown.seats != seats or variants - shown.frames.keys():
            frames = await ask(fragments.people, subscribers.room, seats, variants)
            before, shown = shown, Shown(seats, frames)
            for variant, frame in frames.items() if before is not None else ():
                if before is not None and before.frames.get(variant) == frame:  # nothing new to them
                    shown.told[variant] = before.told[variant]
            self._shown[subscribers.room.pk] = shown
        return shown
