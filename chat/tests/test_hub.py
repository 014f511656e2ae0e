"""The hub: which sockets are in which room, and what it makes of rings that are lost, doubled, late or mixed up."""

import asyncio
import re
from contextlib import suppress

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer

from chat import actions, bus
from chat.fragments import Changes
from chat.live import hub as hub_module
from chat.live import subscribers
from chat.models import Message, Participant
from chat.tests import servers
from chat.tests.bare_sockets import ANEW, BareSocket, Gone, SharedLayer, Slow, other_room, ring
from chat.tests.test_house import style_sources

post = sync_to_async(actions.post_message)
PULSE_SECONDS = hub_module.PULSE_SECONDS


async def react(message: Message, number: int) -> None:
    await sync_to_async(actions.react)(message.pk, Participant.guest(f"g{number}", f"Guest {number}"), "👍")


def reaction(frame: str) -> str | None:
    """How many have reacted to what comes by this frame."""
    found = re.search(r"👍 (\d+)<", frame)
    return found and found[1]


async def test_it_works(hubs, lobby, ann):
    hub, socket = hubs(), BareSocket(lobby)
    assert await hub.join(socket, lobby) == 0
    await post(lobby, ann, "hello")
    await socket.hears(1)
    assert len(socket.frames) == socket.cursor == 1
    assert "hello" in socket.frames[0]


async def test_all_in_the_room_get_the_very_same_string_and_nobody_else(hubs, lobby, ann):
    hub, sockets, other = hubs(), [BareSocket(lobby) for _ in range(3)], await other_room()
    stranger = BareSocket(other)
    for socket in sockets:
        await hub.join(socket, lobby)
    await hub.join(stranger, other)
    await post(lobby, ann, "hello")
    for socket in sockets:
        await socket.hears(1)
    assert all(socket.frames[0] is sockets[0].frames[0] for socket in sockets)
    await post(other, ann, "hello")
    await post(other, ann, "hello")
    await stranger.hears(2)
    assert stranger.seqs == [1, 2]
    assert all(socket.seqs == [1] for socket in sockets)


# --- Rings ---------------------------------------------------------------------------------------


async def test_a_socket_that_breaks_while_it_is_written_to_costs_nobody_else_anything(hubs, lobby, ann):
    hub = hubs()
    first, broken, last = BareSocket(lobby), BareSocket(lobby), BareSocket(lobby)

    def breaks(frame) -> bool:
        raise RuntimeError("its transport is in pieces")

    broken.write = breaks
    for socket in (first, broken, last):
        await hub.join(socket, lobby)
    await post(lobby, ann, "hello")
    await last.hears(1)
    await first.hears(1)
    assert broken not in hub.subscribers[lobby.pk].sockets


async def test_who_missed_something_is_not_moved_on_but_comes_back(hubs, lobby, ann):
    hub, missed, socket = hubs(), BareSocket(lobby), BareSocket(lobby)
    for one in (missed, socket):
        await hub.join(one, lobby)
    await post(lobby, ann, "hello")
    for one in (missed, socket):
        await one.hears(1)
    missed.cursor = 0
    await post(lobby, ann, "again")
    await socket.hears(2)
    await missed.finishes()
    assert missed.seqs == [1]
    assert hub.subscribers[lobby.pk].sockets == {socket}


async def test_a_fan_out_that_fails_in_a_way_nobody_foresaw_lets_all_come_back(hubs, lobby, ann, monkeypatch):
    hub, sockets = hubs(), [BareSocket(lobby), BareSocket(lobby)]
    for socket in sockets:
        await hub.join(socket, lobby)
    monkeypatch.setattr(hub.subscribers[lobby.pk].acks, "take", lambda posted: 1 / 0)
    await post(lobby, ann, "hello")
    for socket in sockets:
        await socket.finishes()
    assert hub.subscribers[lobby.pk].sockets == set()


