"""Those of a room who stand alike are written to in one loop: each gets every byte once and in order, in their
language.
"""

import asyncio
import socket
from contextlib import ExitStack, asynccontextmanager

import pytest
from asgiref.sync import sync_to_async
from twisted.internet.asyncioreactor import AsyncioSelectorReactor
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import Protocol
from twisted.internet.tcp import Server
from twisted.python.failure import Failure

from chat import actions, fragments
from chat.fragments import changes
from chat.live.crowd import Crowd
from chat.tests.bare_sockets import ENGLISH, BareSocket
from chat.tests.people import Raw
from chat.variant import Variant
from chat.wire import Connection

post = sync_to_async(actions.post_message)
GERMAN = Variant("de", "Europe/Berlin")
JAPANESE = Variant("ja", "Asia/Tokyo")


def pair() -> tuple[socket.socket, socket.socket]:
    """Both ends of a connection over TCP that holds little."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        ours = socket.create_connection(door.getsockname())
        end, _ = door.accept()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 20_000)
    return ours, end


class Reader(BareSocket):
    """A socket on a real transport, and the other end of it."""

    def __init__(self, reactor, room=None, variant=ENGLISH):
        super().__init__(room, variant=variant)
        ours, self.end = pair()
        protocol = Protocol()
        self.transport = Server(ours, protocol, ("", 0), None, 0, reactor)
        protocol.makeConnection(self.transport)
        self.connection = Connection(None)
        self.connection._transport, self.connection.guarded = self.transport, True
        self.connection._send = ours.send
        self.write = self.connection._write

    def lose(self) -> None:
        self.transport.connectionLost(Failure(ConnectionDone()))

    def read(self, size: int) -> bytes:
        self.end.setblocking(False)
        try:
            return self.end.recv(size)
        except BlockingIOError:
            return b""

    async def reads(self, size: int) -> bytes:
        found = b""
        async with asyncio.timeout(30):
            while len(found) < size:
                found += self.read(size - len(found))
                await asyncio.sleep(0)
        return found

    async def reads_up_to(self, text: str) -> None:
        """And what came along with it."""
        found = b""
        async with asyncio.timeout(30):
            while text.encode() not in found:
                found += self.read(65536)
                await asyncio.sleep(0)


@asynccontextmanager
async def gathered(count: int):
    reactor = AsyncioSelectorReactor(asyncio.get_running_loop())
    apart: set = set()
    crowd = Crowd(apart, 7)
    readers = [Reader(reactor) for _ in range(count)]
    for reader in readers:
        crowd.add(reader)
    yield crowd, apart, readers
    for reader in readers:
        reader.transport.abortConnection()
        reader.end.close()
    await asyncio.sleep(0.01)


async def test_it_works():
    async with gathered(3) as (crowd, apart, readers):
        assert crowd.write(b"hello") == []
        assert [await reader.reads(5) for reader in readers] == [b"hello"] * 3
        assert ([reader.cursor for reader in readers], len(crowd), apart) == ([7] * 3, 3, set())


async def test_who_does_not_read_steps_out_and_still_gets_every_byte_in_order():
    async with gathered(3) as (crowd, apart, (first, slow, last)):
        sent = b""
        while slow in (here := crowd._connections.owners):
            piece = bytes(range(256)) * 111
            assert crowd.write(piece) == [slow] * (slow not in crowd._connections.owners)
            sent += piece
            for reader in (first, last):
                assert await reader.reads(len(piece)) == piece
        assert here == [first, last]
        assert apart == {slow}
        assert slow.cursor == 7
        crowd.write(b"only for those who are left")
        assert slow.connection.unsent > 0
        assert await slow.reads(len(sent)) == sent


async def test_what_waits_in_a_transport_is_not_overtaken():
    async with gathered(3) as (crowd, _, readers):
        late = readers[1]
        late.transport.write(b"an answer, ")  # Twisted sends it at its reactor's next turn
        assert crowd.write(b"then a message") == [late]
        assert await late.reads(25) == b"an answer, then a message"
        assert [await readers[0].reads(14), await readers[2].reads(14)] == [b"then a message"] * 2


async def test_a_connection_that_is_gone_costs_nobody_else_anything():
    async with gathered(4) as (crowd, _, readers):
        readers[1].end.close()
        readers[2].lose()
        assert crowd.write(b"hello") == [readers[2]]
        assert crowd.write(b"again") == [readers[1]]  # TCP tells it after the first
        assert [await reader.reads(10) for reader in (readers[0], readers[3])] == [b"helloagain"] * 2
        assert crowd.write(b"!") == []


async def test_a_connection_that_is_lost_takes_nothing_more():
    async with gathered(1) as (_, _, (reader,)):
        reader.lose()
        with pytest.raises(ConnectionError):
            reader.write(b"hello")


async def test_a_number_that_is_used_again_is_not_written_to():
    """A closed socket's descriptor is the next one's: by number, a room's messages would go to a stranger."""
    async with gathered(2) as (crowd, _, (_, gone)):
        number = gone.transport.socket.fileno()
        gone.lose()
        with ExitStack() as stack:
            pairs = [stack.enter_context(one) for _ in range(30) for one in socket.socketpair()]
            place = [one.fileno() for one in pairs].index(number)
            assert crowd.write(b"not for them") == [gone]
            end = pairs[place ^ 1]
            end.setblocking(False)
            with pytest.raises(BlockingIOError):
                end.recv(99)


