"""What was said in a room, as files that can be kept and read without the chat."""

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from django.contrib.staticfiles import finders
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from chat.conf import conf
from chat.fragments.messages import Where, message
from chat.fragments.templates import render
from chat.models import Room

PART = 2000
"""Messages in one file: some 3 MB, which take half a second to make, and which any browser shows."""


class Part(NamedTuple):
    """One file."""

    html: SafeString
    first: int
    """The seq of its first message; 0 if it has none."""
    last: int
    messages: int
    is_last: bool


def export_part(room: Room, after: int, site: str) -> Part:
    """The messages after a seq, as many as fit in one file. `site`: its address, where no setting says it."""
    rows = room.messages.for_page().filter(seq__gt=after).oldest(PART + 1)
    shown, where = rows[:PART], Where.of(room)
    log = mark_safe("".join(message(row, where) for row in shown))  # noqa: S308
    following = shown[-1].seq if len(rows) > PART else None
    html = render("chat/export.html", export_context(room, site, log, len(shown), after, following))
    return Part(html, shown[0].seq if shown else 0, shown[-1].seq if shown else after, len(shown), following is None)


def export_context(
    room: Room, site: str, log: SafeString, count: int, after: int, following: int | None
) -> dict[str, Any]:
    """What export.html asks for. `following`: after which seq there are more."""
    return {
        "room": room,
        "site": f"{(conf.site_url or site).rstrip('/')}/",
        "log": log,
        "count": count,
        "after": after,
        "following": following,
        "now": timezone.now(),
        "styles": _styles(),
    }


@cache
def _styles() -> SafeString:
    """Those of every room, to stand in the file itself."""
    found = finders.find("chat/chat.css")
    return mark_safe(Path(found).read_text(encoding="utf-8") if found else "")  # noqa: S308
