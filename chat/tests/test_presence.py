"""Who is in a room now: once each, over all tabs and processes, online or away, and not for long when they are gone."""

import asyncio
import re
from html import unescape

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from django.utils.html import strip_tags

from chat import actions, fragments
from chat.live import presence
from chat.live.database import ask
from chat.models import Kind, Membership, Participant, Presence, Role, Room
from chat.models.presence import EXPIRY
from chat.tests.bare_sockets import ENGLISH, BareSocket, other_room

BEAT_SECONDS = presence.BEAT_SECONDS
LIST = re.compile(r'<div class="people-list" id="people-list-([\w-]+)">(.*?)</div>', re.DOTALL)
PERSON = re.compile(
    r'<li class="person( person-away)?" data-author="([\w-]+)">\s*<span class="avatar[^>]*>[^<]*</span>\s*'
    r"<bdi[^>]*>(.*?)</bdi>",
    re.DOTALL,
)

rename = sync_to_async(actions.rename)
ban = sync_to_async(actions.ban)


def listed(html: str) -> dict[str, str]:
    """{name: online or away} of the last list in it."""
    *_, (_, people) = LIST.findall(html)
    return {unescape(name): "away" if away else "online" for away, _, name in PERSON.findall(people)}


def count(html: str) -> int:
    return int(re.findall(r'id="people-count-[\w-]+"><span aria-hidden="true">(\d+)<', html)[-1])


def rendered(room: Room, seats: dict[str, bool]) -> str:
    return fragments.people(room, seats, [ENGLISH])[ENGLISH]


class Page(BareSocket):
    """A socket of a page: it is told who is there."""

    is_page = True

    async def sees(self, **people: str) -> None:
        """Wait until these are listed, with a _ for each blank in a name, and nobody else."""
        wanted = {name.replace("_", " "): state for name, state in people.items()}
        async with asyncio.timeout(30):
            while not (self.lists and listed(self.lists[-1]) == wanted):
                self._news.clear()
                await self._news.wait()
        assert count(self.lists[-1]) == len(wanted)

    @property
    def lists(self) -> list[str]:
        return [frame for frame in self.frames if LIST.search(frame)]


@pytest.fixture(autouse=True)
def _prompt(monkeypatch):
    """Nothing is gathered for a second, and no beat makes up for what a test breaks."""
    monkeypatch.setattr(presence, "BEAT_SECONDS", 600.0)
    for name in ("FLUSH_SECONDS", "TELL_SECONDS", "GATHER_SECONDS"):
        monkeypatch.setattr(presence, name, 0.01)


def there(room: Room, key: str, process: str = "another", away: bool = False) -> Presence:
    one = Participant.objects.filter(key=key).first()
    return Presence.objects.create(process=process, room=room, key=key, participant=one, away=away, seen=Now())


def in_room(room: Room) -> dict[str, bool]:
    return Presence.objects.seats([room.pk])[room.pk]


async def settled(hub) -> None:
    """Nothing is left to be told."""
    while hub.presences._teller:
        await hub.presences._teller


# --- Coming and going ------------------------------------------------------------------------------


async def test_it_works(hubs, lobby, ann, bob):
    """Two hubs are two processes: what they know of each other is the rows, and rings."""
    one, other = hubs(), hubs()
    here, there = Page(lobby, key=ann.key), Page(lobby, key=bob.key)
    await one.join(here, lobby)
    await here.sees(Ann="online")
    await other.join(there, lobby)
    await here.sees(Ann="online", Bob="online")
    await there.sees(Ann="online", Bob="online")
    assert await Presence.objects.acount() == 2
    await other.leave(there)
    await here.sees(Ann="online")
    assert await Presence.objects.acount() == 1


async def test_somebody_with_several_tabs_is_there_once_and_online_if_any_is_looked_at(hubs, lobby, ann, bob):
    one, other = hubs(), hubs()
    watcher, tabs = Page(lobby, key=bob.key), [Page(lobby, key=ann.key) for _ in range(3)]
    await one.join(watcher, lobby)
    for tab, hub in zip(tabs, (one, one, other), strict=True):
        await hub.join(tab, lobby)
    await watcher.sees(Ann="online", Bob="online")

    for tab, hub in zip(tabs, (one, one, other), strict=True):
        tab.unread = 0
        hub.presences.stir(lobby.pk)
        await hub.presences.flush()
        state = "away" if tab is tabs[-1] else "online"
        await watcher.sees(Bob="online", Ann=state)
    tabs[0].unread = None
    one.presences.stir(lobby.pk)
    await watcher.sees(Ann="online", Bob="online")

    for tab, hub in zip(tabs, (one, one, other), strict=True):
        await watcher.sees(Bob="online", Ann="online" if tab is tabs[0] else "away")
        await hub.leave(tab)
    await watcher.sees(Bob="online")


