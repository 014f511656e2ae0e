"""Runs the load client against some servers, meters them meanwhile, and lets no run pass that lost anything."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.machine import NoResult, allow_sockets, cpu_seconds, keep_to, settle

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent.parent / "build" / "benchmarks"
STAND_IN = [sys.executable, "-m", "benchmarks.load.stand_in"]
METER_STEP = 0.01  # CPU seconds
TEXT_SIZE = 60  # characters of a message

FAULTS = {
    "closed": "connections were closed",
    "skipped": "messages were passed over",
    "again": "messages came twice or too late",
    "strayed": "messages came to another room",
    "wrong_acks": "acknowledgements were wrong",
    "missing": "deliveries or acknowledgements never came",
    "disagreeing": "sockets saw another order than the first",
}


@dataclass(frozen=True)
class Target:
    """What is to be measured: where it listens, and whose CPU it is."""

    label: str
    ports: list[int]
    path: str
    pids: Callable[[], list[int]]


@dataclass(frozen=True)
class Outcome:
    """Of the measured window: from the first message sent to the last one delivered."""

    sent: int
    acknowledged: int
    deliveries: int
    frames: int
    """Websocket frames with at least one message; fewer than the deliveries where several messages share one."""
    others: int
    """Frames without any."""
    seconds: float
    p50: float
    p99: float
    """Seconds from a message's sending (from when it was due, where a clock says so) to its delivery at one socket."""
    server_cpu: float
    """CPU seconds of the target's processes."""
    busiest_cpu: float
    """Of the one of them that used most: with a core for each, it is the one that the others wait for."""
    client_cpu: float
    deaf_dropped: int

    @property
    def client_share(self) -> float:
        """Of one core."""
        return self.client_cpu / self.seconds


def compile_c(name: str, *sources: Path) -> Path | None:
    """A program in build/; None where there is no compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    program = BUILD / name
    newest = max(source.stat().st_mtime for folder in {one.parent for one in sources} for source in folder.iterdir())
    if not program.exists() or program.stat().st_mtime < newest:
        BUILD.mkdir(parents=True, exist_ok=True)
        command = [compiler, "-std=c11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-o", program, *sources, "-lm"]
        subprocess.run(command, check=True)
    return program


@cache
def compiled_client() -> list[str] | None:
    program = compile_c("client", *sorted(HERE.glob("*.c")))
    return [str(program)] if program else None


def words(target: Target, options: dict[str, Any]) -> list[str]:
    found = [word for port in target.ports for word in ("--port", str(port))]
    for name, value in {"path": target.path, "size": TEXT_SIZE, **options}.items():
        name = name.replace("_", "-")
        if value is True:
            found.append(f"--{name}")
        elif value is not False:
            found += [f"--{name}", str(value)]
    return found


def share_cores(target: Target, client: int) -> None:
    """One server has a core to itself, and the client another; several servers may have them all."""
    cores = sorted(os.sched_getaffinity(0))
    apart = len(cores) > 1 and len(target.ports) == 1
    keep_to({cores[0]} if apart else {*cores}, target.pids())
    keep_to({cores[-1]} if apart else {*cores}, [client])


@contextmanager
def opened(target: Target, client: list[str] | None = None, **options: Any) -> Iterator[subprocess.Popen]:
    """A load client that has opened its sockets and waits for a line to begin: the one in C, or where there is no
    compiler the slower one in Python."""
    sockets = sum(int(options.get(kind, 0)) for kind in ("readers", "senders", "quiet", "deaf")) + 1
    allow_sockets(sockets)
    process = subprocess.Popen(
        [*(client or compiled_client() or STAND_IN), *words(target, options)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        share_cores(target, process.pid)
        if process.stdout.readline() != "open\n":
            raise NoResult(f"the sockets did not open: {process.stderr.read().strip()}")
        settle(target.pids())
        yield process
    finally:
        process.kill()
        process.communicate()
        settle(target.pids())  # it has its connections' ends to work off


def finish(process: subprocess.Popen, at_edge: Callable[[], Any] = bool) -> dict[str, Any]:
    """Let it begin, and give what it reports; calls `at_edge` as the measured window begins and as it ends."""
    process.stdin.write("\n")
    process.stdin.flush()
    last = ""
    for last in process.stdout:
        if last in ("begin\n", "end\n"):
            at_edge()
    try:
        return json.loads(last)
    except ValueError:
        raise NoResult(f"the load client failed: {process.stderr.read().strip() or last}") from None


def run(
    target: Target,
    client: list[str] | None = None,
    meanwhile: Callable[[], AbstractContextManager[None]] = nullcontext,
    **options: Any,
) -> Outcome:
    """Send and deliver, as the client's options say. NoResult when anything was lost, doubled or out of order.
    `meanwhile`: what goes on besides, from when the servers rest with all sockets open to the end."""
    read: list[dict[int, float]] = []

    def meter() -> None:
        read.append({pid: cpu_seconds([pid]) for pid in target.pids()})

    with opened(target, client, **options) as process, meanwhile():
        told = finish(process, meter)
    before, after = (read[0], read[-1]) if read else ({}, {})
    return judged(told, [used - before.get(pid, 0) for pid, used in after.items()])


def judged(told: dict[str, Any], used: list[float]) -> Outcome:
    faults = [f"{told[name]:,} {text}" for name, text in FAULTS.items() if told[name]]
    if faults:  # the first of them ended the run, and may have caused the others
        raise NoResult(faults[0])
    if not told["sent"] or not told["seconds"]:
        raise NoResult("nothing was sent")
    return Outcome(
        **{name: told[name] for name in "sent acknowledged deliveries frames others seconds p50 p99".split()},
        server_cpu=max(sum(used), METER_STEP),
        busiest_cpu=max([*used, METER_STEP]),
        client_cpu=told["cpu"],
        deaf_dropped=told["deaf_dropped"],
    )