async def test_what_never_ends_begins_anew_where_it_fails(monkeypatch):
    monkeypatch.setattr(bus, "AGAIN_SECONDS", 0)
    begun, goes_on = [], asyncio.Event()

    async def work() -> None:
        begun.append(None)
        if len(begun) < 3:
            raise RuntimeError("whatever it may be")
        goes_on.set()
        await asyncio.Event().wait()

    task = bus.spawn(bus.for_ever(work))
    await asyncio.wait_for(goes_on.wait(), 30)
    task.cancel()


class Stubborn(SharedLayer):
    """As a client of Redis that takes it, while it connects, for a reason to try again when it is told to stop."""

    given_up: asyncio.Event

    async def group_add(self, group, channel):
        for _ in range(2):
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
        self.given_up.set()
        raise asyncio.CancelledError


async def test_a_layer_that_does_not_let_go_keeps_nobody_waiting(hubs, lobby, settings, monkeypatch):
    """Its lock is let go of all the same, as all else that is asked of it waits for that."""
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": f"{__name__}.Stubborn"}}
    monkeypatch.setattr(bus, "LAYER_SECONDS", 0.05)
    given_up = Stubborn.given_up = asyncio.Event()
    hub, socket = hubs(), BareSocket(lobby)
    async with asyncio.timeout(30):
        await hub.join(socket, lobby)
        await given_up.wait()
    assert hub.subscribers[lobby.pk].sockets == {socket}


async def test_a_lost_ring_is_made_up_for_by_the_tick(hubs, lobby, ann, silent, settings):
    settings.CHAT_TICK_SECONDS = 0.05
    hub, socket = hubs(), BareSocket(lobby)
    await hub.join(socket, lobby)
    for _ in range(3):
        await post(lobby, ann, "hello")
    await socket.hears(3)
    assert socket.seqs == [1, 2, 3]


async def test_a_lost_ring_is_made_up_for_by_the_next_one(hubs, lobby, ann, silent):
    hub, socket = hubs(), BareSocket(lobby)
    await hub.join(socket, lobby)
    for _ in range(3):
        await post(lobby, ann, "hello")
    hub.hear(ring(lobby.pk, 3))
    await socket.hears(3)
    assert socket.seqs == [1, 2, 3]


async def test_doubled_late_and_reordered_rings_change_nothing(hubs, lobby, ann, silent):
    hub, socket = hubs(), BareSocket(lobby)
    await hub.join(socket, lobby)
    for number in range(1, 7):
        await post(lobby, ann, "hello")
        for seq in (number, 1, number, 0):
            hub.hear(ring(lobby.pk, seq))
        if number % 2:
            await socket.hears(number)
    for seq in (5, 6, 2, 6, 1):
        hub.hear(ring(lobby.pk, seq))
    await socket.hears(6)
    assert socket.seqs == [1, 2, 3, 4, 5, 6]


async def test_a_ring_for_what_is_known_reads_nothing(hubs, lobby, ann, silent, monkeypatch):
    hub, socket, reads, since = hubs(), BareSocket(lobby), [], Changes.since

    def counted(room, after, epoch=None):
        reads.append(after)
        return since(room, after, epoch)

    monkeypatch.setattr(Changes, "since", counted)
    await hub.join(socket, lobby)
    for seq in (1, 2):
        await post(lobby, ann, "hello")
        hub.hear(ring(lobby.pk, seq))
        await socket.hears(seq)
        for known in (seq, 0, seq):
            hub.hear(ring(lobby.pk, known))
    await post(lobby, ann, "hello")
    hub.hear(ring(lobby.pk, 3))
    await socket.hears(3)
    assert reads == [0, 1, 2]


