"""A contest: several rounds, in each of them everybody once. What disturbs the machine disturbs all of them alike, and
each round gives a ratio of its own."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

from benchmarks.machine import NoResult


@dataclass(frozen=True)
class Figure:
    title: str
    unit: str
    more_is_better: bool = True


@dataclass(frozen=True)
class Run:
    values: list[float]
    """One for each of the contest's figures."""
    client_share: float
    """Of one core, that the load client used."""


@dataclass
class Entrant:
    label: str
    run: Callable[[], Run]
    rounds: int | None = None
    """At most so many, for who takes long."""
    runs: dict[int, Run] = field(default_factory=dict)
    failure: str = ""


@dataclass
class Contest:
    name: str
    figures: list[Figure]
    subject: Entrant
    rivals: list[Entrant]

    def hold(self, rounds: int) -> None:
        for number in range(rounds):
            order = [self.subject, *self.rivals]
            for entrant in order if number % 2 == 0 else reversed(order):
                if not entrant.failure and (entrant.rounds is None or number < entrant.rounds):
                    self._let(entrant, number)

    def _let(self, entrant: Entrant, number: int) -> None:
        start = time.monotonic()
        try:
            entrant.runs[number] = run = entrant.run()
            pairs = zip(self.figures, run.values, strict=True)
            said = ", ".join(f"{figure.title} {value:,.4g} {figure.unit}" for figure, value in pairs)
        except NoResult as nothing:
            entrant.failure = said = f"no result: {' '.join(str(nothing).split())}"
        took = time.monotonic() - start
        print(f"{self.name}, round {number + 1} ({took:.0f} s): {entrant.label}: {said}", file=sys.stderr, flush=True)

    def rows(self) -> "list[Row]":
        return [
            Row.of(self, place, figure, rival) for place, figure in enumerate(self.figures) for rival in self.rivals
        ]


@dataclass(frozen=True)
class Row:
    contest: str
    figure: Figure
    subject: str
    rival: str
    subject_median: float | None
    rival_median: float | None
    ratios: list[float]
    """Of each round, how many times as good the subject is; empty when there is no result."""
    client_share: float
    failure: str

    @classmethod
    def of(cls, contest: Contest, place: int, figure: Figure, rival: Entrant) -> "Row":
        subject = contest.subject
        failure = " ".join(f"{entrant.label}: {entrant.failure}." for entrant in (subject, rival) if entrant.failure)
        ours = {number: run.values[place] for number, run in subject.runs.items()}
        theirs = {number: run.values[place] for number, run in rival.runs.items()}
        ratios = []
        if not failure:
            pairs = [(ours[number], theirs[number]) for number in sorted(ours.keys() & theirs.keys())]
            ratios = [mine / other if figure.more_is_better else other / mine for mine, other in pairs]
        return cls(
            contest.name,
            figure,
            subject.label,
            rival.label,
            None if subject.failure else median(ours.values()),
            None if rival.failure else median(theirs.values()),
            ratios,
            max([run.client_share for entrant in (subject, rival) for run in entrant.runs.values()], default=0),
            failure,
        )
