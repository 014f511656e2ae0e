"""Letters typed after Enter, before the next composer has the focus: they go on in that one, or are another message."""

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError

from chat import actions
from chat.live import composers
from chat.models import Message

A, B, C = "c0ffee-0", "c0ffee-1", "c0ffee-2"
SPARE = "#spare-lobby"
MARK = f"beforeend:#refusal-{A}, {SPARE}"
GONE = f'"delete:#composer-{A}, {SPARE} > *"'


async def heard(socket) -> str:
    return await socket.receive_from(timeout=30)


async def stored() -> list[str]:
    return [row.body async for row in Message.objects.order_by("seq")]


async def send(socket, text: str, nonce: str, **more: str) -> str:
    await socket.say(message=text, nonce=nonce, grows="1", **more)
    return await heard(socket)


async def leave(socket, text: str, nonce: str = A, waiting: str = B, **more: str) -> str:
    await socket.say(do="late", message=text, nonce=nonce, waiting=waiting, **more)
    return await heard(socket)


@pytest.fixture
async def socket(connect, lobby):
    """Of a page that has sent "hello" by composer A."""
    socket = await connect()
    assert MARK in await send(socket, "hello", A)
    return socket


def field(text: str, nonce: str = B) -> str:
    return f'name="begun-{nonce}" value="{text}"'


async def test_it_works(socket):
    frame = await leave(socket, "hellowo")
    assert frame.startswith(f'<div hx-swap-oob="innerHTML:#begun-{B}, {SPARE}">')
    assert field("wo") in frame
    assert GONE in frame
    await send(socket, "rld", B, **{f"begun-{B}": "wo"})
    assert await stored() == ["hello", "world"]


async def test_without_such_letters_it_is_gone(socket):
    assert (
        await leave(socket, "hello")
        == f'<div hx-swap-oob="beforeend:{SPARE}"><i></i></div><div hx-swap-oob={GONE}></div>'
    )


async def test_what_is_sent_before_the_page_has_them_begins_with_them(socket):
    assert field("&lt;wo") in await leave(socket, "hello<wo")
    await send(socket, "rld", B)
    assert "begun" not in await leave(socket, "rld", B, C)
    assert await stored() == ["hello", "<world"]


async def test_what_is_changed_in_the_page_is_not_begun_once_more(socket):
    await leave(socket, "hellowo")
    await send(socket, "rld", B, **{f"begun-{B}": "Wo"})
    assert await stored() == ["hello", "World"]


async def test_once_a_draft_shows_them_they_are_the_pages_own(socket):
    """Whose shape changes, and with it the number of its fields."""
    await leave(socket, "hellowo")
    await socket.say(do="draft", message="r", nonce=B, **{f"begun-{B}": "wo"})
    await send(socket, "world", B)
    assert await stored() == ["hello", "world"]


async def test_enter_once_more_is_another_message(socket):
    for text in ("hellowor", "helloworld", "helloworld"):
        assert f"#refusal-{A}" in await send(socket, text, A)
    assert GONE in await leave(socket, "helloworld")
    assert await stored() == ["hello", "wor", "ld"]


async def test_however_fast_they_are_typed_they_stay_in_order(connect, lobby, settings):
    settings.CHAT_RATE_LIMITS = False
    socket = await connect()
    texts = [f"{number};" for number in range(20)]
    for number in range(20):
        await socket.say(message="".join(texts[: number + 1]), nonce=A, grows="1")
    await socket.say(message="next", nonce=B, grows="1")
    await socket.hears("next")
    assert await stored() == [*texts, "next"]


async def test_all_of_a_message_may_be_late(socket):
    await leave(socket, "helloworld")
    await send(socket, "", B)  # Enter, in a field that is empty still
    assert await stored() == ["hello", "world"]


@pytest.mark.parametrize("text", ["", " ", "\t"])
async def test_enter_once_too_often_stores_nothing_and_its_composer_goes(socket, text):
    assert f"#refusal-{B}, " in await send(socket, text, B)
    assert f"#composer-{B}, " in await leave(socket, text, B, C)
    assert await stored() == ["hello"]


