"""Parley and its peers side by side, in turns, and one table of ratios. docs/benchmarks.md says how to read it.

python -m benchmarks [--quick] [--rounds N] [--seconds S] [--write FILE] [MEASURE …]
python -m benchmarks selftest      shows that the load client catches what is lost, doubled or out of order
"""

import argparse
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import machine
from benchmarks.contest import Row
from benchmarks.measures import MEASURES, OWN_GROWTH, QUICK
from benchmarks.selftest import selftest
from benchmarks.stage import Stage
from benchmarks.table import failures, table
from chat.tests.servers import Missing

MOST_SOCKETS = 2100  # of any measure, at the client and at the server


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.partition("\n")[0])
    parser.add_argument("measures", nargs="*", metavar="MEASURE", help=f"of {', '.join(MEASURES)}; or selftest")
    parser.add_argument("--quick", action="store_true", help=f"only {', '.join(QUICK)}, in fewer and shorter rounds")
    parser.add_argument("--rounds", type=int, help="how often everybody has a turn (3; quick 2)")
    parser.add_argument("--seconds", type=float, help="how long each turn sends (2; quick 1)")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the table between the marks of this page")
    options = parser.parse_args()
    if unknown := set(options.measures) - set(MEASURES) - {"selftest"}:
        parser.error(f"there is no measure {', '.join(sorted(unknown))}")
    usual = [name for name in MEASURES if name not in OWN_GROWTH]
    options.measures = options.measures or (QUICK if options.quick else usual)
    options.rounds = options.rounds or (2 if options.quick else 3)
    options.seconds = options.seconds or (1 if options.quick else 2)
    return options


def hold(options: argparse.Namespace) -> tuple[list[Row], list[str]]:
    """The rows of all measures, and notes on what is left out."""
    rows = []
    with Stage(options.seconds, options.rounds, options.quick) as stage:
        for name in options.measures:
            try:
                with ExitStack() as stage.own:
                    for contest in MEASURES[name](stage):
                        contest.hold(stage.rounds)
                        rows += contest.rows()
            except (Missing, machine.NoResult) as reason:
                stage.note(f"{name} is left out. {reason}")
    return rows, [*stage.notes, *failures(rows)]


def report(rows: list[Row], notes: list[str], options: argparse.Namespace) -> str:
    parts = [
        f"{datetime.now(UTC):%d %B %Y}, {machine.description()}; rounds of {options.seconds:g} s each.",
        table(rows),
        *(f"- {note}" for note in notes),
    ]
    return "\n\n".join(parts) + "\n"


def write(path: Path, text: str, name: str = "results") -> None:
    before, mark, rest = path.read_text().partition(f"<!-- {name} -->\n")
    _, end, after = rest.partition(f"<!-- /{name} -->")
    if not (mark and end):
        raise SystemExit(f"{path} has no place for the results between its marks")
    path.write_text(f"{before}{mark}{text}{end}{after}")


def main() -> int:
    options = parse()
    try:
        machine.allow_sockets(MOST_SOCKETS)
    except machine.NoResult as too_few:
        print(f"Not on this machine: {too_few}", file=sys.stderr)
        return 1
    if "selftest" in options.measures:
        return selftest()
    rows, notes = hold(options)
    text = report(rows, notes, options)
    print(text)
    if options.write and not any(row.subject_median is None for row in rows):
        write(options.write, text, "growth" if options.measures == OWN_GROWTH else "results")
    return int(any(row.subject_median is None for row in rows))


if __name__ == "__main__":
    sys.exit(main())
