"""A client for pages: some connections, kept alive, each asking again when it has its answer, whole and right."""

import re
import select
import socket
import time
from dataclasses import dataclass

from benchmarks.load.runs import Target
from benchmarks.machine import NoResult, cpu_seconds, settle

CONNECTIONS = 4
WARM = 0.5  # seconds
PATIENCE = 30  # seconds without any answer


@dataclass(frozen=True)
class Fetched:
    count: int
    seconds: float
    server_cpu: float
    client_share: float


class Connection:
    def __init__(self, port: int, path: str):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n".encode()
        self.cookies: dict[bytes, bytes] = {}
        self.got = b""

    def ask(self) -> None:
        self.got = b""
        cookies = b"; ".join(name + b"=" + value for name, value in self.cookies.items())
        self.socket.sendall(self.head + (b"Cookie: " + cookies + b"\r\n" if cookies else b"") + b"\r\n")

    def answer(self) -> bytes | None:
        """The body, once all of it has come. Cookies are kept, as a browser would."""
        piece = self.socket.recv(1 << 20)
        if not piece:
            raise NoResult("the server closed a connection that was to be kept alive")
        self.got += piece
        head, found, body = self.got.partition(b"\r\n\r\n")
        if not found:
            return None
        if not head.startswith(b"HTTP/1.1 200"):
            raise NoResult(f"a page was refused: {head[:40]!r}")
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
        whole = len(body) == int(length[1]) if length else (b"\r\n" + body).endswith(b"\r\n0\r\n\r\n")  # in chunks
        if not whole:
            return None
        self.cookies |= dict(re.findall(rb"(?i)\r\nset-cookie: ([^=]+)=([^;\r]*)", head))
        return body


def fetch(
    target: Target, path: str, seconds: float, mark: bytes, marks: int, cookies: dict[bytes, bytes] | None = None
) -> Fetched:
    """Ask for some seconds. NoResult when an answer has not so many of this mark."""
    lines = [Connection(target.ports[0], path) for _ in range(CONNECTIONS)]
    for line in lines:
        line.cookies |= cookies or {}
    pids = target.pids()
    try:
        exchange(lines, WARM, mark, marks)
        used, own, start = cpu_seconds(pids), time.process_time(), time.monotonic()
        count = exchange(lines, seconds, mark, marks)
        took = time.monotonic() - start
        used, own = cpu_seconds(pids) - used, time.process_time() - own
    finally:
        for line in lines:
            line.socket.close()
        settle(pids)
    return Fetched(count, took, max(used, 0.01), own / took)


def exchange(lines: list[Connection], seconds: float, mark: bytes, marks: int) -> int:
    """How many pages came. All that are asked for come; none is on its way before or after."""
    end, count, waiting = time.monotonic() + seconds, 0, len(lines)
    connections = {line.socket.fileno(): line for line in lines}
    poll = select.poll()
    for number, line in connections.items():
        poll.register(number, select.POLLIN)
        line.ask()
    while waiting:
        ready = poll.poll(PATIENCE * 1000)
        if not ready:
            raise NoResult("the server does not answer")
        for number, _ in ready:
            body = connections[number].answer()
            if body is None:
                continue
            if body.count(mark) != marks:
                raise NoResult(f"a page has {body.count(mark)} of {mark.decode()} instead of {marks}")
            count += 1
            if time.monotonic() < end:
                connections[number].ask()
            else:
                waiting -= 1
    return count
