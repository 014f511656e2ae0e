"""What is found, rooms and people by their names and messages by their words: the queries that lists and the search
share, and what is asked of them."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, time

from django.db.models import F, Prefetch, Q, QuerySet
from django.http import HttpRequest
from django.utils.timezone import make_aware
from django.utils.translation import gettext_lazy as _

from chat import policy
from chat.errors import Refused, sentence
from chat.models import Kind, Membership, Message, MessageSearch, Participant, Room, SearchEntry, newest_found
from chat.names import handle
from chat.searching import Asked, closeness

LONGEST = 200  # characters that are looked for
MESSAGES = 20  # on a page
MOST_COMPARED = 500  # of which the best come first
MOST_NAMESAKES = 50
FEW_ROOMS = 64  # that the index of words is asked for; of more, each message is looked at

NO_ROOM = _("There is no room “{typed}” that you may read.")


def rooms_for(participant: Participant, query: str) -> QuerySet[Room]:
    """Those they may know of, the liveliest first, with their own membership in each as `mine`."""
    mine = Membership.objects.filter(participant=participant.pk)
    found = (
        policy.known_rooms(participant)
        .exclude(kind=Kind.DIRECT)
        .order_by(F("spoken").desc(nulls_last=True), "name")
        .prefetch_related(Prefetch("memberships", mine, to_attr="mine"))
    )
    return found.filter(Q(name__icontains=query) | Q(topic__icontains=query)) if query else found


def people_for(participant: Participant, query: str = "") -> QuerySet[Participant]:
    """Whom they may talk to, by name."""
    people = Participant.objects.filter(kind=Participant.Kind.MEMBER, banned=False).exclude(pk=participant.pk)
    return (people.filter(name__icontains=query) if query else people).order_by("name", "pk")


def sought(request: HttpRequest) -> str:
    return storable(request.GET.get("q", "").strip()[:LONGEST])


def storable(text: str) -> str:
    """PostgreSQL refuses to look for what it refuses to hold."""
    return text.replace("\x00", "")


def messages_for(
    participant: Participant, asked: Asked, *, best: bool, before: int | None
) -> tuple[list[Message], int | None]:
    """Of the rooms they may read: a page of them, the newest first, or the `best` of the newest; and before which id
    there are more. Raises Refused where what is asked makes no sense."""
    if asked.problems:
        raise Refused(asked.problems[0])
    known = policy.known_rooms(participant)
    rooms = known.filter(pk__in=_rooms_called(known, asked.rooms)) if asked.rooms else known
    few = [*rooms.order_by()[: FEW_ROOMS + 1]]
    wanted = MessageSearch(
        asked.terms,
        rooms.order_by() if len(few) > FEW_ROOMS else [room.pk for room in _readable(participant, few)],
        _people_called(participant, asked.senders) if asked.senders else None,
        asked.has_link,
        _begin(asked.since),
        _begin(asked.until),
        before,
    )
    found = newest_found(wanted, MOST_COMPARED if best else MESSAGES + 1)
    pks = _best(found, asked) if best else found[:MESSAGES]
    # An older release that runs beside this one deletes without its entry.
    rows = Message.objects.filter(deleted=False).select_related("room", "author", "reply_to").in_bulk(pks)
    may = {room.pk for room in _readable(participant, {row.room for row in rows.values()})}
    shown = [rows[pk] for pk in pks if pk in rows and rows[pk].room_id in may]
    return shown, pks[-1] if not best and len(found) > MESSAGES else None


def _readable(participant: Participant, rooms: Collection[Room]) -> list[Room]:
    Membership.objects.tell_own_roles(participant, rooms)
    return [room for room in rooms if policy.can_read(participant, room)]


def _rooms_called(known: QuerySet[Room], names: Sequence[str]) -> list[int]:
    """As in their addresses, or by name."""
    pks: list[int] = []
    for name in names:
        bare = storable(name).removeprefix("#")
        found = [*known.filter(slug__in=[bare, bare.lower()]).values_list("pk", flat=True)]
        if not found:  # SQLite knows no capital but those of ASCII
            everything = known.order_by().values_list("pk", "name")
            found = [pk for pk, called in everything if called.casefold() == bare.casefold()]
        if not found:
            raise Refused(sentence(NO_ROOM, typed=name))
        pks += found
    return pks


def _people_called(participant: Participant, names: Sequence[str]) -> list[int]:
    """Of names that nobody has it is not said: a guest is not told who is here."""
    pks: list[int] = []
    for name in names:
        bare = storable(name).removeprefix("@")
        if bare.casefold() == "me":
            pks += [participant.pk or 0]  # who has not written yet has sent nothing
            continue
        called = Q(name__iexact=bare)
        if spoken := handle(bare):  # guests who have not chosen a name have none
            called |= Q(handle=spoken)
        pks += Participant.objects.filter(called).order_by("pk").values_list("pk", flat=True)[:MOST_NAMESAKES]
    return pks


def _begin(day: date | None) -> datetime | None:
    """In the time zone that is active."""
    return make_aware(datetime.combine(day, time())) if day else None


def _best(pks: Sequence[int], asked: Asked) -> list[int]:
    """Those that are closest to what is asked for; of the same the newest first."""
    said = dict(SearchEntry.objects.filter(pk__in=pks).values_list("pk", "words"))
    ranks = {pk: closeness(said.get(pk, "").split(), asked.terms) for pk in pks}
    return sorted(pks, key=lambda pk: (ranks[pk], pk), reverse=True)[:MESSAGES]
