"""The cost of a delivery: one message at a time (fanout), many on their way (burst), many sockets and few (growth)."""

from benchmarks import load
from benchmarks.contest import Contest, Entrant, Figure, Run
from benchmarks.load import Target
from benchmarks.stage import Stage

PER_CPU_SECOND = Figure("deliveries", "per CPU second")
GROWTH = Figure("cost of a delivery at 2,000 sockets", "times that at 100", more_is_better=False)


def deliveries(target: Target, rounds: int | None = None, **options) -> Entrant:
    """Store, render, send: all that the server does from frame in to frames out is in the figure."""

    def run() -> Run:
        outcome = load.run(target, **options)
        return Run([outcome.deliveries / outcome.server_cpu], outcome.client_share)

    return Entrant(target.label, run, rounds)


def fanout(stage: Stage) -> list[Contest]:
    options = {"readers": 1000, "seconds": stage.seconds}
    there = [stage.tutorial, stage.broadcast, stage.node, stage.writer]
    if not stage.quick:
        there.insert(1, stage.template)
    rivals = [deliveries(rival, **options) for rival in there if rival]
    return [Contest("fanout, 1,000 sockets", [PER_CPU_SECOND], deliveries(stage.parley, **options), rivals)]


def burst(stage: Stage) -> list[Contest]:
    """The tutorial takes most of a minute for one window, so one round of it must do."""
    options = {"readers": 2000, "window": 32, "seconds": stage.seconds, "patience": 180}
    rivals = [deliveries(stage.tutorial, rounds=1, **{**options, "warm": 0, "seconds": 0.1})]
    rivals += [deliveries(rival, **options) for rival in (stage.broadcast, stage.node, stage.writer) if rival]
    name = "burst, 2,000 sockets, 32 messages at once"
    return [Contest(name, [PER_CPU_SECOND], deliveries(stage.parley, **options), rivals)]


def growing(target: Target, seconds: float) -> Entrant:
    def run() -> Run:
        few, many = (load.run(target, readers=readers, seconds=seconds) for readers in (100, 2000))
        cost = (many.server_cpu / many.deliveries) / (few.server_cpu / few.deliveries)
        return Run([cost], max(few.client_share, many.client_share))

    return Entrant(target.label, run)


def growth(stage: Stage) -> list[Contest]:
    rivals = [growing(rival, stage.seconds) for rival in (stage.tutorial, stage.node) if rival]
    return [Contest("growth", [GROWTH], growing(stage.parley, stage.seconds), rivals)]
