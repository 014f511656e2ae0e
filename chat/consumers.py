"""The websocket door: parse a frame, call an action, answer with a fragment. It decides nothing itself."""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import Error as DatabaseError
from django.utils.translation import gettext_lazy as _

from chat import actions, fragments
from chat.bus import spawn
from chat.conf import conf
from chat.errors import Ended, Gone, Refused, Sentence
from chat.frames import Command, parse
from chat.live.crowd import Standing
from chat.live.database import ask, ask_promptly
from chat.live.drafts import Drafts
from chat.live.hub import hub
from chat.live.inbox import Inbox
from chat.live.verbs import CONNECTION_VERBS, UNSEEN, post
from chat.live.visit import Visit
from chat.models import Message, Room
from chat.variant import Variant, asked_by_scope
from chat.wire import Connection

logger = logging.getLogger("chat.consumers")

ENDED = 4403  # a close code after which htmx stays away
COME_BACK = 1012  # one after which it returns, for servers that can send it
AWAY = _("That could not be stored just now. Nothing is lost here: try again in a moment.")
Read = Command | Refused | Ended
"""What a frame says, or why it isn't heard."""


class ChatConsumer(AsyncWebsocketConsumer, Standing):
    channel_layer_alias = ""  # none of its own: the hub listens to the layer, once for all sockets of the process

    visit: Visit
    room: Room
    key: str
    connection: Connection
    write: Callable[[bytes], int] | None = None
    is_page = False
    _joined = _ended = _finishing = False
    _alarm: asyncio.TimerHandle | None = None

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        self.connection = Connection(send)
        self._inbox = Inbox(self.connection)
        self.drafts = Drafts()
        self.unsent_bound = conf.send_buffer
        try:
            await super().__call__(scope, receive, send)
        finally:  # also after an error, or when the server cancels us: disconnect() is not called then
            self._inbox.end()
            await self._leave()

    async def dispatch(self, message: dict[str, Any]) -> None:
        """As Channels does, without a thread hop to close stale connections: whoever asks the database sees to them."""
        await getattr(self, message["type"].replace(".", "_"))(message)

    # --- Coming and going --------------------------------------------------------------------------

    async def connect(self) -> None:
        if hub().closing:
            await self.close()  # a refused handshake is tried again, by then at another process
            return
        self.variant = Variant.of(None, asked_by_scope(self.scope))
        try:
            self.visit = await ask_promptly(Visit.begin, self._slug, self.scope)
        except Refused as refusal:
            await self.accept()  # to be heard; a refused handshake would be tried again for ever
            await self._end(refusal)
            return
        self.room, self.key = self.visit.room, self.visit.participant.key
        self._follow_reader()
        self._joined = True
        await hub().join(self, self.room)
        await self.accept()
        self.write = self.connection.writer()
        self._set_alarm(time.monotonic() + conf.socket_seconds * random.uniform(0.6, 1))  # noqa: S311
        self.is_page = b"sync=1" in self.scope["query_string"].split(b"&")
        if not self.is_page:
            self.cursor = hub().subscribers[self.room.pk].head

    def is_counted(self, message: Message) -> bool:
        return self.visit.is_counted(message)

    def why_not(self, room: Room) -> Sentence:
        return self.visit.why_not(room)

    def _follow_reader(self) -> None:
        """Who may have chosen another language or time zone."""
        if self.variant != self.visit.variant:
            self.variant = hub().variant_in(self.room, self.visit.variant)

    async def recheck(self) -> None:
        try:
            await ask(self.visit.look)
            self._follow_reader()
        except Ended as end:
            await self._end(end)
        except Exception as error:  # the database, or what a rule of the host's asks, is away
            logger.warning("A socket could not be rechecked; it is tried again: %r", error)

    async def _end(self, reason: Refused | Ended) -> None:
        """For good: htmx does not come back after this code, and the page says why."""
        if self._ended:  # a kick, the clock and a command may all have noticed
            return
        self._ended = True
        await self._leave()
        try:
            await self.send(await database_sync_to_async(self.variant.call)(fragments.ended, self._slug, reason))
            with suppress(OSError):  # as servers may say that nobody is there
                await self.close(ENDED)
        except Gone:
            pass
        except Exception:  # its page is told when it comes back
            logger.exception("Why a socket ended could not be said")
            spawn(self.finish())

    async def finish(self) -> None:
        """Answer what has come in, then drop the connection so that htmx comes back."""
        first, self._finishing = not self._finishing, True  # its age and the end of the process may coincide
        await self._inbox.empty()
        if first and not self.connection.end():
            try:
                await self.close(COME_BACK)
            except Exception as error:  # it is gone, or this server can't say so
                logger.info("A connection could not be closed: %r", error)

    async def disconnect(self, code: int) -> None:
        await self._leave()

    async def _leave(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        if self._joined:
            self._joined = False
            await hub().leave(self)

    def _set_alarm(self, end: float) -> None:
        """Look every minute or so whether this socket may still be here, and at the end of its life renew it."""
        wait = min(conf.recheck_seconds, max(end - time.monotonic(), 0))
        self._alarm = asyncio.get_running_loop().call_later(wait, lambda: spawn(self._ring_alarm(end)))

    async def _ring_alarm(self, end: float) -> None:
        if time.monotonic() >= end or self.cursor is None:  # its time is over, or its page never asked to be let in
            await self.finish()
            return
        await self.recheck()
        if self._joined:
            self._set_alarm(end)

    @property
    def _slug(self) -> str:
        return self.scope["url_route"]["kwargs"].get("slug", conf.default_room)

    # --- Frames ------------------------------------------------------------------------------------

    async def send(self, frame: str) -> None:
        self.connection.check()
        try:
            await self.base_send({"type": "websocket.send", "text": str(frame)})
        except OSError as error:  # as servers may say it
            raise Gone("it is lost") from error
        self.bound()

    def bound(self) -> None:
        if self.connection.unsent > self.unsent_bound:
            self.connection.drop()
            raise Gone("it does not read what it is sent")

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """A guest's posts are stored together with those that follow. Members' wait, as each looks at the session."""
        read = self._read(text_data)
        if isinstance(read, dict) and self._is_apart(read):
            await self._inbox.side_by_side(partial(self._handle_apart, read))
        else:
            await self._inbox.in_turn(partial(self._handle, read))

    def _is_apart(self, command: Command) -> bool:
        """What becomes of it asks for nothing that was sent before."""
        is_post = command.get("do", "post") == "post"
        is_guest = self._joined and self.visit.participant.is_guest
        return is_post and is_guest and not self.visit.composers.again(command)

    def _read(self, text: str | None) -> Read:
        try:
            actions.count_frame(self._inbox.number, len(text or ""))
            return parse(text)
        except (Refused, Ended) as refusal:
            return refusal

    async def _handle(self, read: Read) -> None:
        if not self._joined:  # it was sent before they heard that they may not be here
            return
        try:
            answer = await self._answer(read)
            self._follow_reader()  # a command looks at its participant
            if answer and self._joined:
                await self.send(answer)
        except Ended as end:
            await self._end(end)
        except Gone as gone:
            logger.info("Nobody hears the answer: %r", gone)

    async def _handle_apart(self, read: Read) -> None:
        """The same where nobody hears what it raises: its page waits for an answer, so it comes back and asks."""
        try:
            await self._handle(read)
        except Exception:
            logger.exception("A frame could not be answered")
            spawn(self.finish())

    def acknowledged(self, nonces: Iterable[str]) -> None:
        for nonce in nonces:
            if command := self.visit.composers.unsure.pop(nonce, None):  # what it said more by then can be told now
                spawn(self._handle_apart(command))

    async def _answer(self, read: Read) -> str:
        command: Command = {}
        try:
            if not isinstance(read, dict):
                raise read
            command = read
            verb = command.get("do", "post")
            if verb == "post":
                return await post(self, command)
            if isinstance(verb, str) and verb in CONNECTION_VERBS:
                if verb not in UNSEEN:
                    await ask_promptly(self.visit.look)
                return await CONNECTION_VERBS[verb](self, command)
            return await ask_promptly(self.visit.act, command)
        except Refused as refusal:
            return await database_sync_to_async(self.visit.refuse)(command, refusal)
        except DatabaseError as error:
            logger.warning("A command could not be carried out: %r", error)
            if self.cursor is None:  # still held: it would hear nothing, so let it come back and ask again
                spawn(self.finish())
            # Not in the thread that asks the database: it may be at the next try, and this needs none.
            return await asyncio.to_thread(self.visit.refuse, command, Refused(AWAY))
