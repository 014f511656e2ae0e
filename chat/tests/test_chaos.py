"""The history checker in small, and that it would notice. `python -m benchmarks.chaos` runs it in earnest."""

import subprocess
import sys

import pytest

from chat.tests import servers

pytestmark = pytest.mark.chaos


def chaos(*options: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "benchmarks.chaos", "--untimed", "--processes", "2", *options]
    return subprocess.run(command, cwd=servers.ROOT, capture_output=True, text=True, check=False)


def test_nothing_is_lost_doubled_or_out_of_order():
    run = chaos("--clients", "10", "--messages", "160", "--faults", "5", "--seconds", "12")
    assert (run.returncode, "0 breaches" in run.stdout) == (0, True), run.stdout + run.stderr


@pytest.mark.thorough
def test_it_notices_when_lost_rings_are_not_repaired():
    run = chaos(
        "--clients", "6", "--messages", "20", "--faults", "0", "--seconds", "1", "--patience", "8", "--break", "tick"
    )
    assert run.returncode == 1, run.stdout + run.stderr
    assert "BREACH with Redis away the last message did not reach everybody" in run.stdout
    assert "kept in build/chaos-" in run.stdout