@pytest.mark.parametrize("change", [("cursor", None), ("cursor", 3), ("unread", 0), ("variant", GERMAN)])
async def test_whoever_is_changed_steps_out(change):
    async with gathered(3) as (crowd, apart, readers):
        readers[1]._variant = JAPANESE
        setattr(readers[1], *change)
        assert (apart, len(crowd)) == ({readers[1]}, 2)
        assert getattr(readers[1], change[0]) == change[1]
        assert readers[1].cursor == (change[1] if change[0] == "cursor" else 7)
        crowd.write(b"hello")
        assert [reader.read(9) for reader in readers] == [b"hello", b"", b"hello"]


async def test_all_step_out_of_a_crowd_that_is_dissolved():
    async with gathered(5) as (crowd, apart, readers):
        crowd.dissolve()
        assert (apart, len(crowd)) == ({*readers}, 0)


# --- In a room -----------------------------------------------------------------------------------


@pytest.fixture
async def come(hubs, lobby):
    """`await come(*variants)` brings a reader into the lobby for each; `come.hub` is theirs."""
    made: list[Reader] = []

    async def come(*variants: Variant, cursor: int = 0) -> list[Reader]:
        reactor = AsyncioSelectorReactor(asyncio.get_running_loop())
        new = [Reader(reactor, lobby, variant) for variant in variants]
        made.extend(new)
        for reader in new:
            reader.cursor = cursor
            await come.hub.join(reader, lobby)
        return new

    come.hub = hubs()
    yield come
    for reader in made:
        reader.transport.abortConnection()
        reader.end.close()


async def test_whoever_stood_with_most_is_of_the_crowd_the_next_time(come, lobby, ann):
    readers = await come(ENGLISH, GERMAN, ENGLISH)
    for seq in (1, 2, 3):
        await post(lobby, ann, f"message {seq}")
        for reader in readers:
            await reader.reads_up_to(f"message {seq}<")
    assert readers[0].crowd is readers[2].crowd
    assert [len(reader.crowd) for reader in readers] == [2, 1, 2]
    assert [reader.cursor for reader in readers] == [3, 3, 3]
    readers[0].unread = 0
    await post(lobby, ann, "message 4")
    await readers[0].gets(2)  # it, and the tab, by itself
    assert [readers[0].cursor, readers[1].cursor] == [4, 4]
    await come.hub.leave(readers[1])
    assert readers[1].crowd is None


async def test_who_is_lost_before_their_consumer_hears_of_it_costs_nobody_else_anything(come, lobby, ann):
    """As when a third of all lines are cut while somebody posts: it stood with most, and would be of the crowd."""
    readers = await come(*[ENGLISH] * 12)
    lost, here = readers[:6], readers[6:]
    for reader in lost:
        reader.lose()
    for seq in (1, 2):
        await post(lobby, ann, f"message {seq}")
        for reader in here:
            await reader.reads_up_to(f"message {seq}<")
    assert come.hub.subscribers[lobby.pk].sockets == {*here}
    assert not any(reader.finished for reader in here)


async def test_who_is_lost_and_had_it_all_does_not_join_the_crowd(come, lobby, ann):
    """As where the room is looked at and there is nothing new: nothing is written then that would tell."""
    here = await come(ENGLISH, ENGLISH)
    await post(lobby, ann, "message 1")
    for reader in here:
        await reader.reads_up_to("message 1<")
    (lost,) = await come(ENGLISH, cursor=1)
    lost.lose()
    come.hub.subscribers[lobby.pk].wake()
    await lost.finishes()
    assert come.hub.subscribers[lobby.pk].sockets == {*here}
    await post(lobby, ann, "message 2")
    for reader in here:
        await reader.reads_up_to("message 2<")


async def test_whoever_a_broken_off_fan_out_did_not_reach_comes_back(come, lobby, ann, monkeypatch):
    readers = await come(ENGLISH, GERMAN)
    await post(lobby, ann, "message 1")
    for reader in readers:
        await reader.reads_up_to("message 1<")
    write, written = Crowd.write, []

    def breaks(crowd, frames, cursor=None):
        if written:
            raise RuntimeError("whatever it may be")
        written.append(crowd)
        return write(crowd, frames, cursor)

    monkeypatch.setattr(Crowd, "write", breaks)
    await post(lobby, ann, "message 2")
    waiting = [asyncio.create_task(reader.finishes()) for reader in readers]
    for left in (await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED))[1]:
        left.cancel()
    reached, other = sorted(readers, key=lambda reader: reader.finished)
    assert (reached.cursor, reached.crowd, come.hub.subscribers[lobby.pk].head) == (2, written[0], 2)
    assert other.finished
    assert come.hub.subscribers[lobby.pk].sockets == {reached}


