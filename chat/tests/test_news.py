"""What this process has stored itself is sent out without being read again, if it is all that is new."""

import asyncio
import json
import re
import threading

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.db import connections

from chat import actions, bus, fragments
from chat.actions.posting import Post
from chat.fragments import Changes, changes
from chat.live import subscribers
from chat.models import Message, Room
from chat.tests.bare_sockets import BareSocket, Slow, ring
from chat.variant import Variant

post = sync_to_async(actions.post_message)
post_many = sync_to_async(actions.post_messages)


@pytest.fixture
def reads(monkeypatch):
    """From where the log was read, each time it was."""
    found, since = [], Changes.since

    def counted(room, after, epoch=None):
        found.append(after)
        return since(room, after, epoch)

    monkeypatch.setattr(Changes, "since", counted)
    return found


async def test_it_works(hubs, lobby, ann, reads):
    hub, socket = hubs(), BareSocket(lobby)
    await hub.join(socket, lobby)
    for seq in range(1, 6):
        await post(lobby, ann, f"hello {seq}")
        await socket.hears(seq)
    assert reads == []
    assert socket.seqs == [1, 2, 3, 4, 5]


async def test_it_is_what_a_page_says(hubs, lobby, ann, reads):
    hub, socket = hubs(), BareSocket(lobby)
    await hub.join(socket, lobby)
    await post(lobby, ann, "first")
    await socket.hears(1)
    await post_many([Post(lobby, ann, text) for text in ("<b>", "שלום", "third")])
    await socket.hears(4)
    assert reads == []
    pages = await sync_to_async(
        lambda: [fragments.message(row, fragments.Where.of(lobby)) for row in lobby.messages.for_page()]
    )()
    told = "".join(socket.frames)
    assert [told.count(one) for one in pages] == [1, 1, 1, 1]
    assert told.count('class="day"') == 1


async def test_it_is_rendered_where_it_was_stored_and_no_thread_is_asked_again(hubs, lobby, ann, reads, monkeypatch):
    hub, socket, where, message = hubs(), BareSocket(lobby), [], changes.message

    def noted(row, about):
        where.append(threading.current_thread() is threading.main_thread())
        return message(row, about)

    monkeypatch.setattr(changes, "message", noted)
    await hub.join(socket, lobby)
    await post(lobby, ann, "one")
    await socket.hears(1)
    asked = []
    for asks in ("ask", "database_sync_to_async"):
        monkeypatch.setattr(subscribers, asks, asked.append)
    await post(lobby, ann, "two")
    await socket.hears(2)
    assert (where, reads, asked) == ([False, False], [], [])


async def test_what_cannot_be_rendered_keeps_no_sender_waiting_and_comes_when_it_can(hubs, lobby, ann, monkeypatch):
    hub, socket = hubs(), BareSocket(lobby)
    await hub.join(socket, lobby)
    await post(lobby, ann, "one")
    await socket.hears(1)
    with monkeypatch.context() as broken:
        broken.setattr(changes, "message", lambda row: 1 / 0)
        assert (await post(lobby, ann, "two")).seq == 2
    await post(lobby, ann, "three")
    await socket.hears(3)
    assert socket.seqs == [1, 2, 3]


async def test_several_that_wait_are_joined_in_their_order_for_each_language(hubs, lobby, ann, reads):
    hub, slow = hubs(), Slow(lobby, 0)
    sockets = [BareSocket(lobby), BareSocket(lobby, variant=Variant("de", "Asia/Tokyo"))]
    for socket in (*sockets, slow):
        await hub.join(socket, lobby)
    await post(lobby, ann, "one")
    await slow.began.wait()  # sending out goes on
    for text in ("two", "three", "four"):
        await post(lobby, ann, text)
    slow.go.set()
    for socket in (*sockets, slow):
        await socket.hears(4)
    assert [(socket.seqs, len(socket.frames)) for socket in (*sockets, slow)] == [([1, 2, 3, 4], 2)] * 3
    assert reads == []
    assert len({socket.frames[1] for socket in sockets}) == 2


