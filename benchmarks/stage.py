"""The servers that several measures share, each started when it is first asked for, and stopped at the end."""

import json
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path

from websockets.sync.client import connect

from benchmarks.contestants import Broadcast, Database, NodeWs, Parley, Tutorial, Writer, target
from benchmarks.load.runs import BUILD, TEXT_SIZE, Target
from chat.tests.servers import Missing, Redis, Server

GAP = "{{ message }}"
POSTED_BEFORE = 60  # messages in a room that is not new: a page full, and numbers of two digits


class Stage(ExitStack):
    def __init__(self, seconds: float, rounds: int, quick: bool = False):
        super().__init__()
        self.quick = quick  # who hardly differs from another may stay away
        self.seconds = seconds  # of sending, for one run
        self.rounds = rounds
        self.own: ExitStack  # for servers of one measure alone
        self.notes: list[str] = []  # what is left out, and why

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    @cached_property
    def parley(self) -> Target:
        return target(self.parley_site)

    @cached_property
    def parley_site(self) -> Parley:
        return self.enter_context(Parley())

    @cached_property
    def fragment(self) -> Path:
        """A file with Parley's own frame for one message, and a gap where its text stands."""
        BUILD.mkdir(parents=True, exist_ok=True)
        path = BUILD / "fragment.html"
        path.write_text(frame_of(self.parley_site))
        return path

    @cached_property
    def tutorial_site(self) -> Tutorial:
        return self.enter_context(Tutorial(fragment=self.fragment))

    @cached_property
    def tutorial(self) -> Target:
        return target(self.tutorial_site, "/ws/tutorial/")

    @cached_property
    def template(self) -> Target:
        return target(self.tutorial_site, "/ws/template/", "tutorial, a template in each consumer")

    @cached_property
    def empty_page(self) -> Target:
        return target(self.tutorial_site, "/", "an empty Django view")

    @cached_property
    def broadcast(self) -> Target | None:
        return self._if_there(Broadcast(self.fragment))

    @cached_property
    def node(self) -> Target | None:
        return self._if_there(NodeWs(self.fragment))

    @cached_property
    def writer(self) -> Target | None:
        return self._if_there(Writer(self.fragment))

    @cached_property
    def postgres(self) -> Database:
        return self.enter_context(Database())

    @cached_property
    def redis(self) -> Redis:
        return self.enter_context(Redis())

    def _if_there(self, server: Server) -> Target | None:
        try:
            return target(self.enter_context(server))
        except Missing as missing:
            self.note(f"{server.label} is left out. {missing}")
            return None


def post(site: Parley, texts: list[str]) -> list[str]:
    """Post them one after the other; the frame by which each came back."""
    frames = []
    with connect(f"{site.socket_url}{site.path}", proxy=None) as socket:
        for text in texts:
            socket.send(json.dumps({"message": text}))
            while text not in (frame := socket.recv(30)):
                pass
            frames.append(frame)
    return frames


def frame_of(site: Parley) -> str:
    texts = [f"sample{number:03}".ljust(TEXT_SIZE, "x") for number in range(POSTED_BEFORE)]
    frame = post(site, texts)[-1]
    if frame.count(texts[-1]) != 1:
        raise RuntimeError(f"Parley's frame must hold its message's text once, and does not:\n{frame}")
    return frame.replace(texts[-1], GAP)