async def test_whom_something_else_did_not_reach_comes_back_and_the_others_hear_it(come, lobby, ann, monkeypatch):
    english, german = await come(ENGLISH, GERMAN)
    await post(lobby, ann, "message 1")
    for reader in (english, german):
        await reader.reads_up_to("message 1<")
    write, lost = Crowd.write, english.crowd

    def breaks(crowd, frames, cursor=None):
        if crowd is lost:
            raise RuntimeError("whatever it may be")
        return write(crowd, frames, cursor)

    monkeypatch.setattr(Crowd, "write", breaks)
    await come.hub.subscribers[lobby.pk].tell(fragments.pulse, lobby)
    await english.finishes()
    await german.reads_up_to("pulse-lobby")
    assert come.hub.subscribers[lobby.pk].sockets == {german}


def test_who_sends_gets_the_acknowledgement_with_the_message_in_the_crowd_too(busy_site, room):
    with Raw(busy_site, room) as writer, Raw(busy_site, room) as reader:
        for number in range(3):
            reader.post("others as well")
            assert "others as well" in writer.frame()
            writer.send(message="hello", nonce=f"n{number}")
            frame = writer.frame()
            assert f"delete:#composer-n{number}" in frame
            assert frame.count('class="message-body"') == 1
            assert "hello" in reader.frame()


# --- One rendering for each language and time zone ------------------------------------------------


@pytest.fixture
def rendered(monkeypatch):
    """(language and time zone, seq) of every rendering of a message."""
    found, message = [], changes.message

    def counted(row, where):
        found.append((Variant.current(), row.seq))
        return message(row, where)

    monkeypatch.setattr(changes, "message", counted)
    return found


async def test_each_language_and_zone_is_rendered_once_and_gets_its_own(hubs, lobby, ann, rendered):
    hub = hubs()
    sockets = [BareSocket(lobby, variant=variant) for variant in (GERMAN, JAPANESE, GERMAN, JAPANESE, GERMAN)]
    for one in sockets:
        await hub.join(one, lobby)
    for seq in (1, 2):
        message = await post(lobby, ann, "hello")
        for one in sockets:
            await one.hears(seq)
    assert sorted(rendered) == [(GERMAN, 1), (GERMAN, 2), (JAPANESE, 1), (JAPANESE, 2)]
    german, japanese, *others = sockets
    assert others[0].frames[0] is others[2].frames[0] is german.frames[0]
    assert others[1].frames[0] is japanese.frames[0]
    for one, variant in ((german, GERMAN), (japanese, JAPANESE)):
        assert one.frames[-1].count(variant.call(fragments.message, message, fragments.Where.of(lobby))) == 1
    assert german.frames[-1] != japanese.frames[-1]


async def test_one_who_comes_back_gets_what_they_missed_as_their_own(hubs, lobby, ann, rendered):
    hub, held = hubs(), BareSocket(lobby, cursor=None, variant=JAPANESE)
    await post(lobby, ann, "missed")
    await hub.join(held, lobby)
    await hub.subscribers[lobby.pk].catch_up(held, 0)
    assert (held.seqs, rendered) == ([1], [(JAPANESE, 1)])


async def test_what_all_are_told_is_rendered_once_for_each(hubs, lobby):
    hub, asked = hubs(), []
    sockets = [BareSocket(lobby, variant=variant) for variant in (GERMAN, JAPANESE, GERMAN)]
    for one in sockets:
        await hub.join(one, lobby)

    def told(room) -> str:
        asked.append(Variant.current())
        return f"{room.slug} {Variant.current().language}"

    await hub.subscribers[lobby.pk].tell(told, lobby)
    assert [one.frames for one in sockets] == [["lobby de"], ["lobby ja"], ["lobby de"]]
    assert sorted(asked) == [GERMAN, JAPANESE]


def test_many_sockets_of_two_languages_hear_all_in_the_same_order(busy_site, room):
    with ExitStack() as stack:
        readers = [stack.enter_context(Raw(busy_site, room, language=language)) for language in ("en", "de") * 10]
        for number in range(40):
            readers[number % 3].send(message=f"m{number}", nonce=f"n{number}")
        heard = [reader.hear(40) for reader in readers]
    assert all(one == heard[0] for one in heard)
    assert sorted(heard[0], key=lambda text: int(text[1:])) == [f"m{number}" for number in range(40)]


def test_what_is_written_is_what_asgi_would_send(busy_site, room):
    """One who is away is sent to by ASGI, the other in the crowd."""
    with Raw(busy_site, room) as crowded, Raw(busy_site, room) as apart, Raw(busy_site, room) as writer:
        apart.send(do="away")
        apart.frame()
        for number in range(3):
            writer.post(f"m{number}")
            frames = [crowded.frame(), apart.frame()]
            assert frames[0] == frames[1]
            assert f"({number + 1})" in apart.frame()  # the tab