async def test_what_was_edited_meanwhile_hides_nothing_that_is_new(socket):
    message = await Message.objects.aget()
    await sync_to_async(actions.edit_message)(message.pk, await sync_to_async(lambda: message.author)(), "hallo")
    await heard(socket)
    assert field("wo") in await leave(socket, "hellowo")


async def test_of_what_is_typed_in_still_nothing_is_said(socket):
    await socket.say(do="late", message="hellowo", nonce=A, waiting=A)
    await socket.hears_nothing()
    await send(socket, "helloworld", A)
    assert await stored() == ["hello", "world"]


async def test_what_was_never_stored_stays_where_it_is(socket):
    await socket.say(do="late", message="by a connection that was lost", nonce=B, waiting=C)
    await socket.hears_nothing()
    await socket.say(message="by a connection that was lost", nonce=B, grows="1")  # tried again, and left already
    assert "was lost" in await heard(socket)
    assert f"#composer-{B}, " in await heard(socket)


@pytest.mark.parametrize("text", ["hell", "jello", "hel lo"])
async def test_what_was_changed_otherwise_stays_and_says_so(socket, text):
    frame = await leave(socket, text)
    assert f'id="refusal-{A}"' in frame
    assert "Another message was already sent from here" in frame
    assert "delete:" not in frame


async def test_of_what_was_discarded_nothing_goes_on(connect, lobby, ann):
    await sync_to_async(actions.post_message)(lobby, ann, "hello", A)
    socket = await come_back(connect, ann, A, discard=A)
    frame = await leave(socket, "hellowo")
    assert GONE in frame
    assert "begun" not in frame


async def test_what_was_refused_before_stays_with_its_reason(connect, lobby, ann):
    await sync_to_async(actions.post_message)(lobby, ann, "hello", A)
    socket = await come_back(connect, ann, A, refused=A)
    await socket.say(do="late", message="hellowo", nonce=A, waiting=B)
    await socket.hears_nothing()


async def test_there_is_no_room_for_more_than_a_message(socket, settings):
    settings.CHAT_MESSAGE_LENGTH = 10
    assert field("x" * 10) in await leave(socket, "hello" + "x" * 10)
    await send(socket, "two", C)
    frame = await leave(socket, "twoY", C, B)
    assert f'id="refusal-{C}"' in frame
    assert "has no room for what came late" in frame


@pytest.mark.parametrize("nonce", [["a"], {}, 5, "a b"], ids=str)
@pytest.mark.parametrize("more", [{"grows": "1"}, {"do": "late", "waiting": B}, {"do": "draft"}], ids=str)
async def test_a_nonce_that_is_none_is_refused(socket, nonce, more):
    await socket.say(message="hello", nonce=nonce, **more)
    assert "nonce" in await heard(socket)
    assert await stored() == ["hello"]


async def test_without_a_nonce_it_is_a_message_by_itself(socket):
    await socket.say(message="world", nonce=None, grows="1")
    await socket.hears("world")
    assert await stored() == ["hello", "world"]


@pytest.mark.parametrize("late", [{}, {"nonce": A}, {"message": "x", "nonce": A}, {"message": 5, "nonce": A}], ids=str)
async def test_what_says_too_little_is_refused(socket, late):
    await socket.say(do="late", **late)
    assert "has two nonces and a message" in await heard(socket)


# --- Refused, and while nobody answers -----------------------------------------------------------


async def test_what_is_refused_of_it_stays_and_can_be_sent_again(socket, settings):
    settings.CHAT_MESSAGE_LENGTH = 10
    frame = await send(socket, "hello" + "x" * 11, A)
    assert f'id="refusal-{A}"' in frame
    assert "11 characters, and at most 10" in frame
    await socket.say(do="late", message="hello" + "x" * 11, nonce=A, waiting=B)
    await socket.hears_nothing()
    assert GONE in (await send(socket, "hello" + "x" * 10, A) + await heard(socket))
    assert await stored() == ["hello", "x" * 10]


async def test_while_the_database_is_away_it_is_handed_on_all_the_same(socket, monkeypatch):
    def away(posts):
        raise OperationalError("away")

    with monkeypatch.context() as patched:
        patched.setattr("chat.actions.post_messages", away)
        assert "could not be stored just now" in await send(socket, "helloworld", A)
    assert field("world") in await leave(socket, "helloworld")


