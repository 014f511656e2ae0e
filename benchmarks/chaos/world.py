"""The servers, the clients, what goes on between them, and in the end the verdict."""

import argparse
import asyncio
import random
import signal
import sys
import time
from contextlib import ExitStack, suppress

from django.db import Error, close_old_connections, connection

from benchmarks.chaos import evidence, faults
from benchmarks.chaos.client import Client
from benchmarks.chaos.figures import Figures
from chat import actions
from chat.models import Message, Room
from chat.tests import servers

UNFORESEEN = (
    "is made to come back",
    "could not be sent to all",
    "could not be answered",
    "begins anew",
    "exception was never retrieved",
)
"""What no process should have to log, whatever becomes of others: where it does, it mends what should not be."""


class World:
    def __init__(self, options: argparse.Namespace, stack: ExitStack, postgres: servers.Postgres, redis: servers.Redis):
        self.options, self.postgres, self.redis = options, postgres, redis
        self.sites = [stack.enter_context(servers.Site()) for _ in range(options.processes)]
        self.clients = [Client(self, number) for number in range(options.clients)]
        self.figures = Figures()
        self.fault = ""
        """What is broken now; empty when nothing is."""
        self.faults: list[str] = []
        self.when: list[tuple[float, str]] = []
        """When each began."""
        self.breaches: list[str] = []
        self.explained: list[str] = []
        """What tells why."""
        self._tasks: set[asyncio.Future] = set()

    def remember(self, task: asyncio.Future) -> None:
        self._tasks.add(task)  # a loop holds its tasks weakly
        task.add_done_callback(self._tasks.discard)

    # --- What goes on ------------------------------------------------------------------------------

    async def run(self) -> None:
        living = [asyncio.create_task(client.live()) for client in self.clients]
        await asyncio.wait_for(asyncio.gather(*(client.ready.wait() for client in self.clients)), 60)
        meddler = asyncio.create_task(self.meddle())
        talking = asyncio.create_task(self.talk())
        await self.break_things(talking)
        await talking
        await self.settle()
        meddler.cancel()
        await asyncio.gather(meddler, return_exceptions=True)
        await self.last_word()
        await self.settle()
        for task in living:
            task.cancel()
        await asyncio.gather(*living, return_exceptions=True)
        await asyncio.to_thread(self.judge)

    async def talk(self) -> None:
        pause = self.options.seconds / self.options.messages
        for number in range(self.options.messages):
            client = random.choice(self.clients)
            nonce = f"n{number}"
            await client.say(f"{nonce} from {client.number} <b>&amp;", nonce)
            await asyncio.sleep(pause * random.uniform(0, 2))

    async def meddle(self) -> None:
        """Edits and deletes, from a process that has no sockets."""
        while True:
            await asyncio.sleep(0.4)
            with suppress(Error):  # the database may be away: then there is no change to be missed either
                await asyncio.to_thread(change_something)

    async def break_things(self, talking: asyncio.Task) -> None:
        for number in range(self.options.faults):
            kind = faults.KINDS[number % len(faults.KINDS)]
            self.begin(kind.__name__)
            await kind(self)
            await asyncio.sleep(random.uniform(1, 2))  # what follows from it is still its doing
            self.fault = ""
            if not talking.done():
                await asyncio.sleep(random.uniform(0.5, 1))

    def begin(self, fault: str) -> None:
        self.fault = fault
        self.faults.append(fault)
        self.when.append((time.time(), fault))
        if self.options.verbose:
            print(f"  {fault}", flush=True)

    async def last_word(self) -> None:
        """With Redis gone for good, one more message must still reach everybody, by the tick."""
        self.begin("last_word")
        await asyncio.gather(*(client.ready.wait() for client in self.clients))
        self.redis.signal(signal.SIGKILL)
        await self.clients[0].say("last from 0", "last")
        end = time.monotonic() + self.options.patience
        while not all("last from 0" in (body for _, body in client.page.log.values()) for client in self.clients):
            if time.monotonic() > end:
                self.breaches.append("with Redis away the last message did not reach everybody")
                return
            await asyncio.sleep(0.1)

    async def settle(self) -> None:
        """Until everything is acknowledged and every page is at the head."""
        end = time.monotonic() + self.options.patience
        waiting = behind = 0
        while time.monotonic() < end:
            head = await asyncio.to_thread(room_head)
            waiting = sum(len(client.outbox) for client in self.clients)
            behind = sum(client.page.cursor < head for client in self.clients)
            if not waiting and not behind:
                return
            await asyncio.sleep(0.2)
        self.breaches.append(f"in the end {waiting} messages are unacknowledged and {behind} pages are behind")

    # --- What became of it -------------------------------------------------------------------------

    def judge(self) -> None:
        connection.close()  # this thread's may have died with a server
        stored = list(Message.objects.order_by("seq"))
        table = [(row.pk, row.seq, "This message was deleted." if row.deleted else row.body) for row in stored]
        nonces = [row.nonce for row in stored]
        if missing := set(self.figures.acknowledged) - set(nonces):
            self.breaches.append(f"{len(missing)} acknowledged messages are not stored: {sorted(missing)[:5]}")
        if len(nonces) != len(set(nonces)):
            self.breaches.append(f"{len(nonces) - len(set(nonces))} messages are stored twice")
        for site in self.sites:
            log = site.log.read_text(errors="replace")
            self.breaches += [f"the process on {site.port} logged: … {what}" for what in UNFORESEEN if what in log]
        if not self.options.untimed:
            self.breaches += self.figures.broken_bounds()
        wrong = [client for client in self.clients if not self.judge_page(client, table)]
        if self.breaches:
            self.explained = [f"kept in {evidence.keep(self, table).relative_to(servers.ROOT)}"]
            for client in wrong[:3]:
                self.explained += [f"  client {client.number}:", *evidence.explain(client, table)]

    def judge_page(self, client: Client, table: list[tuple[int, int, str]]) -> bool:
        known = len(self.breaches)
        self.breaches += [f"client {client.number}: {fault}" for fault in client.page.faults[:3]]
        rows = client.page.rows()
        due = [row for row in table if not rows or row[1] >= rows[0][1]]
        if not rows or rows != due or (not client.page.replaced and len(rows) != len(table)):
            wrong = [(mine, its) for mine, its in zip(rows, due, strict=False) if mine != its][:2]
            self.breaches.append(f"client {client.number} holds {len(rows)} rows, due are {len(due)}: {wrong}")
        return len(self.breaches) == known

    def report(self) -> None:
        count = len(self.figures.acknowledged)
        print(f"{count} messages, {len(self.clients)} clients, {len(self.sites)} processes")
        kinds = ", ".join(f"{self.faults.count(fault)} {fault}" for fault in dict.fromkeys(self.faults))
        replaced = sum(client.page.replaced for client in self.clients)
        print(f"{len(self.faults)} faults: {kinds}; {replaced} whole logs replaced")
        for line in [*self.figures.lines(), *(f"BREACH {breach}" for breach in self.breaches[:20])]:
            print(line)
        print(*[f"{len(self.breaches)} breaches", *self.explained], sep="\n")


def change_something() -> None:
    rows = list(Message.objects.filter(deleted=False).select_related("author").order_by("-seq")[:40])
    if not rows:
        return
    row = random.choice(rows)
    if random.random() < 0.7:
        actions.edit_message(row.pk, row.author, f"{row.nonce} edited")
    else:
        actions.delete_message(row.pk, row.author)


def room_head() -> int:
    close_old_connections()
    try:
        return Room.objects.get(slug="lobby").seq
    except Error:
        return sys.maxsize
