"""What is measured, and the bounds that docs/architecture.md promises."""

import statistics
from collections import defaultdict

PROCESS_SECONDS = 3.0  # p95, from losing the line to being complete again, when a process was killed or ended
REDIS_SECONDS = 5.0  # p95, from Redis being back to a page that is told so
LATE_SECONDS = 5.0  # every message, while Redis is away

PROCESS_FAULTS = ("kill_process", "end_process")
REDIS_FAULTS = ("kill_redis", "pause_redis", "flush_redis", "last_word")


class Figures:
    def __init__(self) -> None:
        self.acknowledged: dict[str, float] = {}
        """{nonce: when its sender was told that it is stored}."""
        self.delays: dict[str, list[float]] = defaultdict(list)
        """Seconds from acknowledgement to arrival, by the fault that went on."""
        self.returns: dict[str, list[float]] = defaultdict(list)
        """Seconds from losing the line to being complete again, by the fault that cost it."""
        self.recoveries: list[float] = []
        """Seconds from Redis being back until a page says live instead of slow."""

    def returned(self, fault: str, lost: float, now: float) -> None:
        self.returns[fault].append(now - lost)

    def arrived(self, body: str, now: float, fault: str) -> None:
        """A new message is in a page: how late after its sender was told?"""
        nonce = body.split(" ")[0]
        if nonce in self.acknowledged:
            self.delays[fault].append(now - self.acknowledged[nonce])

    def broken_bounds(self) -> list[str]:
        broken = []
        restarts = [seconds for fault in PROCESS_FAULTS for seconds in self.returns[fault]]
        if restarts and p95(restarts) > PROCESS_SECONDS:
            broken.append(f"returns after a process's end took {p95(restarts):.1f} s (p95), promised {PROCESS_SECONDS}")
        if self.recoveries and p95(self.recoveries) > REDIS_SECONDS:
            broken.append(f"recovery from Redis took {p95(self.recoveries):.1f} s (p95), promised {REDIS_SECONDS}")
        for fault in REDIS_FAULTS:
            if self.delays[fault] and max(self.delays[fault]) > LATE_SECONDS:
                broken.append(f"{fault}: a message came {max(self.delays[fault]):.1f} s late, promised {LATE_SECONDS}")
        return broken

    def lines(self) -> list[str]:
        tables = [("return to complete", self.returns), ("delivery", self.delays)]
        lines = [
            f"  {what}, {fault or 'nothing broken'}: {spread(values)}"
            for what, table in tables
            for fault, values in sorted(table.items())
            if values
        ]
        if self.recoveries:
            lines.insert(0, f"  Redis back to page live: {spread(self.recoveries)}")
        return lines


def p95(values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * 0.95))]


def spread(values: list[float]) -> str:
    median = statistics.median(values)
    return f"p50 {median:.2f} s, p95 {p95(values):.2f} s, max {max(values):.2f} s ({len(values)})"
