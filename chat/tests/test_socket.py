"""The websocket door, through the site's own ASGI application: what comes in, what goes out."""

import re
from collections import Counter

import pytest
from asgiref.sync import sync_to_async

from chat import actions, fragments
from chat.consumers import COME_BACK
from chat.errors import Gone
from chat.live.hub import hub
from chat.live.visit import Visit
from chat.models import Message, Participant, Room
from chat.tests.bare_sockets import cursor, seqs

post = sync_to_async(actions.post_message)
make_room = sync_to_async(Room.objects.create)

ENDED = 4403
SYNC = {"do": "sync", "cursor": "0"}


@pytest.mark.parametrize("path", ["/ws/chat/", "/ws/chat/lobby/"])
async def test_it_works(connect, lobby, path):
    socket = await connect(path)
    await socket.say(message="hi")
    frame = await socket.receive_from(timeout=30)
    assert frame.startswith("<")
    assert ">hi</" in frame


async def test_a_message_is_an_element_of_the_log_with_its_place_and_author(connect, lobby, ann):
    socket = await connect(guest=ann)
    await socket.say(message="hi")
    frame = await socket.receive_from(timeout=30)
    message = await Message.objects.aget()
    assert frame.startswith('<div hx-swap-oob="beforeend:#log-lobby"><article class="message"')
    assert f'id="message-{message.pk}" data-seq="1" data-author="gann"' in frame
    assert cursor("lobby", 1).search(frame)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("<b>", "&lt;b&gt;"),
        ('"><script>alert(1)</script>', "&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"),
        ('<hx-get ws-send hx-swap-oob="delete:#x">', "&lt;hx-get ws-send hx-swap-oob=&quot;delete:#x&quot;&gt;"),
        ("{{ conf }} {% now %}", "{{ conf }} {% now %}"),
        ("&amp; 'x'", "&amp;amp; &#x27;x&#x27;"),
    ],
)
async def test_what_people_type_is_shown_as_they_typed_it(connect, lobby, said, shown):
    socket = await connect()
    await socket.say(message=said)
    assert f">{shown}</section>" in await socket.receive_from(timeout=30)


async def test_a_hostile_name_is_shown_as_text(connect, lobby):
    name = "<img src=x>"
    mallory = await sync_to_async(actions.enrol)(Participant(key="gmal", kind=Participant.Kind.GUEST, name=name))
    socket = await connect(guest=mallory)
    await socket.say(message="hi")
    assert "&lt;img src=x&gt;</bdi>" in await socket.receive_from(timeout=30)


async def test_htmx_headers_and_other_keys_are_ignored(connect, lobby):
    socket = await connect()
    await socket.say(message="hi", HEADERS={"HX-Request": "true"}, other=[1])
    assert ">hi</" in await socket.receive_from(timeout=30)


# --- Who gets it ---------------------------------------------------------------------------------


async def test_everybody_in_the_room_gets_the_same_frame_and_nobody_elsewhere(connect, lobby):
    await make_room(slug="other", name="Other")
    everybody = [await connect(path) for path in ("/ws/chat/", "/ws/chat/lobby/", "/ws/chat/")]
    elsewhere = await connect("/ws/chat/other/")
    await everybody[0].say(message="hello lobby")
    assert len({await socket.receive_from(timeout=30) for socket in everybody}) == 1
    await elsewhere.say(message="hello other")
    assert "hello other" in await elsewhere.receive_from(timeout=30)  # and not the lobby's before it


async def test_a_message_by_form_reaches_the_sockets(connect, client, lobby):
    socket = await connect()
    await sync_to_async(client.post)("/chat/lobby/messages/", {"message": "from the form"})
    assert "from the form" in await socket.receive_from(timeout=30)


async def test_a_message_is_rendered_once_whatever_the_number_of_sockets(connect, lobby, monkeypatch):
    rendered, render = Counter(), fragments.message

    def counting(message, place):
        rendered[message.seq] += 1
        return render(message, place)

    monkeypatch.setattr("chat.fragments.changes.message", counting)
    sockets = [await connect() for _ in range(5)]
    for number in range(3):
        await sockets[0].say(message=f"message {number}")
        for socket in sockets:
            await socket.hears(f"message {number}")
    assert rendered == {1: 1, 2: 1, 3: 1}


async def test_many_messages_come_once_and_in_their_order(connect, lobby, settings):
    settings.CHAT_RATE_LIMITS = False
    sockets = [await connect() for _ in range(3)]
    for number in range(20):
        for socket in sockets:
            await socket.say(message=f"message {number}")
    for socket in sockets:
        assert seqs(await socket.hears('data-seq="60"')) == [*range(1, 61)]


# --- Acknowledged, or said why not ---------------------------------------------------------------


