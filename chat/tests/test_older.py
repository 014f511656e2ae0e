"""Paging back: from the newest message to the first, by the socket and by HTTP, each once and in its order."""

import re

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError
from django.utils import timezone

from chat import actions, fragments
from chat.consumers import ChatConsumer
from chat.models import Message, Participant, Room
from chat.tests.bare_sockets import seqs
from chat.tests.page import Page

post = sync_to_async(actions.post_message)
edit = sync_to_async(actions.edit_message)

FRAME = 65_536
ENDED = 4403


def fill(room: Room, author: Participant, count: int) -> list[Message]:
    common = {"room": room, "author": author, "author_name": author.name, "sent": timezone.now()}
    rows = [Message(body=f"message {seq}", seq=seq, changed=seq, **common) for seq in range(1, count + 1)]
    Room.objects.filter(pk=room.pk).update(seq=count)
    return Message.objects.bulk_create(rows)


def table(room: Room) -> list[tuple[int, int, str]]:
    return [(row.pk, row.seq, row.body) for row in room.messages.order_by("seq")]


@pytest.fixture(autouse=True)
def _small(settings):
    settings.CHAT_PAGE_SIZE = 5
    settings.CHAT_RATE_LIMITS = False


async def open_page(connect, client, **query) -> tuple:
    """A page with its socket, live."""
    page = Page.load((await sync_to_async(client.get)("/chat/lobby/")).text)
    socket = await connect("/ws/chat/lobby/?sync=1", **query)
    await socket.say(do="sync", cursor=str(page.cursor), epoch=page.epoch)
    for frame in await socket.hears('data-state="live"'):
        page.apply(frame)
    return page, socket


async def page_back(page: Page, socket) -> str:
    await socket.say(do="older", before=str(page.ask))
    for frame in await socket.hears('class="older-page"'):
        page.apply(frame)
    return frame


# --- By the socket -------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 5, 6, 23, 25])
async def test_from_the_newest_to_the_first_message_each_comes_once_and_in_order(connect, client, lobby, ann, count):
    await sync_to_async(fill)(lobby, ann, count)
    page, socket = await open_page(connect, client)
    asked = 0
    while page.ask is not None:
        frame = await page_back(page, socket)
        assert len(seqs([frame])) <= 5
        assert page.faults == []
        asked += 1
    assert page.rows() == await sync_to_async(table)(lobby)
    assert asked <= count // 5 + 1
    if asked:
        assert '<p class="older-ask">Here it began.</p>' in frame


async def test_what_answers_replaces_what_asked_and_asks_for_more(connect, lobby, ann):
    await sync_to_async(fill)(lobby, ann, 20)
    socket = await connect()
    await socket.say(do="older", before="11")
    frame = await socket.receive_from(timeout=30)
    assert frame.startswith('<div class="older-page" hx-swap-oob="outerHTML:#ask-lobby-11">')
    assert seqs([frame]) == [6, 7, 8, 9, 10]
    ask = re.search(r'<form class="older-ask" id="ask-lobby-6" ws-send.*?</form>', frame, re.DOTALL)
    assert dict(re.findall(r'name="(\w+)" value="(\w+)"', ask[0])) == {"do": "older", "before": "6"}
    assert ask.end() < frame.index("<article")
    assert "cursor-lobby" not in frame  # an older message is no progress


async def test_only_this_rooms_messages_come(connect, lobby, ann):
    other = await Room.objects.acreate(slug="other", name="Other")
    await sync_to_async(fill)(lobby, ann, 3)
    await post(other, ann, "elsewhere")
    socket = await connect()
    await socket.say(do="older", before="9" * 18)
    frame = await socket.receive_from(timeout=30)
    assert seqs([frame]) == [1, 2, 3]
    assert "elsewhere" not in frame


async def test_before_the_first_there_is_nothing(connect, lobby, ann):
    await sync_to_async(fill)(lobby, ann, 3)
    socket = await connect()
    for before in ("1", "0"):
        await socket.say(do="older", before=before)
        frame = await socket.receive_from(timeout=30)
        assert seqs([frame]) == []
        assert "Here it began." in frame


async def test_what_was_edited_and_deleted_on_the_way_is_so_in_the_page(connect, client, lobby, ann):
    rows = await sync_to_async(fill)(lobby, ann, 23)
    page, socket = await open_page(connect, client)
    await page_back(page, socket)
    for place in (0, 7, 12, 15, 20):  # not in the page yet, about to come, come just now, and in the log
        await edit(rows[place].pk, ann, f"edited {place}")
    while page.ask is not None:
        await page_back(page, socket)
        assert page.faults == []
    await sync_to_async(actions.delete_message)(rows[3].pk, ann)
    await post(lobby, ann, "news")
    for frame in await socket.hears("news"):
        page.apply(frame)
    assert page.faults == []
    due = [(pk, seq, body or "This message was deleted.") for pk, seq, body in await sync_to_async(table)(lobby)]
    assert page.rows() == due


