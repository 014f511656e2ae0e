"""What the machine tells: CPU seconds and memory of processes, the limit of open files, and what it is."""

import contextlib
import os
import platform
import resource
import time
from collections.abc import Iterable
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
SPARE_FILES = 200  # that a process has open besides its sockets


class NoResult(RuntimeError):
    """A run that says nothing: something was lost, or could not be done. The text says what."""


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time that these processes have used."""
    ticks = 0
    for pid in pids:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / TICK


def resident_bytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))


def family(pid: int) -> list[int]:
    """A process and its descendants."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def keep_to(cores: set[int], pids: Iterable[int]) -> None:
    """These processes, with all their threads and those to come, run on these cores alone."""
    for pid in pids:
        for thread in Path(f"/proc/{pid}/task").glob("*"):
            with contextlib.suppress(ProcessLookupError):
                os.sched_setaffinity(int(thread.name), cores)


def settle(pids: Iterable[int], patience: float = 20, pause: float = 0.25) -> None:
    """Wait until these processes have nothing more to do: what one run left over must not burden the next."""
    end = time.monotonic() + patience
    before = cpu_seconds(pids)
    while time.monotonic() < end:
        time.sleep(pause)
        used = cpu_seconds(pids)
        if used - before <= max(0.1 * pause, 1 / TICK):
            return
        before = used


def allow_sockets(count: int) -> None:
    """Raise the limit of open files for this process and those it starts. NoResult when the machine forbids it."""
    needed = count + SPARE_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise NoResult(f"{count:,} sockets need {needed:,} open files and this machine allows {hard:,} (ulimit -Hn)")
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def established(port: int) -> int:
    """Connections to a port of this machine that are open at the client's end."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    ends = [line.split()[2:4] for line in lines]
    return sum(remote.endswith(f":{port:04X}") and state == "01" for remote, state in ends)


def description() -> str:
    """The machine in a line, for beside the figures."""
    model = platform.machine()
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.partition(": ")[2] for line in lines if line.startswith("model name"))
    cores = len(os.sched_getaffinity(0))
    return f"{model}, {cores} cores, Linux {platform.release()}, Python {platform.python_version()}"