def is_acknowledgement(frame: str, nonce: str) -> bool:
    return frame == f'<div hx-swap-oob="delete:#composer-{nonce}"></div>'


async def last_words(socket) -> tuple[str, int]:
    """What it hears before it is closed, and the code."""
    said = ""
    while (event := await socket.receive_output(timeout=30))["type"] != "websocket.close":
        said += event["text"]
    return said, event["code"]


async def test_a_nonce_is_acknowledged_and_a_repeat_again(connect, lobby, ann):
    socket = await connect(guest=ann)
    await socket.say(message="hi", nonce="c0ffee-1")
    first = await socket.receive_from(timeout=30)  # with the message: the page shows it once at any time
    assert first.startswith(
        '<div hx-swap-oob="delete:#composer-c0ffee-1"></div><div hx-swap-oob="beforeend:#log-lobby">'
    )
    assert seqs([first]) == [1]
    assert cursor("lobby", 1).search(first)
    await socket.say(message="hi", nonce="c0ffee-1")
    assert is_acknowledgement(await socket.receive_from(timeout=30), "c0ffee-1")
    assert await Message.objects.acount() == 1


async def test_the_acknowledgement_does_not_precede_the_commit(connect, lobby):
    socket = await connect("/ws/chat/?sync=1")  # held, so the first frame is the acknowledgement
    await socket.say(message="hi", nonce="n-1")
    assert is_acknowledgement(await socket.receive_from(timeout=30), "n-1")
    assert await Message.objects.filter(nonce="n-1").aexists()


async def test_the_same_composer_may_try_again_on_another_connection(connect, lobby, ann):
    for _ in range(2):
        socket = await connect("/ws/chat/?sync=1", guest=ann)
        await socket.say(message="hi", nonce="n-1")
        assert is_acknowledgement(await socket.receive_from(timeout=30), "n-1")
        await socket.disconnect(timeout=30)
    assert await Message.objects.acount() == 1


async def test_without_a_nonce_there_is_no_acknowledgement(connect, lobby):
    socket = await connect("/ws/chat/?sync=1")
    await socket.say(message="hi")
    await socket.say(do="sync", cursor="0")
    frames = await socket.hears('data-state="live"')
    assert [seqs([frame]) for frame in frames] == [[1], []]


async def test_a_refused_message_says_why_at_its_composer(connect, lobby):
    socket = await connect()
    await socket.say(message="  ", nonce="n-1")
    frame = await socket.receive_from(timeout=30)
    assert frame.startswith('<p class="refusal" id="refusal-n-1" role="alert">Nothing to send')
    assert not await Message.objects.aexists()


async def test_in_an_archived_room_the_socket_says_why(connect, lobby):
    await make_room(slug="old", name="Old", archived=True)
    socket = await connect("/ws/chat/old/")
    await socket.say(message="hi")
    assert re.match(r'<p class="notice" id="notice-old".*archived', await socket.receive_from(timeout=30))
    await socket.say(message="hi", nonce="n-1")
    assert re.match(r'<p class="refusal" id="refusal-n-1".*archived', await socket.receive_from(timeout=30))
    assert not await Message.objects.aexists()


async def test_who_is_banned_while_connected_is_told_so_and_reads_no_more(connect, lobby, ann, member):
    socket, other = await connect(guest=ann), await connect()
    await sync_to_async(actions.ban)(ann, True)
    await socket.say(message="hi")
    said, code = await last_words(socket)
    assert "moderator" in said
    assert code == ENDED
    await post(lobby, member, "news")
    assert seqs([await other.receive_from(timeout=30)]) == [1]  # the news, and nothing of who is banned
    assert await socket.receive_nothing()


async def test_who_is_banned_is_shown_out_once_however_many_notice(connect, lobby, ann):
    socket = await connect(guest=ann)
    await Participant.objects.filter(pk=ann.pk).aupdate(banned=True)
    await socket.say(message="hi")
    for _ in range(2):
        hub().hear({"type": "chat.kick", "key": ann.key})
    said, code = await last_words(socket)
    assert said.count("moderator") == 1
    assert code == ENDED
    assert await socket.receive_nothing(0.3)


async def test_a_page_whose_frame_failed_in_a_way_nobody_foresaw_comes_back_and_asks(connect, lobby, monkeypatch):
    """It would wait for its answer for ever: what is stored side by side has nobody who hears how it ended."""
    socket = await connect()
    monkeypatch.setattr(actions, "post_messages", lambda posts: 1 / 0)
    await socket.say(message="hi", nonce="n-1")
    assert await last_words(socket) == ("", COME_BACK)


