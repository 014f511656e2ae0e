"""A draft that becomes long is told how much room is left; the others cost neither an answer nor a query."""

import pytest

from chat.fragments.room import _longest
from chat.live.visit import Visit
from chat.models import Message


def said(nonce: str, text: str, over: bool = False) -> str:
    mark = " data-over" if over else ""
    return f'<span class="composer-left" id="left-{nonce}" role="status"{mark}>{text}</span>\n'


async def test_it_works(connect, lobby):
    socket = await connect()
    await socket.say(do="draft", nonce="n-1", message="x" * 3900)
    assert await socket.receive_from(timeout=30) == said("n-1", "100 characters left")
    assert not await Message.objects.aexists()


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("x" * 3201, "799 characters left"),
        (" " + "x" * 3999 + "\r\n", "1 character left"),
        ("\U0001f600" * 4000, "0 characters left"),
        ("x" * 4001, "1 character too many"),
        ("x" * 15_000, "11000 characters too many"),
        ("a\r\n" * 1999 + "b", "1 character left"),
    ],
    ids=len,
)
async def test_it_counts_as_the_posting_does(connect, lobby, typed, answer):
    socket = await connect()
    await socket.say(do="draft", nonce="n-1", message=typed)
    assert await socket.receive_from(timeout=30) == said("n-1", answer, "too many" in answer)


async def test_while_there_is_plenty_nothing_is_said_and_nothing_asked(connect, lobby, monkeypatch):
    socket = await connect()
    asked = []
    look = Visit.look
    monkeypatch.setattr(Visit, "look", lambda visit: (asked.append(visit), look(visit)))
    for text in ("", "hel", "x" * 3200):
        await socket.say(do="draft", nonce="n-1", message=text)
    await socket.say(do="draft", nonce="n-1", message="x" * 4000)
    assert await socket.receive_from(timeout=30) == said("n-1", "0 characters left")
    assert not asked
    await socket.say(do="back")
    await socket.receive_from(timeout=30)
    assert len(asked) == 1


async def test_what_was_said_is_taken_back_once(connect, lobby):
    socket = await connect()
    for text in ("x" * 3999, "x", "x"):
        await socket.say(do="draft", nonce="n-1", message=text)
    assert await socket.receive_from(timeout=30) == said("n-1", "1 character left")
    assert await socket.receive_from(timeout=30) == said("n-1", "")
    assert await socket.receive_nothing()


@pytest.mark.parametrize(
    "draft",
    [
        {"message": "x" * 4000},
        {"nonce": "<b>"},
        {"message": 5, "nonce": "n-1"},
        {"message": "x" * 4000, "nonce": '"><b>'},
    ],
    ids=str,
)
async def test_a_draft_that_is_none_is_refused_and_the_line_lives(connect, lobby, draft):
    socket = await connect()
    await socket.say(do="draft", **draft)
    frame = await socket.receive_from(timeout=30)
    assert "A draft has a nonce and a message." in frame
    assert "<b>" not in frame
    await socket.say(message="hello")
    assert "hello" in await socket.receive_from(timeout=30)


@pytest.mark.parametrize("draft", [{}, {"nonce": "n-1"}], ids=str)
async def test_one_whose_composer_is_gone_or_closed_says_nothing(connect, lobby, draft):
    """A field that is closed, as while its composer changes its shape, is not sent along."""
    socket = await connect()
    await socket.say(do="draft", **draft)
    assert await socket.receive_nothing()


def test_a_field_takes_more_than_a_message_may_have_and_no_more_than_a_frame_holds(settings):
    assert _longest() == 16_000
    settings.CHAT_MESSAGE_LENGTH = 10_000
    assert _longest() == 16_384
    settings.CHAT_MESSAGE_LENGTH = 60_000
    assert _longest() == 60_000
