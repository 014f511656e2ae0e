"""How much memory a connection takes: in a room of Parley, and at Daphne with a consumer that does nothing."""

from collections.abc import Callable

from benchmarks import load
from benchmarks.contest import Contest, Entrant, Figure, Run
from benchmarks.contestants import Parley, Tutorial, target
from benchmarks.machine import resident_bytes
from benchmarks.stage import Stage

FIRST, MORE = 50, 1000  # the first ones load what is loaded once
RESIDENT = Figure("resident memory", "KiB a connection", more_is_better=False)


def resident(label: str, make: Callable[[], Parley], path: str = "") -> Entrant:
    """Each time at a new process: memory once used is kept."""

    def run() -> Run:
        with make() as site:
            there = target(site, path)
            with load.opened(there, readers=FIRST):
                before = resident_bytes(site.process.pid)
                with load.opened(there, readers=MORE):
                    grown = resident_bytes(site.process.pid) - before
        return Run([grown / 1024 / (MORE + 1)], 0)  # and the sender, which sends nothing here

    return Entrant(label, run, rounds=2)  # it hardly varies, and each takes long


def memory(stage: Stage) -> list[Contest]:
    subject = resident(Parley.label, Parley)
    rival = resident("an empty consumer", lambda: Tutorial(fragment=stage.fragment), "/ws/empty/")
    return [Contest(f"memory, {MORE:,} connections", [RESIDENT], subject, [rival])]
