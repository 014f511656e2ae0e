"""Shows that the harness can tell: a server that drops, doubles or reorders one message is caught, one that does not is
not, and a known delay and a known use of CPU are measured as what they are."""

import sys
from collections.abc import Callable
from functools import partial

from websockets.sync.client import connect

from benchmarks import load
from benchmarks.contestants import PEERS
from benchmarks.load import Outcome, Target
from benchmarks.load.runs import STAND_IN, compiled_client
from benchmarks.machine import NoResult
from benchmarks.measures.history import ask_for
from benchmarks.peers.liar import BURN, LATE
from chat.tests.servers import Server

OPTIONS = {"readers": 5, "window": 4, "seconds": 0.3, "warm": 0, "patience": 0.7}
ACKS = {**OPTIONS, "acks": True, "senders": 3}
ROOMS = {**OPTIONS, "rooms": 2, "senders": 2, "readers": 6, "quiet": 3, "quiet_rooms": 2}

FAULTS = {  # by what the server does, and with which options: what must be said of it
    "drops": (OPTIONS, "passed over"),
    "drops/the-last": ({**OPTIONS, "window": 1}, "never came"),
    "doubles": (OPTIONS, "twice or too late"),
    "swaps": (OPTIONS, "passed over"),
    "invents": (OPTIONS, "twice or too late"),
    "hangs-up": (OPTIONS, "closed"),
    "disagrees": ({**OPTIONS, "senders": 2, "window": 1}, "another order"),
    "unacknowledged": ({**ACKS, "window": 1}, "never came"),
    "strays/#": ({**OPTIONS, "rooms": 2, "senders": 2}, "another room"),
    "strays/to-a-quiet-one/#": ({**OPTIONS, "quiet": 2, "quiet_rooms": 2}, "another room"),
    "drops/in-one-of-two/#": ({**OPTIONS, "rooms": 2, "senders": 2, "window": 1}, "never came"),
    "acknowledges-another": (ACKS, "acknowledgements were wrong"),
}


def all_arrived(outcome: Outcome, sockets: int) -> str:
    if outcome.sent < 4 or outcome.deliveries != outcome.sent * sockets:
        return f"{outcome.deliveries} deliveries of {outcome.sent} messages at {sockets} sockets"
    return ""


def all_acknowledged(outcome: Outcome) -> str:
    return all_arrived(outcome, 8) or ("" if outcome.acknowledged == outcome.sent else "acknowledgements are missing")


def joined(outcome: Outcome) -> str:
    return all_arrived(outcome, 8) or ("" if outcome.frames < outcome.deliveries else "nothing was joined")


def late(outcome: Outcome) -> str:
    right = LATE <= outcome.p50 < 1.5 * LATE and outcome.p99 >= outcome.p50  # a busy machine may delay one of them
    return "" if right else f"50 ms were measured as {outcome.p50 * 1e3:.1f}, and at most {outcome.p99 * 1e3:.1f}"


def busy(outcome: Outcome) -> str:
    burnt = outcome.sent * BURN
    return (
        "" if 0.9 * burnt < outcome.server_cpu < 1.2 * burnt else f"{burnt:.2f} CPU s became {outcome.server_cpu:.2f}"
    )


HONEST: dict[str, tuple[dict, Callable[[Outcome], str]]] = {
    "honest": (OPTIONS, partial(all_arrived, sockets=6)),
    "honest/acks": (ACKS, all_acknowledged),
    "honest/rooms/#": (ROOMS, partial(all_arrived, sockets=4)),
    "honest/by-the-clock": ({**OPTIONS, "rate": 50}, partial(all_arrived, sockets=6)),
    "joined": ({**OPTIONS, "senders": 3, "window": 1}, joined),
    "torn": (OPTIONS, partial(all_arrived, sockets=6)),
    "late": ({**OPTIONS, "window": 1, "seconds": 1}, late),
    "busy": ({**OPTIONS, "window": 1, "seconds": 1}, busy),
}


class Liar(Server):
    name = "liar"

    def command(self) -> list[str]:
        return [sys.executable, str(PEERS / "liar.py"), str(self.port)]


def outcome_of(liar: Liar, path: str, options: dict, client: list[str]) -> Outcome | str:
    try:
        target = Target(path, [liar.port], f"/{path}", lambda: [liar.process.pid])
        return load.run(target, client=client, **options)
    except NoResult as nothing:
        return str(nothing)


def questions(liar: Liar, path: str) -> str:
    """What is said of some answers; nothing when all are right."""
    with connect(f"ws://127.0.0.1:{liar.port}/{path}", proxy=None) as socket:
        try:
            ask_for(socket, {"do": "older"}, "the last", 0.3)
        except NoResult as nothing:
            return str(nothing)
    return ""


def selftest() -> int:
    wrong = 0
    clients = {"in C": compiled_client(), "in Python": STAND_IN}
    with Liar() as liar:
        for name, client in clients.items():
            if client is None:
                print(f"the client {name}: there is no C compiler")
                continue
            for path, (options, text) in FAULTS.items():
                outcome = outcome_of(liar, path, options, client)
                caught = isinstance(outcome, str) and text in outcome
                wrong += not caught
                print(f"the client {name}: {path}: {'caught' if caught else 'NOT CAUGHT'}: {outcome}")
            for path, (options, judge) in HONEST.items():
                outcome = outcome_of(liar, path, {**options, "patience": 20}, client)
                complaint = outcome if isinstance(outcome, str) else judge(outcome)
                wrong += bool(complaint)
                print(f"the client {name}: {path}: {f'WRONG: {complaint}' if complaint else 'passes'}")
        said = questions(liar, "forgets")
        wrong += "49 messages" not in said
        print(f"answers: forgets: {'caught' if '49 messages' in said else 'NOT CAUGHT'}: {said}")
        said = questions(liar, "honest")
        wrong += bool(said)
        print(f"answers: honest: {f'WRONG: {said}' if said else 'passes'}")
    print(f"{wrong} wrong" if wrong else "The harness can tell.")
    return int(wrong > 0)