async def test_by_the_frames_of_a_page(connect, lobby, ann, bob):
    watcher, other = await connect("/ws/chat/lobby/?sync=1", guest=bob), await connect(guest=ann)
    await watcher.say(do="sync", cursor="0")
    await until_listed(watcher, Ann="online", Bob="online")
    await other.say(do="away")
    await until_listed(watcher, Ann="away", Bob="online")
    await other.say(do="back")
    await until_listed(watcher, Ann="online", Bob="online")
    await watcher.say(do="sync", cursor="0", away="0")
    await until_listed(watcher, Ann="online", Bob="away")
    await other.disconnect()
    await until_listed(watcher, Bob="away")


async def test_a_page_that_comes_back_away_is_so_by_the_time_it_is_noted(connect, lobby, ann, monkeypatch):
    noted = []

    def stir(presences, room_id):
        subscribers = presences._subscribers.get(room_id)
        noted.append([socket.unread for socket in subscribers.sockets] if subscribers else None)

    monkeypatch.setattr(presence.Presences, "stir", stir)
    socket = await connect("/ws/chat/lobby/?sync=1", guest=ann)
    await socket.say(do="sync", cursor="0", away="0")
    await socket.hears('data-state="live"')
    assert noted == [[None], [0]]


async def until_listed(client, **people: str) -> None:
    while True:
        frame = (await client.hears("people-list-lobby"))[-1]
        if listed(frame) == people:
            return


async def test_a_page_that_comes_when_nothing_changes_is_told_as_well(hubs, lobby, ann):
    hub = hubs()
    first, second, third, held, raw = (Page(lobby, key=ann.key) for _ in range(5))
    held.cursor, raw.is_page = None, False
    await hub.join(first, lobby)
    await first.sees(Ann="online")
    for socket in (held, raw, second):
        await hub.join(socket, lobby)
    await second.sees(Ann="online")
    hub.presences.look([lobby.pk])  # somebody rang for nothing
    await hub.join(third, lobby)
    await third.sees(Ann="online")
    await settled(hub)
    assert (len(first.lists), len(second.lists), held.lists, raw.lists) == (1, 1, [], [])


async def test_one_room_is_not_told_of_another(hubs, lobby, ann, bob):
    hub, private = hubs(), await Room.objects.acreate(slug="private", name="Private", kind=Kind.PRIVATE)
    outside, inside = Page(lobby, key=ann.key), Page(private, key=bob.key)
    await hub.join(outside, lobby)
    await hub.join(inside, private)
    await outside.sees(Ann="online")
    await inside.sees(Bob="online")
    assert not any("private" in frame or "Bob" in frame for frame in outside.frames)


async def test_a_socket_that_is_gone_costs_the_others_nothing(hubs, lobby, ann):
    class Broken(Page):
        async def send(self, frame):
            raise ConnectionError("gone")

    hub, well = hubs(), Page(lobby, key=ann.key)
    for socket in (Broken(lobby, key=ann.key), Broken(lobby, key=ann.key), well):
        await hub.join(socket, lobby)
    await well.sees(Ann="online")


# --- Processes that die, and a database that is away ------------------------------------------------


async def test_who_came_by_a_process_that_died_is_gone_by_expiry(hubs, lobby, ann, bob):
    hub, watcher = hubs(), Page(lobby, key=ann.key)
    dead = await sync_to_async(there)(lobby, bob.key)
    await hub.join(watcher, lobby)
    await watcher.sees(Ann="online", Bob="online")
    rows = Presence.objects.filter(pk=dead.pk)
    await rows.aupdate(seen=F("seen") - EXPIRY)  # nobody rings for that
    await hub.presences.beat()
    await watcher.sees(Ann="online")
    assert await rows.aexists()
    await rows.aupdate(seen=F("seen") - EXPIRY)
    await hub.presences.beat()
    assert not await rows.aexists()
    await watcher.sees(Ann="online")


async def test_the_beat_keeps_its_own(hubs, lobby, ann):
    hub, watcher = hubs(), Page(lobby, key=ann.key)
    await hub.join(watcher, lobby)
    await watcher.sees(Ann="online")
    await Presence.objects.aupdate(seen=Now() - EXPIRY)
    await hub.presences.beat()
    assert await Presence.objects.alive().acount() == 1


