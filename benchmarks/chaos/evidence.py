"""What tells why something was broken: kept in build/, and of each page that is wrong the frame that made it so."""

import json
import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from chat.tests import servers

if TYPE_CHECKING:
    from benchmarks.chaos.client import Client
    from benchmarks.chaos.world import World

texts: dict[str, int] = {}
"""{frame: its number}, of all clients: most are the same to all of them."""


class Event(NamedTuple):
    when: float
    """Of the wall clock, as in the logs of the servers."""
    what: str
    said: Any
    """{"port", "cursor"} of a connection, {"nonce", "open"} of a post, the words of an error, else a `Swap`."""


class Swap(NamedTuple):
    before: int
    """The page's cursor."""
    after: int
    new: list[int]
    """Seqs."""
    faults: list[str]
    frame: int
    """Its number."""


class Story:
    """Of one client, in the order in which it happened."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def tell(self, what: str, **said: Any) -> None:
        self.events.append(Event(time.time(), what, said))

    def swapped(self, before: int, after: int, new: list[int], faults: list[str], frame: str) -> None:
        swap = Swap(before, after, new, faults, texts.setdefault(frame, len(texts)))
        self.events.append(Event(time.time(), "frame", swap))

    def suspects(self, missing: set[int]) -> list[int]:
        """The places of the frames by which the cursor went past a message that the page had not, and of those that
        did what may not be."""
        had: set[int] = set()
        found: list[int] = []
        for place, event in enumerate(self.events):
            if isinstance(event.said, Swap):
                had.update(event.said.new)
                passed = {seq for seq in missing if event.said.before < seq <= event.said.after}
                if event.said.faults or passed - had:
                    found.append(place)
        return found


def keep(world: "World", table: list[tuple[int, int, str]]) -> Path:
    """All of it, in a folder of build/; gives that."""
    folder = servers.ROOT / "build" / f"chaos-{time.strftime('%m%d-%H%M%S')}-{os.getpid()}"
    folder.mkdir(parents=True)
    for server in (*world.sites, world.postgres, world.redis):
        shutil.copy(server.log, folder / f"{server.name}-{server.port}.log")
    (folder / "table.json").write_text(json.dumps(table, indent=0))
    (folder / "faults.json").write_text(json.dumps(world.when, indent=0))
    (folder / "frames.json").write_text(json.dumps([*texts], indent=0))
    for client in world.clients:
        lines = (json.dumps([event.when, event.what, event.said]) for event in client.story.events)
        (folder / f"client-{client.number}.jsonl").write_text("\n".join(lines))
    return folder


def explain(client: "Client", table: list[tuple[int, int, str]], around: int = 3) -> list[str]:
    """What came to this page before, by and after the first frame that is under suspicion, and how it got there. Where
    none is, what came last."""
    rows = [seq for _, seq, _ in client.page.rows()]
    missing = {seq for _, seq, _ in table if not rows or seq >= rows[0]}.difference(rows)
    events = client.story.events
    first = (client.story.suspects(missing) or [len(events)])[0]
    connected = [place for place in range(first) if events[place].what in ("connect", "lost")][-3:]
    shown = sorted({*connected, *range(max(first - around, 0), min(first + around + 1, len(events)))})
    return [f"    {'>' if place == first else ' '} {_line(events[place])}" for place in shown]


def _line(event: Event) -> str:
    said = event.said
    if isinstance(said, Swap):
        said = f"{said.before} -> {said.after}, new {said.new}, frame {said.frame} {said.faults or ''}"
    return f"{time.strftime('%H:%M:%S', time.gmtime(event.when))}.{int(event.when % 1 * 1000):03} {event.what} {said}"