async def test_an_edit_while_older_ones_are_read_comes_after_them(connect, client, lobby, ann, monkeypatch):
    """Before them it would find no message to replace, and be lost."""
    rows = await sync_to_async(fill)(lobby, ann, 10)
    page, socket = await open_page(connect, client)
    others, send = await connect(), ChatConsumer.send

    async def slowly(consumer, frame):
        if "older-page" in frame:
            await edit(rows[2].pk, ann, "edited meanwhile")
            await others.hears("edited meanwhile")
        await send(consumer, frame)

    monkeypatch.setattr(ChatConsumer, "send", slowly)
    await socket.say(do="older", before="6")
    for frame in await socket.hears("edited meanwhile"):
        page.apply(frame)
    assert page.rows() == await sync_to_async(table)(lobby)
    await post(lobby, ann, "news")  # and it is live again
    assert seqs([await socket.receive_from(timeout=30)]) == [12]


async def test_big_messages_make_a_page_smaller_and_never_exceed_a_frame(connect, client, lobby, ann, settings):
    settings.CHAT_PAGE_SIZE = 50
    for number in range(9):
        await post(lobby, ann, f"{number}" + "'" * 3999)
    socket = await connect()
    read, before = [], 10
    for due in ([8, 9], [6, 7], [4, 5], [2, 3], [1], []):
        await socket.say(do="older", before=str(before))
        frame = await socket.receive_from(timeout=30)
        assert len(frame.encode()) <= FRAME
        assert seqs([frame]) == due
        read, before = due + read, min(due, default=0)
    assert read == [*range(1, 10)]


def test_what_asks_for_more_fits_into_the_frame_as_well(lobby, ann, settings):
    settings.CHAT_PAGE_SIZE = 50
    fill(lobby, ann, 20)
    for limit in range(4096, 12_000, 89):
        settings.CHAT_FRAME_LIMIT = limit
        frame = fragments.older(lobby, 21)
        assert len(frame.encode()) <= limit
        assert seqs([frame]) == [*range(21 - len(seqs([frame])), 21)]


@pytest.mark.parametrize("char", ["'", "<", "é", "😀", "\n", "x"])
async def test_the_longest_messages_fit_into_a_frame(connect, char, db):
    slug = "r" * 50
    room = await Room.objects.acreate(slug=slug, name="Room")
    someone = Participant(key="g" * 40, kind=Participant.Kind.GUEST, name="'" * 80)
    for _ in range(15):
        await post(room, someone, "x" + char * 3998 + "x")
    socket = await connect(f"/ws/chat/{slug}/")
    before = 10**18 - 1
    for _ in range(16):
        await socket.say(do="older", before=str(before))
        frame = await socket.receive_from(timeout=30)
        assert len(frame.encode()) <= FRAME
        before = min(seqs([frame]), default=0)
    assert before == 0


BAD = [None, 6, 6.0, True, ["6"], {"6": "6"}, "", "-1", "+6", "6.0", " 6", "six", "٦", "²", "9" * 19, "6\x00", "\ud800"]


async def test_a_bad_before_is_refused_and_the_line_lives_on(connect, lobby, ann):
    await sync_to_async(fill)(lobby, ann, 10)
    socket = await connect()
    for number, before in enumerate(BAD, start=11):
        await socket.say(do="older", before=before)
        refusal = await socket.receive_from(timeout=30)
        assert refusal.startswith('<p class="notice" id="notice-lobby" role="alert">A before is a text of up to'), (
            before
        )
        await post(lobby, ann, "news")
        assert seqs([await socket.receive_from(timeout=30)]) == [number], before
    await socket.say(do="older")
    assert "A before is" in await socket.receive_from(timeout=30)


async def test_a_held_socket_gets_nothing(connect, lobby, ann):
    await sync_to_async(fill)(lobby, ann, 10)
    socket = await connect("/ws/chat/lobby/?sync=1")
    await socket.say(do="older", before="6")
    await socket.say(do="sync", cursor="8")
    frames = await socket.hears('data-state="live"')
    assert seqs(frames) == [9, 10]
    assert "older-page" not in "".join(frames)


async def test_who_is_banned_meanwhile_is_shown_out_instead(connect, lobby, ann):
    await sync_to_async(fill)(lobby, ann, 10)
    socket = await connect(guest=ann)
    await Participant.objects.filter(pk=ann.pk).aupdate(banned=True)
    await socket.say(do="older", before="6")
    frame = await socket.receive_from(timeout=30)
    assert "moderator" in frame
    assert seqs([frame]) == []
    assert await socket.receive_output(timeout=30) == {"type": "websocket.close", "code": ENDED}


async def test_when_the_database_fails_it_the_socket_comes_back(connect, lobby, ann, monkeypatch):
    def fail(room, before):
        raise OperationalError("the database is away")

    monkeypatch.setattr(fragments, "older", fail)
    socket = await connect()
    await socket.say(do="older", before="6")
    said = [await socket.receive_output(timeout=30) for _ in range(2)]
    assert {event["type"] for event in said} == {"websocket.send", "websocket.close"}  # and so is not held for ever


