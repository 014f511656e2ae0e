"""The load client, and what it says of a run."""

from benchmarks.load.runs import Outcome, Target, opened, run

__all__ = ["Outcome", "Target", "opened", "run"]
