"""How cost grows with history: a million messages in the table against a page of them in each room, side by side."""

import json
import time
from collections.abc import Callable
from functools import partial

from websockets.sync.client import ClientConnection, connect

from benchmarks import load
from benchmarks.contest import Contest, Entrant, Figure, Run
from benchmarks.contestants import Parley, target
from benchmarks.filling import ROOMS, cut_back, fill
from benchmarks.load.pages import fetch
from benchmarks.machine import NoResult, cpu_seconds, settle
from benchmarks.measures.page import MESSAGES
from benchmarks.measures.posting import ACCEPTED, SENDERS
from benchmarks.stage import Stage

FEW, MANY = MESSAGES, 200_000  # messages of each room; all rooms are in one table
MARK = 'id="message-'
WARM = 0.5  # seconds


class Site:
    """A process with a history of its own."""

    def __init__(self, stage: Stage, each: int, postgres: bool):
        self.each = each
        self.label = f"{each * len(ROOMS):,} messages"
        self.parley = stage.own.enter_context(Parley(stage.postgres.create(f"history-{each}") if postgres else ""))
        self.target = target(self.parley, label=self.label, helpers=(stage.postgres,) if postgres else ())
        fill(self.parley.database_url, each, f"history, {'PostgreSQL' if postgres else 'SQLite'}")

    @property
    def before(self) -> int:
        """There is a page before this place; in a long history it is far back."""
        return self.each // 2 if self.each > 2 * MESSAGES else self.each + 1

    def page(self, seconds: float) -> Run:
        return self._pages("/chat/", seconds)

    def older_page(self, seconds: float) -> Run:
        return self._pages(f"/chat/lobby/?before={self.before}", seconds)

    def _pages(self, path: str, seconds: float) -> Run:
        fetched = fetch(self.target, path, seconds, MARK.encode(), MESSAGES)
        return Run([fetched.count / fetched.server_cpu], fetched.client_share)

    def older(self, seconds: float) -> Run:
        return self._answers({"do": "older", "before": str(self.before)}, "older-page", seconds)

    def coming_back(self, seconds: float) -> Run:
        return self._answers({"do": "sync", "cursor": str(self.each - MESSAGES)}, "data-state", seconds)

    def _answers(self, question: dict[str, str], last: str, seconds: float) -> Run:
        """Over one socket, asking again when the answer's last frame is here."""
        pids = self.target.pids()
        with connect(f"{self.parley.socket_url}{self.parley.path}", proxy=None, compression=None) as socket:
            ask_for(socket, question, last, WARM)
            settle(pids)
            used, own, start = cpu_seconds(pids), time.process_time(), time.monotonic()
            count = ask_for(socket, question, last, seconds)
            took = time.monotonic() - start
            used, own = cpu_seconds(pids) - used, time.process_time() - own
        settle(pids)
        return Run([count / max(used, 0.01)], own / took)

    def posting(self, seconds: float) -> Run:
        """As the measure of that name. What the last run posted is taken out first."""
        cut_back(self.parley.database_url, self.each)
        outcome = load.run(self.target, senders=SENDERS, acks=True, seconds=seconds)
        return Run([outcome.acknowledged / outcome.server_cpu], outcome.client_share)


WAYS: list[tuple[Callable[[Site, float], Run], Figure]] = [
    (Site.page, Figure("room page", "per CPU second")),
    (Site.older_page, Figure("page of older ones", "per CPU second")),
    (Site.older, Figure("older ones by socket", "per CPU second")),
    (Site.coming_back, Figure(f"coming back after {MESSAGES}", "per CPU second")),
    (Site.posting, ACCEPTED),
]


def ask_for(socket: ClientConnection, question: dict[str, str], last: str, seconds: float) -> int:
    """How many answers came. NoResult when one has not a page of messages, each once."""
    frame, end, count = json.dumps(question), time.monotonic() + seconds, 0
    while time.monotonic() < end:
        socket.send(frame)
        answer = ""
        while last not in (piece := socket.recv(30)):
            answer += piece
        found = (answer + piece).count(MARK)
        if found != MESSAGES:
            raise NoResult(f"an answer has {found} messages instead of {MESSAGES}")
        count += 1
    return count


def history(stage: Stage) -> list[Contest]:
    """Both databases are filled before the first round, and read before anything is posted."""
    stage.postgres  # noqa: B018  if it is missing, nothing need be filled
    contests = []
    for database in ("SQLite", "PostgreSQL"):
        many, few = (Site(stage, each, database == "PostgreSQL") for each in (MANY, FEW))
        for way, figure in WAYS:
            subject, rival = (Entrant(site.label, partial(way, site, stage.seconds)) for site in (many, few))
            contests.append(Contest(f"history, {database}", [figure], subject, [rival]))
    return contests
