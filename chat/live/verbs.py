"""What a socket may ask of its own connection: each verb takes the socket and the command, and gives the answer."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Protocol

from channels.db import database_sync_to_async
from django.db import Error as DatabaseError
from django.utils.translation import gettext_lazy as _

from chat import fragments, frames
from chat.errors import Forbidden, Refused
from chat.frames import Command
from chat.live.acks import ACK_SECONDS
from chat.live.composers import grows, keep
from chat.live.crowd import Socket
from chat.live.database import ask, ask_promptly
from chat.live.drafts import Drafts
from chat.live.hub import hub
from chat.live.visit import Post, Visit
from chat.live.writer import writer
from chat.models import Message

MOST_WAITING = 32  # composers of a page that comes back; an honest one keeps eleven, and those that were refused


class Asker(Socket, Protocol):
    visit: Visit
    drafts: Drafts


async def post(socket: Asker, command: Command) -> str:
    """Stored together with what others of this process send at the same time."""
    if not socket.visit.participant.is_guest:  # whether they are still signed in the session alone knows
        await ask_promptly(socket.visit.look)
    nonce = command.get("nonce")
    if isinstance(nonce, str) and nonce in socket.visit.discarded:
        return fragments.acknowledged(nonce)
    wanted = socket.visit.posting(command)
    if not Message.is_nonce(nonce):
        await _stored(socket, wanted)
        return ""
    socket.grows = socket.grows or grows(command)
    if grows(command) and isinstance(wanted.body, str) and not wanted.body.strip():
        return _told(socket, nonce)  # it says nothing new, or Enter was pressed once too often
    return await _acknowledged(socket, command, nonce, wanted)


async def _acknowledged(socket: Asker, command: Command, nonce: str, wanted: Post) -> str:
    """Stored, and told with the message if it comes; by itself otherwise."""
    subscribers, sending = hub().subscribers.get(socket.room.pk), (socket.key, nonce)
    told = subscribers.acks.expect(sending, socket) if subscribers and socket.cursor is not None else None
    whole, composers = socket.visit.composers.whole(command), socket.visit.composers
    try:
        message = await _stored(socket, wanted)
        composers.note(nonce, whole, message.part + 1)
        # What was sent out before, as a repeat was, isn't sent out again; nor is what was sent to another room.
        coming = subscribers and message.room_id == socket.room.pk and message.seq > subscribers.head
        if told and (told.done() or coming):
            await asyncio.wait([told], timeout=ACK_SECONDS)
    except Refused:
        keep(composers.refused, nonce)
        raise
    finally:
        if subscribers and told:
            subscribers.acks.forget(sending, socket)
    return "" if told and told.done() and nonce not in composers.left else _told(socket, nonce)


def _told(socket: Asker, nonce: str) -> str:
    """A composer of a page is marked while it may be typed in still, and gone once it is left."""
    if not socket.grows:
        return fragments.acknowledged(nonce)
    say = fragments.gone if nonce in socket.visit.composers.left else fragments.acknowledged
    return say(nonce, socket.room.slug)


async def _stored(socket: Asker, wanted: Post) -> Message:
    outcome = await writer().post(wanted)
    if isinstance(outcome, Forbidden):
        await ask(socket.visit.look)  # raises Ended when they may not even read any more
    if isinstance(outcome, Exception):
        raise outcome
    socket.visit.say_written()
    return outcome


async def late(socket: Asker, command: Command) -> str:
    """What a composer says by the time when it is left for another one, `waiting`. What isn't stored of it goes on
    there; then it may leave the page."""
    composers, nonce, other = socket.visit.composers, command.get("nonce"), command.get("waiting")
    whole = composers.whole(command)
    if not (Message.is_nonce(nonce) and Message.is_nonce(other) and isinstance(whole, str)):
        raise Refused(_("What came late has two nonces and a message."))
    if nonce == other:  # it is typed in still
        return ""
    if nonce in socket.visit.discarded:
        return fragments.gone(nonce, socket.room.slug)
    keep(composers.left, nonce)
    if nonce in composers.refused:
        return ""
    known = composers.new(nonce, whole)
    rest: str | None = known.text if known else ""
    if not known and whole.strip():
        rest = await ask_promptly(socket.visit.unsaid, nonce, whole)
    if rest is None:  # nothing of it is stored: it waits, or says that it is not sent
        composers.doubt(nonce, command)
        return ""
    said = fragments.gone(nonce, socket.room.slug)
    if not rest.strip():
        return said
    begun = composers.hand_on(command, other, rest)
    composers.note(nonce, whole, known.parts if known else 1)
    draw = partial(fragments.begun, socket.room, other, begun, command.get("lines") == "1")
    return await database_sync_to_async(socket.variant.call)(draw) + said


async def draft(socket: Asker, command: Command) -> str:
    """Somebody is writing: said to them is how much room is left, once that matters, and whom an @ at the end may mean.
    Without such an @ it asks no database."""
    nonce, text = command.get("nonce"), socket.visit.composers.whole(command)
    if text is None and (nonce is None or Message.is_nonce(nonce)):
        return ""  # the page has no composer any more, or one whose field is closed while it changes its shape
    if not (Message.is_nonce(nonce) and isinstance(text, str)):
        raise Refused(_("A draft has a nonce and a message."))
    socket.visit.composers.shown(command)
    answer, said = "", socket.drafts.follow(command, nonce, text)
    if said is not None:
        answer = await database_sync_to_async(socket.variant.call)(fragments.left, socket.room, nonce, *said)
    draws, unfinished = socket.drafts.mention(nonce, text)
    return answer + (await ask(socket.variant.call, socket.visit.suggest, command, unfinished) if draws else "")


async def sync(socket: Asker, command: Command) -> str:
    """Release a held socket: what changed after its cursor, then live."""
    cursor, epoch = frames.number(command, "cursor"), command.get("epoch")
    if epoch is not None and not isinstance(epoch, str):
        raise Refused(_("An epoch is a text."))
    socket.visit.recognise(frames.text(command, "me"))
    socket.visit.discarded = frozenset(frames.texts(command, "discard"))
    socket.visit.composers.follow(command)
    socket.grows = socket.grows or grows(command)
    subscribers = hub().subscribers.get(socket.room.pk)
    if subscribers is None:  # shown out in this very moment
        return ""
    shows, waiting = frames.text(command, "sidebar"), _waiting(command)
    await subscribers.catch_up(socket, cursor, epoch, waiting)
    try:
        return await _released(socket, command, subscribers.door.is_open, shows)
    except DatabaseError:
        socket.cursor = None  # it has not been told that it is live: held, it is closed and comes back
        raise


async def _released(socket: Asker, command: Command, is_open: bool, shows: str | None) -> str:
    """What the page of a socket that is live now is told."""
    answer = await hub().connection_state(socket)
    if command.get("closed") or not is_open:
        answer += await ask(socket.variant.call, socket.visit.closed)
    if command.get("away"):
        away = frames.number(command, "away")
        socket.unread = await ask(socket.visit.unread, away)
        answer += await database_sync_to_async(socket.variant.call)(fragments.tab, socket.room, socket.unread)
    hub().presences.stir(socket.room.pk)  # it can be told now who is there, and whether it is looked at is known
    participant = socket.visit.participant
    if participant.pk is not None and not participant.is_guest:
        hub().sidebars.enter(socket, participant.pk, shows)
    return answer


def _waiting(command: Command) -> set[str]:
    """Of a page's composers those that were sent and have no answer. The last one is typed in: on a page from the
    browser's cache it may have been sent before, and is all that there is to type in. What was refused may be another
    text than the one that is stored under its nonce.
    """
    sent = frames.texts(command, "waiting")[:-1][-MOST_WAITING:]
    return {*filter(Message.is_nonce, sent)}.difference(frames.texts(command, "refused"))


async def older(socket: Asker, command: Command) -> str:
    """The page of messages before a seq. Held meanwhile, so that no change of one of them gets in between."""
    before, cursor = frames.number(command, "before"), socket.cursor
    subscribers = hub().subscribers.get(socket.room.pk)
    if cursor is None or subscribers is None:
        return ""
    socket.cursor, epoch = None, subscribers.epoch
    await socket.send(await ask(socket.variant.call, fragments.older, socket.room, before))
    await subscribers.catch_up(socket, cursor, epoch)
    return ""


async def away(socket: Asker, command: Command) -> str:
    """Nobody looks at the page: from here on what comes is counted, in its tab."""
    if socket.cursor is None:
        return ""
    hub().sidebars.note(socket)
    socket.unread = 0
    hub().presences.stir(socket.room.pk)
    return await database_sync_to_async(fragments.away)(socket.room, socket.cursor)


async def back(socket: Asker, command: Command) -> str:
    seen, socket.unread = socket.unread, None
    hub().sidebars.note(socket)
    hub().presences.stir(socket.room.pk)
    answer = await database_sync_to_async(fragments.away)(socket.room, None)
    return answer + (await database_sync_to_async(socket.variant.call)(fragments.tab, socket.room, 0) if seen else "")


CONNECTION_VERBS: dict[str, Callable[[Asker, Command], Awaitable[str]]] = {
    "away": away,
    "back": back,
    "draft": draft,
    "late": late,
    "older": older,
    "sync": sync,
}

UNSEEN = {"draft", "late"}
"""Verbs that tell a socket nothing but what it has just said: nobody needs to look who that is, as at all others."""
