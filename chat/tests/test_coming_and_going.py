"""Sockets that come and go: who is in the room, and what the channel layer is asked for on their behalf."""

import asyncio
from collections import Counter

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer

from chat import actions, bus
from chat.models import Room
from chat.tests.bare_sockets import BareSocket, Gone, other_room

post = sync_to_async(actions.post_message)


@pytest.fixture
def layer_calls(monkeypatch, hubs):
    """How often the layer was asked for what, with which group."""
    calls, layer = Counter(), get_channel_layer()

    def counted(verb, ask):
        async def call(group, *arguments):
            calls[verb, group] += 1
            return await ask(group, *arguments)

        return call

    for verb in ("group_add", "group_discard"):
        monkeypatch.setattr(layer, verb, counted(verb, getattr(layer, verb)), raising=False)
    return calls


def once(verb: str, group: str) -> dict[tuple[str, str], int]:
    """Asked once for the room's group, and for that of the whole process."""
    return {(verb, group): 1, (verb, bus.EVERYWHERE): 1}


async def test_a_socket_that_fails_is_dropped_and_the_others_still_hear(hubs, lobby, ann):
    hub, sockets = hubs(), [BareSocket(lobby), Gone(lobby), BareSocket(lobby), Gone(lobby), BareSocket(lobby)]
    for socket in sockets:
        await hub.join(socket, lobby)
    await post(lobby, ann, "hello")
    for socket in sockets[::2]:
        await socket.hears(1)
    await post(lobby, ann, "again")
    for socket in sockets[::2]:
        await socket.hears(2)
        assert socket.seqs == [1, 2]
    assert hub.subscribers[lobby.pk].sockets == set(sockets[::2])


async def test_the_first_socket_subscribes_and_the_last_unsubscribes(hubs, lobby, layer_calls):
    hub, sockets, group = hubs(), [BareSocket(lobby) for _ in range(3)], bus.group(lobby.pk)
    for socket in sockets:
        await hub.join(socket, lobby)
        assert layer_calls == once("group_add", group)
    for socket in sockets:
        assert layer_calls == once("group_add", group)
        await hub.leave(socket)
    assert layer_calls == once("group_add", group) | once("group_discard", group)
    assert hub.subscribers == {}


async def test_only_the_last_room_of_all_ends_what_the_process_hears_of_everywhere(hubs, lobby, layer_calls):
    hub, other = hubs(), await other_room()
    socket, elsewhere = BareSocket(lobby), BareSocket(other)
    await hub.join(socket, lobby)
    await hub.join(elsewhere, other)
    await hub.leave(socket)
    assert layer_calls["group_discard", bus.group(lobby.pk)] == 1
    assert layer_calls["group_discard", bus.EVERYWHERE] == 0
    await hub.leave(elsewhere)
    assert layer_calls["group_discard", bus.EVERYWHERE] == layer_calls["group_add", bus.EVERYWHERE] == 1


async def test_sockets_that_come_at_once_subscribe_once(hubs, lobby, layer_calls):
    hub = hubs()
    await asyncio.gather(*(hub.join(BareSocket(lobby), lobby) for _ in range(20)))
    assert layer_calls == once("group_add", bus.group(lobby.pk))


async def test_leaving_twice_or_without_having_come_is_harmless(hubs, lobby):
    hub, socket, stays = hubs(), BareSocket(lobby), BareSocket(lobby)
    await hub.leave(socket)
    await hub.join(stays, lobby)
    await hub.leave(socket)
    assert hub.subscribers[lobby.pk].sockets == {stays}
    await hub.leave(stays)
    await hub.leave(stays)
    assert hub.subscribers == {}


async def test_who_comes_back_after_the_last_one_left_is_subscribed_again(hubs, lobby, ann):
    far, near = hubs(), hubs()
    for _ in range(5):
        passing = BareSocket(lobby, cursor=None)
        await far.join(passing, lobby)
        leaving = asyncio.create_task(far.leave(passing))
        stays = BareSocket(lobby, cursor=None)
        await far.join(stays, lobby)
        await leaving
        # This one takes its own process's rings, so that `far` has only the layer's.
        await near.join(BareSocket(lobby, cursor=None), lobby)
        message = await post(lobby, ann, "hello")
        await far.subscribers[lobby.pk].catch_up(stays, message.seq - 1)
        message = await post(lobby, ann, "by the layer")
        await stays.hears(message.seq)
        await far.leave(stays)


async def test_a_layer_that_takes_its_time_leaves_nobody_who_comes_back_unsubscribed(hubs, lobby, monkeypatch):
    """As Redis: every request waits for those before it, so what is asked last stands in the end."""
    hub, members, layer, in_turn = hubs(), set(), get_channel_layer(), asyncio.Lock()

    def taking_its_time(change):
        async def call(group, *_):
            async with in_turn:
                await asyncio.sleep(0.005)
                change(group)

        return call

    monkeypatch.setattr(layer, "group_add", taking_its_time(members.add), raising=False)
    monkeypatch.setattr(layer, "group_discard", taking_its_time(members.discard), raising=False)
    monkeypatch.setattr(layer, "group_send", taking_its_time(lambda group: None), raising=False)
    for steps in range(6):  # of the loop, from the leaving to the coming back
        passing, stays = BareSocket(lobby), BareSocket(lobby)
        await hub.join(passing, lobby)
        await asyncio.sleep(0.05)
        leaving = asyncio.create_task(hub.leave(passing))
        await asyncio.sleep(0.002 * steps)
        await hub.join(stays, lobby)
        await leaving
        await asyncio.sleep(0.05)
        assert members == {bus.group(lobby.pk), bus.EVERYWHERE}, steps
        await hub.leave(stays)
        await asyncio.sleep(0.05)
        assert members == set(), steps


async def test_the_tick_asks_one_question_for_all_rooms(hubs, lobby, ann, silent, settings, monkeypatch):
    asked, heads = [], type(Room.objects.all()).heads
    rooms = [lobby, *[await other_room(f"room-{number}") for number in range(4)]]
    hub, sockets = hubs(), [BareSocket(room) for room in rooms]
    settings.CHAT_TICK_SECONDS = 0.05
    for socket, room in zip(sockets, rooms, strict=True):
        await hub.join(socket, room)
        await post(room, ann, "hello")

    def counted(queryset, room_ids):
        asked.append(sorted(room_ids))
        return heads(queryset, room_ids)

    monkeypatch.setattr(type(Room.objects), "heads", counted)
    for socket in sockets:
        await socket.hears(1)
    assert set(map(tuple, asked)) <= {tuple(sorted(room.pk for room in rooms))}
