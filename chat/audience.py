"""The sockets of one room in this process: read what is new, render it once, hand it to all of them."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from channels.db import database_sync_to_async

from chat import bus
from chat.conf import conf
from chat.fragments import Changes
from chat.models import Message, Room

logger = logging.getLogger("chat.audience")

REST = 0.5
"""So much of the time that handing out several messages took, nothing is handed out again: what comes meanwhile goes
out together, where otherwise each would be handed to thousands before the next one is even read. docs/benchmarks.md
has what it brings."""


class Socket(Protocol):
    cursor: int | None
    """What its page has seen; None while it is held and must not hear anything live."""
    room: Room
    key: str
    """Its participant's."""
    unread: int | None
    """How many messages came since nobody looks at the page; None while somebody does."""

    write: Callable[[bytes], int] | None
    """Sends a prepared frame at once and gives how many bytes are unsent then; None when that can't be done."""

    async def hand(self, frame: str) -> None:
        """Send it; raises when the connection is gone."""

    def bound(self) -> None:
        """Drop the connection, and raise, when it does not read what it is sent."""

    async def recheck(self) -> None:
        """Ask whether it may still be here, and leave when not."""

    async def finish(self) -> None:
        """Work off what came in, then drop the connection so that the page comes back."""


class Audience:
    """The sockets of one room in this process."""

    def __init__(self, room: Room):
        self.room = room
        self.sockets: set[Socket] = set()
        self.head, self.epoch = -1, ""
        self.coming = -1
        """Up to here it is handed out, or about to be: a ring from elsewhere says nothing new."""
        self.ready = bus.spawn(self._read_head())
        self.subscription: asyncio.Task[None] | None = None  # the first one, which all who come meanwhile wait for
        self.subscribed = 0.0  # monotonic time of the last subscription; 0 while there is none
        self._awake = False
        self._rest = 0.0  # monotonic time before which nothing more is handed out
        self._news: list[Message] = []  # stored by this process, and not handed out yet
        self._last_sent: datetime | None = None  # of the last message handed out; None when none was yet
        self._pump: asyncio.Task[None] | None = None

    def wake(self, news: Sequence[Message] = ()) -> None:
        """Hand out what is new: `news`, or what is read. Wakes that come meanwhile are answered by one more round."""
        self._news += news
        self.coming = max([self.coming, *(row.changed for row in news)])
        self._awake = self._awake or not news
        if self._pump is None:
            self._pump = bus.spawn(self._read_and_deliver())

    async def _read_head(self) -> None:
        heads = await database_sync_to_async(Room.objects.heads)([self.room.pk])
        self.head, self.epoch = heads.get(self.room.pk, (0, ""))

    async def _read_and_deliver(self) -> None:
        try:
            await asyncio.shield(self.ready)  # a late ring may come first, and from nowhere all is new
            while self._awake or self._news:
                if (pause := self._rest - time.monotonic()) > 0:
                    await asyncio.sleep(pause)
                changes = await self._changes()
                # Before anyone hears: a socket that goes live meanwhile compares with it.
                self.head, self.epoch = changes.head, changes.room.epoch
                self.coming = max([self.head, *(row.changed for row in self._news)])
                began = time.monotonic()
                await self._hand_out(changes)
                ended = time.monotonic()
                self._rest = ended + REST * (ended - began) * (len(changes.rows) > 1)
        except Exception as error:
            self.coming = self.head
            logger.warning("Room %s could not be read; the next tick tries again: %r", self.room.pk, error)
        finally:
            self._pump = None

    async def _changes(self) -> Changes:
        """What comes after the head: rendered from the rows just stored if they are all of it, else read anew."""
        news, self._news = [row for row in self._news if row.changed > self.head], []
        if not self._awake and self._continued_by(news):
            changes = await database_sync_to_async(Changes.of)(news, self._last_sent)
        else:
            self._awake = False
            changes = await database_sync_to_async(Changes.since)(self.room, self.head, self.epoch)
        self._last_sent = changes.last_sent or self._last_sent
        return changes

    def _continued_by(self, news: list[Message]) -> bool:
        return (
            self._last_sent is not None
            and 0 < len(news) <= conf.catch_up_limit
            and [row.changed for row in news] == [*range(self.head + 1, self.head + 1 + len(news))]
            and all(row.room.epoch == self.epoch for row in news)
        )

    async def _hand_out(self, changes: Changes) -> None:
        for socket in self._write_out(changes):
            seen = socket.cursor
            if seen is None or not (changes.whole or seen < changes.head):
                continue
            socket.cursor = changes.head
            try:
                for frame in changes.frames_after(seen):
                    await socket.hand(frame)
                if socket.unread is not None:
                    await self._count(socket, changes, seen)
            except Exception as error:
                self._lose(socket, error)

    def _write_out(self, changes: Changes) -> list[Socket]:
        """The same frames to all who stand where most do, in one loop that touches little: with a thousand sockets most
        of what it costs beside the kernel's part is fetching their objects from memory. Gives the others.
        """
        if changes.whole:
            return list(self.sockets)
        others: list[Socket] = []
        frames = [frame.prepared for frame in changes.frames_after(changes.after)]
        for socket in list(self.sockets):
            if socket.cursor != changes.after or socket.unread is not None or socket.write is None:
                others.append(socket)
                continue
            socket.cursor = changes.head
            try:
                for frame in frames:
                    if socket.write(frame):
                        socket.bound()
            except Exception as error:
                self._lose(socket, error)
        return others

    def _lose(self, socket: Socket, error: Exception) -> None:
        logger.info("A socket of room %s is gone: %r", self.room.pk, error)
        self.sockets.discard(socket)

    async def _count(self, socket: Socket, changes: Changes, seen: int) -> None:
        if socket.unread is not None and (news := changes.posted_after(seen)):
            socket.unread += news
            await socket.hand(changes.tab(socket.unread))

    async def catch_up(self, socket: Socket, cursor: int, epoch: str | None = None) -> None:
        """Bring a held socket from the cursor of its page to the present, then live."""
        socket.cursor = None
        while True:
            known = self.head
            changes = await database_sync_to_async(Changes.since)(self.room, cursor, epoch)
            for frame in changes.frames_after(cursor):
                await socket.hand(frame)
            cursor, epoch = changes.head, changes.room.epoch
            if cursor < known:
                self.wake()  # the table has gone back, so everybody gets it anew
            if cursor < known or cursor >= self.head:
                socket.cursor = cursor  # and no await from the comparison to here: nothing was handed out between
                return
