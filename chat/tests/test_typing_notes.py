"""Who is writing shows to the others, within a second and for some seconds: nothing of what they write is sent."""

import asyncio
import re
from html import unescape

from asgiref.sync import sync_to_async
from django.utils.html import strip_tags

from chat import actions, bus, fragments
from chat.live import visit, whispers
from chat.models import Participant, Room
from chat.tests.bare_sockets import ENGLISH, BareSocket

NOTE = re.compile(r'<p class="typing" id="typing-lobby"[^>]*>(.*?)</p>', re.DOTALL)
SAID = re.compile(r'<span(?: data-(author|viewer)="([\w -]+)")?>(.*?)</span>', re.DOTALL)


def notes(frame: str) -> str | None:
    """What it says to those of whom it does not speak; None when it is no such note."""
    note = NOTE.search(frame)
    return note and " ".join(as_seen_by("somebody else", frame).split())


def as_seen_by(key: str, frame: str) -> str:
    """What a viewer's own stylesheet leaves of it."""
    seen = []
    for kind, keys, text in SAID.findall(NOTE.search(frame)[1]):
        if key == keys if kind == "viewer" else key not in keys.split():
            seen.append(unescape(strip_tags(text)).strip())
    return " ".join(seen)


async def open_page(connect, slug: str = "lobby", guest: Participant | None = None):
    """A page's socket, live; others are told of messages alone."""
    socket = await connect(f"/ws/chat/{slug}/?sync=1", guest=guest)
    await socket.say(do="sync", cursor="0")
    assert 'data-state="live"' in await socket.receive_from(timeout=30)
    return socket


class Page(BareSocket):
    is_page = True


def written(room: Room, keys: list[str]) -> str:
    return fragments.writing(room, keys, [ENGLISH])[ENGLISH]


def whisper(room: Room, key: str, what: str = "writing") -> bus.Ring:
    return {"type": "chat.whisper", "room": room.pk, "key": key, "what": what}


# --- Frames ----------------------------------------------------------------------------------------


async def test_it_works(connect, lobby, ann):
    writer, reader = await open_page(connect, guest=ann), await open_page(connect)
    await writer.say(do="typing")
    for socket in (writer, reader):  # the same bytes to all
        frame = await socket.receive_from(timeout=30)
        assert notes(frame) == "Ann is writing…"
        assert as_seen_by(ann.key, frame) == ""


async def test_nothing_of_what_is_written_goes_out(connect, lobby, ann):
    writer, reader = await open_page(connect, guest=ann), await open_page(connect)
    await writer.say(do="typing", message="a secret", HEADERS={"X": "a secret"})
    assert "secret" not in (await reader.hears("is writing"))[-1]


async def test_the_note_goes_when_the_message_is_there(connect, lobby, ann):
    writer, reader = await open_page(connect, guest=ann), await open_page(connect)
    await writer.say(do="typing")
    await reader.hears("is writing")
    await writer.say(message="hello")
    seen = [await reader.receive_from(timeout=30) for _ in range(2)]
    assert sorted(map(notes, seen), key=str) == ["", None]
    assert sum("hello" in frame for frame in seen) == 1


async def test_one_who_never_wrote_is_told_of_nobody(connect, lobby, ann):
    writer, reader = await open_page(connect, guest=ann), await open_page(connect)
    await writer.say(message="pasted")
    await writer.say(message="again")
    for text in ("pasted", "again"):
        assert text in await reader.receive_from(timeout=30)
    assert await reader.receive_nothing()


async def test_every_keystroke_says_it_once_in_two_seconds(connect, lobby, ann, monkeypatch):
    said = []
    monkeypatch.setattr(bus, "whisper", lambda *whisper: said.append(whisper))
    writer = await connect(guest=ann)
    for _ in range(20):
        await writer.say(do="typing")
    await writer.say(do="typing", message="a")
    await writer.say(do="no such verb")
    assert "know that verb" in await writer.receive_from(timeout=30)
    assert said == [(lobby.pk, ann.key, "writing")]
    monkeypatch.setattr(visit, "WHISPER_SECONDS", 0.0)
    await writer.say(do="typing")
    await writer.say(do="no such verb")
    await writer.receive_from(timeout=30)
    assert len(said) == 2