async def test_a_process_whose_rows_were_swept_out_while_it_slept_writes_them_anew(hubs, lobby, ann, bob):
    hub, watcher = hubs(), Page(lobby, key=ann.key)
    await hub.join(watcher, lobby)
    await hub.join(BareSocket(lobby, key=bob.key), lobby)
    await watcher.sees(Ann="online", Bob="online")
    before = hub.presences.process
    await Presence.objects.filter(key=bob.key).adelete()
    await hub.presences.beat()
    await hub.presences.flush()
    assert await Presence.objects.filter(key=bob.key).aexists()
    await watcher.sees(Ann="online", Bob="online")
    assert hub.presences.process != before


def test_expiry_and_beats_add_up_to_less_than_a_minute():
    """What is left is for a busy machine. Three beats may be lost before anybody is thought gone."""
    assert EXPIRY.total_seconds() + BEAT_SECONDS + 1 + 1 < 60
    assert EXPIRY.total_seconds() / BEAT_SECONDS > 3


async def test_what_could_not_be_written_is_tried_again_by_the_beat(hubs, lobby, ann, bob, monkeypatch):
    note, failed = actions.note_presence, []

    def fails_once(*arguments):
        if not failed:
            failed.append(arguments)
            raise OSError("the database is away")
        note(*arguments)

    monkeypatch.setattr(actions, "note_presence", fails_once)
    hub, watcher, late = hubs(), Page(lobby, key=ann.key), Page(lobby, key=bob.key)
    await hub.join(watcher, lobby)
    if hub.presences._flusher:  # else it has tried already
        await hub.presences._flusher
    assert failed
    await hub.join(late, lobby)
    assert hub.presences._flusher is None  # each try would hold up whoever else asks the database
    assert not await Presence.objects.aexists()
    await hub.presences.beat()
    await watcher.sees(Ann="online", Bob="online")


async def test_a_room_that_is_gone_takes_nobody_else_along(hubs, lobby, ann):
    hub, gone = hubs(), await other_room("gone")
    watcher, lost = Page(lobby, key=ann.key), Page(gone, key=ann.key)
    await hub.join(lost, gone)
    await Room.objects.filter(pk=gone.pk).adelete()
    await hub.join(watcher, lobby)
    await watcher.sees(Ann="online")


# --- What it costs ---------------------------------------------------------------------------------


async def test_two_hundred_who_come_at_once_cost_a_few_writes(hubs, lobby, monkeypatch):
    monkeypatch.setattr(presence, "FLUSH_SECONDS", 600)  # by hand, below
    hub, sockets, asked = hubs(), [Page(lobby, key=f"g{number}") for number in range(200)], []

    def note(execute, sql, parameters, many, context):
        asked.append(sql)
        return execute(sql, parameters, many, context)

    await sync_to_async(lambda: connection.execute_wrappers.append(note))()
    try:
        for socket in sockets:
            await hub.join(socket, lobby)
            await ask(len, asked)  # after whatever was to be written
        assert not any("chat_presence" in sql for sql in asked)
        await hub.presences.flush()
        await sockets[-1].gets(1)
        come = len(asked)
        for socket in sockets[1:]:
            await hub.leave(socket)
        await hub.presences.flush()
    finally:
        await sync_to_async(connection.execute_wrappers.clear)()
    assert await Presence.objects.acount() == 1
    assert 0 < come < 20
    assert 0 < len(asked) - come < 10
    assert all(len(socket.lists) == 1 and socket.lists[0] is sockets[0].lists[0] for socket in sockets[1:])


async def test_who_leaves_and_comes_back_at_once_is_not_said_to_have_left(hubs, lobby, ann, bob, monkeypatch):
    hub, watcher, first = hubs(), Page(lobby, key=ann.key), Page(lobby, key=bob.key)
    for socket in (watcher, first):
        await hub.join(socket, lobby)
    await watcher.sees(Ann="online", Bob="online")
    told = len(watcher.lists)
    await hub.presences.flush()
    monkeypatch.setattr(presence, "FLUSH_SECONDS", 600)
    await hub.leave(first)
    await hub.join(Page(lobby, key=bob.key), lobby)
    await hub.presences.flush()
    late = Page(lobby, key="glate")
    await hub.join(late, lobby)
    await hub.presences.flush()
    await late.gets(1)
    await watcher.gets(told + 1)
    assert [listed(html) for html in watcher.lists[told:]] == [listed(late.lists[0])]