async def test_what_another_process_stored_before_it_comes_first(hubs, lobby, ann, reads, monkeypatch):
    hub, socket = hubs(), BareSocket(lobby)
    await hub.join(socket, lobby)
    await post(lobby, ann, "one")
    await socket.hears(1)
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(bus, "ring", lambda *ring, **how: None)
        await post(lobby, ann, "two, of another process whose ring is lost")
    await post(lobby, ann, "three")
    await socket.hears(3)
    assert socket.seqs == [1, 2, 3]
    assert reads == [1]


async def test_an_edit_and_a_deletion_are_read(hubs, lobby, ann, reads):
    hub, socket = hubs(), BareSocket(lobby)
    await hub.join(socket, lobby)
    message = await post(lobby, ann, "typo")
    await socket.hears(1)
    await sync_to_async(actions.edit_message)(message.pk, ann, "mended")
    await socket.gets(2)
    await post(lobby, ann, "after it")
    await socket.hears(3)
    assert reads[:1] == [1]  # and once more, if the layer's ring comes while it is read
    assert "mended" in socket.frames[1]
    assert socket.seqs == [1, 1, 3]


async def test_a_log_of_another_life_is_read(hubs, lobby, ann, reads):
    hub, socket = hubs(), BareSocket(lobby)
    await hub.join(socket, lobby)
    await post(lobby, ann, "one")
    await socket.hears(1)
    await sync_to_async(actions.renew_epochs)()
    await post(lobby, ann, "two")
    await socket.hears(2)
    assert reads == [1]
    assert "epoch-lobby" in socket.frames[1]


async def test_rings_of_others_meanwhile_double_nothing(hubs, lobby, ann):
    hub, socket = hubs(), BareSocket(lobby)
    await hub.join(socket, lobby)
    for seq in range(1, 20):
        posting = asyncio.ensure_future(post(lobby, ann, "hello"))
        hub.hear(ring(lobby.pk, seq))
        await posting
        hub.hear(ring(lobby.pk, seq))
    await socket.hears(19)
    assert socket.seqs == [*range(1, 20)]


async def test_nothing_of_it_leaves_the_process(transactional_db, lobby, ann):
    layer = get_channel_layer()
    socket = await layer.new_channel()
    await layer.group_add(bus.group(lobby.pk), socket)
    await post(lobby, ann, "a secret")
    async with asyncio.timeout(30):
        heard = await layer.receive(socket)
    assert heard == {"type": "chat.ring", "room": lobby.pk, "seq": 1}
    await layer.group_discard(bus.group(lobby.pk), socket)
    await sync_to_async(connections.close_all)()


# --- Several frames of one socket ------------------------------------------------------------------


async def test_posts_of_one_socket_share_transactions(connect, lobby, monkeypatch, settings):
    settings.CHAT_RATE_LIMITS = False
    stored, store = [], actions.post_messages

    def counted(posts):
        stored.append(len(posts))
        return store(posts)

    monkeypatch.setattr(actions, "post_messages", counted)
    ann = await connect()
    for number in range(60):
        await ann.say(message=f"m{number}", nonce=f"n-{number}")
    told = "".join(await ann.hears("composer-n-59"))
    while "m59<" not in told:
        told += await ann.receive_from(timeout=30)
    assert sum(stored) == 60
    assert len(stored) < 20
    assert re.findall(r"#composer-n-(\d+)", told) == [str(number) for number in range(60)]
    bodies = await sync_to_async(lambda: [*Message.objects.order_by("seq").values_list("body", flat=True)])()
    assert bodies == [f"m{number}" for number in range(60)]


async def test_what_is_no_post_waits_for_the_posts_before_it(connect, lobby):
    ann = await connect()
    for _ in range(5):
        await ann.say(message="as I was called")
    await ann.say(do="rename", name="Zoe")
    await ann.say(message="as I am called now")
    await ann.hears("as I am called now")
    names = await sync_to_async(lambda: [*Message.objects.order_by("seq").values_list("author_name", flat=True)])()
    assert "Zoe" not in names[:5]
    assert names[5:] == ["Zoe"]


async def test_a_frame_that_cannot_be_read_holds_up_nothing(connect, lobby):
    ann = await connect()
    for number in range(5):
        await ann.say(message=f"m{number}")
        await ann.send_to(text_data=json.dumps(["no", "object"]))
    told = "".join(await ann.hears("m4<"))
    assert [body in told for body in ("m0<", "m1<", "m2<", "m3<")] == [True] * 4
    assert await Room.objects.filter(seq=5).acount() == 1
