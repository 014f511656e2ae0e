"""What listens in tests: as much of a socket as the hub needs, and how what it heard is read."""

import asyncio
import re

from channels.layers import InMemoryChannelLayer

from chat import bus
from chat.live.crowd import Standing
from chat.models import Message, Room
from chat.variant import Variant

ENGLISH = Variant("en", "UTC")

ANEW = re.compile(
    r'<input id="epoch-lobby"[^>]*>\s*<div hx-swap-oob="innerHTML:#log-lobby"><div class="older" id="older-lobby"[^>]*>'
)
"""How the first of the frames begins that replace the log."""


def cursor(slug: str, seq: int) -> re.Pattern:
    """How every frame with durable content ends."""
    return re.compile(rf'<input id="cursor-{slug}"[^>]* value="{seq}"[^>]*>\s*\Z')


def seqs(frames) -> list[int]:
    return [int(seq) for frame in frames for seq in re.findall(r'data-seq="(\d+)"', frame)]


def ring(room_id: int, seq: int) -> bus.Ring:
    return {"type": "chat.ring", "room": room_id, "seq": seq}


async def other_room(slug="other") -> Room:
    return await Room.objects.acreate(slug=slug, name=slug)


class SharedLayer(InMemoryChannelLayer):
    """One that several hubs share as if each were in a process of its own: what all of a process hear goes by none."""


class BareSocket(Standing):
    """As much of a socket as the hub needs."""

    write = None
    is_page = False

    def __init__(self, room: Room, cursor: int | None = 0, key: str = "", variant: Variant = ENGLISH):
        self.room, self.cursor, self.key, self.variant = room, cursor, key, variant
        self.looked = self.finished = False
        self.frames: list[str] = []
        self._news = asyncio.Event()

    def bound(self) -> None:
        pass

    async def send(self, frame: str) -> None:
        self.frames.append(frame)
        self._news.set()
        await asyncio.sleep(0)  # as a server that takes its time, so that others come in between

    def is_counted(self, message: Message) -> bool:
        return True

    def why_not(self, room: Room) -> str:
        return ""

    async def recheck(self) -> None:
        self.looked = True
        self._news.set()

    async def looks(self) -> None:
        while not self.looked:
            self._news.clear()
            await self._news.wait()

    async def finish(self) -> None:
        self.finished = True
        self._news.set()

    async def finishes(self) -> None:
        async with asyncio.timeout(30):
            while not self.finished:
                self._news.clear()
                await self._news.wait()

    @property
    def seqs(self) -> list[int]:
        return seqs(self.frames)

    async def hears(self, seq: int) -> None:
        async with asyncio.timeout(30):
            while seq not in self.seqs:
                self._news.clear()
                await self._news.wait()

    async def gets(self, count: int) -> None:
        """Wait for so many frames."""
        async with asyncio.timeout(30):
            while len(self.frames) < count:
                self._news.clear()
                await self._news.wait()


class Slow(BareSocket):
    """Its first frame takes until somebody sets `go`."""

    def __init__(self, room: Room, cursor: int | None = None):
        super().__init__(room, cursor)
        self.began, self.go = asyncio.Event(), asyncio.Event()

    async def send(self, frame: str) -> None:
        await super().send(frame)
        self.began.set()
        await asyncio.wait_for(self.go.wait(), 10)


class Gone(BareSocket):
    async def send(self, frame: str) -> None:
        raise ConnectionError("gone")
