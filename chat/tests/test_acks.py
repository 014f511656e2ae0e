"""An acknowledgement comes in the frame that brings its message, and by itself when no message does."""

import asyncio
import re

import pytest
from asgiref.sync import sync_to_async
from django.db import DatabaseError

from chat import actions
from chat.fragments import Changes
from chat.live.acks import Acks
from chat.live.subscribers import Subscribers
from chat.models import Message, Room
from chat.tests.bare_sockets import cursor, seqs

post = sync_to_async(actions.post_message)
make_room = sync_to_async(Room.objects.create)


def deletes(*nonces: str) -> str:
    return "".join(f'<div hx-swap-oob="delete:#composer-{nonce}"></div>' for nonce in nonces)


async def heard(socket) -> str:
    return await socket.receive_from(timeout=30)


async def test_it_works(connect, lobby, ann):
    socket, other = await connect(guest=ann), await connect()
    await socket.say(message="hi", nonce="n-1")
    mine, theirs = await heard(socket), await heard(other)
    assert mine == deletes("n-1") + theirs
    assert seqs([mine]) == [1]
    assert cursor("lobby", 1).search(mine)
    assert "composer" not in theirs


async def test_the_same_person_elsewhere_gets_the_message_alone(connect, lobby, ann):
    sender, phone = await connect(guest=ann), await connect(guest=ann)
    await sender.say(message="hi", nonce="n-1")
    assert "delete:#composer" in await heard(sender)
    assert "delete:#composer" not in await heard(phone)


async def test_several_that_are_handed_out_together_are_acknowledged_together(connect, lobby, ann, settings):
    settings.CHAT_RATE_LIMITS = False
    socket = await connect(guest=ann)
    for number in range(20):
        await socket.say(message=f"message {number}", nonce=f"n-{number}")
    frames = await socket.hears('data-seq="20"')
    for frame in frames:
        numbers = [seq - 1 for seq in seqs([frame])]
        nonces = set(re.findall(r"delete:#composer-n-(\d+)", frame))
        assert nonces == {str(number) for number in numbers}
        assert re.fullmatch(r'(<div hx-swap-oob="delete:[^>]*></div>)+<div hx-swap-oob="beforeend.*', frame, re.DOTALL)


async def test_a_repeat_is_acknowledged_at_once_and_by_itself(connect, lobby, ann, monkeypatch):
    monkeypatch.setattr("chat.live.verbs.ACK_SECONDS", 3600)
    socket = await connect(guest=ann)
    await socket.say(message="hi", nonce="n-1")
    await heard(socket)
    await socket.say(message="hi", nonce="n-1")
    assert await heard(socket) == deletes("n-1")


async def test_two_of_the_same_at_once_are_both_acknowledged_and_stored_once(connect, lobby, ann):
    one, other = await connect(guest=ann), await connect(guest=ann)
    for socket in (one, other):
        await socket.say(message="hi", nonce="n-1")
    for socket in (one, other):
        await socket.hears(deletes("n-1"))
    assert await Message.objects.acount() == 1


async def test_who_looks_away_is_told_as_well_and_counted(connect, lobby, ann):
    socket = await connect(guest=ann)
    await socket.say(do="away")
    await heard(socket)
    await socket.say(message="hi", nonce="n-1")
    assert (await heard(socket)).startswith(deletes("n-1"))
    assert "(1)" in await heard(socket)


async def test_when_nothing_can_be_handed_out_the_acknowledgement_comes_all_the_same(connect, lobby, ann, monkeypatch):
    monkeypatch.setattr("chat.live.verbs.ACK_SECONDS", 0.05)

    def fails(*arguments):
        raise DatabaseError("the database is away again")

    socket = await connect(guest=ann)
    with monkeypatch.context() as broken:
        broken.setattr(Changes, "since", fails)
        broken.setattr(Changes, "of", fails)
        await socket.say(message="hi", nonce="n-1")
        assert await heard(socket) == deletes("n-1")
    await post(lobby, ann, "next")
    assert seqs(await socket.hears("next")) == [1, 2]


async def test_one_that_is_refused_leaves_nothing_behind(connect, lobby, ann, monkeypatch):
    made = []
    make = Subscribers.__init__

    def remember(subscribers, room):
        make(subscribers, room)
        made.append(subscribers)

    monkeypatch.setattr(Subscribers, "__init__", remember)
    socket = await connect(guest=ann)
    for text in (" ", "hi"):
        await socket.say(message=text, nonce="n-1")
        await heard(socket)
    (subscribers,) = made
    assert subscribers.acks._awaited == {}


