"""All that can break, breaking. Each fault is over when its coroutine ends; what follows from it may take longer."""

import asyncio
import random
import signal
import time
from typing import TYPE_CHECKING

import redis

from chat.tests import servers

if TYPE_CHECKING:
    from benchmarks.chaos.world import World


async def kill_process(world: "World") -> None:
    await bounce(random.choice(world.sites), signal.SIGKILL)


async def end_process(world: "World") -> None:
    await bounce(random.choice(world.sites), signal.SIGTERM)


async def kill_redis(world: "World") -> None:
    await bounce(world.redis, signal.SIGKILL, away=2)
    await pages_live(world)


async def restart_postgres(world: "World") -> None:
    await bounce(world.postgres, signal.SIGINT)


async def bounce(server: servers.Server, how: signal.Signals, away: float = 0.2) -> None:
    server.signal(how)
    await asyncio.to_thread(server.process.wait, 30)
    await asyncio.sleep(away)
    await asyncio.to_thread(server.start)


async def pause_redis(world: "World") -> None:
    world.redis.signal(signal.SIGSTOP)
    await asyncio.sleep(3)
    world.redis.signal(signal.SIGCONT)
    await pages_live(world)


async def flush_redis(world: "World") -> None:
    def flush() -> None:
        with redis.Redis.from_url(world.redis.url) as connection:
            connection.flushall()
            connection.client_kill_filter(_type="pubsub")

    await asyncio.to_thread(flush)


async def cut_lines(world: "World") -> None:
    for client in random.sample(world.clients, max(1, len(world.clients) // 3)):
        client.cut()


KINDS = [kill_process, cut_lines, kill_redis, end_process, pause_redis, flush_redis, restart_postgres]


async def pages_live(world: "World") -> None:
    """How long until the pages that had to hear of it say that Redis is back."""
    began = time.monotonic()
    waiting = {client for client in world.clients if client.page.state == "slow"}
    while waiting and time.monotonic() < began + 15:
        await asyncio.sleep(0.05)
        now = time.monotonic()
        for client in [client for client in waiting if client.page.state != "slow"]:
            waiting.discard(client)
            world.figures.recoveries.append(now - began)
    world.figures.recoveries += [time.monotonic() - began for _ in waiting]
