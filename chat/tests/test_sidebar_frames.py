"""What is pushed makes a sidebar that shows one thing show another: in the end it is what a fresh page shows."""

import random
import re
from datetime import UTC, datetime, timedelta

import pytest

from chat.fragments import Entry, Sidebar, sidebar_anew, sidebar_changes
from chat.fragments.sidebar import LISTS
from chat.models import Room
from chat.tests.sidebars import ENTRY, said

PIECE = re.compile(
    r'<div hx-swap-oob="(?P<how>\w+):(?P<where>[^"]*)">(?P<html>.*?)</div>'
    r'|<input id="shows-lobby" form="sync-lobby" type="hidden" name="sidebar" value="(?P<token>\w+)"[^>]*>\s*'
    r'|<span class="room-menu-news" id="news-lobby">(?P<news>[^<]*(?:<span[^>]*>[^<]*</span>)?\s*)</span>\s*',
    re.DOTALL,
)
DELETED = re.compile(r"#listed-([\w-]+)(:not\(:focus-within\))?, #sidebar-spare > \*")
RAISED = re.compile(r"#sidebar:not\(:has\(#listed-([\w-]+)\)\) #sidebar-(\w+), #sidebar-spare")
LOBBY = Room(pk=99, slug="lobby", name="Lobby")


class Shown:
    """A sidebar as a browser holds it; `focused` is the slug of the entry with the keyboard's focus."""

    def __init__(self, sidebar: Sidebar, focused: str = ""):
        self.lists = {name: [(one.slug, label(one)) for one in ones] for name, ones in sidebar.lists.items()}
        self.lists["visited"] = [("lobby", "Lobby")]
        self.focused, self.token = focused, sidebar.token
        self.spare = 0
        self.faults: list[str] = []

    def apply(self, frame: str) -> None:
        end = 0
        for piece in PIECE.finditer(frame):
            if frame[end : piece.start()].strip():
                self.faults.append(f"not understood: {frame[end : piece.start()]}")
            end = piece.end()
            if piece["how"]:
                self._swap(piece["how"], piece["where"], piece["html"])
            self.token = piece["token"] or self.token
        if frame[end:].strip():
            self.faults.append(f"not understood: {frame[end:]}")

    def _swap(self, how: str, where: str, html: str) -> None:
        rows = [(slug, said(label)) for slug, _, _, label in ENTRY.findall(html)]
        there = {slug for ones in self.lists.values() for slug, _ in ones}
        if where == "#sidebar-spare":
            self.spare += 1
        elif how == "delete":
            found = DELETED.fullmatch(where)
            if found and found[1] == self.focused and not found[2]:
                self.faults.append("the focus is lost")
            if found and not (found[2] and found[1] == self.focused):
                for name, ones in self.lists.items():
                    self.lists[name] = [one for one in ones if one[0] != found[1]]
            elif not found and where != "#sidebar-spare > *":
                self.faults.append(f"not understood: {where}")
            if not self.spare:
                self.faults.append(f"htmx would complain that there is no {where}")
            self.spare = 0
        elif how == "afterbegin":
            slug, name = RAISED.fullmatch(where).groups()
            self.spare += 1
            if slug not in there:
                self.lists[name] = rows + self.lists[name]
        elif found := re.fullmatch(r"#listed-([\w-]+) > a", where):
            if found[1] not in there:
                self.faults.append(f"htmx would complain that there is no {where}")
            for name, ones in self.lists.items():
                self.lists[name] = [(slug, said(html) if slug == found[1] else label) for slug, label in ones]
        elif found := re.fullmatch(r"#sidebar-(\w+)", where):
            self.lists[found[1]] = rows if how == "innerHTML" else self.lists[found[1]] + rows
        else:
            self.faults.append(f"not understood: {where}")


def label(entry: Entry) -> str:
    mentions, unread = (str(number) if number < 100 else "99+" for number in (entry.mentions, entry.unread))
    marks = [f"@{mentions} mentions"] * (entry.mentions > 0) + [f"{unread} unread"] * (entry.unread > 0)
    return " ".join([entry.name, *["archived"] * entry.archived, *marks])


def some_sidebar(rnd: random.Random, rooms: int) -> Sidebar:
    entries, first = {}, 10**9  # no row has such a number
    for room in rnd.sample(range(first, first + rooms), rnd.randint(0, rooms)):
        entries[room] = Entry(
            room,
            f"room-{room}",
            rnd.choice([f"Room {room}", f"Other {room}"]),
            rnd.choice([*LISTS, "rooms", "rooms", "rooms"]),
            archived=rnd.random() < 0.1,
            closed=True,
            unread=rnd.choice([0, 0, 1, 2, 100]),
            mentions=rnd.choice([0, 0, 0, 1]),
            spoken=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=rnd.randint(0, 50)),
        )
    return Sidebar(entries)


