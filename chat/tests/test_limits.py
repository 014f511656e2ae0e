"""How much one may write: the same by HTTP and by socket, per participant and per network address."""

from itertools import count

import pytest
from asgiref.sync import sync_to_async

from chat import actions, identity
from chat.actions import limits
from chat.errors import Refused, TooFast
from chat.models import Message, Participant, Room

_numbers = count(1)


def guest() -> Participant:
    """Somebody of whom no other test has heard."""
    number = next(_numbers)
    return Participant(key=f"glimit{number}", kind=Participant.Kind.GUEST, name=f"Guest {number}")


def new_address() -> str:
    return f"192.0.2.{next(_numbers)}"


@pytest.fixture(autouse=True)
def _rates(settings):
    settings.CHAT_RATE_LIMITS = True
    settings.CHAT_PARTICIPANT_RATE = "3/day"
    settings.CHAT_ADDRESS_RATE = "5/day"


def test_it_works():
    someone = guest()
    for _ in range(3):
        limits.count(someone, None)
    with pytest.raises(TooFast, match="wait"):
        limits.count(someone, None)
    limits.count(guest(), None)


def test_a_new_guest_each_time_is_still_one_address():
    address = new_address()
    for _ in range(5):
        limits.count(guest(), address)
    with pytest.raises(TooFast, match="network"):
        limits.count(guest(), address)
    limits.count(guest(), new_address())
    limits.count(guest(), None)


def test_a_new_address_of_the_same_ipv6_network_each_time_is_still_one():
    for number in range(5):
        limits.count(guest(), f"2001:db8:7:9::{number:x}")
    with pytest.raises(TooFast, match="network"):
        limits.count(guest(), "2001:db8:7:9:ffff:1:2:3")
    limits.count(guest(), "2001:db8:7:a::1")


@pytest.mark.parametrize(
    ("address", "whose"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("2001:DB8::1", "2001:db8::/64"),
        ("unknown", "unknown"),
        ("", ""),
    ],
)
def test_whose_an_address_is(address, whose):
    assert limits.network(address) == whose


def test_rooms_share_one_window(lobby):
    other, someone = Room.objects.create(slug="other", name="Other"), guest()
    for room in (lobby, other, lobby):
        actions.post_message(room, someone, "hello")
    with pytest.raises(TooFast):
        actions.post_message(other, someone, "hello")
    assert Message.objects.count() == 3


def test_renaming_counts_as_well(db):
    someone = guest()
    for number in range(3):
        actions.rename(someone, f"Name {number}")
    with pytest.raises(TooFast):
        actions.rename(someone, "Name 3")
    assert Participant.objects.get().name == "Name 2"


def test_text_that_is_unfit_does_not_count(lobby):
    someone = guest()
    for _ in range(10):
        with pytest.raises(Refused):
            actions.post_message(lobby, someone, "")
    assert actions.post_message(lobby, someone, "hello").seq == 1


def test_a_refused_newcomer_stores_nothing(lobby):
    someone = guest()
    for _ in range(3):
        limits.count(someone, None)
    with pytest.raises(TooFast):
        actions.post_message(lobby, someone, "hello")
    lobby.refresh_from_db()
    assert (lobby.seq, Message.objects.count(), Participant.objects.count()) == (0, 0, 0)


async def test_forms_and_sockets_share_one_window(connect, as_guest, lobby):
    someone = guest()
    socket, form = await connect(guest=someone), sync_to_async(as_guest(someone).post)
    await socket.say(message="one")
    await socket.hears("one")
    assert (await form("/chat/lobby/messages/", {"message": "two"})).status_code == 303
    await socket.say(message="three")
    await socket.hears("three")
    assert (await form("/chat/lobby/messages/", {"message": "four"})).status_code == 429
    await socket.say(message="five", nonce="n-5")
    assert 'id="refusal-n-5"' in await socket.receive_from(timeout=30)
    assert await Message.objects.acount() == 3


async def test_raw_clients_share_the_window_of_their_address(connect, lobby):
    address = new_address()
    for number in range(5):
        socket = await connect(address=address)
        await socket.say(message=f"message {number}")
        await socket.hears(f"message {number}")
    socket = await connect(address=address)
    await socket.say(message="too much")
    assert "network" in await socket.receive_from(timeout=30)
    elsewhere = await connect(address=new_address())
    await elsewhere.say(message="from elsewhere")
    await elsewhere.hears("from elsewhere")
    assert await Message.objects.acount() == 6


def test_forms_without_a_cookie_share_the_window_of_their_address(client, lobby):
    answers, address = [], new_address()
    for _ in range(6):
        client.cookies.clear()
        answers.append(client.post("/chat/lobby/messages/", {"message": "hello"}, REMOTE_ADDR=address).status_code)
    assert answers == [303] * 5 + [429]
    assert identity.COOKIE in client.cookies


@pytest.mark.parametrize("word", ["off", "OFF", "false", "no", "0"])
def test_they_can_be_switched_off_from_the_environment(settings, monkeypatch, word):
    del settings.CHAT_RATE_LIMITS
    monkeypatch.setenv("CHAT_RATE_LIMITS", word)
    someone, address = guest(), new_address()
    for _ in range(10):
        limits.count(someone, address)


def test_they_can_be_switched_off_in_the_settings(settings):
    settings.CHAT_RATE_LIMITS = False
    someone, address = guest(), new_address()
    for _ in range(10):
        limits.count(someone, address)


async def test_a_socket_that_sends_more_frames_than_a_page_would_is_shown_out(connect, lobby, settings):
    settings.CHAT_FRAME_RATE = "4/day"
    flood, other = await connect(), await connect()
    for _ in range(5):
        await flood.say(do="back")
    assert len(await flood.hears("Too much came from this page")) == 4 + 1
    assert await flood.receive_output(timeout=30) == {"type": "websocket.close", "code": 4403}
    await other.say(message="hello")
    await other.hears("hello")


async def test_one_of_many_characters_counts_as_so_many(connect, lobby, settings):
    settings.CHAT_FRAME_RATE = "4/day"
    socket = await connect()
    await socket.say(message="x" * (2 * 65_536), nonce="n-1")
    assert "131,072 characters" in await socket.receive_from(timeout=30)
    await socket.say(do="back")
    await socket.receive_from(timeout=30)
    await socket.say(do="back")
    assert "Too much came from this page" in await socket.receive_from(timeout=30)


async def test_who_comes_after_a_flood_starts_with_an_empty_window(connect, lobby, settings):
    settings.CHAT_FRAME_RATE, settings.CHAT_PARTICIPANT_RATE, settings.CHAT_ADDRESS_RATE = (
        "4/day",
        "99/day",
        "99/day",
    )
    for number in range(20):  # sockets come to lie where others lay before them
        socket = await connect()
        for _ in range(3):
            await socket.say(do="back")
        await socket.say(message=f"message {number}")
        await socket.hears(f"message {number}")
        await socket.disconnect(timeout=30)
