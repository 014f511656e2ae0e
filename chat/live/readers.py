"""People with an account, their pages in this process, and what these are to be shown. When, sidebars.py says."""

from dataclasses import dataclass, field
from typing import NamedTuple

from chat import fragments
from chat.fragments import Entry, Sidebar
from chat.live.crowd import Socket


@dataclass
class Reader:
    """Somebody with an account, and their pages in this process."""

    pk: int
    pages: dict[Socket, str | None] = field(default_factory=dict)
    """{page: the token of what its sidebar shows, until that was compared with what it should}; None afterwards."""
    bare: set[Socket] = field(default_factory=set)
    """Pages that have no sidebar."""
    sidebar: Sidebar | None = None
    """What their pages show."""
    read: dict[int, int] = field(default_factory=dict)
    """{room: up to where it is known to be read}."""

    @property
    def looked_at(self) -> dict[int, int]:
        """{room: the cursor of a page of it that somebody looks at}."""
        seen: dict[int, int] = {}
        for socket in (*self.pages, *self.bare):
            if socket.cursor is not None and socket.unread is None:
                seen[socket.room.pk] = max(socket.cursor, seen.get(socket.room.pk, 0))
        return seen


class Job(NamedTuple):
    """What a round does for one reader, away from the event loop."""

    reader: Reader
    rooms: set[int] | None
    """To read anew; None for all."""
    looked_at: list[int]
    pages: list[tuple[Socket, str | None]]


def work(jobs: list[Job]) -> list[tuple[Sidebar, dict[Socket, list[str]]]]:
    """For each job the sidebar as it is now, and the frames for each page."""
    whole = fragments.sidebars([job.reader.pk for job in jobs if job.rooms is None])
    some = [job for job in jobs if job.rooms]
    found: dict[int, list[Entry]] = {}
    if some:
        rooms = set[int]().union(*(job.rooms or () for job in some))
        found = fragments.entries([job.reader.pk for job in some], rooms)
    results = []
    for job in jobs:
        before = job.reader.sidebar
        if job.rooms is None or before is None:
            after = whole[job.reader.pk]
        else:
            ones = [one for one in found[job.reader.pk] if one.room in job.rooms]
            seen = [one._replace(unread=0, mentions=0) if one.room in job.looked_at else one for one in ones]
            after = before.renewed(job.rooms, seen)
        after = after.read_in(job.looked_at)
        results.append((after, {socket: _frames(before, after, socket, token) for socket, token in job.pages}))
    return results


def _frames(before: Sidebar | None, after: Sidebar, socket: Socket, token: str | None) -> list[str]:
    if token is not None or before is None:
        return [] if token == after.token else socket.variant.call(fragments.sidebar_anew, after, socket.room)
    if before.token == after.token:
        return []
    return socket.variant.call(fragments.sidebar_changes, before, after, socket.room)
