"""What a process knows of the sidebars that are open in it: one reading for many marks, and nothing lost for long."""

import asyncio

import pytest
from channels.db import database_sync_to_async as threaded
from django.db import DatabaseError

from chat import actions, bus, fragments
from chat.models import Membership, Participant, Room
from chat.tests.bare_sockets import BareSocket, other_room, ring
from chat.tests.sidebars import joined, labels

post = threaded(actions.post_message)


@pytest.fixture
async def enter():
    """`await enter(hub, room, person)`: an BareSocket that is a page of that room, whose sidebar stands."""

    async def enter(hub, room: Room, who: Participant, cursor: int = 0) -> BareSocket:
        socket = BareSocket(room, cursor)
        await hub.join(socket, room)
        hub.sidebars.enter(socket, who.pk, "of another time")
        await told(socket)
        return socket

    return enter


async def told(socket: BareSocket) -> str:
    """The next frame about the sidebar."""
    async with asyncio.timeout(30):
        while True:
            await socket.gets(1)
            if 'id="shows-' in (frame := socket.frames.pop(0)):
                return frame


async def test_it_works(hubs, enter, lobby, olive, gina, garden):
    socket = await enter(hubs(), lobby, olive)
    await post(garden, gina, "hello")
    assert labels(await told(socket)) == {garden.slug: "Garden 1 unread"}


async def test_many_messages_and_readers_are_one_reading(hubs, enter, lobby, olive, gina, garden, monkeypatch):
    hub, asked, entries = hubs(), [], fragments.entries
    sockets = [await enter(hub, lobby, who) for who in (olive, olive, gina)]
    carl = await threaded(actions.enrol)(Participant(key="carl", kind="member", name="Carl"))
    await Membership.objects.acreate(room=garden, participant=carl)

    def counted(people, rooms=None):
        asked.append((sorted(people), rooms and sorted(rooms)))
        return entries(people, rooms)

    monkeypatch.setattr(fragments, "entries", counted)
    monkeypatch.setattr(bus, "ring", lambda *ring, **how: None)
    for _ in range(4):
        await post(garden, carl, "hello")
    for seq in (1, 2, 2, 4, 3):
        hub.hear(ring(garden.pk, seq))
    for socket in sockets:
        assert labels(await told(socket)) == {garden.slug: "Garden 4 unread"}
    assert asked == [(sorted([olive.pk, gina.pk]), [garden.pk])]


async def test_a_lost_ring_is_made_up_for_by_the_tick(hubs, enter, lobby, olive, gina, garden, silent, settings):
    settings.CHAT_TICK_SECONDS = 0.05
    socket = await enter(hubs(), lobby, olive)
    for number in (1, 2):
        await post(garden, gina, "hello")
        assert labels(await told(socket)) == {garden.slug: f"Garden {number} unread"}


async def test_lost_rings_of_who_read_and_who_joined_are_made_up_for_by_the_clock(
    hubs, enter, lobby, olive, gina, garden, settings, monkeypatch
):
    hub = hubs()
    socket = await enter(hub, lobby, olive)
    await post(garden, gina, "hello")
    assert labels(await told(socket)) == {garden.slug: "Garden 1 unread"}
    for bell in ("read", "listed"):
        monkeypatch.setattr(bus, bell, lambda what: None)
    await threaded(actions.mark_read)({(olive.pk, garden.pk): 1})
    attic = await threaded(joined)(olive, name="Attic")
    settings.CHAT_RECHECK_SECONDS = 0.1
    hub.sidebars.tick({})
    assert labels(await told(socket)) == {garden.slug: "Garden", attic.slug: "Attic"}


async def test_the_tick_asks_one_question_for_all_rooms_that_are_listed(
    hubs, enter, lobby, olive, gina, silent, settings, monkeypatch
):
    for number in range(30):
        await threaded(joined)(olive, gina, name=f"Room {number}")
    asked, heads = [], type(Room.objects.all()).heads

    def counted(queryset, room_ids):
        asked.append(len([*room_ids]))
        return heads(queryset, room_ids)

    hub = hubs()
    socket = await enter(hub, lobby, olive)
    if rounds := hub.sidebars._rounds:  # which ends by looking once at what it hears from now on
        await rounds
    monkeypatch.setattr(type(Room.objects), "heads", counted)
    settings.CHAT_TICK_SECONDS = 0.05
    hub.sidebars.tick({})
    await hub._look({*hub.subscribers, *hub.sidebars.rooms})
    assert asked == [31]
    assert not any('id="shows-' in frame for frame in socket.frames)


