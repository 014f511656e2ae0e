"""What a second process brings: deliveries by the clock, with PostgreSQL and Redis, as in production."""

from benchmarks import load
from benchmarks.contest import Contest, Entrant, Figure, Run
from benchmarks.contestants import Parley
from benchmarks.load import Target
from benchmarks.stage import Stage

READERS = 1000
BY_THE_CLOCK = Figure("deliveries", "per second")


def processes(stage: Stage) -> list[Contest]:
    """A window of 4, so that a process that has handed out a message need not wait for the other."""
    url = stage.postgres.create("processes")
    first, second = (stage.own.enter_context(Parley(url, REDIS_URL=stage.redis.url)) for _ in range(2))

    def entrant(label: str, *sites: Parley) -> Entrant:
        where = Target(label, [site.port for site in sites], first.path, lambda: [site.process.pid for site in sites])

        def run() -> Run:
            outcome = load.run(where, readers=READERS, window=4, seconds=stage.seconds)
            return Run([outcome.deliveries / outcome.seconds], outcome.client_share)

        return Entrant(label, run)

    name = f"processes, {READERS:,} sockets"
    return [Contest(name, [BY_THE_CLOCK], entrant("two processes", first, second), [entrant("one", first)])]