# --- Over a lost connection ----------------------------------------------------------------------


async def come_back(connect, ann, *sent: str, waiting: str = B, **more: str):
    socket = await connect("/ws/chat/?sync=1", guest=ann)
    await socket.say(do="sync", cursor="0", grows="1", waiting=[*sent, waiting], **more)
    await socket.hears("connection-lobby")
    return socket


async def test_what_the_server_never_heard_of_is_said_once_more(connect, lobby, ann):
    await sync_to_async(actions.post_message)(lobby, ann, "hello", A)
    socket = await come_back(connect, ann, A)
    frame = await leave(socket, "hellowo ")
    assert field("wo ") in frame
    assert GONE in frame


async def test_what_was_handed_on_and_sent_is_not_handed_on_again(connect, lobby, ann):
    for text, nonce in (("hello", A), ("world", B)):
        await sync_to_async(actions.post_message)(lobby, ann, text, nonce)
    socket = await come_back(connect, ann, A, B, waiting=C)
    frame = await leave(socket, "hellowo", waiting=C)
    assert "begun" not in frame
    assert GONE in frame


async def test_several_go_on_after_one_another(connect, lobby, ann):
    for text, nonce in (("one", A), ("two", B)):
        await sync_to_async(actions.post_message)(lobby, ann, text, nonce)
    socket = await come_back(connect, ann, A, B, waiting=C)
    assert field("X", C) in await leave(socket, "oneX", A, C)
    assert field("xY", C) in await leave(socket, "twoY", B, C, **{f"begun-{C}": "x"})


async def test_trying_again_goes_on_where_it_broke_off(connect, lobby, ann):
    await sync_to_async(actions.post_message)(lobby, ann, "hello", A)
    socket = await come_back(connect, ann, A)
    await socket.say(message="helloworld", nonce=A, grows="1")
    assert MARK in (await socket.hears("world"))[-1]
    assert await stored() == ["hello", "world"]


async def test_a_page_from_the_browsers_cache_has_sent_nothing_yet(connect, lobby, ann):
    """Its first composer has the nonce of one that was sent: what is new in that is no message of its own."""
    await sync_to_async(actions.post_message)(lobby, ann, "hi", A)
    socket = await come_back(connect, ann, waiting=A)
    assert "Another message was already sent from here" in await send(socket, "hi all", A)
    assert await stored() == ["hi"]


async def test_what_is_stored_only_after_it_was_left_is_not_forgotten(connect, lobby, ann):
    """Its command was still on its way through the former connection."""
    socket = await come_back(connect, ann, A)
    await socket.say(do="late", message="hellowo", nonce=A, waiting=B)
    await socket.hears_nothing()
    await sync_to_async(actions.post_message)(lobby, ann, "hello", A)
    frames = await socket.hears(GONE)
    assert MARK in "".join(frames)
    assert field("wo") in frames[-1]


# --- As the page hears it ------------------------------------------------------------------------


async def test_a_composer_that_may_be_typed_in_is_marked(connect, lobby, ann):
    socket, raw = await connect(), await connect(guest=ann)
    frame = await send(socket, "hello", A)
    assert frame.startswith(
        f'<div hx-swap-oob="{MARK}"><input class="composer-done" type="hidden" name="sent" value="{A}" '
        f'form="sync-lobby" autocomplete="off"></div><div hx-swap-oob="delete:{SPARE} > *"></div>'
    )
    await heard(raw)
    await raw.say(message="hi", nonce=A)
    assert (await heard(raw)).startswith(f'<div hx-swap-oob="delete:#composer-{A}"></div>')


def test_a_socket_remembers_a_bounded_number(monkeypatch):
    known = composers.Composers()
    for number in range(500):
        known.again({"nonce": f"n-{number}", "grows": "1"})
        known.note(f"n-{number}", "x", 1)
        composers.keep(known.left, f"n-{number}")
        known.doubt(f"n-{number}", {"message": "x" * (number % 2 * 70_000)})
    known.follow({"waiting": [f"m-{number}" for number in range(500)]})
    assert [one["message"] for one in known.unsure.values()] == [""] * 4
    assert [len(one) for one in (known.said, known.heard, known.left, known.sent_before)] == [4, 64, 64, 64]
