"""What was said in a room long ago: a page of it before a message, after one, or around one."""

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from chat.conf import conf
from chat.fragments.lookup import place_of
from chat.fragments.messages import Log, message
from chat.models import Message, Room


def log_before(room: Room, seq: int) -> Log:
    return _log(room, room.messages.for_page().filter(seq__lt=seq).newest(conf.page_size))


def log_after(room: Room, seq: int) -> Log:
    rows = room.messages.for_page().filter(seq__gt=seq).oldest(conf.page_size)
    if not rows and room.messages.exists():
        return Log(SafeString(), 0, seq + 1)
    return _log(room, rows, goes_on=True)


def log_around(room: Room, seq: int) -> Log | None:
    """That one is marked, and in view. None when there is none of this seq."""
    rows = room.messages.for_page().filter(seq__lte=seq).newest(conf.page_size // 2 + 1)
    if not rows or rows[-1].seq != seq:
        return None
    return _log(room, [*rows, *room.messages.for_page().filter(seq__gt=seq).oldest(conf.page_size // 2)], found=seq)


def _log(room: Room, rows: list[Message], *, goes_on: bool = False, found: int = 0) -> Log:
    """`goes_on`: who comes reads on at the first of them."""
    if not rows:
        return Log(SafeString(), 0, None)
    first, last, place = rows[0].seq, rows[-1].seq, place_of(room)
    at = first if goes_on else found
    texts = [(row.seq, message(row, place)) for row in rows]
    html = mark_safe("".join(_in_view(text, goes_on) if seq == at else text for seq, text in texts))  # noqa: S308
    newer = room.messages.filter(seq__gt=last).exists()
    return Log(html, 0, first if first > 1 else None, last if newer else None)


def _in_view(text: SafeString, goes_on: bool) -> SafeString:
    """Without a script the browser scrolls to what has the focus."""
    kind = "" if goes_on else " message-found"
    return format_html('<div class="message-at{}" tabindex="-1" autofocus>{}</div>', kind, text)
