"""The only place that renders a template for a socket.

A fragment is HTML whose top-level elements htmx swaps out of band: each by its own id, or as its `hx-swap-oob` says.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import get_language

from chat.conf import conf
from chat.errors import Refused
from chat.frames import Frame
from chat.models import Message, Participant, Room

LOG_LENGTH = 300  # messages that an open page keeps; htmx and the browser slow down with thousands
LOGS = 256  # that are kept rendered, of some 20 to 40 KB
LOG_SECONDS = 5.0  # at most: what the room's seq does not tell is late by that in other processes
TRIM_EVERY = 50  # changes from one trimming of it to the next
MOST_UNREAD = 999  # messages that a tab counts; beyond, it says 999+


def message(message: Message) -> SafeString:
    return render_to_string("chat/_message.html", {"message": message})


class Log(NamedTuple):
    """The newest messages of a room, as a page shows them."""

    html: SafeString
    cursor: int
    """What happened up to here, the html shows."""
    before: int | None
    """The first seq in it, if there may be older ones."""


def log(room: Room) -> Log:
    """Rendered once for all who come while nothing changes: after an outage thousands of pages come back at once.

    The room is to be fresh, and read before this: what it says of its seq is where the log stands at least.
    """
    while_fresh = int(time.time() // LOG_SECONDS)
    return _log(room.pk, room.epoch, room.seq, get_language(), get_current_timezone_name(), while_fresh)


def forget_logs() -> None:
    """Somebody looks different from now on."""
    _log.cache_clear()


@lru_cache(maxsize=LOGS)
def _log(room_id: int, epoch: str, seq: int, *variant: object) -> Log:
    return log_of(Message.objects.filter(room=room_id).for_page().newest(conf.page_size), seq)


def log_of(messages: list[Message], seq: int = 0) -> Log:
    """These messages, read when the room stood at `seq` or later."""
    html = mark_safe("".join(map(message, messages)))  # noqa: S308
    # Of the rows just read, in one query: a message is in the page or after the cursor, never both or neither.
    cursor = max([seq, *(row.changed for row in messages)])
    return Log(html, cursor, messages[0].seq if len(messages) == conf.page_size else None)


def cursor(room: Room, seq: int) -> SafeString:
    return render_to_string("chat/_cursor.html", {"room": room, "cursor": seq})


def pulse(room: Room) -> SafeString:
    """The line is alive: starts the clock in the page anew that would say it is silent."""
    return render_to_string("chat/_pulse.html", {"room": room})


def tab(room: Room, unread: int) -> SafeString:
    """Title and icon of the browser's tab, with how many messages are unread."""
    said = unread if unread <= MOST_UNREAD else f"{MOST_UNREAD}+"
    return render_to_string("chat/_tab.html", {"room": room, "unread": said})


def away(room: Room, seq: int | None) -> SafeString:
    """What the page remembers, for a sync, of when it was left; None when somebody looks at it."""
    return render_to_string("chat/_away.html", {"room": room, "away": seq})


def older(room: Room, before: int) -> SafeString:
    """The page of messages before a seq, as many as fit into one frame; it replaces what asked for it."""
    rows = room.messages.for_page().filter(seq__lt=before).newest(conf.page_size)
    texts: list[SafeString] = []
    size = 0
    for row in reversed(rows):
        text = message(row)
        size += len(text.encode())
        if texts and size > conf.frame_limit - 2048:  # room for what asks for still older ones
            break
        texts.append(text)
    rows = rows[len(rows) - len(texts) :]
    context = {"room": room, "asked": before, "before": rows[0].seq if rows else None, "texts": reversed(texts)}
    return render_to_string("chat/_older_page.html", context)


def connection(room: Room, state: str) -> SafeString:
    """What the page says of its line: "live", or "slow" while other processes can't ring and the tick has to do."""
    return render_to_string("chat/_connection.html", {"room": room, "state": state})


def acknowledged(nonce: str) -> SafeString:
    """Stored: the composer that sent it has done its work."""
    return format_html('<div hx-swap-oob="delete:#composer-{}"></div>', nonce)


def unsent(nonce: str, refusal: Refused) -> SafeString:
    """Why the composer's message was not stored, said at that composer. Its text never left the page."""
    return render_to_string("chat/_refusal.html", {"nonce": nonce, "reason": refusal})


def refused(room: Room, refusal: Refused) -> SafeString:
    """Why something else was not done."""
    return render_to_string("chat/_notice.html", {"room": room, "reason": refusal})


def ended(slug: str, reason: str) -> SafeString:
    """The last words before a socket is closed for good."""
    return render_to_string("chat/_ended.html", {"room": {"slug": slug}, "state": "ended", "reason": reason})


def me(room: Room, participant: Participant, refusal: Refused | None = None, name: object = "") -> SafeString:
    """Who one is here; a refused name stands in its form, with the reason."""
    name = name if isinstance(name, str) else ""
    context = {"room": room, "participant": participant, "reason": refusal, "name": name, "conf": conf}
    return render_to_string("chat/_me.html", context)


