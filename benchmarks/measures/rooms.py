"""How cost grows with rooms: a busy one beside many quiet ones, and the same messages in one room and in many."""

from benchmarks import load
from benchmarks.contest import Contest, Entrant, Run
from benchmarks.contestants import Parley, target
from benchmarks.load import Target
from benchmarks.machine import NoResult
from benchmarks.measures.delivery import PER_CPU_SECOND
from benchmarks.stage import Stage
from chat.tests import servers

SOCKETS, RATE = 100, 50  # of the busy room, and messages a second in it
QUIET = 500  # sockets, in each of these numbers of rooms
QUIET_ROOMS = [500, 100, 1]
LONG = 21  # seconds: the hub's tick comes seven times meanwhile, and its pulse once
SPREAD = 40  # rooms, with as many sockets in each; and senders, in one room or one in each


def busy(there: Target, quiet_rooms: int) -> Entrant:
    """By the clock, so that what the quiet rooms cost is not lost in what a process at its limit does."""
    options = {"readers": SOCKETS - 1, "rate": RATE, "quiet": QUIET, "quiet_rooms": quiet_rooms, "seconds": LONG}

    def run() -> Run:
        outcome = load.run(there, **options)
        if outcome.others < QUIET:
            raise NoResult(f"of {QUIET} quiet sockets only {outcome.others} had a pulse")
        return Run([outcome.deliveries / outcome.server_cpu], outcome.client_share)

    return Entrant(f"{quiet_rooms} quiet {'rooms' if quiet_rooms > 1 else 'room'}", run, rounds=2)  # each takes long


def spread(there: Target, rooms: int, seconds: float) -> Entrant:
    """As many messages at once, each to as many sockets, wherever they are."""
    options = {"rooms": rooms, "senders": SPREAD, "readers": rooms * SPREAD - SPREAD, "seconds": seconds}

    def run() -> Run:
        outcome = load.run(there, **options)
        return Run([outcome.deliveries / outcome.server_cpu], outcome.client_share)

    return Entrant(f"in {rooms} rooms" if rooms > 1 else "in one room", run)


def rooms(stage: Stage) -> list[Contest]:
    site = stage.own.enter_context(Parley())
    servers.make_rooms(site.database_url, *(f"room-{number}" for number in range(max(QUIET_ROOMS) + 1)))
    there = target(site, "/ws/chat/room-#/")
    subject, *rivals = (busy(there, quiet_rooms) for quiet_rooms in QUIET_ROOMS)
    many, one = (spread(there, count, stage.seconds) for count in (SPREAD, 1))
    return [
        Contest(f"rooms, {SOCKETS} sockets in a busy one, {QUIET} in quiet ones", [PER_CPU_SECOND], subject, rivals),
        Contest(f"rooms, {SPREAD} senders, {SPREAD} sockets a room", [PER_CPU_SECOND], many, [one]),
    ]
