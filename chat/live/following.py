"""The rooms that the sidebars of a process list: it hears their rings as long as one does."""

import asyncio
import time
from collections.abc import Collection, Mapping

from chat import bus

RENEW_SECONDS = 3600  # channel layers forget a group's member after a day (their group_expiry)
MOST = 2000  # rooms whose rings a process hears for its sidebars; the tick has to do for more


class Following:
    def __init__(self, listed: Mapping[int, Collection[int]], open_here: Mapping[int, object], channel: str):
        self._listed = listed
        """{room: whoever lists it}, as it changes."""
        self._open_here = open_here
        """{room: its sockets}: those are heard anyway."""
        self._channel = channel
        self._since: dict[int, float] = {}
        """{room: monotonic time of its last subscription}."""

    async def renew(self) -> list[int]:
        """Subscribe to what is listed, and end what is not any more. Gives the rooms that are heard from now on."""
        now = time.monotonic()
        listed = [*self._listed][:MOST]
        due = [room for room in listed if now - self._since.get(room, float("-inf")) > RENEW_SECONDS]
        added = await asyncio.gather(*(bus.ask_layer("group_add", bus.group(room), self._channel) for room in due))
        new = [room for room, done in zip(due, added, strict=True) if done]
        self._since |= dict.fromkeys(new, now)
        gone = self._since.keys() - self._listed.keys()
        self._since = {room: since for room, since in self._since.items() if room not in gone}
        left = [bus.group(room) for room in gone - self._open_here.keys()]
        await asyncio.gather(*(bus.ask_layer("group_discard", group, self._channel) for group in left))
        return new

    def end(self) -> list[str]:
        """No sidebar is left: gives the groups that are to be left."""
        groups, self._since = [bus.group(room) for room in self._since], {}
        return groups
