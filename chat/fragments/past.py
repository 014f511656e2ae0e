"""What was said in a room long ago: a page of it before a message, after one, or around one."""

from collections.abc import Sequence
from datetime import date, datetime, time

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import make_aware

from chat.conf import conf
from chat.fragments.messages import Log, Where, message
from chat.models import Message, Room

AT = '<div class="message-at{}" data-author="{}" tabindex="-1"{}>{}{}</div>'


def log_before(room: Room, seq: int) -> Log:
    rows = room.messages.for_page().filter(seq__lt=seq).newest(conf.page_size)
    return _shown(room, rows, newer=bool(rows) and room.messages.filter(seq__gt=rows[-1].seq).exists())


def log_after(room: Room, seq: int) -> Log:
    """Who comes reads on at the first of them."""
    rows = room.messages.for_page().filter(seq__gt=seq).oldest(conf.page_size + 1)
    if not rows and room.messages.exists():
        return Log(SafeString(), 0, seq + 1)
    shown = rows[: conf.page_size]
    return _shown(room, shown, newer=len(rows) > len(shown), at=shown[0] if shown else None)


def log_of_day(room: Room, day: date) -> Log | None:
    """From the first message on that was sent on this day or later, in the time zone that is active; None when all were
    sent before."""
    first = room.messages.first_since(make_aware(datetime.combine(day, time())), room.seq)
    return log_after(room, first.seq - 1) if first else None


def log_around(room: Room, found: Message, below: str = "", *, focus: bool = True) -> Log:
    """That one is marked, and in view unless something else has the `focus`; `below`: what stands below it. It is read
    by `for_page`."""
    half = conf.page_size // 2
    before = room.messages.for_page().filter(seq__lt=found.seq).newest(half)
    after = room.messages.for_page().filter(seq__gt=found.seq).oldest(half + 1)
    rows = [*before, found, *after[:half]]
    return _shown(room, rows, newer=len(after) > half, at=found, kind=" message-found", below=below, focus=focus)


def _shown(
    room: Room,
    rows: Sequence[Message],
    *,
    newer: bool,
    at: Message | None = None,
    kind: str = "",
    below: str = "",
    focus: bool = True,
) -> Log:
    """`at`: the one in view. Without a script the browser scrolls to what has the focus."""
    if not rows:
        return Log(SafeString(), 0, None)
    first, last, where, texts = rows[0].seq, rows[-1].seq, Where.of(room), list[SafeString]()
    for row in rows:
        text = message(row, where)
        if at and row.seq == at.seq:
            text = format_html(AT, kind, row.author.key, SafeString(" autofocus" if focus else ""), text, below)
        texts.append(text)
    html = mark_safe("".join(texts))  # noqa: S308
    return Log(html, 0, first if first > 1 else None, last if newer else None)
