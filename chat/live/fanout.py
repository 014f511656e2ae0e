"""Those who hear a room in this process, and how the same frames reach all of them."""

import logging
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Any

from channels.db import database_sync_to_async

from chat import bus
from chat.fragments import Changes
from chat.frames import Frame
from chat.live.acks import Acks, acknowledging
from chat.live.crowd import Crowd, Socket
from chat.models import Room
from chat.variant import Variant

logger = logging.getLogger("chat.fanout")

MOST_VARIANTS = 32
"""In one room. Every message is rendered for each, so whoever brings one more reads in the site's time zone."""


class Fanout:
    """The sockets of one room in this process, and what is sent to all who are live."""

    def __init__(self, room: Room):
        self.room = room
        self.head = -1
        """Up to here it is sent out, or being sent."""
        self.sockets: set[Socket] = set()
        self._apart: set[Socket] = set()  # those in no crowd
        self._crowds: dict[Variant, Crowd] = {}
        self.acks: Acks[Socket] = Acks()

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

    async def send_out(self, changes: Changes) -> None:
        senders = self.acks.take(changes.posted)
        for socket in [*senders, *self._send_at_once(changes, senders)]:
            if socket in self.sockets:
                try:
                    await self._send_to(socket, changes, senders.get(socket, ()))
                except Exception as error:
                    self._let_go(socket, error)

    async def _send_to(self, socket: Socket, changes: Changes, nonces: Sequence[str]) -> None:
        """What it has not got of these, wherever it stands, with the acknowledgements of its own. Raises where it lacks
        more than these bring: its cursor must not go past that."""
        seen, frames = socket.cursor, list[Frame]()
        if seen is not None and seen < changes.after and not changes.whole:
            raise RuntimeError(f"it stands at {seen}, and what came up to {changes.after} was not sent to it")
        if seen is not None and (changes.whole or seen < changes.head):
            frames = changes.frames_after(seen, socket.variant)
            socket.cursor = changes.head
        for frame in acknowledging(nonces, frames, self.room.slug if socket.grows else None):
            await socket.send(frame)
        if nonces:
            socket.acknowledged(nonces)
        if frames and seen is not None and socket.unread is not None:
            await self._count(socket, changes, seen)

    def _send_at_once(self, changes: Changes, senders: Collection[Socket]) -> list[Socket]:
        """The same frames to all who stand where most do. Gives the others, but for the senders, who are told more."""
        for socket in senders:
            socket.step_out()
        self._crowds = {variant: crowd for variant, crowd in self._crowds.items() if crowd}
        for variant, crowd in self._crowds.items():
            if changes.whole or crowd.cursor != changes.after:
                crowd.dissolve()
            else:
                self._write_to(crowd, partial(changes.frames_after, changes.after, variant), changes.head)
        apart = self._apart.difference(senders)
        return [*apart] if changes.whole else [socket for socket in apart if not self._join_crowd(socket, changes)]

    def _write_to(self, crowd: Crowd, frames: Callable[[], Sequence[Frame]], cursor: int | None = None) -> None:
        """What it gives, after which all of the crowd have this cursor, if there is one."""
        try:
            late = crowd.write(b"".join(frame.prepared for frame in frames()), cursor)
        except Exception as error:  # who has got it nobody knows, but each page does
            for socket in [socket for socket in self.sockets if socket.crowd is crowd]:
                self._let_go(socket, error)
            return
        for socket in late:
            try:
                socket.connection.check()
                socket.bound()
            except Exception as error:
                self._let_go(socket, error)

    def _join_crowd(self, socket: Socket, changes: Changes) -> bool:
        """If it stands where most do it is written to at once, and is one of the crowd the next time. Else False."""
        if socket.cursor != changes.after or socket.unread is not None or socket.write is None:
            return False
        unsent = 0
        try:
            frames = changes.frames_after(changes.after, socket.variant)
            socket.cursor = changes.head
            for frame in frames:
                if unsent := socket.write(frame.prepared):
                    socket.bound()
            if not unsent:
                self._crowd(socket.variant).add(socket)
        except Exception as error:
            self._let_go(socket, error)
        return True

    def _crowd(self, variant: Variant) -> Crowd:
        crowd = self._crowds.get(variant)
        if not crowd:  # there is none, or all have left it
            crowd = self._crowds[variant] = Crowd(self._apart, self.head)
        return crowd

    def _let_go(self, socket: Socket, error: Exception) -> None:
        """It hears nothing more. If it was not gone, its page comes back, by the cursor that it has."""
        if isinstance(error, ConnectionError):
            logger.info("A socket of room %s is gone: %r", self.room.pk, error)
        else:
            logger.error("A socket of room %s is made to come back", self.room.pk, exc_info=error)
        self.leave(socket)
        socket.cursor = None
        bus.spawn(socket.finish())

    def let_go_unreached(self, changes: Changes) -> None:
        """The fan-out of these was broken off: whoever is live and was not reached comes back."""
        for socket in [*self.sockets]:
            if socket.cursor is not None and (changes.whole or socket.cursor < changes.head):
                self._let_go(socket, RuntimeError("it was not reached"))

    async def tell(self, fragment: Callable[..., str], *given: Any) -> None:
        """Something besides messages to all who are live, rendered once for each variant."""
        frames: dict[Variant, Frame] = {}
        while missing := self.variants - frames.keys():
            frames |= await database_sync_to_async(_rendered)(missing, fragment, *given)
        for variant, frame in frames.items():
            if crowd := self._crowds.get(variant):
                self._write_to(crowd, partial(list, [frame]))
        for socket in [*self._apart]:
            if socket.cursor is not None and socket.variant in frames:
                try:
                    await socket.send(frames[socket.variant])
                except Exception as error:
                    self._let_go(socket, error)

    async def _count(self, socket: Socket, changes: Changes, seen: int) -> None:
        if socket.unread is not None and (news := changes.posted_after(seen, socket.is_counted)):
            socket.unread += news
            await socket.send(changes.tab(socket.unread, socket.variant))


def _rendered(variants: Collection[Variant], fragment: Callable[..., str], *given: Any) -> dict[Variant, Frame]:
    return {variant: Frame(variant.call(fragment, *given)) for variant in variants}
