"""A server that does one thing wrong, named by the path: what `python -m benchmarks selftest` shows to be caught.

    python benchmarks/peers/liar.py PORT

Its fault happens at message 7 and at one connection, the last that came. Some paths do nothing wrong, but unusual.
"""

import asyncio
import json
import re
import sys
import time

from websockets.asyncio.server import ServerConnection, serve

WHEN = 7
LATE = 0.05  # seconds
BURN = 0.02  # CPU seconds

Frames = list[str]


class Room:
    def __init__(self, path: str, rooms: "dict[str, Room]"):
        self.fault = path.strip("/").partition("/")[0]
        self.rooms = rooms
        self.connections: list[ServerConnection] = []
        self.kept: Frames = []
        self.answers = 0

    async def answer(self, sender: ServerConnection) -> None:
        """A question is answered by a page of 50 messages, in two frames."""
        forgets = self.fault == "forgets" and self.answers == WHEN
        self.answers += 1
        await sender.send('<p id="message-1">' * 20)
        await sender.send('<p id="message-2">' * (30 - forgets) + "the last")

    async def take(self, sender: ServerConnection, command: dict) -> None:
        text, nonce = command["message"], command.get("nonce")
        number = int(re.search(r"n(\d{8})end", text)[1])
        now = number == WHEN and text.startswith("bench0000")
        if self.fault == "late":
            await asyncio.sleep(LATE)
        if self.fault == "busy":
            burn()
        if nonce and not (now and self.fault == "unacknowledged"):
            nonce = nonce.replace("ack0000", "ack0001") if now and self.fault == "acknowledges-another" else nonce
            await sender.send(f'<div hx-swap-oob="delete:#composer-{nonce}"></div>')
        *others, last = self.connections
        frames = await self.joined(text) if self.fault == "joined" else [text]
        for connection in others:
            for frame in frames:
                await connection.send(frame)
        await self.tell_last(last, frames, now)
        if now and self.fault == "strays":
            for room in self.rooms.values():
                if room is not self:
                    await room.connections[-1].send(text)

    async def joined(self, text: str) -> Frames:
        """What several senders say at about the same time in one frame: allowed."""
        self.kept.append(text)
        if len(self.kept) > 1:  # the first one's turn sends it
            return []
        await asyncio.sleep(LATE)
        frames, self.kept = [" ".join(self.kept)], []
        return frames

    async def tell_last(self, last: ServerConnection, frames: Frames, now: bool) -> None:
        if now and self.fault in ("drops", "hangs-up"):
            frames = []
        if now and self.fault == "hangs-up":
            await last.close()
        if now and self.fault == "doubles":
            frames = frames * 2
        if now and self.fault == "invents":
            frames = [*frames, "bench0000n00099999end"]
        if self.fault in ("swaps", "disagrees"):
            frames = self.swapped(frames, now)
        for frame in frames:
            if self.fault == "torn":
                await tear(last, frame)
            else:
                await last.send(frame)

    def swapped(self, frames: Frames, now: bool) -> Frames:
        """The one message after the next, which may be of another sender."""
        if now:
            self.kept = frames
            return []
        frames, self.kept = frames + self.kept, []
        return frames


async def tear(connection: ServerConnection, text: str) -> None:
    """A frame in three pieces, the first of them one byte: allowed."""
    frame = bytes([0x81, 126]) + len(text).to_bytes(2) + text.encode() if len(text) > 125 else None
    frame = frame or bytes([0x81, len(text)]) + text.encode()
    for piece in (frame[:1], frame[1:20], frame[20:]):
        connection.transport.write(piece)
        await asyncio.sleep(0.002)


def burn() -> None:
    end = time.process_time() + BURN
    while time.process_time() < end:
        pass


async def main(port: str) -> None:
    rooms: dict[str, Room] = {}

    async def chat(connection: ServerConnection) -> None:
        room = rooms.setdefault(connection.request.path, Room(connection.request.path, rooms))
        room.connections.append(connection)
        try:
            async for frame in connection:
                command = json.loads(frame)
                await (room.answer(connection) if "do" in command else room.take(connection, command))
        finally:
            room.connections.remove(connection)
            if not room.connections:
                del rooms[connection.request.path]

    async with serve(chat, "127.0.0.1", int(port), compression=None, backlog=512) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
