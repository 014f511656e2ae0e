"""The load client for where there is no C compiler: the options and the report of main.c, several times slower.

What each rule is for stands in client.h and judge.c.
"""

import argparse
import json
import re
import resource
import select
import socket
import sys
import time
from math import ceil

MARK = re.compile(rb"bench(\d{4})n(\d{8})end")
ACK = re.compile(rb"composer-ack(\d{4})n(\d{8})end")
WORDS = " and so on in words of a message"
CONNECT_SECONDS = 30
FAULTS = "skipped again strayed wrong_acks closed".split()
COUNTS = ["sent", "acknowledged", "deliveries", "frames", "others", *FAULTS]


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    counts = {"readers": 0, "senders": 1, "deaf": 0, "rooms": 1, "quiet": 0, "quiet-rooms": 1, "window": 1, "size": 60}
    for name, default in counts.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    for name, default in {"rate": 0, "seconds": 3, "warm": 0.5, "patience": 60}.items():
        parser.add_argument(f"--{name}", type=float, default=default)
    parser.add_argument("--port", type=int, action="append", required=True)
    parser.add_argument("--path", default="/")
    parser.add_argument("--acks", action="store_true")
    parser.add_argument("--unheard", action="store_true")
    return parser.parse_args()


class Line:
    """One websocket."""

    def __init__(self, port: int, path: str, sender: int, room: int, deaf: bool, senders: int):
        self.sender, self.room, self.deaf, self.rest = sender, room, deaf, b""
        self.next = [0] * senders
        self.order = 0
        self.socket = socket.socket()
        self.socket.settimeout(CONNECT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if deaf:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.connect(("127.0.0.1", port))
        self.shake_hands(f"127.0.0.1:{port}", path.replace("#", str(room)))
        self.socket.setblocking(False)

    def shake_hands(self, host: str, path: str) -> None:
        lines = [f"GET {path} HTTP/1.1", f"Host: {host}", f"Origin: http://{host}", "Upgrade: websocket"]
        lines += ["Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
        while b"\r\n\r\n" not in self.rest:
            piece = self.socket.recv(65536)
            if not piece:
                sys.exit("the server closed a connection before it was open")
            self.rest += piece
        head, _, self.rest = self.rest.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101"):
            sys.exit(f"{head.decode()}\nthe handshake was refused")

    def send(self, opcode: int, text: bytes) -> None:
        size = len(text)
        head = bytes([0x80 | opcode, 0x80 | size]) if size < 126 else bytes([0x80 | opcode, 0xFE]) + size.to_bytes(2)
        self.socket.sendall(head + bytes(4) + text)  # masked with zeros

    def frames(self) -> list[tuple[int, bytes]]:
        """Those that have come whole."""
        found, data, place = [], self.rest, 0
        while len(data) - place >= 2:
            size, head = data[place + 1], 2
            if size >= 126:
                head = 4 if size == 126 else 10
                if len(data) - place < head:
                    break
                size = int.from_bytes(data[place + 2 : place + head])
            if len(data) - place < head + size:
                break
            found.append((data[place], data[place + head : place + head + size]))
            place += head + size
        self.rest = data[place:]
        return found


class Client:
    def __init__(self, options: argparse.Namespace):
        self.options = options
        hearing = options.senders + options.readers
        count = hearing + options.quiet + options.deaf
        self.lines = []
        for number in range(count):
            port = options.port[number % len(options.port)]
            sender = number if number < options.senders else -1
            quiet = hearing <= number < hearing + options.quiet
            room = options.rooms + (number - hearing) % options.quiet_rooms if quiet else number % options.rooms
            deaf = number >= count - options.deaf
            self.lines.append(Line(port, options.path, sender, room, deaf, options.senders))
        rooms = [] if options.unheard else [line.room for line in self.lines if not line.deaf]
        self.listeners = [rooms.count(room) for room in range(options.rooms)]
        self.poll = select.epoll()
        self.at = {line.socket.fileno(): line for line in self.lines if not line.deaf}
        for number in self.at:
            self.poll.register(number, select.EPOLLIN)
        self.messages: list[list[list]] = [[] for _ in range(options.senders)]  # [when sent, how many lack it]
        self.acknowledged = [0] * options.senders
        self.outstanding, self.ends = 0, 0.0
        self.forget()

    def forget(self) -> None:
        self.count = dict.fromkeys(COUNTS, 0)
        self.times: list[float] = []

    @property
    def faulty(self) -> bool:
        return any(self.count[name] for name in FAULTS)

    def post(self, sender: int, when: float) -> None:
        number = len(self.messages[sender])
        text = f"bench{sender:04}n{number:08}end"
        command = {
            "message": (text + WORDS * (self.options.size // len(WORDS) + 1))[: max(self.options.size, len(text))]
        }
        if self.options.acks:
            command["nonce"] = f"ack{sender:04}n{number:08}end"
        listeners = self.listeners[self.lines[sender].room]
        self.messages[sender].append([when, listeners])
        self.outstanding += listeners + self.options.acks
        self.count["sent"] += 1
        self.lines[sender].send(1, json.dumps(command).encode())

    def complete(self, sender: int) -> None:
        if not self.options.rate and time.monotonic() < self.ends:
            self.post(sender, time.monotonic())

    def deliver(self, line: Line, sender: int, number: int) -> None:
        if sender >= len(self.messages) or not line.next[sender] <= number < len(self.messages[sender]):
            self.count["again"] += 1
            return
        if line.room != self.lines[sender].room:
            self.count["strayed"] += 1
            return
        self.count["skipped"] += number - line.next[sender]
        line.next[sender] = number + 1
        line.order = hash((line.order, sender, number))
        self.count["deliveries"] += 1
        self.outstanding -= 1
        message = self.messages[sender][number]
        self.times.append(time.monotonic() - message[0])
        message[1] -= 1
        if message[1] == 0 and not self.options.acks:
            self.complete(sender)

    def acknowledge(self, line: Line, sender: int, number: int) -> None:
        if sender != line.sender or number != self.acknowledged[sender] or number >= len(self.messages[sender]):
            self.count["wrong_acks"] += 1
            return
        self.acknowledged[sender] += 1
        self.count["acknowledged"] += 1
        self.outstanding -= 1
        self.complete(sender)

    def take(self, line: Line, opcode: int, text: bytes) -> None:
        if opcode == 0x89:
            line.send(10, text)
        elif opcode == 0x81:
            marks = MARK.findall(text)
            acks = ACK.findall(text) if self.options.acks and line.sender >= 0 else []
            for sender, number in marks:
                self.deliver(line, int(sender), int(number))
            for sender, number in acks:
                self.acknowledge(line, int(sender), int(number))
            self.count["frames" if marks or acks else "others"] += 1
        elif opcode != 0x8A:
            self.count["closed"] += 1

    def wait(self, seconds: float) -> None:
        for number, _ in self.poll.poll(max(seconds, 0)):
            line = self.at[number]
            try:
                piece = line.socket.recv(1 << 20)
            except BlockingIOError:
                continue
            except OSError:
                piece = b""
            if not piece:
                self.count["closed"] += 1
                self.poll.unregister(number)
            line.rest += piece
            for opcode, text in line.frames():
                self.take(line, opcode, text)

    def phase(self, seconds: float) -> None:
        start, due, options = time.monotonic(), 0, self.options
        self.ends = start + seconds
        if not options.rate:
            for sender in range(options.senders):
                for _ in range(options.window):
                    self.post(sender, time.monotonic())
        while not self.faulty:
            now, following = time.monotonic(), start + due / options.rate if options.rate else self.ends
            if following < self.ends and now >= following:
                self.post(due % options.senders, following)
                due += 1
                continue
            over = now >= self.ends
            if over and (self.outstanding == 0 or now >= self.ends + options.patience):
                return
            self.wait(min(following, self.ends) - now if not over else self.ends + options.patience - now)

    def report(self, seconds: float, cpu: float) -> None:
        hearing = [] if self.options.unheard else [line for line in self.lines if not line.deaf]
        missing = sum(
            len(self.messages[sender.sender]) - line.next[sender.sender]
            for line in hearing
            for sender in self.lines[: self.options.senders]
            if sender.room == line.room
        )
        if self.options.acks:
            missing += sum(map(len, self.messages)) - sum(self.acknowledged)
        times = sorted(self.times) or [0]
        told = {f"p{share}": times[ceil(share / 100 * len(times)) - 1] for share in (50, 99)}
        deaf = [line for line in self.lines if line.deaf]
        told |= {"missing": missing, "seconds": seconds, "cpu": cpu, "deaf_dropped": sum(map(is_closed, deaf))}
        orders = {(line.room, line.order) for line in hearing}
        told["disagreeing"] = len(orders) - len({room for room, _ in orders})
        print(json.dumps(self.count | told), flush=True)


def is_closed(line: Line) -> bool:
    poll = select.poll()
    poll.register(line.socket, select.POLLRDHUP)
    return bool(poll.poll(0))


def own_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    client = Client(parse())
    print("open", flush=True)
    if not sys.stdin.readline():
        sys.exit("nobody waits for this")
    client.phase(client.options.warm)
    if client.faulty or client.outstanding:
        client.report(0, 0)
        return
    client.forget()
    print("begin", flush=True)
    start, used = time.monotonic(), own_cpu()
    client.phase(client.options.seconds)
    took, used = time.monotonic() - start, own_cpu() - used
    print("end", flush=True)
    client.report(took, used)


if __name__ == "__main__":
    main()