async def test_off_by_choice(connect, lobby, ann, monkeypatch):
    said = []
    monkeypatch.setattr(bus, "whisper", lambda *whisper: said.append(whisper))
    writer = await connect(guest=ann)
    await Participant.objects.filter(pk=ann.pk).aupdate(shows_typing=False)
    await writer.say(do="typing")
    await writer.say(do="no such verb")
    assert "know that verb" in await writer.receive_from(timeout=30)
    assert said == []


async def test_who_may_not_post_does_not_write(connect, lobby, ann, monkeypatch):
    said = []
    monkeypatch.setattr(bus, "whisper", lambda *whisper: said.append(whisper))
    await Room.objects.filter(pk=lobby.pk).aupdate(archived=True)
    reader = await connect(guest=ann)  # the room as it is now
    await reader.say(do="typing")
    assert "This room is archived" in await reader.receive_from(timeout=30)
    assert said == []


async def test_one_room_is_not_told_of_another(connect, lobby, ann):
    await Room.objects.acreate(slug="other", name="Other")
    writer, reader, stranger = (
        await open_page(connect, guest=ann),
        await open_page(connect),
        await open_page(connect, "other"),
    )
    await writer.say(do="typing")
    await reader.hears("is writing")
    await stranger.say(message="quiet here")
    assert "quiet here" in await stranger.receive_from(timeout=30)


# --- Between processes -----------------------------------------------------------------------------


async def test_what_is_heard_twice_is_told_once(hubs, lobby, ann):
    """From this process and, a moment later, from the channel layer."""
    hub, socket = hubs(), Page(lobby)
    await hub.join(socket, lobby)
    for _ in range(3):
        hub.hear(whisper(lobby, ann.key))
    await socket.gets(1)
    hub.hear(whisper(lobby, ann.key))
    hub.hear(whisper(lobby, ann.key, "written"))
    hub.hear(whisper(lobby, ann.key, "written"))
    hub.hear(whisper(lobby, ann.key))  # late: what it was about is there already
    await socket.gets(2)
    hub.hear(whisper(lobby, ann.key, "written"))
    assert [*map(notes, socket.frames)] == ["Ann is writing…", ""]
    assert hub.whispers._desks[lobby.pk].alarm is None


async def test_many_who_write_at_once_are_told_of_together(hubs, lobby, monkeypatch):
    hub, socket = hubs(), Page(lobby)
    await hub.join(socket, lobby)
    monkeypatch.setattr(whispers, "TELL_SECONDS", 0.2)
    for number in range(200):
        hub.hear(whisper(lobby, f"g{number}"))
        await asyncio.sleep(0)
    while not (socket.frames and "Several" in notes(socket.frames[-1])):
        await socket.gets(len(socket.frames) + 1)
    assert len(socket.frames) < 10
    assert notes(socket.frames[-1]) == "Several people are writing…"
    assert "g7" not in socket.frames[-1]


async def test_who_stopped_is_left_out_of_the_next_note(hubs, lobby, ann, bob, monkeypatch):
    monkeypatch.setattr(whispers, "TELL_SECONDS", 0.0)
    hub, socket = hubs(), Page(lobby)
    await hub.join(socket, lobby)
    hub.hear(whisper(lobby, ann.key))
    await socket.gets(1)
    hub.whispers._desks[lobby.pk].writing[ann.key] -= whispers.WRITES_SECONDS  # so long ago
    hub.hear(whisper(lobby, bob.key))
    await socket.gets(2)
    assert notes(socket.frames[1]) == "Bob is writing…"


