"""Messages: one, the newest of a room, a page of older ones."""

from functools import lru_cache
from typing import Any, NamedTuple

from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import get_current_timezone_name, localdate
from django.utils.translation import get_language, gettext

from chat import mentions
from chat.conf import conf
from chat.formatting import VERSION, first_line, formatted, plain, titled
from chat.fragments.freshness import period
from chat.fragments.lookup import lookup, place_of
from chat.fragments.people import forget_gatherings
from chat.fragments.reactions import reactions
from chat.fragments.templates import render
from chat.mentions import Mark
from chat.models import Message, Room

LOGS = 256  # that are kept rendered, of some 20 to 40 KB
LOG_SECONDS = 5.0  # at most: what the room's seq does not tell is late by that in other processes


class Where(NamedTuple):
    """What a room's messages share: found once for all of them."""

    place: str
    address: str
    slug: str

    @classmethod
    def of(cls, room: Room) -> "Where":
        return cls(place_of(room), room.get_absolute_url(), room.slug)


def message(message: Message, where: Where) -> SafeString:
    """Without its id no page could tell it from what it has."""
    context = message_context(message, where)
    return render("chat/_message.html", context, where.place, needs=f'id="message-{message.pk}"')


def message_context(message: Message, where: Where) -> dict[str, Any]:
    """What _message.html asks for. `message` is read by `for_page`."""
    quoted = answered(message.reply_to, where.address) if message.reply_to else None
    return {
        "message": message,
        "body": said(message),
        "permalink": f"{where.address}{message.seq}/",
        "slug": where.slug,
        "day_address": f"{where.address}?day={localdate(message.sent):%Y-%m-%d}" if message.opens_day else "",
        "answered": quoted,
        "reactions": reactions(message) if message.reactions else [],
    }


def formatted_html(message: Message) -> str:
    """Made anew where another version of the formatting has made it."""
    return message.html if message.html_version == VERSION else formatted(message.body, message.marks).html


def said(message: Message) -> SafeString:
    """What it says, formatted."""
    return ready(formatted_html(message))


def ready(html: str) -> SafeString:
    """What was formatted, for who reads it now: what is hidden says so in their language."""
    return titled(html, gettext("Hidden text")) if "<summary>" in html else mark_safe(html)  # noqa: S308


def begins(message: Message) -> str:
    """Its first line, where that stands for it."""
    return first_line(formatted_html(message))


class Answered(NamedTuple):
    """What a message answers, as it stands now."""

    seq: int
    author: str
    line: str
    """How it begins."""
    address: str
    """Of its own page: whether it stands in the page of whoever reads this, nobody knows."""


def answered(message: Message, address: str) -> Answered:
    """`address`: its room's."""
    line = gettext("This message was deleted.") if message.deleted else begins(message)
    return Answered(message.seq, message.author_name, line, f"{address}{message.seq}/")


def excerpt(message: Message, key: str) -> SafeString:
    """What it says, as far as a list shows it: around where it speaks of whoever has this key."""
    return mentions.html(*excerpt_as_text(message, key))


def excerpt_as_text(message: Message, key: str) -> tuple[str, list[Mark]]:
    """The same without elements, and where it speaks of whom."""
    return mentions.excerpt(*plain(formatted_html(message)), key)


def text_of(message: Message) -> str:
    """What it says, without formatting, and with nothing of what is hidden."""
    return plain(formatted_html(message))[0]


class Log(NamedTuple):
    """Messages of a room, as a page shows them."""

    html: SafeString
    cursor: int
    """What happened up to here, the html shows; 0 of what is past, which nothing is added to."""
    before: int | None
    """The first seq in it, if there may be older ones."""
    after: int | None = None
    """The last seq in it, if there are newer ones."""


def log(room: Room) -> Log:
    """Rendered once for all who come while nothing changes: after an outage thousands of pages come back at once.

    The room is to be fresh, and read before this: what it says of its seq is where the log stands at least.
    """
    while_the_same = (get_language(), get_current_timezone_name(), lookup(), period(LOG_SECONDS))
    return _log(room.pk, Where.of(room), room.epoch, room.seq, *while_the_same)


def forget_logs() -> None:
    """Somebody looks different from now on."""
    _log.cache_clear()
    forget_gatherings()


@lru_cache(maxsize=LOGS)
def _log(room_id: int, where: Where, epoch: str, seq: int, *variant: object) -> Log:
    messages = Message.objects.filter(room=room_id).for_page().newest(conf.page_size)
    html = mark_safe("".join(message(row, where) for row in messages))  # noqa: S308
    # Of the rows just read, in one query: a message is in the page or after the cursor, never both or neither.
    cursor = max([seq, *(row.changed for row in messages)])
    return Log(html, cursor, messages[0].seq if len(messages) == conf.page_size else None)


def cursor(room: Room, seq: int) -> SafeString:
    return render("chat/_cursor.html", {"room": room, "cursor": seq})


def older(room: Room, before: int) -> SafeString:
    """The page of messages before a seq, as many as fit into one frame; it replaces what asked for it."""
    rows = room.messages.for_page().filter(seq__lt=before).newest(conf.page_size)
    texts: list[SafeString] = []
    where = Where.of(room)
    size = 0
    for row in reversed(rows):
        text = message(row, where)
        size += len(text.encode())
        if texts and size > conf.frame_limit - 2048:  # room for what asks for still older ones
            break
        texts.append(text)
    rows = rows[len(rows) - len(texts) :]
    context = {"room": room, "asked": before, "before": rows[0].seq if rows else None, "texts": reversed(texts)}
    return render("chat/_older_page.html", context)
