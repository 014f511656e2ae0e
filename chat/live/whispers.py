"""Who is writing in a room: heard from all processes, told to its pages, and forgotten in seconds."""

import asyncio
import logging
import time
from collections.abc import Mapping
from weakref import WeakSet

from chat import bus, fragments
from chat.live.database import ask
from chat.live.presence import tell_pages
from chat.live.subscribers import Subscribers

logger = logging.getLogger("chat.whispers")

WRITES_SECONDS = 3.0  # a page says every 2.5 seconds that somebody goes on writing
DEAF_SECONDS = 1.0  # a whisper is heard from this process and from the channel layer, the second time for nothing
TELL_SECONDS = 1.0  # from one telling of a room to the next


class Desk:
    """Who writes in one room."""

    def __init__(self) -> None:
        self.writing: dict[str, float] = {}
        """{participant's key: monotonic time of their last whisper}"""
        self.heard: dict[str, float] = {}
        """The same of whatever they whispered."""
        self.told = {"writing": float("-inf"), "written": float("-inf")}
        self.alarm: asyncio.TimerHandle | None = None
        self.telling = asyncio.Lock()


class Whispers:
    """One per hub."""

    def __init__(self, subscribers: Mapping[int, Subscribers]):
        self._subscribers = subscribers
        self._desks: dict[int, Desk] = {}

    def hear(self, ring: bus.Ring) -> None:
        """Somebody is "writing", or has "written": then the note about them goes at once."""
        room_id, key, what, now = ring["room"], ring["key"], ring["what"], time.monotonic()
        if room_id not in self._subscribers:
            self._desks.pop(room_id, None)
            return
        desk = self._desks.setdefault(room_id, Desk())
        if what == "writing":
            if now - desk.heard.get(key, float("-inf")) < DEAF_SECONDS:
                return
            desk.writing[key] = now
        elif desk.writing.pop(key, None) is None:
            return
        desk.heard[key] = now
        self._set_alarm(room_id, desk, max(now, desk.told[what] + TELL_SECONDS), what)

    def _set_alarm(self, room_id: int, desk: Desk, when: float, what: str) -> None:
        """Tell then, or earlier if that was intended."""
        loop = asyncio.get_running_loop()
        when = loop.time() + when - time.monotonic()
        if desk.alarm is not None:
            if desk.alarm.when() <= when:
                return
            desk.alarm.cancel()
        desk.alarm = loop.call_at(when, lambda: bus.spawn(self._tell(room_id, desk, what)))

    async def _tell(self, room_id: int, desk: Desk, what: str) -> None:
        now = time.monotonic()
        desk.alarm, desk.told[what] = None, now
        desk.heard = {key: then for key, then in desk.heard.items() if now - then < WRITES_SECONDS}
        async with desk.telling:
            desk.writing = {key: then for key, then in desk.writing.items() if now - then < WRITES_SECONDS}
            subscribers = self._subscribers.get(room_id)
            if subscribers is None:
                self._desks.pop(room_id, None)
                return
            try:
                frames = await ask(fragments.writing, subscribers.room, [*desk.writing], subscribers.variants)
                await tell_pages(subscribers, frames, {variant: WeakSet() for variant in frames})
            except Exception as error:
                logger.info("Who is writing could not be read: %r", error)
