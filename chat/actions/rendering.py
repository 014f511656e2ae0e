"""Messages that another version of the formatting has made, made anew. What they say stays, so nobody is told."""

from collections.abc import Iterator

from django.db import transaction
from django.db.models import QuerySet

from chat.formatting import VERSION, formatted
from chat.models import Message

PIECE = 200  # messages in one transaction, for which their edits wait


def render_messages() -> Iterator[tuple[int, int]]:
    """Yields how many are done, and how many there were to do. What is done stays so wherever it stops."""
    total, done, last = _stale(0).count(), 0, 0
    while rows := _piece(last):
        last, done = rows[-1].pk, done + len(rows)
        yield done, max(total, done)


@transaction.atomic
def _piece(after: int) -> list[Message]:
    rows = [*_stale(after).select_for_update().order_by("pk")[:PIECE]]
    for row in rows:
        row.html, row.html_version = formatted(row.body, row.marks).html, VERSION
    Message.objects.bulk_update(rows, ["html", "html_version"])
    return rows


def _stale(after: int) -> QuerySet[Message]:
    return Message.objects.filter(pk__gt=after).exclude(html_version=VERSION)
