"""The sockets of one room in this process: read what is new, render it once, send it to all of them."""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Sequence
from typing import Any

from channels.db import database_sync_to_async

from chat import bus
from chat.conf import conf
from chat.fragments import Changes
from chat.frames import Frame
from chat.live.acks import Acks, acknowledging
from chat.live.crowd import Crowd, Socket
from chat.live.database import ask
from chat.models import Message, Room
from chat.models.room import OPEN
from chat.variant import Variant

logger = logging.getLogger("chat.subscribers")

PAUSE_SHARE = 0.5
"""So much of the time that sending out several messages took, nothing is sent out again: what comes meanwhile goes
out together, where otherwise each would be sent to thousands before the next one is even read. docs/benchmarks.md
has what it brings."""

MOST_VARIANTS = 32
"""In one room. Every message is rendered for each, so whoever brings one more reads in the site's time zone."""


class Subscribers:
    """The sockets of one room in this process."""

    def __init__(self, room: Room):
        self.room = room
        self.sockets: set[Socket] = set()
        self._apart: set[Socket] = set()  # those in no crowd
        self._crowds: dict[Variant, Crowd] = {}
        self.acks: Acks[Socket] = Acks()
        self.head, self.epoch = -1, ""
        self.door = OPEN
        """As its pages were told."""
        self.coming = -1
        """Up to here it is sent out, or about to be: a ring from elsewhere says nothing new."""
        self.ready = bus.spawn(self._read_head())
        self.joining: asyncio.Task[None] | None = None  # the room's group, first: all who come meanwhile wait for it
        self.joined = 0.0  # when that was done last, by the monotonic clock; 0 while it is not
        self._awake = False
        self._paused_until = 0.0  # monotonic time before which nothing more is sent out
        self._news: list[Changes] = []  # stored by this process, and not sent out yet
        self._present: frozenset[Variant] = frozenset()  # those of the last fan-out
        self._pump: asyncio.Task[None] | None = None

    def enter(self, socket: Socket) -> None:
        self.sockets.add(socket)
        self._apart.add(socket)

    def leave(self, socket: Socket) -> None:
        socket.step_out()
        self.acks.leave(socket)
        self.sockets.discard(socket)
        self._apart.discard(socket)

    @property
    def variants(self) -> set[Variant]:
        """Those of the sockets that are here."""
        crowds = {variant for variant, crowd in self._crowds.items() if crowd}
        return crowds | {socket.variant for socket in self._apart}

    def fitting(self, wanted: Variant) -> Variant:
        """For somebody who reads in this one: it, or the one for all whom we can't serve in their own zone."""
        variants = self.variants
        return wanted if wanted in variants or len(variants) < MOST_VARIANTS else wanted.in_site_zone()

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
                await self.send_out(changes)
                ended = time.monotonic()
                self._paused_until = ended + PAUSE_SHARE * (ended - began) * (len(changes.rows) > 1)
        except Exception as error:
            self.coming = self.head
            logger.warning("Room %s could not be read; the next tick tries again: %r", self.room.pk, error)
        finally:
            self._pump = None

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

    async def send_out(self, changes: Changes) -> None:
        senders = self.acks.take(changes.posted)
        for socket in [*senders, *self._write_out(changes, senders)]:
            seen, frames, nonces = socket.cursor, list[Frame](), senders.get(socket, ())
            if seen is not None and (changes.whole or seen < changes.head):
                socket.cursor = changes.head
                frames = changes.frames_after(seen, socket.variant)
            try:
                for frame in acknowledging(nonces, frames, self.room.slug if socket.grows else None):
                    await socket.send(frame)
                if nonces:
                    socket.acknowledged(nonces)
                if frames and seen is not None and socket.unread is not None:
                    await self._count(socket, changes, seen)
            except Exception as error:
                self._lose(socket, error)

    def _write_out(self, changes: Changes, senders: Collection[Socket]) -> list[Socket]:
        """The same frames to all who stand where most do. Gives the others, but for the senders, who are told more."""
        for socket in senders:
            socket.step_out()
        self._crowds = {variant: crowd for variant, crowd in self._crowds.items() if crowd}
        for variant, crowd in self._crowds.items():
            if changes.whole or crowd.cursor != changes.after:
                crowd.dissolve()
            else:
                frames = changes.frames_after(changes.after, variant)
                crowd.cursor = changes.head
                self._write_to(crowd, b"".join(frame.prepared for frame in frames))
        apart = self._apart.difference(senders)
        return [*apart] if changes.whole else [socket for socket in apart if not self._written(socket, changes)]

    def _write_to(self, crowd: Crowd, data: bytes) -> None:
        for socket in crowd.write(data):
            try:
                socket.bound()
            except Exception as error:
                self._lose(socket, error)

    def _written(self, socket: Socket, changes: Changes) -> bool:
        """Straight to it, if it stands where most do: the next time it is one of the crowd."""
        if socket.cursor != changes.after or socket.unread is not None or socket.write is None:
            return False
        socket.cursor = changes.head
        unsent = 0
        try:
            for frame in changes.frames_after(changes.after, socket.variant):
                if unsent := socket.write(frame.prepared):
                    socket.bound()
        except Exception as error:
            self._lose(socket, error)
        else:
            if not unsent:
                self._crowd(socket.variant).add(socket)
        return True

    def _crowd(self, variant: Variant) -> Crowd:
        crowd = self._crowds.get(variant)
        if not crowd:  # there is none, or all have left it
            crowd = self._crowds[variant] = Crowd(self._apart, self.head)
        return crowd

    def _lose(self, socket: Socket, error: Exception) -> None:
        logger.info("A socket of room %s is gone: %r", self.room.pk, error)
        self.leave(socket)

    async def tell(self, fragment: Callable[..., str], *given: Any) -> None:
        """Something besides messages to all who are live, rendered once for each variant."""
        frames: dict[Variant, Frame] = {}
        while missing := self.variants - frames.keys():
            frames |= await database_sync_to_async(_rendered)(missing, fragment, *given)
        for variant, crowd in self._crowds.items():
            self._write_to(crowd, frames[variant].prepared if crowd else b"")
        for socket in [*self._apart]:
            if socket.cursor is not None and socket.variant in frames:
                try:
                    await socket.send(frames[socket.variant])
                except Exception as error:
                    self._lose(socket, error)

    async def _count(self, socket: Socket, changes: Changes, seen: int) -> None:
        if socket.unread is not None and (news := changes.posted_after(seen, socket.is_counted)):
            socket.unread += news
            await socket.send(changes.tab(socket.unread, socket.variant))

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


def _rendered(variants: Collection[Variant], fragment: Callable[..., str], *given: Any) -> dict[Variant, Frame]:
    return {variant: Frame(variant.call(fragment, *given)) for variant in variants}
