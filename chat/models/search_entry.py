"""What messages are found by, and the one query that no ORM can say: SQLite and PostgreSQL each have an index of words
of their own (migration 0016), which the same transaction keeps that stores the words."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.db import connections, models, router
from django.db.models import BigIntegerField, BooleanField, F, QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone

from chat.models.message import Message
from chat.models.room import Room
from chat.searching import YEARS, Term, has_link, words

AUTHOR, ROOM, MONTH, LINK = "_a{}", "_r{}", "_m{:%Y%m}", "_link"  # no word of a text has an underscore in it
FIRST = datetime(YEARS.start, 1, 1, tzinfo=UTC)
FEW_MONTHS = 2  # that PostgreSQL's index of words is asked for
OLDEST_SINCE = """(
    SELECT min(one.id) FROM generate_series(
        date_trunc('month', %s::timestamptz AT TIME ZONE 'UTC'),
        (SELECT max(date_trunc('month', sent AT TIME ZONE 'UTC')) FROM chat_message),
        '1 month'
    ) AS month, LATERAL (
        SELECT id FROM chat_message WHERE date_trunc('month', sent AT TIME ZONE 'UTC') >= month
        ORDER BY date_trunc('month', sent AT TIME ZONE 'UTC'), id LIMIT 1
    ) AS one
)"""
NEWEST_UNTIL = """(
    SELECT max(one.id) FROM generate_series(
        (SELECT min(date_trunc('month', sent AT TIME ZONE 'UTC')) FROM chat_message),
        date_trunc('month', %s::timestamptz AT TIME ZONE 'UTC'),
        '1 month'
    ) AS month, LATERAL (
        SELECT id FROM chat_message WHERE date_trunc('month', sent AT TIME ZONE 'UTC') <= month
        ORDER BY date_trunc('month', sent AT TIME ZONE 'UTC') DESC, id DESC LIMIT 1
    ) AS one
)"""
"""For PostgreSQL: no message of these months has a lower id, or a higher one, in whatever order they were stored. The
index of migration 0018 answers for each month at once: asked for its order, as nothing else has that."""


class MessageSearch(NamedTuple):
    """What messages are searched for."""

    terms: Sequence[Term]
    rooms: "Sequence[int] | QuerySet[Room]"
    """One of these it is in: ids, which the index of words knows, or a query, where they are too many for that."""
    authors: Sequence[int] | None = None
    """Ids of participants, one of whom sent it."""
    has_link: bool = False
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None
    """The id of a message that is newer."""


class SearchEntry(models.Model):
    """What one message is found by. One that was deleted has none."""

    message = models.OneToOneField(Message, on_delete=models.CASCADE, primary_key=True, related_name="search_entry")
    words = models.TextField(
        help_text="Those of its text, in their order, then who sent it, where, when, and what it has."
    )

    class Meta:
        verbose_name_plural = "search entries"

    def __str__(self) -> str:
        return self.words[:60]

    @classmethod
    def of(cls, message: Message) -> "SearchEntry":
        """That of a message that is stored. Not stored itself."""
        marks = [AUTHOR.format(message.author_id), ROOM.format(message.room_id)]
        marks += [MONTH.format(message.sent.astimezone(UTC)), *([LINK] if has_link(message.body) else [])]
        return cls(message_id=message.pk, words=" ".join([*words(message.body), *marks]))


def newest_found(wanted: MessageSearch, most: int) -> list[int]:
    """The ids of so many messages, the newest first."""
    many = isinstance(wanted.rooms, QuerySet)
    if not (many or wanted.rooms) or (wanted.authors is not None and not wanted.authors):
        return []
    marks = [] if many else [[ROOM.format(pk) for pk in wanted.rooms]]
    marks += [[AUTHOR.format(pk) for pk in wanted.authors]] if wanted.authors else []
    marks += [[LINK]] if wanted.has_link else []
    months = _months(wanted.since, wanted.until) if wanted.since or wanted.until else []
    marks += [months] if months and (len(months) <= FEW_MONTHS or not _is_postgresql()) else []
    everything: QuerySet[Any] = SearchEntry.objects.alias(key=F("pk"))
    found = _with_words(wanted.terms, marks) if wanted.terms or marks else everything
    found = found.filter(message__room__in=wanted.rooms) if many else found
    found = _in_time(found, wanted.since, wanted.until)
    found = found.filter(key__lt=wanted.before) if wanted.before is not None else found
    return [*found.order_by("-key").values_list("pk", flat=True)[:most]]


def _in_time(found: QuerySet[Any], since: datetime | None, until: datetime | None) -> QuerySet[Any]:
    """PostgreSQL looks through the newest messages for a word that is often said: it is to begin where this time ends,
    and to end where it begins. Asked beforehand, so that it knows how many these are as it chooses its way."""
    if since:
        found = found.filter(message__sent__gte=since)
        found = found.filter(message__gte=_id_in(OLDEST_SINCE, since)) if _is_postgresql() else found
    if until:
        found = found.filter(message__sent__lt=until)
        found = found.filter(message__lte=_id_in(NEWEST_UNTIL, until)) if _is_postgresql() else found
    return found


def _id_in(months: str, moment: datetime) -> int:
    """0, which none has, where these months have no message."""
    asked = RawSQL(months, [moment], BigIntegerField())  # noqa: S611
    found = SearchEntry.objects.values_list(asked, flat=True).order_by()[:1]
    return next(iter(found), None) or 0


def _is_postgresql() -> bool:
    return connections[router.db_for_read(SearchEntry)].vendor == "postgresql"


def _months(since: datetime | None, until: datetime | None) -> list[str]:
    """Those in which it may have been sent, as marks: when just, its own row says."""
    tomorrow = timezone.now() + timedelta(days=1)  # by the clock of another process
    month, end, marks = max(FIRST, since or FIRST).astimezone(UTC), min(tomorrow, until or tomorrow), list[str]()
    month = month.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    while month <= end:
        marks.append(MONTH.format(month))
        month = (month + timedelta(days=32)).replace(day=1)
    return marks or [MONTH.format(month)]  # of a time to come there is nothing, in that one either


def _with_words(terms: Sequence[Term], marks: Sequence[Sequence[str]]) -> QuerySet[Any]:
    """Those with all of these, and one of each of the marks; `key`: the id as the index of words has it."""
    return (_by_postgresql if _is_postgresql() else _by_sqlite)(terms, marks)


def _by_sqlite(terms: Sequence[Term], marks: Sequence[Sequence[str]]) -> QuerySet[Any]:
    asked = [f'"{" ".join(term.words)}"{"" if term.whole else " *"}' for term in terms]
    asked += ["(" + " OR ".join(f'"{mark}"' for mark in one) + ")" for one in marks]
    index, here = "chat_searchentry_index", SearchEntry._meta.db_table
    # Its index is a table that no model has, and gives what it finds in the order of the ids.
    found = SearchEntry.objects.extra(  # noqa: S610
        tables=[index],
        where=[f"{index} MATCH %s", f"{index}.rowid = {here}.message_id"],
        params=[" AND ".join(asked)],
    )
    return found.alias(key=RawSQL(f"{index}.rowid", [], BigIntegerField()))  # noqa: S611


def _by_postgresql(terms: Sequence[Term], marks: Sequence[Sequence[str]]) -> QuerySet[Any]:
    """Its index tells which words stand there; that they stand side by side, the words themselves do."""
    asked = [" & ".join(f"'{word}'" for word in term.words) + ("" if term.whole else ":*") for term in terms]
    asked += ["(" + " | ".join(f"'{mark}'" for mark in one) + ")" for one in marks]
    here = SearchEntry._meta.db_table
    found = SearchEntry.objects.filter(RawSQL(f"{here}.vector @@ %s::tsquery", [" & ".join(asked)], BooleanField()))  # noqa: S611
    for term in terms:
        if len(term.words) > 1:
            phrase = f" {' '.join(term.words)}{' ' if term.whole else ''}"
            side_by_side = f"position(%s in ' ' || {here}.words || ' ') > 0"
            found = found.filter(RawSQL(side_by_side, [phrase], BooleanField()))  # noqa: S611
    return found.alias(key=F("pk"))
