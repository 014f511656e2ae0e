"""One participant with one page, as a browser would be: it posts, and comes back by its cursor."""

import asyncio
import itertools
import json
import random
import time
import urllib.request
from contextlib import suppress
from typing import TYPE_CHECKING

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from benchmarks.chaos.evidence import Story
from chat.tests.page import Page

if TYPE_CHECKING:
    from benchmarks.chaos.world import World


class WholePage(Page):
    """It keeps what a browser's page lets go of when it becomes long, so that in the end all of it is compared."""

    def _trim(self, first: int) -> None:
        pass


class Client:
    def __init__(self, world: "World", number: int):
        self.world, self.number = world, number
        self.page = WholePage()
        self.cookie = ""
        self.outbox: dict[str, str] = {}  # nonce: body, until it is acknowledged
        self.lost: tuple[str, float] | None = None  # the fault during which the line was lost, and when
        self.ready = asyncio.Event()  # live
        self.open = False
        self.socket = None
        self.story = Story()
        self.turns = itertools.count(number)  # at another process each time, and all processes have somebody

    async def live(self) -> None:
        while True:
            site = self.world.sites[next(self.turns) % len(self.world.sites)]
            self.story.tell("connect", port=site.port, cursor=self.page.cursor)
            try:
                if not self.cookie:
                    self.cookie = await asyncio.to_thread(fetch_cookie, site.url)
                url = f"{site.socket_url}/ws/chat/?sync=1"
                async with connect(url, additional_headers={"Cookie": self.cookie}, ping_interval=5) as self.socket:
                    await self.read()
            except (OSError, WebSocketException, TimeoutError, EOFError) as error:
                self.story.tell("error", said=repr(error))
            finally:
                self.story.tell("lost")
                self.ready.clear()
                self.open = False
                self.lost = self.lost or (self.world.fault, time.monotonic())
            await asyncio.sleep(random.uniform(0.05, 1))  # htmx's full jitter after the first loss

    async def read(self) -> None:
        self.page.state = "connecting"
        frame = {"do": "sync", "cursor": str(self.page.cursor)}
        await self.socket.send(json.dumps({**frame, "epoch": self.page.epoch} if self.page.epoch else frame))
        self.open = True  # from here on what is said goes out at once
        for nonce, body in list(self.outbox.items()):  # and before it what is still waiting, in its order
            await self.socket.send(json.dumps({"message": body, "nonce": nonce}))
        async for text in self.socket:
            said = self.swap(text)
            now = time.monotonic()
            if self.page.state in ("live", "slow") and not self.ready.is_set():
                self.ready.set()
                if self.lost is not None:
                    self.world.figures.returned(*self.lost, now)
                    self.lost = None
            for nonce in said["acknowledged"]:
                if self.outbox.pop(nonce, None) is not None:
                    self.world.figures.acknowledged[nonce] = now
            for nonce in said["refused"]:
                asyncio.get_running_loop().call_later(0.5, self.try_again, nonce)
            if self.ready.is_set():
                for pk in said["new"]:
                    self.world.figures.arrived(self.page.log[pk][1], now, self.world.fault)

    def swap(self, text: str) -> dict[str, list]:
        before, faults = self.page.cursor, len(self.page.faults)
        said = self.page.apply(text)
        new = [self.page.log[pk][0] for pk in said["new"]]
        self.story.swapped(before, self.page.cursor, new, self.page.faults[faults:], text)
        return said

    async def say(self, body: str, nonce: str) -> None:
        self.outbox[nonce] = body
        self.story.tell("say", nonce=nonce, open=self.open)
        if self.open:
            with suppress(Exception):  # a line that has just died: it is resent on return
                await self.socket.send(json.dumps({"message": body, "nonce": nonce}))

    def try_again(self, nonce: str) -> None:
        """What a person does who reads that it could not be stored just now."""
        if nonce in self.outbox:
            self.world.remember(asyncio.ensure_future(self.say(self.outbox[nonce], nonce)))

    def cut(self) -> None:
        """Half a frame, then nothing: what a dying line does."""
        transport = getattr(self.socket, "transport", None)
        if transport is not None and not transport.is_closing():
            transport.write(b"\x81\xfe\x00\x40\x01\x02\x03\x04half a")
            transport.abort()


def fetch_cookie(url: str) -> str:
    with urllib.request.urlopen(f"{url}/chat/", timeout=5) as answer:
        return "; ".join(value.split(";")[0] for value in answer.headers.get_all("Set-Cookie"))
