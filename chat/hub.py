"""One per process: which sockets are in which room. It hears rings and wakes the room; a tick asks the table what a
lost ring would have said.
"""

import asyncio
import logging
import time
import uuid

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer

from chat import bus, fragments, wire
from chat.audience import Audience, Socket
from chat.conf import conf
from chat.models import Room

logger = logging.getLogger("chat.hub")

PULSE_SECONDS = 20.0  # a page that has heard none for 45 seconds says so
PROBE_SECONDS = 3.0  # how often the channel layer is asked whether it is there
DRAIN_PAUSE = 0.05  # seconds from one socket to the next when there are few; many share conf.drain_seconds
RENEW_SECONDS = 3600  # channel layers forget a group's member after a day (their group_expiry)


class Hub:
    def __init__(self) -> None:
        self.audiences: dict[int, Audience] = {}
        self.slow = False
        """The channel layer is away: what other processes store comes by the tick."""
        self.closing = False
        self._channel = f"chat.hub!{uuid.uuid4().hex}"
        self._tasks: list[asyncio.Task[None]] = []
        self._terminates = False

    async def join(self, socket: Socket, room: Room) -> int:
        """Put the socket into its room and give the room's head. The first one subscribes this process."""
        self._start()
        audience = self.audiences.get(room.pk)
        if audience is None:
            audience = self.audiences[room.pk] = Audience(room)
        audience.sockets.add(socket)  # registered, then fetched: nothing can fall between
        try:
            if audience.subscription is None:
                audience.subscription = bus.spawn(self._subscribe(audience))
            await asyncio.shield(audience.subscription)
            await asyncio.shield(audience.ready)
        except BaseException:
            await self.leave(socket)
            raise
        return audience.head

    async def leave(self, socket: Socket) -> None:
        """Take the socket out. A room's last one ends its subscription, the last one of all ends the hub's tasks."""
        audience = self.audiences.get(socket.room.pk)
        if audience is None:
            return
        audience.sockets.discard(socket)
        if audience.sockets:
            return
        del self.audiences[socket.room.pk]
        groups = [bus.group(socket.room.pk)]
        if not self.audiences:
            for task in self._tasks:
                task.cancel()
            self._tasks = []
            groups.append(bus.EVERYWHERE)
        # Asked at once, not one after the other: who comes back meanwhile subscribes after all of it.
        await asyncio.gather(*(bus.ask_layer("group_discard", group, self._channel) for group in groups))

    def hear(self, ring: bus.Ring, news: bus.News = ()) -> None:
        """A room is at a seq, or a participant is to be looked at. Doubled, late and reordered ones change nothing."""
        if ring["type"] == "chat.kick":
            for socket in self._sockets():
                if socket.key == ring["key"]:
                    bus.spawn(socket.recheck())
            return
        audience = self.audiences.get(ring["room"])
        if audience is not None and ring["seq"] > audience.coming:
            audience.wake(news)

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

    def _sockets(self) -> list[Socket]:
        return [socket for audience in self.audiences.values() for socket in audience.sockets]

    def _start(self) -> None:
        if not self._tasks:
            bus.listen(self.hear)
            self._tasks = [
                bus.spawn(task) for task in (self._listen(), self._tick(), self._keep_subscribed(), self._pulse())
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
        """One query for all rooms with sockets here."""
        while True:
            await asyncio.sleep(conf.tick_seconds)
            try:
                heads = await database_sync_to_async(Room.objects.heads)(list(self.audiences))
            except Exception as error:
                logger.warning("The database does not answer the tick; the next one tries again: %r", error)
                continue
            for room_id, head in heads.items():
                audience = self.audiences.get(room_id)
                if audience is not None and audience.ready.done() and head != (audience.head, audience.epoch):
                    audience.wake()

    async def _keep_subscribed(self) -> None:
        """Try again what the layer did not take, renew before it forgets, and tell the pages when it is away."""
        heard_everywhere = float("-inf")
        while True:
            stale = self.slow or time.monotonic() - heard_everywhere > RENEW_SECONDS
            if stale and await bus.ask_layer("group_add", bus.EVERYWHERE, self._channel):
                heard_everywhere = time.monotonic()
            # Nothing is in the group: publishing is how one learns that the layer is there.
            slow = not await bus.ask_layer("group_send", "chat.nobody", {"type": "chat.nothing"})
            if not slow:
                for room_id, audience in list(self.audiences.items()):
                    first = audience.subscription
                    if self.audiences.get(room_id) is audience and first is not None and first.done():
                        await self._subscribe(audience)
            if slow != self.slow:
                await self._say_slow(slow)
            await asyncio.sleep(min(conf.tick_seconds, PROBE_SECONDS))

    async def _say_slow(self, slow: bool) -> None:
        self.slow = slow
        if slow:
            logger.warning("The channel layer is away: messages of other processes come by the tick")
        else:
            logger.warning("The channel layer is back")
        for audience in list(self.audiences.values()):
            await self._tell(audience, await self.connection(audience.room))

    async def _pulse(self) -> None:
        """Let every page see that its line is alive: one that dies silently can't tell."""
        while True:
            await asyncio.sleep(PULSE_SECONDS)
            for audience in list(self.audiences.values()):
                await self._tell(audience, await database_sync_to_async(fragments.pulse)(audience.room))

    async def _tell(self, audience: Audience, frame: str) -> None:
        for socket in list(audience.sockets):
            if socket.cursor is not None:
                try:
                    await socket.hand(frame)
                except Exception as error:
                    logger.info("A socket is gone: %r", error)

    async def connection(self, room: Room) -> str:
        return await database_sync_to_async(fragments.connection)(room, "slow" if self.slow else "live")

    async def _subscribe(self, audience: Audience) -> None:
        now = time.monotonic()
        if not audience.subscribed or now - audience.subscribed > RENEW_SECONDS:
            await asyncio.sleep(0)  # _listen's first step makes the channel that the group will know
            if await bus.ask_layer("group_add", bus.group(audience.room.pk), self._channel):
                audience.subscribed = now


_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}


def hub() -> Hub:
    """The hub of this process (of this event loop, as tests have several)."""
    loop = asyncio.get_running_loop()
    for closed in [known for known in _hubs if known.is_closed()]:
        del _hubs[closed]
    return _hubs.setdefault(loop, Hub())
