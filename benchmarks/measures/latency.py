"""How long a message is on its way, from when it was due to be sent to its delivery at a socket, at an easy rate."""

from benchmarks import load
from benchmarks.contest import Contest, Entrant, Figure, Run
from benchmarks.load import Target
from benchmarks.stage import Stage

READERS = 500
FIGURES = [Figure("p50", "ms", more_is_better=False), Figure("p99", "ms", more_is_better=False)]
RATES = {20: 1, 2: 2}
"""Messages a second, and how many times as long as others this measure sends at that rate."""


def delay(target: Target, rate: int, seconds: float, **options) -> Entrant:
    def run() -> Run:
        outcome = load.run(target, readers=READERS, rate=rate, seconds=seconds, **options)
        return Run([outcome.p50 * 1000, outcome.p99 * 1000], outcome.client_share)

    return Entrant(target.label, run)


def latency(stage: Stage) -> list[Contest]:
    rivals = [rival for rival in (stage.tutorial, stage.node) if rival]
    return [
        Contest(
            f"latency, {READERS} sockets, {rate} messages/s",
            FIGURES,
            delay(stage.parley, rate, longer * stage.seconds),
            [delay(rival, rate, longer * stage.seconds) for rival in rivals],
        )
        for rate, longer in RATES.items()
    ]
