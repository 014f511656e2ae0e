"""What a run of the tests consists of: each step timed, and a table of them at the end, whatever became of it.

python -m chat.tests.steps begin                 forgets what was timed before
python -m chat.tests.steps run NAME COMMAND …    runs it; when it fails, prints the table and ends as it did
python -m chat.tests.steps table                 prints it, and which tests had to be tried twice
"""

import subprocess
import sys
import time
from pathlib import Path

BUILD = Path(__file__).resolve().parent.parent.parent / "build"
TIMES = BUILD / "steps.txt"
AGAIN = BUILD / "tried-again.txt"
"""A line for each test that failed and was tried once more; chat/tests/conftest.py writes it."""

TWICE = "Failed at first, and were tried once more; what they left is in build/failures/:"


def begin() -> None:
    BUILD.mkdir(exist_ok=True)
    for path in (TIMES, AGAIN):
        path.unlink(missing_ok=True)


def run(name: str, command: list[str]) -> int:
    print(f"--- {name}", flush=True)
    began = time.monotonic()
    code = subprocess.run(command, check=False).returncode
    with TIMES.open("a") as times:
        times.write(f"{time.monotonic() - began:.0f}\t{name}{' (failed)' if code else ''}\n")
    if code:
        table()
    return code


def table() -> None:
    steps = [line.split("\t") for line in TIMES.read_text().splitlines()]
    steps.append([str(sum(int(seconds) for seconds, _ in steps)), "in all"])
    print("\nSeconds  Step", *(f"{seconds:>7}  {name}" for seconds, name in steps), sep="\n")
    again = AGAIN.read_text().splitlines() if AGAIN.exists() else []
    print(f"\n{TWICE}" if again else "\nNo test was tried twice.", *again, sep="\n  ")


def main(verb: str, *arguments: str) -> int:
    if verb == "run":
        return run(arguments[0], [*arguments[1:]])
    {"begin": begin, "table": table}[verb]()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
