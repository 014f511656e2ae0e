"""Messages that another version of the formatting has made, made anew. What they say stays, so nobody is told."""

from collections.abc import Iterator, Sequence

from django.db import transaction
from django.db.models import QuerySet

from chat.formatting import VERSION, formatted
from chat.models import Message

PIECE = 200  # messages that are read at once, and stored in one transaction


def render_messages() -> Iterator[tuple[int, int]]:
    """Yields how many are done, and how many there were to do. What is done stays so wherever it stops."""
    total, done, last = _stale(0).count(), 0, 0
    while rows := [*_stale(last).order_by("pk")[:PIECE]]:
        made = [(row, formatted(row.body, row.marks).html) for row in rows]  # before anybody waits for it
        _store(made)
        last, done = rows[-1].pk, done + len(rows)
        yield done, max(total, done)


@transaction.atomic
def _store(made: Sequence[tuple[Message, str]]) -> None:
    for row, html in made:  # but for what was changed meanwhile, and formatted with that
        unchanged = Message.objects.filter(pk=row.pk, body=row.body, html_version=row.html_version)
        unchanged.update(html=html, html_version=VERSION)


def _stale(after: int) -> QuerySet[Message]:
    return Message.objects.filter(pk__gt=after).exclude(html_version=VERSION)