def a_little_later(rnd: random.Random, sidebar: Sidebar) -> Sidebar:
    """A word or two in some rooms, one muted, one gone."""
    entries = dict(sidebar.entries)
    for number, room in enumerate(rnd.sample([*entries], min(len(entries), 2))):
        one = entries[room]
        entries[room] = one._replace(unread=one.unread + 1, spoken=datetime(2026, 2, 1, number, tzinfo=UTC))
    if entries and rnd.random() < 0.3:
        del entries[rnd.choice([*entries])]
    return Sidebar(entries)


def fresh(sidebar: Sidebar) -> dict[str, list[tuple[str, str]]]:
    return Shown(sidebar).lists


def test_it_works():
    garden = Entry(1, "garden", "Garden", "rooms")
    before, after = Sidebar({1: garden}), Sidebar({1: garden._replace(unread=2, mentions=1)})
    shown = Shown(before)
    (frame,) = sidebar_changes(before, after, LOBBY)
    shown.apply(frame)
    assert shown.lists["rooms"] == [("garden", "Garden @1 mentions 2 unread")]
    assert (shown.token, shown.faults) == (after.token, [])
    assert sidebar_changes(after, after, LOBBY) == []


@pytest.mark.parametrize("seed", range(60))
def test_any_sidebar_becomes_any_other(seed):
    rnd = random.Random(seed)
    before = some_sidebar(rnd, 9)
    shown = Shown(before)
    for after in (a_little_later(rnd, before), some_sidebar(rnd, 9), some_sidebar(rnd, 9)):
        for frame in sidebar_changes(before, after, LOBBY):
            shown.apply(frame)
        assert (shown.lists, shown.token, shown.faults) == (fresh(after), after.token, [])
        before = after


@pytest.mark.parametrize("seed", range(30))
def test_the_focused_entry_is_never_taken_away_and_the_others_stand_in_order(seed):
    rnd = random.Random(seed)
    before = some_sidebar(rnd, 9)
    kept = next(iter(before.entries.values()), None)
    shown = Shown(before, focused=kept.slug if kept else "")
    for _ in range(4):
        after = a_little_later(rnd, before)
        if kept:
            after = Sidebar({**after.entries, kept.room: after.entries.get(kept.room, kept)})
        for frame in sidebar_changes(before, after, LOBBY):
            shown.apply(frame)
        for name, ones in fresh(after).items():
            others = [one for one in shown.lists[name] if not kept or one[0] != kept.slug]
            assert others == [one for one in ones if not kept or one[0] != kept.slug]
        if kept:
            assert (kept.slug, label(after.entries[kept.room])) in shown.lists[kept.list]
        assert shown.faults == []
        before = after


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(10))
def test_what_missed_something_gets_all_anew(seed, settings, lobby):
    rnd = random.Random(seed)
    settings.CHAT_FRAME_LIMIT = 4000
    shown, after = Shown(some_sidebar(rnd, 60)), some_sidebar(rnd, 60)
    frames = sidebar_anew(after, lobby)
    for frame in frames:
        shown.apply(frame)
    assert (shown.lists, shown.token, shown.faults) == (fresh(after), after.token, [])
    assert max(len(frame.encode()) for frame in frames) < 8000
    assert all(not PIECE.search(frame)["token"] for frame in frames[:-1])


@pytest.mark.parametrize(("closed", "left"), [(False, [("lobby", "Lobby")]), (True, [])])
def test_a_room_that_one_left_stays_on_its_own_page_unless_it_is_closed(closed, left):
    before = Sidebar({99: Entry(99, "lobby", "Lobby", "rooms", closed=closed, unread=3)})
    shown = Shown(before)
    shown.lists["visited"] = []
    for frame in sidebar_changes(before, Sidebar({}), LOBBY):
        shown.apply(frame)
    assert (shown.lists["visited"], shown.lists["rooms"], shown.faults) == (left, [], [])


def test_the_room_on_the_page_stays_when_it_falls_out_of_the_first_hundred(monkeypatch):
    monkeypatch.setattr("chat.fragments.sidebar.MOST_LISTED", 1)
    lobby, garden = Entry(99, "lobby", "Lobby", "rooms", unread=2), Entry(1, "garden", "Garden", "rooms")
    later = garden._replace(spoken=datetime(2026, 1, 1, tzinfo=UTC))
    before, after = Sidebar({99: lobby}), Sidebar({99: lobby, 1: later})
    for here, visited in ((LOBBY, [("lobby", "Lobby 2 unread")]), (Room(pk=7, slug="tea"), [])):
        shown = Shown(before)
        shown.lists["visited"] = []
        for frame in sidebar_changes(before, after, here):
            shown.apply(frame.replace("-tea", "-lobby"))
        assert shown.lists["rooms"] == [("garden", "Garden")]
        assert (shown.lists["visited"], shown.faults) == (visited, [])


def test_names_are_escaped_wherever_they_come():
    bad = Entry(1, "bad", '</title><script>alert(1)</script><div hx-swap-oob="delete:body">', "rooms", unread=1)
    text = "".join(sidebar_changes(Sidebar({}), Sidebar({1: bad}), LOBBY))
    assert "alert(1)" in text
    assert "<script" not in text
    assert 'oob="delete:body' not in text