async def test_pages_that_are_live_are_told_alone_and_a_broken_one_costs_the_others_nothing(hubs, lobby, ann):
    class Broken(Page):
        async def send(self, frame):
            raise ConnectionError("gone")

    hub, held, raw, well = hubs(), Page(lobby, cursor=None), BareSocket(lobby), Page(lobby)
    for socket in (Broken(lobby), Broken(lobby), held, raw, well):
        await hub.join(socket, lobby)
    hub.hear(whisper(lobby, ann.key))
    await well.gets(1)
    assert held.frames == raw.frames == []


async def test_a_room_without_sockets_here_is_nobodys_affair(hubs, lobby, ann):
    hub, socket = hubs(), Page(lobby)
    hub.hear(whisper(lobby, ann.key))
    await hub.join(socket, lobby)
    await hub.leave(socket)
    hub.hear(whisper(lobby, ann.key))
    assert hub.whispers._desks == {}


async def test_only_a_key_leaves_the_process(lobby, ann, monkeypatch):
    sent = []
    monkeypatch.setattr(bus, "_send", lambda to, what, news=(): sent.append((to, what)))
    await sync_to_async(actions.say_writing)(ann, lobby)
    actions.say_written(ann, lobby)
    assert sent == [
        (bus.group(lobby.pk), whisper(lobby, ann.key)),
        (bus.group(lobby.pk), whisper(lobby, ann.key, "written")),
    ]


# --- How it reads ----------------------------------------------------------------------------------


def test_of_two_each_sees_the_other_alone(lobby, ann, bob):
    frame = written(lobby, [ann.key, bob.key])
    assert as_seen_by("gcleo", frame) == "Ann and Bob are writing…"
    assert as_seen_by(ann.key, frame) == "Bob is writing…"
    assert as_seen_by(bob.key, frame) == "Ann is writing…"


def test_more_are_several_and_nobody_is_nothing(lobby, ann, bob):
    assert notes(written(lobby, [ann.key, bob.key, "gcleo"])) == "Several people are writing…"
    assert notes(written(lobby, [])) == ""


def test_a_guest_without_a_row_has_their_given_name(lobby):
    guest = Participant(key="g123456", kind=Participant.Kind.GUEST)
    assert notes(written(lobby, [guest.key])) == f"{guest.given_name} is writing…"


def test_names_are_escaped_and_kept_apart_from_what_stands_beside_them(lobby, ann):
    Participant.objects.filter(pk=ann.pk).update(name="<i>\u202e&")
    frame = written(lobby, [ann.key])
    assert "<bdi>&lt;i&gt;\u202e&amp;</bdi> is writing…" in frame
    assert "<i>" not in frame


def test_screen_readers_are_not_told_each_time(lobby):
    assert 'aria-live="off"' in written(lobby, [])


def test_what_is_for_one_alone_is_style(client):
    style = client.get("/chat/viewer/gann.css").text
    assert '.typing [data-author~="gann"] { display: none; }' in style
    assert '.typing [data-viewer="gann"] { display: inline; }' in style


# --- The page --------------------------------------------------------------------------------------

FORM = 'name="do" value="typing"'


def test_a_page_says_it_where_one_may_write_and_wants_it_so(as_guest, lobby, ann):
    client = as_guest(ann)
    assert FORM in client.get("/chat/").text
    assert FORM not in client.get("/chat/?plain=1").text
    Room.objects.update(archived=True)
    assert FORM in client.get("/chat/").text  # it may open again
    Room.objects.update(archived=False)
    choices = {"name": "Ann", "rings": "mentions", "shows_typing": "on"}
    assert client.post("/chat/me/", choices).status_code == 303
    assert FORM in client.get("/chat/").text
    del choices["shows_typing"]
    assert client.post("/chat/me/", choices).status_code == 303
    assert FORM not in client.get("/chat/").text
    page = client.get("/chat/me/").text
    assert re.search(r'<input type="checkbox" name="shows_typing"[^>]*>', page)
    assert not re.search(r'<input type="checkbox" name="shows_typing"[^>]*checked', page)