def test_a_list_names_some_dozens_and_counts_the_others(lobby, ann):
    seats = {f"g{number}": number % 2 == 1 for number in range(500)}
    seats[ann.key] = False
    html = rendered(lobby, seats)
    assert count(html) == 501
    assert "and 453 more" in html
    assert len(listed(html)) <= 48 == len(PERSON.findall(html))
    assert len(html) < 16_000
    assert "and" not in strip_tags(rendered(lobby, {ann.key: False}))


# --- Who is shown, and how -------------------------------------------------------------------------


def test_members_stand_before_guests_and_who_looks_before_who_is_away(lobby, ann, bob, member):
    Membership.objects.create(room=lobby, participant=member, role=Role.OWNER)
    html = rendered(lobby, {ann.key: True, bob.key: False, member.key: False, "gnew": False})
    assert list(listed(html)) == ["mia", "Bob", unseen := next(iter(set(listed(html)) - {"mia", "Bob", "Ann"})), "Ann"]
    assert len(unseen) > 5  # the name that a guest has before they write
    assert html.count(">guest<") == 3
    assert html.count(">Owner<") == 1
    assert html.count(">away<") == 1


def test_names_are_escaped(lobby, ann):
    Participant.objects.filter(pk=ann.pk).update(name="<b hx-get=/x>&")
    html = rendered(lobby, {ann.key: False})
    assert "&lt;b hx-get=/x&gt;&amp;" in html
    assert "<b " not in html


def test_who_was_banned_is_not_shown(lobby, ann, bob):
    for one in (ann, bob):
        there(lobby, one.key)
    actions.ban(ann, True)
    assert in_room(lobby) == {bob.key: False}
    assert list(listed(rendered(lobby, {ann.key: False, bob.key: False}))) == ["Bob"]


async def test_a_ban_and_a_new_name_show_at_once(connect, hubs, lobby, ann, bob):
    watcher, other = await connect("/ws/chat/lobby/?sync=1", guest=bob), await connect(guest=ann)
    await watcher.say(do="sync", cursor="0")
    await until_listed(watcher, Ann="online", Bob="online")
    await other.say(do="rename", name="Anna")
    await until_listed(watcher, Anna="online", Bob="online")
    await ban(await Participant.objects.aget(pk=ann.pk), True)
    await until_listed(watcher, Bob="online")


async def test_a_ban_shows_at_once_also_of_somebody_whose_process_died(hubs, lobby, ann, bob):
    hub, watcher = hubs(), Page(lobby, key=bob.key)
    await sync_to_async(there)(lobby, ann.key)
    await hub.join(watcher, lobby)
    await watcher.sees(Ann="online", Bob="online")
    await settled(hub)
    await ban(ann, True)
    await watcher.sees(Bob="online")


def test_the_page_comes_with_who_is_there(as_guest, lobby, ann, bob):
    there(lobby, bob.key)
    there(lobby, ann.key, away=True)
    page = as_guest(ann).get("/chat/").text
    assert listed(page) == {"Ann": "away", "Bob": "online"}
    assert count(page) == 2
    assert f'data-author="{bob.key}"' in page


def test_a_page_of_a_room_that_is_not_for_one_names_nobody(client, as_guest, ann, member):
    room = actions.make_room(member, "Cellar", "private")
    there(room, member.key)
    assert "mia" not in as_guest(ann).get(room.get_absolute_url()).text
    client.force_login(member.user)
    assert listed(client.get(room.get_absolute_url()).text) == {"mia": "online"}


def test_the_page_about_a_room_says_of_each_member_whether_they_are_there(client, member, lobby):
    def said() -> list[str]:
        return re.findall(r'<p class="card-more">([^<]*)</p>', client.get("/chat/lobby/about/").text)

    client.force_login(member.user)
    Membership.objects.create(room=lobby, participant=member)
    assert said() == ["Not here"]
    row = there(lobby, member.key, away=True)
    assert said() == ["Away"]
    there(lobby, member.key, process="a third")
    assert said() == ["Here now"]
    Presence.objects.filter(pk=row.pk).delete()
    Presence.objects.update(seen=Now() - EXPIRY)
    assert said() == ["Not here"]


def test_oneself_is_marked_by_style_alone(client):
    assert '.person[data-author="gann"] { --you: inline; }' in client.get("/chat/viewer/gann.css").text
