"""The history checker: several Daphne processes, PostgreSQL and Redis, many clients, and all that can break, breaking.

    python -m benchmarks.chaos [--clients 60] [--messages 5000] [--faults 16] [--processes 3] [--seed N]

While clients post, read, lose their lines and come back by their cursors, processes are killed and restarted, Redis is
killed, paused and flushed, PostgreSQL is restarted, lines are cut in the middle of a frame, and another process edits
and deletes. In the end what was acknowledged must be stored, once, and every client's page must be the table. It
prints its figures and exits with 1 on any breach, also of the times that docs/architecture.md promises: these are for
a machine that does nothing else (`--untimed` only prints them). `--break tick` switches the repair of lost rings off,
to see that the checker notices.
"""

import argparse
import asyncio
import os
import random
import sys
from contextlib import ExitStack

import django

from chat.tests import servers


def main() -> int:
    options = parse()
    random.seed(options.seed)
    with ExitStack() as stack:
        postgres, redis = stack.enter_context(servers.Postgres()), stack.enter_context(servers.Redis())
        os.environ.update(  # for the processes, and for this one, which reads what they stored
            DATABASE_URL=postgres.url,
            REDIS_URL=redis.url,
            CHAT_RATE_LIMITS="off",
            CHAT_DRAIN_SECONDS="1",
            DEBUG="1",
            DJANGO_SETTINGS_MODULE="site_config.settings",
        )
        if options.broken == "tick":
            os.environ["CHAT_TICK_SECONDS"] = "86400"
        servers.migrate(postgres.url)
        django.setup()
        from benchmarks.chaos.world import World  # it needs the models

        world = World(options, stack, postgres, redis)
        asyncio.run(world.run())
        world.report()
    return 1 if world.breaches else 0


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--clients", type=int, default=60)
    parser.add_argument("--messages", type=int, default=5000)
    parser.add_argument("--faults", type=int, default=16)
    parser.add_argument("--processes", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=75, help="over which the messages are spread")
    parser.add_argument("--patience", type=float, default=60, help="seconds for everything to arrive in the end")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--break", dest="broken", choices=["tick"], help="switch a repair off, to see it missed")
    parser.add_argument("--untimed", action="store_true", help="print how long things took, but do not judge it")
    parser.add_argument("--verbose", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