async def test_acknowledgements_that_do_not_fit_into_the_frame_follow_it(connect, lobby, ann, settings):
    settings.CHAT_FRAME_LIMIT = 2048
    socket, nonce = await connect(guest=ann), "n" * 64
    for _ in ("above which a day begins", "like the next one"):
        await socket.say(message="x")
        around = len(await heard(socket)) - 1
    await socket.say(message="x" * (2047 - around), nonce=nonce)
    assert seqs([await heard(socket)]) == [3]
    assert await heard(socket) == deletes(nonce)


@pytest.mark.parametrize("gone", [False, True])
async def test_taken_are_those_that_were_posted(gone):
    waiting = Acks()
    for number in range(50):
        waiting.expect(("gann", str(number)), "a third")
    assert waiting.take({("gann", str(number)) for number in range(50)}) == {"a third": [*map(str, range(50))]}
    told = waiting.expect(("gann", "n-1"), "a socket")
    assert waiting.expect(("gann", "n-1"), "another socket") is None
    waiting.expect(("gann", "n-2"), "a socket")
    if gone:
        told.cancel()
    assert waiting.take({("gann", "n-1"), ("gben", "n-2")}) == {"a socket": ["n-1"]}
    assert told.done()
    await asyncio.sleep(0)
    assert waiting.take({("gann", "n-1")}) == {}


async def test_a_nonce_that_was_used_in_another_room_is_acknowledged_at_once(connect, lobby, ann, monkeypatch):
    monkeypatch.setattr("chat.live.verbs.ACK_SECONDS", 3600)
    await make_room(slug="other", name="Other")
    here, there = await connect(guest=ann), await connect("/ws/chat/other/", guest=ann)
    await here.say(message="hi", nonce="n-1")
    await heard(here)
    await there.say(message="hi", nonce="n-1")
    assert await heard(there) == deletes("n-1")


# --- A page that has come back by another connection ---------------------------------------------


async def come_back(connect, ann, *nonces):
    socket = await connect("/ws/chat/lobby/?sync=1", guest=ann)
    await socket.say(do="sync", cursor="0", waiting=[*nonces, "typed-in"])
    await socket.hears('data-state="live"')
    return socket


async def test_what_is_stored_once_its_page_has_come_back_is_acknowledged_there(connect, lobby, ann):
    socket, other = await come_back(connect, ann, "n-1", "n-2"), await connect(guest=ann)
    await post(lobby, ann, "hi", nonce="n-1")  # its command was still on its way through the former connection
    mine, theirs = await heard(socket), await heard(other)
    assert mine == deletes("n-1") + theirs
    assert seqs([mine]) == [1]


async def test_who_reads_older_messages_meanwhile_is_told_as_well(connect, lobby, ann):
    await post(lobby, ann, "before")
    socket = await come_back(connect, ann, "n-1")
    await socket.say(do="older", before="1")
    await heard(socket)
    await post(lobby, ann, "hi", nonce="n-1")
    assert (await heard(socket)).startswith(deletes("n-1"))


async def test_what_its_page_sends_once_more_is_acknowledged_once(connect, lobby, ann):
    socket = await come_back(connect, ann, "n-1")
    await socket.say(message="hi", nonce="n-1")
    assert (await heard(socket)).count(deletes("n-1")) == 1
    await socket.say(message="next", nonce="n-2")
    assert deletes("n-1") not in await heard(socket)


async def test_whoever_comes_back_is_told_what_their_former_socket_waits_for():
    acks = Acks()
    told = acks.expect(("gann", "n-1"), "former")
    acks.follow([("gann", "n-1"), ("gann", "n-2")], "present")
    acks.leave("former")
    assert not told.done()
    assert acks.take({("gann", "n-1"), ("gann", "n-2")}) == {"present": ["n-1", "n-2"]}
    assert told.done()


async def test_whoever_comes_back_goes_on_waiting_when_their_former_command_was_refused():
    acks = Acks()
    acks.expect(("gann", "n-1"), "former")
    acks.follow([("gann", "n-1")], "present")
    acks.forget(("gann", "n-1"), "former")
    assert acks.expect(("gann", "n-1"), "present") is not None
    assert acks.take({("gann", "n-1")}) == {"present": ["n-1"]}


async def test_who_leaves_is_waited_for_no_more():
    acks = Acks()
    told = acks.expect(("gann", "n-1"), "socket")
    acks.follow([("gann", "n-2")], "socket")
    acks.leave("socket")
    assert told.done()
    assert (acks._awaited, acks._of) == ({}, {})


async def test_a_page_that_says_it_over_and_over_fills_nothing():
    acks = Acks()
    for number in range(100):
        acks.follow([("gann", f"n-{number}")], "socket")
    assert [*acks._awaited] == [("gann", "n-99")]
