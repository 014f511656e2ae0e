"""One per process: which sockets are in which room. It hears rings and wakes the room; a tick asks the table what a
lost ring would have said.
"""

import asyncio
import logging
import time
import uuid
from collections.abc import Callable, Collection
from typing import Any

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer

from chat import bus, fragments, wire
from chat.conf import conf
from chat.fragments import Changes
from chat.live.crowd import Socket
from chat.live.database import ask
from chat.live.doors import Doors
from chat.live.following import RENEW_SECONDS, Following
from chat.live.presence import Presences
from chat.live.sidebars import Sidebars
from chat.live.subscribers import Subscribers
from chat.live.whispers import Whispers
from chat.models import Room
from chat.variant import Variant

logger = logging.getLogger("chat.hub")

PULSE_SECONDS = 20.0  # a page that has heard none for 45 seconds says so
PROBE_SECONDS = 3.0  # how often the channel layer is asked whether it is there
DRAIN_PAUSE = 0.05  # seconds from one socket to the next when there are few; many share conf.drain_seconds


class Hub:
    def __init__(self) -> None:
        self.subscribers: dict[int, Subscribers] = {}
        self.presences, self.whispers = Presences(self.subscribers), Whispers(self.subscribers)
        self.doors = Doors(self.subscribers)
        self.slow = False
        """The channel layer is away: what other processes store comes by the tick."""
        self.closing = False
        self._channel = f"chat.hub!{uuid.uuid4().hex}"
        self.sidebars = Sidebars(self._follow)
        self.following = Following(self.sidebars.rooms, self.subscribers, self._channel)
        self._tasks: list[asyncio.Task[None]] = []
        self._terminates = False

    async def join(self, socket: Socket, room: Room) -> int:
        """Put the socket into its room and give the room's head. The first one joins the room's group."""
        self._start()
        subscribers = self.subscribers.get(room.pk)
        if subscribers is None:
            subscribers = self.subscribers[room.pk] = Subscribers(room)
        subscribers.enter(socket)  # registered, then fetched: nothing can fall between
        self.presences.stir(room.pk)
        try:
            if subscribers.joining is None:
                subscribers.joining = bus.spawn(self._join_group(subscribers))
            await asyncio.shield(subscribers.joining)
            await asyncio.shield(subscribers.ready)
        except BaseException:
            await self.leave(socket)
            raise
        return subscribers.head

    def variant_in(self, room: Room, wanted: Variant) -> Variant:
        subscribers = self.subscribers.get(room.pk)
        return subscribers.fitting(wanted) if subscribers else wanted

    async def leave(self, socket: Socket) -> None:
        """Take the socket out. A room's last one leaves its group, the last of all ends the tasks."""
        self.sidebars.leave(socket)
        subscribers = self.subscribers.get(socket.room.pk)
        if subscribers is None:
            return
        subscribers.leave(socket)
        self.presences.stir(socket.room.pk)
        if subscribers.sockets:
            return
        del self.subscribers[socket.room.pk]
        groups = [bus.group(socket.room.pk)] if socket.room.pk not in self.sidebars.rooms else []
        if not self.subscribers:
            groups += self.following.end()
            for task in self._tasks:
                task.cancel()
            self._tasks = []
            groups.append(bus.EVERYWHERE)
        # Asked at once, not one after the other: who comes back meanwhile subscribes after all of it.
        await asyncio.gather(*(bus.ask_layer("group_discard", group, self._channel) for group in groups))
        if not self.subscribers:
            await self.sidebars.end()

    def prepare(self, ring: bus.Ring, news: bus.News) -> Changes | None:
        """In the thread that has stored these messages: what the room's sockets are sent."""
        subscribers = self.subscribers.get(ring.get("room", 0))
        return subscribers.prepare(news) if subscribers and news else None

    def hear(self, ring: bus.Ring, news: Changes | None = None) -> None:
        """A room is at a seq, or a participant is to be looked at. Doubled, late and reordered ones change nothing."""
        self.sidebars.hear(ring)
        if ring["type"] == "chat.kick":
            for socket in self._sockets():
                if socket.key == ring["key"]:
                    bus.spawn(socket.recheck())
            return
        if ring["type"] == "chat.presence":
            self.presences.look([ring["room"]])
            return
        if ring["type"] == "chat.whisper":
            self.whispers.hear(ring)
            return
        subscribers = self.subscribers.get(ring.get("room", 0))
        if ring["type"] == "chat.changed":
            if subscribers is not None:
                bus.spawn(self._say_head(subscribers))
            return
        if subscribers is not None and ring["seq"] > subscribers.coming:
            if ring.get("may_wait"):
                subscribers.wake_soon(ring["seq"])
            else:
                subscribers.wake(news)

    async def drain(self) -> None:
        """Let every socket finish, spread over some seconds, and take no new one: the process is to end."""
        self.closing = True
        sockets = self._sockets()
        pause = min(DRAIN_PAUSE, conf.drain_seconds / max(len(sockets), 1))
        logger.info("Closing: %s sockets go over %.1f seconds", len(sockets), pause * len(sockets))
        finishing = []
        for socket in sockets:
            finishing.append(bus.spawn(socket.finish()))
            await asyncio.sleep(pause)
        if finishing:
            await asyncio.wait(finishing, timeout=conf.drain_seconds + 5)
        await self.presences.flush()

    def _sockets(self) -> list[Socket]:
        return [socket for subscribers in self.subscribers.values() for socket in subscribers.sockets]

    def _start(self) -> None:
        if not self._tasks:
            bus.listen(self.hear, self.prepare)
            self._tasks = [
                bus.spawn(bus.for_ever(work))
                for work in (self._listen, self._tick, self._keep_joined, self._pulse, self.presences.beats)
            ]
        if not self._terminates:
            self._terminates = True
            wire.on_terminate(self.drain)

    async def _listen(self) -> None:
        while True:
            try:
                self.hear(await get_channel_layer().receive(self._channel))
            except Exception as error:
                logger.debug("Nothing to hear from the channel layer: %r", error)
                await asyncio.sleep(conf.tick_seconds)

    async def _tick(self) -> None:
        """One query for all rooms with sockets here, or in a sidebar."""
        while True:
            await asyncio.sleep(conf.tick_seconds)
            await self._look({*self.subscribers, *self.sidebars.rooms})

    async def _look(self, rooms: Collection[int]) -> None:
        try:
            heads = await ask(Room.objects.heads, [*rooms])
        except Exception as error:
            logger.warning("The database does not answer the tick; the next one tries again: %r", error)
            return
        for room_id, head in heads.items():
            subscribers = self.subscribers.get(room_id)
            if (
                subscribers is not None
                and subscribers.ready.done()
                and head[:2] != (subscribers.head, subscribers.epoch)
            ):
                subscribers.wake()
        self.doors.look(heads)
        self.sidebars.tick(heads)

    async def _keep_joined(self) -> None:
        """Try again what the layer did not take, renew before it forgets, and tell the pages when it is away."""
        heard_everywhere = float("-inf")
        while True:
            stale = self.slow or time.monotonic() - heard_everywhere > RENEW_SECONDS
            if stale and await bus.ask_layer("group_add", bus.EVERYWHERE, self._channel):
                heard_everywhere = time.monotonic()
            # Nothing is in the group: publishing is how one learns that the layer is there.
            slow = not await bus.ask_layer("group_send", "chat.nobody", {"type": "chat.nothing"})
            if not slow:
                for room_id, subscribers in list(self.subscribers.items()):
                    first = subscribers.joining
                    if self.subscribers.get(room_id) is subscribers and first is not None and first.done():
                        await self._join_group(subscribers)
                await self._follow()
            if slow != self.slow:
                await self._say_slow(slow)
            await asyncio.sleep(min(conf.tick_seconds, PROBE_SECONDS))

    async def _say_slow(self, slow: bool) -> None:
        self.slow = slow
        away = "The channel layer is away: messages of other processes come by the tick"
        logger.warning(away if slow else "The channel layer is back")
        await self._tell_all(fragments.connection, self._state)

    async def _pulse(self) -> None:
        """Let every page see that its connection is alive: one that dies silently can't tell."""
        while True:
            await asyncio.sleep(PULSE_SECONDS)
            await self._tell_all(fragments.pulse)

    async def _tell_all(self, fragment: Callable[..., str], *given: Any) -> None:
        for subscribers in list(self.subscribers.values()):
            try:
                await subscribers.tell(fragment, subscribers.room, *given)
            except Exception as error:
                logger.warning("Room %s could not be told: %r", subscribers.room.pk, error)

    async def _say_head(self, subscribers: Subscribers) -> None:
        try:
            await subscribers.tell(fragments.head, subscribers.room.pk)
            await self.doors.look_at(subscribers.room.pk)
        except Exception as error:  # whoever loads the page sees it
            logger.warning("What room %s is called could not be read: %r", subscribers.room.pk, error)

    async def connection_state(self, socket: Socket) -> str:
        return await database_sync_to_async(socket.variant.call)(fragments.connection, socket.room, self._state)

    @property
    def _state(self) -> str:
        return "slow" if self.slow else "live"

    async def _join_group(self, subscribers: Subscribers) -> None:
        now = time.monotonic()
        if not subscribers.joined or now - subscribers.joined > RENEW_SECONDS:
            await asyncio.sleep(0)  # _listen's first step makes the channel that the group will know
            if await bus.ask_layer("group_add", bus.group(subscribers.room.pk), self._channel):
                subscribers.joined = now

    async def _follow(self) -> None:
        """Hear the rooms that sidebars list here. Subscribed, then looked at: nothing can fall between."""
        if not self.slow and (new := await self.following.renew()):
            await self._look(new)


hub = bus.per_loop(Hub)
"""The hub of this process."""
