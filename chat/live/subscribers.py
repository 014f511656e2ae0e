"""What is new in one room, for its sockets in this process: read or heard of, rendered once, and sent out."""

import asyncio
import logging
import time
from collections.abc import Collection, Sequence

from channels.db import database_sync_to_async

from chat import bus
from chat.conf import conf
from chat.fragments import Changes
from chat.live.acks import acknowledging
from chat.live.crowd import Socket
from chat.live.database import ask
from chat.live.fanout import Fanout
from chat.models import Message, Room
from chat.models.room import OPEN
from chat.variant import Variant

logger = logging.getLogger("chat.subscribers")

PAUSE_SHARE = 0.5
"""So much of the time that sending out several messages took, nothing is sent out again: what comes meanwhile goes
out together, where otherwise each would be sent to thousands before the next one is even read. docs/benchmarks.md
has what it brings."""
REST_SECONDS = 0.25
"""So long the next of what may wait, such as reactions, does wait after the last, and goes out with all that came
meanwhile."""


class Subscribers(Fanout):
    """The sockets of one room in this process, which hear in time what becomes of it."""

    def __init__(self, room: Room):
        super().__init__(room)
        self.epoch = ""
        self.door = OPEN
        """As its pages were told."""
        self.coming = -1
        """Up to here it is sent out, or about to be: a ring from elsewhere says nothing new."""
        self.ready = bus.spawn(self._read_head())
        self.joining: asyncio.Task[None] | None = None  # the room's group, first: all who come meanwhile wait for it
        self.joined = 0.0  # when that was done last, by the monotonic clock; 0 while it is not
        self._awake = False
        self._due = -1  # up to here something has happened that may wait
        self._rests_until = 0.0  # monotonic time before which it does
        self._alarm: asyncio.TimerHandle | None = None
        self._paused_until = 0.0  # monotonic time before which nothing more is sent out
        self._news: list[Changes] = []  # stored by this process, and not sent out yet
        self._present: frozenset[Variant] = frozenset()  # those of the last fan-out
        self._pump: asyncio.Task[None] | None = None

    def prepare(self, news: Sequence[Message]) -> Changes:
        """Messages just stored, rendered for those who are here. In the thread that has stored them."""
        return Changes.of(news).rendered_for(self._present)

    def wake(self, news: Changes | None = None) -> None:
        """Send out what is new: `news`, or what is read. Wakes that come meanwhile are answered by one more round."""
        if news is None:
            self._awake = True
        else:
            self._news.append(news)
            self.coming = max(self.coming, news.head)
        if self._pump is None:
            self._pump = bus.spawn(self._read_and_deliver())

    def wake_soon(self, seq: int) -> None:
        """Send out what happened up to there: at once, or if the last of its kind has just gone out, a little later."""
        self._due = max(self._due, seq)
        if self._alarm is None:
            rest = max(0.0, self._rests_until - time.monotonic())
            self._alarm = asyncio.get_running_loop().call_later(rest, self._wake_for_due)

    def _wake_for_due(self) -> None:
        self._alarm = None
        if self._due > self.coming and self.sockets:  # it may have gone out with a message
            self._rests_until = time.monotonic() + REST_SECONDS
            self.wake()

    async def _read_head(self) -> None:
        heads = await ask(Room.objects.heads, [self.room.pk])
        self.head, self.epoch, self.door = heads.get(self.room.pk, (0, "", OPEN))

    async def _read_and_deliver(self) -> None:
        try:
            await asyncio.shield(self.ready)  # a late ring may come first, and from nowhere all is new
            while self._awake or self._news:
                if (pause := self._paused_until - time.monotonic()) > 0:
                    await asyncio.sleep(pause)
                changes = await self._changes()
                # Before anyone hears: a socket that goes live meanwhile compares with it.
                self.head, self.epoch = changes.head, changes.room.epoch
                self.coming = max([self.head, *(news.head for news in self._news)])
                began = time.monotonic()
                await self._deliver(changes)
                ended = time.monotonic()
                self._paused_until = ended + PAUSE_SHARE * (ended - began) * (len(changes.rows) > 1)
        except Exception as error:
            self.coming = self.head
            logger.warning("Room %s could not be read; the next tick tries again: %r", self.room.pk, error)
        finally:
            self._pump = None

    async def _deliver(self, changes: Changes) -> None:
        try:
            await self.send_out(changes)
        except Exception:
            logger.exception("What is new in room %s could not be sent to all of it", self.room.pk)
            self.let_go_unreached(changes)

    async def _changes(self) -> Changes:
        """What comes after the head: that just stored if it is all of it, else read anew. Rendered, or it raises."""
        news, self._news = [one for one in self._news if one.head > self.head], []
        variants = self.variants
        self._present = frozenset(variants)
        if self._awake or not self._continued_by(news):
            self._awake = False
            return await ask(self._read, self.head, self.epoch, variants)
        changes = news[0] if len(news) == 1 else Changes.joined(news)
        if changes.is_rendered_for(variants):
            return changes.rendered_for(variants)  # no template but the cursor's is left to render
        return await database_sync_to_async(changes.rendered_for)(variants)

    def _read(self, cursor: int, epoch: str | None, variants: Collection[Variant]) -> Changes:
        return Changes.since(self.room, cursor, epoch).rendered_for(variants)

    def _continued_by(self, news: list[Changes]) -> bool:
        heads = [self.head, *(one.head for one in news)]
        return (
            0 < heads[-1] - self.head <= conf.catch_up_limit
            and [one.after for one in news] == heads[:-1]
            and all(one.room.epoch == self.epoch for one in news)
        )

    async def catch_up(
        self, socket: Socket, cursor: int, epoch: str | None = None, waiting: Collection[str] | None = None
    ) -> None:
        """Bring a held socket from the cursor of its page to the present, then live. `waiting`: the nonces of composers
        that its page still has; those among them that are stored are acknowledged, since the answer was lost. The
        others may be on their way to the table still. None when its page says nothing of them."""
        socket.cursor = None
        while True:
            known = self.head
            changes = await ask(self._read, cursor, epoch, [socket.variant])
            stored = await ask(self.room.messages.sent_as, socket.key, waiting, changes.head) if waiting else []
            waiting = {*waiting}.difference(stored) if waiting is not None else None
            frames = changes.frames_after(cursor, socket.variant)
            for frame in acknowledging(stored, frames, self.room.slug if socket.grows else None):
                await socket.send(frame)
            cursor, epoch = changes.head, changes.room.epoch
            if cursor < known:
                self.wake()  # the table has gone back, so everybody gets it anew
            if cursor < known or cursor >= self.head:
                socket.cursor = cursor  # and no await from the comparison to here: nothing was sent out between
                if waiting is not None and socket in self.sockets:  # it may have been shown out meanwhile
                    self.acks.follow([(socket.key, nonce) for nonce in waiting], socket)
                return