async def test_reactions_go_out_at_once_and_then_together(hubs, lobby, ann, monkeypatch):
    """Each of them has the whole message sent anew, and there may be a thousand in a minute. No message waits for
    them."""
    monkeypatch.setattr(subscribers, "REST_SECONDS", 600)
    hub, socket = hubs(), BareSocket(lobby)
    await hub.join(socket, lobby)
    message = await post(lobby, ann, "hello")
    await socket.gets(1)
    await react(message, 1)
    await socket.gets(2)
    for number in range(2, 6):
        await react(message, number)
    await post(lobby, ann, "goes on")
    await socket.gets(3)
    assert [reaction(frame) for frame in socket.frames] == [None, "1", "5"]
    assert socket.seqs == [1, 1, 1, 7]


async def test_the_last_of_many_reactions_goes_out_too(hubs, lobby, ann):
    hub, socket = hubs(), BareSocket(lobby)
    await hub.join(socket, lobby)
    message = await post(lobby, ann, "hello")
    for number in range(20):
        await react(message, number)
    async with asyncio.timeout(30):
        while not socket.frames or reaction(socket.frames[-1]) != "20":
            await socket.gets(len(socket.frames) + 1)


async def test_a_ring_ahead_of_what_can_be_read_is_harmless(hubs, lobby, ann, silent):
    hub, socket = hubs(), BareSocket(lobby)
    await hub.join(socket, lobby)
    hub.hear(ring(lobby.pk, 1))  # it stands for a message that is still being committed
    await post(lobby, ann, "hello")
    hub.hear(ring(lobby.pk, 1))
    await socket.hears(1)
    assert socket.seqs == [1]


async def test_a_late_ring_before_the_head_is_known_hands_nothing_out_twice(hubs, lobby, ann, silent):
    for _ in range(3):
        await post(lobby, ann, "hello")
    hub, socket = hubs(), BareSocket(lobby, cursor=None)
    joining = asyncio.create_task(hub.join(socket, lobby))
    await asyncio.sleep(0)
    hub.hear(ring(lobby.pk, 3))
    socket.cursor = await joining
    await post(lobby, ann, "news")
    hub.hear(ring(lobby.pk, 4))
    await socket.hears(4)
    assert socket.seqs == [4]


async def test_a_ring_for_a_room_without_sockets_is_harmless(hubs, lobby, ann):
    hub, socket = hubs(), BareSocket(lobby)
    await hub.join(socket, lobby)
    hub.hear(ring(lobby.pk + 1000, 5))
    await post(lobby, ann, "hello")
    await socket.hears(1)


async def test_a_kick_has_exactly_the_sockets_of_its_participant_look_in_every_process(hubs, lobby, ann):
    far, near, other = hubs(), hubs(), await other_room()
    kicked = [BareSocket(lobby, key="gann"), BareSocket(other, key="gann"), BareSocket(lobby, cursor=None, key="gann")]
    left_alone = [BareSocket(lobby, key="gann2"), BareSocket(other, key="u1")]
    for socket in (*kicked[:2], *left_alone):
        await near.join(socket, socket.room)
    await far.join(kicked[2], lobby)
    await sync_to_async(actions.ban)(ann, True)
    async with asyncio.timeout(30):
        for socket in kicked:
            await socket.looks()
    assert not any(socket.looked for socket in left_alone)


async def test_another_process_hears_through_the_layer(hubs, lobby, ann):
    far, near = hubs(), hubs()
    distant, close = BareSocket(lobby), BareSocket(lobby)
    await far.join(distant, lobby)
    await near.join(close, lobby)  # the one that this process's own rings go to from now on
    await post(lobby, ann, "hello")
    await close.hears(1)
    await distant.hears(1)


@pytest.mark.parametrize("backend", ["channels.layers.InMemoryChannelLayer", "chat.tests.bare_sockets.SharedLayer"])
async def test_a_layer_that_no_other_process_hears_is_told_nothing(hubs, lobby, ann, settings, monkeypatch, backend):
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": backend}}
    layer, told = get_channel_layer(), []
    send = layer.group_send

    async def group_send(group, what):
        told.append(what["type"])
        await send(group, what)

    monkeypatch.setattr(layer, "group_send", group_send)
    hub, socket = hubs(), BareSocket(lobby)
    await hub.join(socket, lobby)
    await post(lobby, ann, "hello")
    await socket.hears(1)
    await post(lobby, ann, "hello")
    await socket.hears(2)
    assert ("chat.ring" in told) == backend.startswith("chat.tests")