async def test_where_why_it_ends_can_not_be_said_the_page_comes_back(connect, lobby, ann, monkeypatch):
    socket = await connect(guest=ann)
    monkeypatch.setattr(fragments, "ended", lambda slug, reason: 1 / 0)
    await sync_to_async(actions.ban)(ann, True)
    assert await last_words(socket) == ("", COME_BACK)


async def test_a_look_that_fails_is_tried_again(connect, lobby, monkeypatch):
    """As where a rule of the host's project asks what is away."""
    await connect()
    (consumer,) = hub()._sockets()
    monkeypatch.setattr(Visit, "look", lambda visit: 1 / 0)
    await consumer.recheck()
    assert hub()._sockets() == [consumer]


async def test_however_a_server_says_that_nobody_is_there_it_is_understood(connect, lobby, monkeypatch):
    async def gone(event):
        raise OSError("client disconnected")

    await connect()
    (consumer,) = hub()._sockets()
    with monkeypatch.context() as patch, pytest.raises(Gone):
        patch.setattr(consumer, "base_send", gone)
        await consumer.send("hello")


@pytest.mark.parametrize("frame", [{"message": "hi"}, {"message": "hi", "nonce": "n-1"}, {"do": "back"}, SYNC], ids=str)
async def test_a_room_that_is_deleted_while_connected_ends_the_socket_at_its_next_frame(connect, lobby, frame):
    socket = await connect()
    await sync_to_async(lobby.delete)()
    await socket.say(**frame)
    said, code = await last_words(socket)
    assert "This room is gone." in said
    assert code == ENDED


# --- No, for good --------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/ws/chat/nowhere/", "/ws/chat/nowhere/?sync=1"])
async def test_an_unknown_room_says_so_and_closes_for_good(connect, lobby, path):
    socket = await connect(path)  # accepted: a refused handshake would be tried again for ever
    assert "There is no such room." in await socket.receive_from(timeout=30)
    assert await socket.receive_output(timeout=30) == {"type": "websocket.close", "code": ENDED}
    assert not await Room.objects.filter(slug="nowhere").aexists()


async def test_a_frame_sent_into_a_room_that_is_not_there_harms_nothing(connect, lobby):
    socket = await connect("/ws/chat/nowhere/")
    await socket.say(message="hi")
    await socket.say(do="sync", cursor="0")
    assert "There is no such room." in await socket.receive_from(timeout=30)
    assert (await socket.receive_output(timeout=30))["type"] == "websocket.close"
    await socket.disconnect(timeout=30)
    assert not await Message.objects.aexists()


@pytest.mark.parametrize("path", ["/", "/ws/", "/ws/chat", "/ws/chat/a/b/", "/chat/", "/ws/chat/ä/"])
async def test_other_addresses_have_no_socket(connect, lobby, path):
    with pytest.raises(AssertionError):
        await connect(path)


# --- Renaming ------------------------------------------------------------------------------------


async def test_a_guest_takes_another_name(connect, lobby, ann):
    socket = await connect(guest=ann)
    await socket.say(do="rename", name=" Anna  <b> ")
    frame = await socket.receive_from(timeout=30)
    assert frame.startswith('<div hx-swap-oob="innerHTML:#who-lobby">')
    assert "Anna &lt;b&gt;</bdi>" in frame
    assert "You are Anna &lt;b&gt; here now." in frame
    await socket.say(message="hi")
    assert "Anna &lt;b&gt;</bdi>" in await socket.receive_from(timeout=30)


async def test_a_newcomer_takes_a_name_before_the_first_message(connect, lobby):
    socket = await connect()
    await socket.say(do="rename", name="Nina")
    await socket.receive_from(timeout=30)
    await socket.say(message="hi")
    assert "Nina</bdi>" in await socket.receive_from(timeout=30)


async def test_a_name_that_does_not_do_is_refused_beside_its_form(connect, lobby, ann):
    socket = await connect(guest=ann)
    await socket.say(do="rename", name="n" * 2000)
    frame = await socket.receive_from(timeout=30)
    assert '<div hx-swap-oob="innerHTML:#renamed-lobby">' in frame
    assert "at most 40 fit" in frame
    assert ">Ann</bdi>" in frame
    await ann.arefresh_from_db()
    assert ann.name == "Ann"


async def test_a_member_can_take_another_name_than_that_of_the_account(connect, client, lobby, member):
    await sync_to_async(client.force_login)(member.user)
    socket = await connect(cookies={"sessionid": client.cookies["sessionid"].value})
    await socket.say(do="rename", name="Mia of the Hill")
    assert "Mia of the Hill" in await socket.receive_from(timeout=30)
    await socket.say(message="hello")
    assert "Mia of the Hill" in (await socket.hears("hello"))[-1]
    await member.arefresh_from_db()
    assert member.name == "Mia of the Hill"
