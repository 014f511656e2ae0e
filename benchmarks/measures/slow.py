"""What one reader that does not read costs the others: CPU for a delivery, and their delays, with it and without.

All that the kernel holds for it is full beforehand, so that what it does not read piles up in the server.
"""

from collections.abc import Callable

from benchmarks import load
from benchmarks.contest import Contest, Entrant, Figure, Run
from benchmarks.contestants import Parley, target
from benchmarks.load import Outcome, Target
from benchmarks.machine import NoResult, established
from benchmarks.stage import Stage

READERS, RATE = 1000, 5  # messages a second
LONG = 3900  # characters of a message that fills
PILE = 6 * 1024 * 1024  # bytes sent to it beforehand: the kernel holds up to 4 MiB of them
BOUND = 16 * 1024 * 1024  # CHAT_SEND_BUFFER: it is not dropped while this is measured, which would end its cost
PER_CPU_SECOND = Figure("deliveries to the others", "per CPU second")
DELAYS = [Figure("p50 of the others", "ms", more_is_better=False), Figure("p99", "ms", more_is_better=False)]


class Forbearing(Parley):
    """Without Daphne's pings: who reads nothing does not answer them, and would be dropped for that."""

    def command(self) -> list[str]:
        *daphne, application = super().command()
        return [*daphne, "--ping-interval", "86400", application]


def pile_up(there: Target) -> None:
    sent = 0
    while sent < PILE:
        sent += LONG * load.run(there, window=32, warm=0, seconds=0.5, size=LONG).sent


def entrant(label: str, there: Target, others: int, figures: Callable[[Outcome], list[float]], **options) -> Entrant:
    """`others` are connections besides those of the run, and must still be there when it ends."""

    def run() -> Run:
        outcome = load.run(there, readers=READERS, **options)
        if established(there.ports[0]) != others:
            raise NoResult("the reader that does not read was dropped, so nobody bore with it")
        return Run(figures(outcome), outcome.client_share)

    return Entrant(label, run)


def slow(stage: Stage) -> list[Contest]:
    """The one that does not read is there from before the first round to the end, at a server of its own."""
    first, second = (target(stage.own.enter_context(Forbearing(CHAT_SEND_BUFFER=str(BOUND)))) for _ in range(2))
    stage.own.enter_context(load.opened(first, deaf=1))
    pile_up(first)

    def contest(name: str, said: list[Figure], figures: Callable[[Outcome], list[float]], **options) -> Contest:
        options |= {"seconds": stage.seconds}
        subject = entrant(
            "with one that does not read", first, 2, figures, **options
        )  # it, and a sender that is silent
        rival = entrant("without", second, 0, figures, **options)
        return Contest(f"slow, {READERS:,} sockets{name}", said, subject, [rival])

    return [
        contest("", [PER_CPU_SECOND], lambda outcome: [outcome.deliveries / outcome.server_cpu]),
        contest(f", {RATE} messages/s", DELAYS, lambda outcome: [outcome.p50 * 1000, outcome.p99 * 1000], rate=RATE),
    ]
