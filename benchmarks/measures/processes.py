"""What a second process brings, with PostgreSQL and Redis as in production: deliveries by the CPU of the busier, for
which the other waits if each has a core; and by the clock of this machine, whatever cores it has.
"""

from benchmarks import load
from benchmarks.contest import Contest, Entrant, Figure, Run
from benchmarks.contestants import Parley
from benchmarks.load import Target
from benchmarks.stage import Stage

FIGURES = [Figure("deliveries", "per CPU second of the busiest"), Figure("deliveries", "per second")]


def processes(stage: Stage) -> list[Contest]:
    """A window of 4, so that a process that has handed out a message need not wait for the other."""
    url = stage.postgres.create("processes")
    first, second = (stage.own.enter_context(Parley(url, REDIS_URL=stage.redis.url)) for _ in range(2))

    def entrant(label: str, readers: int, *sites: Parley) -> Entrant:
        where = Target(label, [site.port for site in sites], first.path, lambda: [site.process.pid for site in sites])

        def run() -> Run:
            outcome = load.run(where, readers=readers, window=4, seconds=stage.seconds)
            by_the_clock = outcome.deliveries / outcome.seconds
            return Run([outcome.deliveries / outcome.busiest_cpu, by_the_clock], outcome.client_share)

        return Entrant(label, run)

    def contest(readers: int) -> Contest:
        subject = entrant("two processes", readers, first, second)
        return Contest(f"processes, {readers:,} sockets", FIGURES, subject, [entrant("one", readers, first)])

    return [contest(1000), contest(2000)]
