"""What a thousand reactions a minute to one message cost a room: the CPU, and the delays of its messages."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial

from websockets.sync.client import ClientConnection, connect

from benchmarks import load
from benchmarks.contest import Contest, Entrant, Figure, Run
from benchmarks.contestants import Parley, target
from benchmarks.stage import Stage

READERS, RATE = 500, 20  # messages a second
PEOPLE, A_SECOND = 20, 1000 / 60  # who react, and how often all of them together
TEXT = "to be liked"
FIGURES = [
    Figure("server CPU", "s per s", more_is_better=False),
    Figure("p50 of messages", "ms", more_is_better=False),
    Figure("p99 of messages", "ms", more_is_better=False),
]


def liked(site: Parley) -> str:
    """The seq of a message that stands there to be liked."""
    with connect(f"{site.socket_url}{site.path}", proxy=None) as socket:
        socket.send(json.dumps({"message": TEXT}))
        while TEXT not in (frame := str(socket.recv(30))):
            pass
    return frame.partition('data-seq="')[2].partition('"')[0]


@contextmanager
def reactions(site: Parley, seq: str) -> Iterator[None]:
    """Each of them puts theirs to it and takes it back, in turns, for as long as this lasts."""
    over, sent = threading.Event(), 0

    def react(sockets: list[ClientConnection]) -> None:
        nonlocal sent
        begin = time.monotonic()
        while not over.wait(max(0, begin + sent / A_SECOND - time.monotonic())):
            sockets[sent % PEOPLE].send(json.dumps({"do": "react", "seq": seq, "emoji": "👍"}))
            sent += 1

    with ExitStack() as stack:
        address = f"{site.socket_url}{site.path}"
        sockets = [stack.enter_context(connect(address, proxy=None, max_queue=None)) for _ in range(PEOPLE)]
        thread = threading.Thread(target=react, args=[sockets])
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
        while 'class="reactions"' not in str(sockets[0].recv(30)):  # it hears of them, or there is no result
            pass


def reacting(stage: Stage) -> list[Contest]:
    site = stage.own.enter_context(Parley())
    there, seq, seconds = target(site), liked(site), 2 * stage.seconds

    def entrant(label: str, *, liking: bool) -> Entrant:
        def run() -> Run:
            meanwhile = partial(reactions, site, seq) if liking else nullcontext
            outcome = load.run(there, meanwhile=meanwhile, readers=READERS, rate=RATE, seconds=seconds)
            cpu = outcome.server_cpu / outcome.seconds
            return Run([cpu, outcome.p50 * 1000, outcome.p99 * 1000], outcome.client_share)

        return Entrant(label, run)

    name = f"reactions, 1,000 a minute, {READERS} sockets, {RATE} messages/s"
    return [Contest(name, FIGURES, entrant("with them", liking=True), [entrant("without", liking=False)])]
