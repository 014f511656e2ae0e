"""Memberships as a list of rooms needs them: what is new in each, counted for many people by one query."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from django.db.models import Case, Count, F, OuterRef, Q, QuerySet, Subquery, Value, When

from chat.models.membership import Membership
from chat.models.mention import Mention
from chat.models.message import Message

MOST_COUNTED = 99  # unread messages of a room; one more stands for any number of them
LONGEST = 80  # characters of a conversation's name, as of a room's


class Conversation(NamedTuple):
    """What a conversation is like to one of its people."""

    name: str
    """The names of all others in it, as they are called now."""
    face: "Face"


class Face(NamedTuple):
    """The first of the others."""

    key: str
    name: str
    colour: str


class Listed(NamedTuple):
    """A membership, and what its room is like."""

    pk: int
    participant: int
    muted: bool
    read_seq: int
    room: int
    slug: str
    name: str
    kind: str
    archived: bool
    seq: int
    """The room's head."""
    spoken: datetime | None


LISTED = [
    *("pk", "participant_id", "muted", "read_seq", "room_id", "room__slug", "room__name", "room__kind"),
    *("room__archived", "room__seq", "room__spoken"),
]


def listed(memberships: QuerySet[Membership]) -> list[Listed]:
    return [Listed(*row) for row in memberships.order_by().values_list(*LISTED)]


def count_unread(memberships: QuerySet[Membership]) -> dict[int, int]:
    """{pk: how many messages of others come after what was read}, up to MOST_COUNTED + 1."""
    unseen = (
        Message.objects.filter(room=OuterRef("room"), seq__gt=OuterRef("read_seq"), deleted=False)
        .exclude(author=OuterRef("participant"))
        .order_by("seq")
    )
    # Whether they are more than are counted costs so many steps and no more, however long somebody was away.
    beyond = unseen.values("seq")[MOST_COUNTED : MOST_COUNTED + 1]
    number = unseen.order_by().values("room").annotate(number=Count("pk")).values("number")
    rows = memberships.alias(beyond=Subquery(beyond)).annotate(
        number=Case(When(beyond__isnull=False, then=Value(MOST_COUNTED + 1)), default=Subquery(number))
    )
    return {pk: number for pk, number in rows.order_by().values_list("pk", "number") if number}


def count_mentions(memberships: QuerySet[Membership]) -> dict[int, int]:
    """{pk: how many messages of others, after what was read, speak of them}, by name or as one of all."""
    theirs = "message__room__memberships"
    of_them = Q(participant=F(f"{theirs}__participant")) | Q(participant=None)
    by_others = ~Q(message__author=F(f"{theirs}__participant"))
    after = {f"{theirs}__in": memberships, "message__seq__gt": F(f"{theirs}__read_seq")}
    found = Mention.objects.filter(of_them, by_others, **after)  # in one call, so that all speaks of one membership
    return dict(found.order_by().values_list(theirs).annotate(number=Count("message", distinct=True)))


def name_conversations(rooms: Collection[int]) -> dict[tuple[int, int], Conversation]:
    """{(participant, room): what the conversation is like to them}, of these rooms."""
    fields = ("room", "participant", "participant__key", "participant__name", "participant__colour")
    there = Membership.objects.filter(room__in=rooms).values_list(*fields).order_by()
    people: dict[int, list[tuple[int, Face]]] = {}
    for room, pk, *face in sorted(there, key=lambda one: (one[3].casefold(), one[1])):
        people.setdefault(room, []).append((pk, Face(*face)))
    found: dict[tuple[int, int], Conversation] = {}
    for room, everybody in people.items():
        for me, _ in everybody:
            others = [face for pk, face in everybody if pk != me or len(everybody) == 1]
            name = ", ".join(face.name for face in others)
            name = name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
            found[me, room] = Conversation(name, others[0])
    return found