async def test_what_was_read_is_stored_once_for_all_and_again_if_the_database_was_away(
    hubs, enter, lobby, olive, gina, garden, settings, monkeypatch
):
    settings.CHAT_TICK_SECONDS = 0.05
    hub, stored, mark_read = hubs(), [], actions.mark_read

    def sometimes(reads):
        stored.append(dict(reads))
        if len(stored) == 1:
            raise DatabaseError("away")
        mark_read(reads)

    sockets = [await enter(hub, garden, who) for who in (olive, gina, olive)]
    monkeypatch.setattr(actions, "mark_read", sometimes)
    await post(garden, gina, "hello")
    async with asyncio.timeout(30):
        while await Membership.objects.filter(room=garden, read_seq=1).acount() != 2:
            pass  # each look takes a turn of the thread that asks the database
    assert stored == [{(olive.pk, garden.pk): 1, (gina.pk, garden.pk): 1}] * 2
    assert [socket.seqs for socket in sockets] == [[1]] * 3


async def test_what_somebody_looks_at_is_never_said_to_be_new_to_them(hubs, enter, olive, gina, garden, silent):
    attic = await threaded(joined)(olive, gina, name="Attic")
    hub = hubs()
    pages = [await enter(hub, room, olive) for room in (garden, attic, attic)]
    pages[1].unread = pages[2].unread = 0  # nobody looks at these two
    for room in (garden, attic):
        await post(room, gina, "hello")
        hub.sidebars.hear(ring(room.pk, 1))  # and the page has not been handed it yet
    for page in pages:
        assert labels(await told(page)) == {attic.slug: "Attic 1 unread"}


async def test_what_the_last_page_was_shown_is_stored_before_it_is_gone(hubs, enter, olive, gina, garden):
    hub = hubs()
    socket = await enter(hub, garden, olive)
    await post(garden, gina, "hello")
    await socket.hears(1)
    await hub.leave(socket)
    assert (await Membership.objects.aget(room=garden, participant=olive)).read_seq == 1
    assert hub.sidebars.rooms == {}


async def test_a_process_hears_the_rooms_that_its_sidebars_list_and_no_longer(hubs, enter, lobby, olive, gina, garden):
    far, near = hubs(), hubs()
    first, second = await enter(far, lobby, olive), await enter(far, lobby, olive)
    await near.join(BareSocket(lobby), lobby)  # this process's own rings go to this one from now on
    await post(garden, gina, "hello")
    for socket in (first, second):
        assert labels(await told(socket)) == {garden.slug: "Garden 1 unread"}
    await far.leave(first)
    await post(garden, gina, "hello")
    assert labels(await told(second)) == {garden.slug: "Garden 2 unread"}
    reader = await enter(far, garden, gina)
    await far.leave(reader)  # nobody looks at the room any more, but somebody lists it
    await post(garden, gina, "hello")
    assert labels(await told(second)) == {garden.slug: "Garden 3 unread"}
    await far.leave(second)
    assert (far.sidebars.rooms, far.following.end()) == ({}, [])


async def test_what_is_posted_after_a_room_was_read_and_before_it_is_heard_is_not_missed(
    hubs, enter, lobby, olive, gina, garden, silent, monkeypatch
):
    hub, posted = hubs(), []
    renew = hub.following.renew

    async def late() -> list[int]:
        if hub.sidebars.rooms and not posted:
            posted.append("meanwhile")
            await post(garden, gina, "meanwhile")
        return await renew()

    monkeypatch.setattr(hub.following, "renew", late)
    socket = await enter(hub, lobby, olive)
    assert labels(await told(socket)) == {garden.slug: "Garden 1 unread"}


async def test_a_ring_for_a_room_that_nobody_lists_asks_nothing(hubs, enter, lobby, olive, gina, garden, monkeypatch):
    hub, other = hubs(), await other_room()
    socket = await enter(hub, lobby, olive)
    hub.hear(ring(other.pk, 5))
    assert hub.sidebars._rung == set()
    await post(garden, gina, "hello")
    assert labels(await told(socket)) == {garden.slug: "Garden 1 unread"}
