"""What is made of messages, made anew where another release has done it: their HTML, and what they are found by. What
they say stays, so nobody is told."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from django.db import transaction
from django.db.models import Q, QuerySet

from chat.actions.indexing import index, index_anew
from chat.formatting import VERSION, formatted
from chat.models import Message, Room, SearchEntry

PIECE = 200  # messages that are read at once, and stored in one transaction


def render_messages() -> Iterator[tuple[int, int]]:
    """Yields how many are done, and how many there were to do. What is done stays so wherever it stops."""
    total, done, last = _stale(0).count(), 0, 0
    while rows := [*_stale(last).order_by("pk")[:PIECE]]:
        made = [(row, formatted(row.body, row.marks).html) for row in rows]  # before anybody waits for it
        _store(made)
        last, done = rows[-1].pk, done + len(rows)
        yield done, max(total, done)
    for count in _mend_entries():
        done += count
        yield done, max(total, done)


@transaction.atomic
def _store(made: Sequence[tuple[Message, str]]) -> None:
    _lock(row for row, _html in made)
    for row, html in made:  # but for what was changed before that, and formatted with it
        unchanged = Message.objects.filter(pk=row.pk, body=row.body, html_version=row.html_version)
        unchanged.update(html=html, html_version=VERSION)
    pks = [row.pk for row, _html in made]
    index(Message.objects.filter(pk__in=pks, deleted=False, search_entry=None))


def _lock(rows: Iterable[Message]) -> None:
    """Nobody changes them meanwhile."""
    for room_id in sorted({row.room_id for row in rows}):
        with suppress(Room.DoesNotExist):
            Room.objects.locked(room_id)


def _stale(after: int) -> QuerySet[Message]:
    unfit = ~Q(html_version=VERSION) | Q(deleted=False, search_entry=None)
    return Message.objects.filter(unfit, pk__gt=after)


def _mend_entries() -> Iterator[int]:
    """Of what was changed by an older release, which knew nothing of entries: it may have run beside this one. Yields
    how many each time."""
    changed, last = Message.objects.exclude(edited=None, deleted=False).filter(search_entry__isnull=False), 0
    while rows := [*changed.filter(pk__gt=last).select_related("search_entry").order_by("pk")[:PIECE]]:
        wrong = [row for row in rows if row.deleted or SearchEntry.of(row).words != row.search_entry.words]
        with transaction.atomic():
            _lock(wrong)
            for row in Message.objects.filter(pk__in=[row.pk for row in wrong]):
                index_anew(row)
        last = rows[-1].pk
        if wrong:
            yield len(wrong)