async def test_with_a_dead_layer_this_process_hears_at_once_and_others_by_the_tick(hubs, lobby, ann, settings):
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [f"redis://{servers.HOST}:{servers.free_port()}/0"]},
        }
    }
    settings.CHAT_TICK_SECONDS = 0.2
    far, near = hubs(), hubs()
    distant, close = BareSocket(lobby), BareSocket(lobby)
    await far.join(distant, lobby)
    await near.join(close, lobby)
    await post(lobby, ann, "hello")
    await close.hears(1)
    await distant.hears(1)
    assert distant.seqs == close.seqs == [1]


# --- Coming back ---------------------------------------------------------------------------------


async def test_a_held_socket_hears_nothing_until_it_syncs(hubs, lobby, ann):
    hub, held, live = hubs(), BareSocket(lobby, cursor=None), BareSocket(lobby)
    await hub.join(held, lobby)
    await hub.join(live, lobby)
    for _ in range(3):
        await post(lobby, ann, "hello")
    await live.hears(3)
    assert held.frames == []
    await hub.subscribers[lobby.pk].catch_up(held, 1)
    assert (held.seqs, held.cursor) == ([2, 3], 3)


async def test_sockets_that_sync_while_messages_pour_in_miss_and_double_nothing(hubs, lobby, ann, member):
    hub, live, held = hubs(), BareSocket(lobby), [BareSocket(lobby, cursor=None) for _ in range(12)]
    for socket in (live, *held):
        await hub.join(socket, lobby)

    async def pour(author):
        for number in range(30):
            await post(lobby, author, f"message {number}")

    async def come_back(number, socket):
        await live.hears(4 * number + 4)  # each at another moment of the pour
        await hub.subscribers[lobby.pk].catch_up(socket, number % 4)

    async with asyncio.timeout(30):
        await asyncio.gather(pour(ann), pour(member), *(come_back(*one) for one in enumerate(held)))
        await live.hears(60)
        assert live.seqs == [*range(1, 61)]
        for number, socket in enumerate(held):
            await socket.hears(60)
            assert socket.seqs == [*range(number % 4 + 1, 61)]


async def test_what_comes_during_a_sync_is_part_of_it(hubs, lobby, ann):
    hub, live, slow = hubs(), BareSocket(lobby), Slow(lobby)
    await hub.join(live, lobby)
    await hub.join(slow, lobby)
    await post(lobby, ann, "missed")
    syncing = asyncio.create_task(hub.subscribers[lobby.pk].catch_up(slow, 0))
    await slow.began.wait()
    await post(lobby, ann, "meanwhile")
    await live.hears(2)
    slow.go.set()
    await syncing
    assert slow.seqs == [1, 2]


async def test_a_live_socket_that_syncs_is_held_until_it_is_done(hubs, lobby, ann):
    hub, live, slow = hubs(), BareSocket(lobby, cursor=2), Slow(lobby, cursor=2)
    for _ in range(2):
        await post(lobby, ann, "before")
    await hub.join(live, lobby)
    await hub.join(slow, lobby)
    syncing = asyncio.create_task(hub.subscribers[lobby.pk].catch_up(slow, 0))
    await slow.began.wait()
    await post(lobby, ann, "meanwhile")
    await asyncio.wait([asyncio.create_task(live.hears(3)), syncing], return_when=asyncio.FIRST_COMPLETED)
    slow.go.set()
    await syncing
    await live.hears(3)
    assert slow.seqs == [1, 2, 3]


