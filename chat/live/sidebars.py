"""The sidebars that are open in this process: which rooms they list, what is new in those, and what has been read.

A message costs nothing here but a mark on its room. At most once a second what was marked is read for everybody
together, and each page gets what changed for it.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping

from django.db import Error as DatabaseError

from chat import actions, bus
from chat.conf import conf
from chat.fragments import Sidebar
from chat.live.crowd import Socket
from chat.live.database import ask
from chat.live.readers import Job, Reader, work
from chat.models.room import Head

logger = logging.getLogger("chat.sidebars")

ROUND_SECONDS = 1.0  # from one round to the next
FIRST_SECONDS = 0.2  # from the first mark to its round: until then pages have shown what they were sent
PEOPLE_AT_ONCE = 250  # whose sidebars are read by the same queries


class Sidebars:
    def __init__(self, follow: Callable[[], Awaitable[None]]) -> None:
        self._follow = follow
        """Has the process hear the rings of `rooms`, once these have changed."""
        self.rooms: dict[int, set[int]] = {}
        """{room: the participants who have it in a sidebar here}."""
        self._readers: dict[int, Reader] = {}
        self._of: dict[Socket, Reader] = {}
        self._heads: dict[int, int] = {}
        self._marked: dict[int, set[int] | None] = {}
        """{participant: rooms to read anew, or all of them}."""
        self._rung: set[int] = set()
        self._seen: dict[tuple[int, int], int] = {}
        """{(participant, room): what is to be stored as read}."""
        self._busy = False
        self._rounds: asyncio.Task[None] | None = None
        self._checked = time.monotonic()  # when all was read anew: heads tell nothing of who has read, joined or left
        self._rested = 0.0  # monotonic time before which there is no round

    # --- Coming and going --------------------------------------------------------------------------

    def enter(self, socket: Socket, participant: int, shows: str | None) -> None:
        """A page is live; `shows` is the token of its sidebar, if it has one. It may come again."""
        self.leave(socket)
        reader = self._of[socket] = self._readers.setdefault(participant, Reader(participant))
        if shows is None:
            reader.bare.add(socket)
        else:
            reader.pages[socket] = shows
            self._marked[participant] = None
        self.wake()

    def leave(self, socket: Socket) -> None:
        """What it was shown is read all the same."""
        reader = self._of.pop(socket, None)
        if reader is None:
            return
        self.note(socket, reader)
        reader.pages.pop(socket, None)
        reader.bare.discard(socket)
        if not reader.pages:
            self._list(reader, None)
        if not reader.pages and not reader.bare:
            del self._readers[reader.pk]
            self._marked.pop(reader.pk, None)

    def note(self, socket: Socket, reader: Reader | None = None) -> None:
        """What a page was shown while somebody looked at it is read; asked before they look away."""
        reader = reader or self._of.get(socket)
        if reader is not None and socket.cursor is not None and socket.unread is None:
            self._note(reader, socket.room.pk, socket.cursor)
        if self._seen:
            self.wake()

    def _note(self, reader: Reader, room: int, cursor: int) -> None:
        if cursor > reader.read.get(room, 0):
            self._seen[reader.pk, room] = max(cursor, self._seen.get((reader.pk, room), 0))

    async def end(self) -> None:
        """Nobody is left: what was seen is stored, and nothing more is done."""
        if self._rounds is not None:
            self._rounds.cancel()
            self._rounds = None  # whoever comes before it has ended has rounds of their own
        try:
            await self._store_read()
        except DatabaseError as error:
            logger.warning("What was read could not be stored: %r", error)

    def _list(self, reader: Reader, sidebar: Sidebar | None) -> None:
        before = set(reader.sidebar.entries) if reader.sidebar else set()
        after = set(sidebar.entries) if sidebar else set()
        for room in before - after:
            self.rooms[room].discard(reader.pk)
            if not self.rooms[room]:
                del self.rooms[room]
                self._heads.pop(room, None)
        for room in after - before:
            self.rooms.setdefault(room, set()).add(reader.pk)
        reader.sidebar = sidebar

    # --- What happens --------------------------------------------------------------------------------

    def hear(self, ring: bus.Ring) -> None:
        """Any ring: a room has moved on or changed, somebody has read, or has other rooms."""
        if ring["type"] == "chat.read":
            for room, people in ring["rooms"]:
                for pk in people:
                    self._hear_read(pk, room)
        elif ring["type"] == "chat.listed":
            for pk in ring["people"]:
                if pk in self._readers:
                    self._marked[pk] = None
        elif ring["type"] == "chat.ring" and (self._busy or ring["room"] in self.rooms):
            self._heads[ring["room"]] = max(ring["seq"], self._heads.get(ring["room"], 0))
            self._rung.add(ring["room"])
        elif ring["type"] == "chat.changed" and ring["room"] in self.rooms:
            self._mark(ring["room"], self.rooms[ring["room"]])
        if self._marked or self._rung:
            self.wake()

    def _hear_read(self, pk: int, room: int) -> None:
        """Only where something is shown as new is there something to change."""
        reader = self._readers.get(pk)
        shown = reader.sidebar.entries.get(room) if reader and reader.sidebar else None
        if shown is not None and (self._busy or shown.unread or shown.mentions):
            self._mark(room, [pk])

    def _mark(self, room: int, people: Iterable[int]) -> None:
        for pk in people:
            marked = self._marked.setdefault(pk, set())
            if marked is not None:
                marked.add(room)

    def tick(self, heads: Mapping[int, Head]) -> None:
        """How the rooms stand: makes up for lost rings, and for what could not be stored or read."""
        for room, (head, *_) in heads.items():
            if room in self.rooms and head != self._heads.get(room):
                self._heads[room] = head
                self._rung.add(room)
        for reader in self._readers.values():
            for room, cursor in reader.looked_at.items():
                self._note(reader, room, cursor)
        if time.monotonic() > self._checked + conf.recheck_seconds:
            self._checked = time.monotonic()
            self._marked |= dict.fromkeys(self._readers)
        if self._rung or self._marked or self._seen:
            self.wake()

    # --- Rounds --------------------------------------------------------------------------------------

    def wake(self) -> None:
        if self._rounds is None:
            self._rounds = bus.spawn(self._run())

    async def _run(self) -> None:
        try:
            await asyncio.sleep(FIRST_SECONDS)
            while self._marked or self._rung or self._seen:
                await asyncio.sleep(self._rested - time.monotonic())
                self._rested = time.monotonic() + ROUND_SECONDS
                await self._round()
        except Exception as error:
            logger.warning("Sidebars could not be read; the next tick tries again: %r", error)
        finally:
            if self._rounds is asyncio.current_task():
                self._rounds = None

    async def _round(self) -> None:
        for reader in self._readers.values():
            for room, cursor in reader.looked_at.items():
                self._note(reader, room, cursor)
        await self._store_read()
        for room in self._rung:
            self._mark(room, self.rooms.get(room, ()))
        self._rung = set()
        while self._marked:
            chosen = [*self._marked][:PEOPLE_AT_ONCE]
            taken = {pk: self._marked.pop(pk) for pk in chosen}
            try:
                await self._bring(taken)
            except DatabaseError:
                self._marked = {**taken, **self._marked}
                raise

    async def _store_read(self) -> None:
        seen, self._seen = self._seen, {}
        if not seen:
            return
        try:
            await ask(actions.mark_read, seen)
        except DatabaseError:
            self._seen = {**seen, **self._seen}
            raise
        for (pk, room), seq in seen.items():
            if reader := self._readers.get(pk):
                reader.read[room] = seq

    async def _bring(self, taken: dict[int, set[int] | None]) -> None:
        """Read what was marked for these, and send each of their pages what changed."""
        jobs = []
        for pk, rooms in taken.items():
            reader = self._readers.get(pk)
            if reader is not None and reader.pages:
                rooms = rooms if reader.sidebar else None
                jobs.append(Job(reader, rooms, [*reader.looked_at], [*reader.pages.items()]))
        self._busy = True
        try:
            results = await ask(work, jobs)
        finally:
            self._busy = False
        for job, (sidebar, frames) in zip(jobs, results, strict=True):
            if job.reader.pages and job.reader.sidebar is not sidebar:
                self._list(job.reader, sidebar)
                for room, entry in sidebar.entries.items():
                    self._heads.setdefault(room, entry.seq)
            for socket, texts in frames.items():
                if job.reader.pages.get(socket, "") in (None, dict(job.pages)[socket]):
                    await self._send(job.reader, socket, texts)
        await self._follow()

    async def _send(self, reader: Reader, socket: Socket, frames: list[str]) -> None:
        reader.pages[socket] = None
        try:
            for frame in frames:
                await socket.send(frame)
        except Exception as error:  # its own connection sees to it
            logger.info("A socket is gone: %r", error)
