"""A draft that becomes long is told how much room is left; the others cost neither an answer nor a query."""

import json

import pytest

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
        ("x" * 15_000, "11,000 characters too many"),
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
    await socket.hears_nothing()


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
    await socket.hears_nothing()


PASTED = "Lines that are pasted here become one"


async def test_of_pasted_lines_it_says_what_becomes_of_them_until_that_composer_is_left(connect, lobby):
    socket = await connect()
    await socket.say(do="draft", nonce="n-1", message="one two", pasted="1")
    assert PASTED in await socket.receive_from(timeout=30)
    await socket.say(do="draft", nonce="n-1", message="one two three")  # said once: it is read out
    await socket.say(do="draft", nonce="n-2", message="next")
    await socket.hears_nothing()


async def test_once_the_field_is_empty_it_is_taken_back(connect, lobby):
    socket = await connect()
    await socket.say(do="draft", nonce="n-1", message="one two", pasted="1")
    assert PASTED in await socket.receive_from(timeout=30)
    await socket.say(do="draft", nonce="n-1", message="")
    assert await socket.receive_from(timeout=30) == said("n-1", "")


async def test_of_one_word_and_of_what_keeps_its_lines_it_says_nothing(connect, lobby):
    socket = await connect()
    await socket.say(do="draft", nonce="n-1", message="https://example.org/", pasted="1")
    await socket.say(do="draft", nonce="n-2", message="one\ntwo", pasted="1", lines="1")
    await socket.hears_nothing()


async def test_in_several_lines_it_is_taken_back(connect, lobby):
    socket = await connect()
    await socket.say(do="draft", nonce="n-1", message="one two", pasted="1")
    assert PASTED in await socket.receive_from(timeout=30)
    await socket.say(do="draft", nonce="n-1", message="one\ntwo", lines="1")
    assert await socket.receive_from(timeout=30) == said("n-1", "")


async def test_what_is_full_of_quotes_is_as_long_as_it_is(connect, lobby):
    """In JSON it is twice as long."""
    socket = await connect()
    await socket.say(message='"' * 100_000, nonce="n-1")
    assert "100,000 characters" in await socket.receive_from(timeout=30)


async def test_a_text_longer_than_a_frame_is_counted_and_refused_where_it_stands(connect, lobby):
    """As many as a field takes, three bytes each."""
    socket, text = await connect(), "€" * 200_000
    await socket.send_to(json.dumps({"do": "draft", "nonce": "n-1", "message": text}, ensure_ascii=False))
    assert await socket.receive_from(timeout=30) == said("n-1", "196,000 characters too many", over=True)
    await socket.send_to(json.dumps({"message": text, "nonce": "n-1"}, ensure_ascii=False))
    refusal = await socket.receive_from(timeout=30)
    assert 'id="refusal-n-1"' in refusal
    assert "200,000 characters" in refusal


OTHERS = {
    "no composer": {"message": "x" * 70_000},
    "something else": {"message": "hi", "nonce": "n-1", "more": "x" * 70_000},
    "both": {"message": "x" * 70_000, "nonce": "n-1", "more": "x" * 70_000},
}


@pytest.mark.parametrize("frame", OTHERS.values(), ids=OTHERS)
async def test_what_is_long_by_something_else_is_too_long_a_frame(connect, lobby, frame):
    socket = await connect()
    await socket.say(**frame)
    assert "frame is too long" in await socket.receive_from(timeout=30)