async def test_who_comes_live_while_older_news_is_handed_out_gets_nothing_twice(hubs, lobby, ann):
    hub, slow, late = hubs(), Slow(lobby, cursor=0), BareSocket(lobby, cursor=None)
    for socket in (slow, late):
        await hub.join(socket, lobby)
    subscribers = hub.subscribers[lobby.pk]
    subscribers.acks.follow([(ann.key, "n-1")], slow)  # who waits for an acknowledgement is told first
    await post(lobby, ann, "one", nonce="n-1")
    await slow.began.wait()
    await post(lobby, ann, "two")
    await subscribers.catch_up(late, 0)
    assert late.seqs == [1, 2]
    slow.go.set()
    await post(lobby, ann, "three")
    await late.hears(3)
    assert late.seqs == [1, 2, 3]


async def test_what_is_handed_out_fits_into_frames_of_64_kib(hubs, lobby, ann, silent):
    hub, socket = hubs(), BareSocket(lobby)
    await hub.join(socket, lobby)
    for number in range(8):
        await post(lobby, ann, f"{number}" + "'" * 3999)
    hub.hear(ring(lobby.pk, 8))
    await socket.hears(8)
    assert len(socket.frames) > 2
    assert max(len(frame.encode()) for frame in socket.frames) <= 65_536
    assert socket.seqs == [*range(1, 9)]


@pytest.mark.parametrize("cursor", [1, 99], ids=["too far behind", "of another life"])
async def test_a_cursor_that_cannot_be_caught_up_from_gets_the_log_anew(hubs, lobby, ann, settings, cursor):
    settings.CHAT_CATCH_UP_LIMIT, settings.CHAT_PAGE_SIZE = 5, 4
    hub, socket = hubs(), BareSocket(lobby, cursor=None)
    for _ in range(9):
        await post(lobby, ann, "hello")
    await hub.join(socket, lobby)
    await hub.subscribers[lobby.pk].catch_up(socket, cursor)
    assert ANEW.match(socket.frames[0])
    assert (socket.seqs, socket.cursor) == ([6, 7, 8, 9], 9)
    await post(lobby, ann, "hello")
    await socket.hears(10)
    assert socket.seqs == [6, 7, 8, 9, 10]


async def test_a_newcomer_to_a_room_is_told_where_it_stands(hubs, lobby, ann):
    hub = hubs()
    await post(lobby, ann, "hello")
    assert await hub.join(BareSocket(lobby, 1), lobby) == 1
    await post(lobby, Participant(key="gother", kind=Participant.Kind.GUEST, name="Other"), "hello")
    socket = BareSocket(lobby, 2)
    assert await hub.join(socket, lobby) in (1, 2)
    await post(lobby, ann, "hello")
    await socket.hears(3)
    assert socket.seqs == [3]


# --- The pulse -----------------------------------------------------------------------------------


def pulses(socket: BareSocket) -> list[str]:
    return [frame for frame in socket.frames if re.match(r'<i class="pulse" id="pulse-\w+"', frame)]


async def test_every_live_socket_gets_the_pulse_of_its_room_and_a_held_one_does_not(hubs, lobby, monkeypatch):
    monkeypatch.setattr(hub_module, "PULSE_SECONDS", 0.05)
    hub, other = hubs(), await other_room()
    live, held, gone, elsewhere = (
        [BareSocket(lobby), BareSocket(lobby)],
        BareSocket(lobby, cursor=None),
        Gone(lobby),
        BareSocket(other),
    )
    for socket in (gone, *live, held, elsewhere):
        await hub.join(socket, socket.room)
    for socket in (*live, elsewhere):
        await socket.gets(3)
        assert pulses(socket) == socket.frames
    assert all('id="pulse-lobby"' in frame for socket in live for frame in socket.frames)
    assert all('id="pulse-other"' in frame for frame in elsewhere.frames)
    assert live[0].frames[0] is live[1].frames[0]
    assert held.frames == []


def test_a_page_waits_for_more_than_two_pulses_before_it_says_that_its_line_is_silent():
    styles = style_sources()
    assert int(re.search(r"animation: pulse (\d+)s", styles)[1]) > 2 * PULSE_SECONDS