async def test_a_backup_restored_while_older_ones_are_read_is_noticed(
    connect, client, lobby, ann, monkeypatch, settings
):
    settings.CHAT_TICK_SECONDS = 600
    await sync_to_async(fill)(lobby, ann, 10)
    page, socket = await open_page(connect, client)
    older = fragments.older

    def slowly(room, before):
        html = older(room, before)
        actions.renew_epochs()
        return html

    monkeypatch.setattr(fragments, "older", slowly)
    await page_back(page, socket)
    page.apply(await socket.receive_from(timeout=30))
    assert (page.replaced, page.ask, page.older) == (1, 6, {})
    assert [seq for _, seq, _ in page.rows()] == [6, 7, 8, 9, 10]


# --- By HTTP -------------------------------------------------------------------------------------


def asks(text: str) -> str | None:
    link = re.search(r'<a class="link" href="(/chat/lobby/\?before=\d+)">Older messages</a>', text)
    return link and link[1]


@pytest.mark.parametrize("count", [4, 5, 23])
def test_the_links_lead_to_the_first_message_too(client, lobby, ann, count):
    fill(lobby, ann, count)
    text = client.get("/chat/").text
    read = seqs([text])
    while link := asks(text):
        text = client.get(link).text
        read = seqs([text]) + read
        assert len(read) <= count
    assert read == [*range(1, count + 1)]
    assert "Here it began." in text


def test_a_page_of_the_past_has_neither_socket_nor_composer_and_leads_back(client, lobby, ann):
    fill(lobby, ann, 20)
    page = client.get("/chat/lobby/?before=11").text
    assert seqs([page]) == [6, 7, 8, 9, 10]
    assert asks(page) == "/chat/lobby/?before=6"
    assert 'data-state="past"' in page
    assert '<a href="/chat/lobby/">To the latest messages</a>' in page
    for absent in ("ws-connect", 'class="composer"', 'http-equiv="refresh"', "every 10s"):
        assert absent not in page


def test_before_the_first_there_is_an_empty_page(client, lobby, ann):
    fill(lobby, ann, 3)
    for before in ("0", "1"):
        page = client.get(f"/chat/lobby/?before={before}").text
        assert (seqs([page]), asks(page)) == ([], None)
        assert "To the latest messages" in page


@pytest.mark.parametrize("before", ["", "x", "-1", "1.5", "٦", "²", "9" * 19, "6\x00", "<b>"])
def test_a_before_that_is_none_shows_the_room(client, lobby, ann, before):
    fill(lobby, ann, 20)
    page = client.get("/chat/lobby/", {"before": before})
    assert seqs([page.text]) == [16, 17, 18, 19, 20]
    assert 'class="composer"' in page.text
    assert 'data-state="connecting"' in page.text


# --- What stands above the log -------------------------------------------------------------------


def above(text: str) -> str:
    """The inside of what stands above the first message, without the blanks between tags."""
    found = re.search(r'<div class="older" id="older-lobby"[^>]*>(.*?</div>.*?)</div>', text, re.DOTALL)
    return re.sub(r">\s+<", "><", found[1].strip())


@pytest.mark.parametrize(("count", "before"), [(3, 0), (20, 16)])
def test_the_cached_fragment_is_what_the_page_came_with(client, lobby, ann, count, before):
    """So that at the end of the log again all is as it was before older ones were read."""
    fill(lobby, ann, count)
    fragment = client.get(f"/chat/lobby/older/{before}/").text
    assert re.sub(r">\s+<", "><", fragment.strip()) == above(client.get("/chat/").text)
    assert f'hx-get="/chat/lobby/older/{before}/"' in fragment
    assert 'hx-target="#older-lobby" hx-swap="innerHTML"' in fragment


def test_the_cached_fragment_asks_as_the_page_does(client):
    text = client.get("/chat/lobby/older/51/").text
    assert re.search(r'<form class="older-ask" id="ask-lobby-51" ws-send hx-trigger="intersect once">', text)
    assert 'name="before" value="51"' in text
    assert "Here it began." not in text
    assert "Here it began." in client.get("/chat/lobby/older/0/").text
    for number in ("-1", "x", "٣", ""):
        assert client.get(f"/chat/lobby/older/{number}/").status_code == 404


def test_the_model_of_a_page_notes_what_may_not_happen_when_paging_back(lobby, ann, client):
    fill(lobby, ann, 20)
    page = Page.load(client.get("/chat/").text)
    page.apply(fragments.older(lobby, 11))
    assert page.faults == ["what asks for 11 is not in the page"]
    page.faults.clear()
    page.ask = 18
    page.apply(fragments.older(lobby, 18))
    assert [fault.split(" ", 2)[2] for fault in page.faults] == ["was doubled by paging back"] * 2  # 16 and 17
    page = Page.load(client.get("/chat/").text)
    for _ in range(5):
        actions.post_message(lobby, ann, "news")
    page.ask = 26
    page.apply(fragments.older(lobby, 26))
    assert page.faults == ["the page before 26 came out of order"]