@dataclass
class Changes:
    """What happened in a room after some cursor, rendered once, as the frames for a reader at any later cursor."""

    room: Room
    after: int
    head: int
    """The cursor of a reader who has got all of it."""
    rows: list[tuple[int, int, SafeString]]
    """(seq, changed, html) by seq."""
    whole: bool = False
    """The rows are all that a page shows, and replace its log."""
    last_sent: datetime | None = None
    """When the last message among them was sent; None when they hold no new one."""
    keep: int | None = None
    """The seq from which on a page keeps its messages; None when it is not time to tell."""
    _frames: dict[int, list[Frame]] = field(default_factory=dict)
    _tabs: dict[int, SafeString] = field(default_factory=dict)

    @classmethod
    def since(cls, room: Room, after: int, epoch: str | None = None) -> "Changes":
        """Read and render them. A cursor too far behind, or of another life of the table, gets the log anew."""
        room = Room.objects.get(pk=room.pk)
        head = room.seq
        found: list[Message] = []
        whole = not 0 <= after <= head or epoch not in (None, room.epoch)
        if not whole and after < head:
            limit = conf.catch_up_limit
            found = list(room.messages.for_page().changed_after(after)[: limit + 1])
            whole = len(found) > limit
        if whole:
            found = room.messages.for_page().newest(conf.page_size)
        found.sort(key=lambda row: row.seq)
        # Rows committed after the head was read are whole as well: their locks were released in order.
        head = max([head, *(row.changed for row in found)])
        return cls._rendered(room, after, head, found, whole)

    @classmethod
    def of(cls, news: list[Message], last_sent: datetime) -> "Changes":
        """The same from messages just stored, which follow one another and one that was sent at `last_sent`."""
        for row in news:
            row.previous_sent, last_sent = last_sent, row.sent
        return cls._rendered(news[-1].room, news[0].seq - 1, news[-1].seq, news)

    @classmethod
    def _rendered(cls, room: Room, after: int, head: int, found: list[Message], whole: bool = False) -> "Changes":
        rows = [(row.seq, row.changed, message(row)) for row in found]
        changes = cls(room, after, head, rows, whole)
        if found and (whole or found[-1].seq > after):
            changes.last_sent = found[-1].sent
        if not whole and after // TRIM_EVERY != head // TRIM_EVERY:
            changes.keep = room.messages.place_from_end(LOG_LENGTH, head)
        return changes

    def posted_after(self, after: int) -> int:
        return sum(seq > after for seq, _, _ in self.rows)

    def tab(self, unread: int) -> SafeString:
        """Rendered once for all pages that were left at the same time."""
        if unread not in self._tabs:
            self._tabs[unread] = tab(self.room, unread)
        return self._tabs[unread]

    def frames_after(self, after: int) -> list[Frame]:
        """The frames that bring a reader at `after` to `head`: the same strings for all who stand there."""
        key = -1 if self.whole else after
        if key not in self._frames:
            self._frames[key] = [Frame(frame) for frame in self._packed(after)]
        return self._frames[key]

    def _packed(self, after: int) -> Iterator[str]:
        """Replaced ones first, then new ones in their order, each frame ending with the cursor it leads to.

        A reader may be cut off between two frames: those before the last leave a cursor from which what is still
        missing will come again.
        """
        if self.whole:
            pieces = [(0, self._emptied()), *self._appended(self.rows)]
        else:
            rows = [row for row in self.rows if row[1] > after]
            pieces = [(after, html) for seq, _, html in rows if seq <= after]
            pieces += self._appended([row for row in rows if row[0] > after])
            if pieces and self.keep is not None:
                context = {"room": self.room, "before": self.keep, "length": LOG_LENGTH}
                pieces.append((self.head, render_to_string("chat/_trim.html", context)))
        text, size, reached = "", 0, after
        for seq, html in pieces:
            if text and size + len(html.encode()) > conf.frame_limit - 400:  # the cursor's own room
                yield text + cursor(self.room, reached)
                text, size = "", 0
            text, size, reached = text + html, size + len(html.encode()), seq
        if pieces:
            yield text + cursor(self.room, self.head)

    def _appended(self, rows: list[tuple[int, int, SafeString]]) -> list[tuple[int, SafeString]]:
        return [(seq, self._log("beforeend", html)) for seq, _, html in rows]

    def _emptied(self) -> SafeString:
        """The log with nothing in it but what asks for messages older than those that follow."""
        before = self.rows[0][0] if len(self.rows) >= conf.page_size else None
        older = render_to_string("chat/_older.html", {"room": self.room, "before": before})
        return render_to_string("chat/_epoch.html", {"room": self.room}) + self._log("innerHTML", html=older)

    def _log(self, swap: str, html: str) -> SafeString:
        return format_html('<div hx-swap-oob="{}:#log-{}">{}</div>', swap, self.room.slug, mark_safe(html))  # noqa: S308
