"""Letters typed after Enter, before the next composer has the focus: they go on in that one, or are another message."""

import pytest
from asgiref.sync import sync_to_async

from chat import actions
from chat.models import Message

A, B = "c0ffee-0", "c0ffee-1"


async def heard(socket) -> str:
    return await socket.receive_from(timeout=30)


async def stored() -> list[str]:
    return [row.body async for row in Message.objects.order_by("seq")]


@pytest.fixture
async def socket(connect, lobby):
    """Of a page that has sent "hello" by composer A."""
    socket = await connect()
    await socket.say(message="hello", nonce=A, grows="1")
    assert "hello" in await heard(socket)
    return socket


def field(text: str) -> str:
    return f'name="begun-{B}" value="{text}"'


async def test_it_works(socket):
    await socket.say(do="late", message="hellowo", nonce=A)
    frame = await heard(socket)
    assert frame.startswith(f'<div hx-swap-oob="innerHTML:#begun-{B}, #spare-lobby">')
    assert field("wo") in frame
    await socket.say(message="rld", nonce=B, grows="1", **{f"begun-{B}": "wo"})
    assert "world" in await heard(socket)
    assert await stored() == ["hello", "world"]


async def test_what_is_sent_before_the_page_has_them_begins_with_them(socket):
    await socket.say(do="late", message="hello<wo", nonce=A)
    assert field("&lt;wo") in await heard(socket)
    await socket.say(message="rld", nonce=B, grows="1")
    assert "&lt;world" in await heard(socket)
    await socket.say(message="rld", nonce=B, grows="1")  # tried again, it is the same message
    assert f"#composer-{B}" in await heard(socket)
    assert await stored() == ["hello", "<world"]


async def test_what_is_changed_in_the_page_is_not_begun_once_more(socket):
    await socket.say(do="late", message="hellowo", nonce=A)
    await heard(socket)
    await socket.say(message="rld", nonce=B, grows="1", **{f"begun-{B}": "Wo"})
    await heard(socket)
    assert await stored() == ["hello", "World"]


async def test_once_a_draft_shows_them_they_are_the_pages_own(socket):
    """Whose shape changes, and with it the number of its fields."""
    await socket.say(do="late", message="hellowo", nonce=A)
    await heard(socket)
    await socket.say(do="draft", message="r", nonce=B, **{f"begun-{B}": "wo"})
    await socket.say(message="world", nonce=B, grows="1")
    await heard(socket)
    assert await stored() == ["hello", "world"]


async def test_a_composer_that_came_afterwards_is_told_once_more(socket):
    await socket.say(do="late", message="hellowo", nonce=A)
    await heard(socket)
    for _ in range(2):
        await socket.say(do="draft", message="r", nonce=B)
        assert field("wo") in await heard(socket)


async def test_enter_once_more_is_another_message(socket):
    for text in ("hellowor", "helloworld", "hellowor", "hello"):
        await socket.say(message=text, nonce=A, grows="1")
        await socket.hears(f"#composer-{A}")
    assert await stored() == ["hello", "wor", "ld"]


async def test_what_was_late_is_not_sent_twice(socket):
    """By trying again what the page does not know to be stored."""
    await socket.say(do="late", message="hellowo", nonce=A)
    await heard(socket)
    await socket.say(message="hellowo", nonce=A, grows="1")
    assert f"#composer-{A}" in await heard(socket)
    assert await stored() == ["hello"]


async def test_all_of_a_message_may_be_late(socket):
    await socket.say(do="late", message="helloworld", nonce=A)
    await heard(socket)
    await socket.say(message="", nonce=B, grows="1")  # Enter, in a field that is empty still
    await heard(socket)
    assert await stored() == ["hello", "world"]


@pytest.mark.parametrize("text", ["", " ", "\t"])
async def test_enter_once_too_often_stores_nothing_and_its_composer_goes(socket, text):
    await socket.say(message=text, nonce=B, grows="1")
    assert f"delete:#composer-{B}:not(" in await heard(socket)
    assert await stored() == ["hello"]


@pytest.mark.parametrize(
    ("text", "nonce"),
    [("hello", A), ("hell", A), ("jello", A), ("hello ", A), ("a draft", B), ("hellowo", "raw"), ("\x00", A)],
)
async def test_nothing_is_said_of_what_is_stored_or_of_another_text(socket, text, nonce):
    await socket.say(do="late", message=text, nonce=nonce)
    await socket.say(message="next", nonce="c0ffee-9")
    assert "begun" not in await heard(socket)


@pytest.mark.parametrize("late", [{}, {"nonce": A}, {"message": 5, "nonce": A}, {"message": ["x"]}], ids=str)
async def test_what_is_none_is_refused(socket, late):
    await socket.say(do="late", **late)
    assert "has a nonce and a message" in await heard(socket)


async def test_what_is_refused_of_it_stands_in_the_next_composer(socket, settings):
    """The one it was typed into may have left the page by then."""
    settings.CHAT_MESSAGE_LENGTH = 10
    await socket.say(message="hello" + "x" * 11, nonce=A, grows="1")
    frame = await heard(socket)
    assert field("x" * 11) in frame
    assert "11 characters, and at most 10" in frame
    assert f"refusal-{A}" not in frame
    assert await stored() == ["hello"]


async def test_a_composer_that_may_be_typed_in_is_not_deleted(connect, lobby, ann):
    socket, raw = await connect(), await connect(guest=ann)
    await socket.say(message="hello", nonce=A, grows="1")
    frame = await heard(socket)
    spare = "#spare-lobby"
    assert frame.startswith(
        f'<div hx-swap-oob="beforeend:#refusal-{A}, {spare}"><i class="composer-done" hidden></i></div>'
        f'<div hx-swap-oob="delete:#composer-{A}:not(:last-child), {spare} > *"></div>'
    )
    await heard(raw)
    await raw.say(message="hi", nonce=A)
    assert (await heard(raw)).startswith(f'<div hx-swap-oob="delete:#composer-{A}"></div>')


async def test_more_from_one_composer_is_acknowledged_with_its_message(connect, lobby, ann):
    """Stored by an earlier connection, whose answer was lost."""
    await sync_to_async(actions.post_message)(lobby, ann, "hello", A)
    socket = await connect(guest=ann)
    await socket.say(message="helloworld", nonce=A, grows="1")
    frame = await heard(socket)
    assert f"#composer-{A}" in frame
    assert "world" in frame
