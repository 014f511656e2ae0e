"""The sidebar: the rooms of one person with what is new in them. A page and a push are made of the same entries."""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, NamedTuple

from chat.conf import conf
from chat.models import Kind, Membership, Room, listing

MOST_LISTED = 100  # rooms of each list, the latest first; "All rooms" leads to the others
CLOSED = (Kind.PRIVATE, Kind.DIRECT)
LISTS = ("rooms", "rooms_muted", "direct", "direct_muted")
NEVER = datetime.min.replace(tzinfo=UTC)


class Entry(NamedTuple):
    """A room as it stands in somebody's sidebar."""

    room: int
    slug: str
    name: str
    list: str
    """One of LISTS; "visited" of a room that one has not joined."""
    archived: bool = False
    closed: bool = False
    """Nobody reads it but its members."""
    unread: int = 0
    mentions: int = 0
    face: listing.Face | None = None
    """Of a conversation, whose avatar stands for it."""
    spoken: datetime = NEVER
    """When the last word was said, by which entries are ordered."""
    seq: int = 0
    """The room's head when this was read."""
    read: int = 0
    """Up to here they had read it."""

    @property
    def shown(self) -> tuple[Any, ...]:
        """All of it that one sees in its place."""
        return self[:-3]

    @property
    def direct(self) -> bool:
        return self.list.startswith("direct")


@dataclass(frozen=True)
class Sidebar:
    """All entries of one person, by room."""

    entries: dict[int, Entry]

    @cached_property
    def lists(self) -> dict[str, list[Entry]]:
        """{list: what stands in it, the latest first}."""
        ordered = sorted(self.entries.values(), key=lambda one: one.name.casefold())
        ordered.sort(key=lambda one: one.spoken, reverse=True)
        return {name: [one for one in ordered if one.list == name][:MOST_LISTED] for name in LISTS}

    @cached_property
    def token(self) -> str:
        """Names what is shown: the same for the same."""
        shown = [one.shown for entries in self.lists.values() for one in entries]
        return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]

    @property
    def news(self) -> int:
        """How many rooms have something new."""
        return sum(bool(one.unread or one.mentions) for entries in self.lists.values() for one in entries)

    def renewed(self, rooms: Collection[int], found: Collection[Entry]) -> "Sidebar":
        """With these rooms as they were found now; those of them that were not found are gone.

        The same object when one sees no difference, as in a busy room that everybody looks at.
        """
        if len(found) == len(rooms) and all(map(self._in_its_place, found)):
            for one in found:
                self.entries[one.room] = one
            return self
        kept = {room: one for room, one in self.entries.items() if room not in {*rooms}}
        return Sidebar(kept | {one.room: one for one in found})

    def _in_its_place(self, entry: Entry) -> bool:
        known = self.entries.get(entry.room)
        if known is None or known.shown != entry.shown:
            return False
        return known.spoken == entry.spoken or self.lists[entry.list][0].room == entry.room

    def read_in(self, rooms: Iterable[int]) -> "Sidebar":
        """With nothing new in these: somebody looks at them."""
        new = [one for room in rooms if (one := self.entries.get(room)) and (one.unread or one.mentions)]
        seen = {one.room: one._replace(unread=0, mentions=0) for one in new}
        return Sidebar(self.entries | seen) if seen else self


def entries(people: Collection[int], rooms: Collection[int] | None = None) -> dict[int, list[Entry]]:
    """{participant: their entries}, of these rooms or of all of theirs. At most four queries, however many they are."""
    if not people:
        return {}
    theirs = Membership.objects.filter(participant__in=people)
    if rooms is not None:
        theirs = theirs.filter(room__in=rooms)
    found = listing.listed(theirs)
    behind = [one.pk for one in found if one.seq > one.read_seq]
    counted = Membership.objects.filter(pk__in=behind)
    unread = listing.count_unread(counted.filter(muted=False)) if behind else {}
    mentions = listing.count_mentions(counted) if behind else {}
    conversations = {one.room for one in found if one.kind == Kind.DIRECT}
    talks = listing.name_conversations(conversations) if conversations else {}
    theirs_now: dict[int, list[Entry]] = {pk: [] for pk in people}
    for one in found:
        direct = one.kind == Kind.DIRECT
        talk = talks.get((one.participant, one.room))
        entry = Entry(
            room=one.room,
            slug=one.slug,
            name=talk.name if talk else one.name,
            list=("direct" if direct else "rooms") + ("_muted" if one.muted else ""),
            archived=one.archived,
            closed=one.kind in CLOSED,
            unread=unread.get(one.pk, 0),
            mentions=mentions.get(one.pk, 0),
            face=talk.face if talk else None,
            spoken=one.spoken or NEVER,
            seq=one.seq,
            read=one.read_seq,
        )
        theirs_now[one.participant].append(entry)
    return theirs_now


def sidebars(people: Collection[int]) -> dict[int, Sidebar]:
    """{participant: their sidebar}, in at most four queries."""
    return {pk: Sidebar({one.room: one for one in found}) for pk, found in entries(people).items()}


def sidebar_context(sidebar: Sidebar, room: Room, member: bool) -> dict[str, Any]:
    """What _sidebar.html asks for on the page of this room: besides one's own, the default room and this one."""
    shown = {one.room for ones in sidebar.lists.values() for one in ones}
    visited = [] if room.pk in shown else [sidebar.entries.get(room.pk) or _visited(room)]
    if room.slug != conf.default_room:
        home = Room.objects.filter(slug=conf.default_room, kind=Kind.PUBLIC).exclude(pk__in=sidebar.entries).first()
        visited = [_visited(home), *visited] if home else visited
    return {"sidebar": sidebar, "visited": visited, "member": member, "current": room.slug}


def _visited(room: Room) -> Entry:
    return Entry(room.pk, room.slug, room.name, "visited", room.archived)
