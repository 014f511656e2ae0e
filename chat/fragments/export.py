"""All that was said in a room as one file, to be kept and read without the chat: made in pieces, however much it is."""

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from chat.fragments.messages import Where, message
from chat.fragments.templates import render
from chat.models import Message, Room
from chat.variant import Variant

PIECE = 200  # messages that are read and drawn at once
PLACE = mark_safe("<!-- messages -->")
"""Where they stand in what the template gives."""


def exported(room: Room, site: str) -> Iterator[str]:
    """The pieces of the file, from the first message to what is the room's last one now. `site`: its address, as
    `https://chat.example/`, which links lead to. In the language and zone of whoever asks, though drawn later."""
    return _pieces(room, site, Variant.current())


def _pieces(room: Room, site: str, variant: Variant) -> Iterator[str]:
    before, _place, after = variant.call(_around, room, site).partition(PLACE)
    yield before
    last = 0
    while rows := room.messages.for_page().filter(seq__gt=last, seq__lte=room.seq).oldest(PIECE):
        yield variant.call(_drawn, rows, room)
        last = rows[-1].seq
    yield after


def _around(room: Room, site: str) -> str:
    count = room.messages.filter(seq__lte=room.seq).count()
    return render("chat/export.html", export_context(room, site, count, timezone.now(), PLACE), needs=PLACE)


def export_context(room: Room, site: str, count: int, now: datetime, log: SafeString) -> dict[str, Any]:
    """What export.html asks for."""
    return {"room": room, "site": site, "count": count, "now": now, "log": log, "styles": _styles()}


def _drawn(rows: list[Message], room: Room) -> str:
    where = Where.of(room)
    return "".join(message(row, where) for row in rows)


@cache
def _styles() -> SafeString:
    """Those of the room's own page, to stand in the file itself."""
    found = finders.find("chat/chat.css")
    return mark_safe(Path(found).read_text() if found else "")  # noqa: S308
