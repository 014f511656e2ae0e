from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import NamedTuple

from django.db import models
from django.db.models.functions import Now

from chat import names
from chat.models.membership import Membership, Role
from chat.models.participant import Participant
from chat.models.room import Kind, Room

EXPIRY = timedelta(seconds=40)
"""Whose process has not said for so long that it lives is gone. Four of its beats: chat/live/presence.py."""

Seats = dict[str, bool]
"""{participant's key: is none of their windows looked at}"""


class Person(NamedTuple):
    """Somebody in a room, ready to be shown."""

    key: str
    name: str
    colour: str
    is_guest: bool
    role: Role | None
    """If they keep the room: owner or moderator."""
    away: bool


class PresenceQuerySet(models.QuerySet["Presence"]):
    def alive(self) -> "PresenceQuerySet":
        """By the database's clock, the one that all processes share."""
        return self.filter(seen__gt=Now() - EXPIRY)

    def expired(self) -> "PresenceQuerySet":
        """So old that they can be deleted: no process that is only slow needs them any more."""
        return self.filter(seen__lt=Now() - 2 * EXPIRY)

    def seats(self, room_ids: Collection[int]) -> dict[int, Seats]:
        """Who is in each of these rooms, in the order in which they came, over all processes. One query."""
        rooms: dict[int, Seats] = {room_id: {} for room_id in room_ids}
        rows = self.alive().filter(room__in=room_ids).exclude(participant__banned=True)
        for room_id, key, away in rows.order_by("pk").values_list("room", "key", "away"):
            seats = rooms[room_id]
            seats[key] = seats.get(key, True) and away
        return rooms


def people(room: Room, seats: Seats, most: int) -> list[Person]:
    """At most so many of them: who looks before who is away, members before guests. Two queries."""
    chosen = sorted(seats, key=lambda key: seats[key])[:most]
    known = {one.key: one for one in Participant.objects.filter(key__in=chosen)}
    Membership.objects.tell_roles(room, known.values())
    found = (_person(room, key, known.get(key), seats[key]) for key in chosen)
    return sorted(filter(None, found), key=lambda one: (one.away, one.is_guest, one.name.casefold(), one.key))


def _person(room: Room, key: str, one: Participant | None, away: bool) -> Person | None:
    if one is None:  # a guest who has not written yet has a name, and no row
        return Person(key, names.guest_name(key), "", True, None, away)
    if one.banned:
        return None
    role = Role(one.role_in(room) or Role.MEMBER)
    keeps = role != Role.MEMBER and room.kind != Kind.DIRECT
    return Person(key, one.name, one.colour, one.is_guest, role if keeps else None, away)


def names_of(keys: Iterable[str]) -> dict[str, str]:
    """{key: under which name they write now}. One query."""
    keys = list(keys)
    known = dict(Participant.objects.filter(key__in=keys).values_list("key", "name"))
    return {key: known.get(key) or names.guest_name(key) for key in keys}


class Presence(models.Model):
    """Somebody has the room open, by way of one process; gone with their last socket there, or with the process."""

    process = models.CharField(max_length=32, db_index=True)
    room = models.ForeignKey("chat.Room", on_delete=models.CASCADE, related_name="presences")
    key = models.CharField(max_length=40, help_text="The participant's, who may have no row.")
    participant = models.ForeignKey(
        "chat.Participant", on_delete=models.CASCADE, null=True, blank=True, related_name="presences"
    )
    away = models.BooleanField(default=False, help_text="None of their windows there is looked at.")
    seen = models.DateTimeField()

    objects = PresenceQuerySet.as_manager()

    class Meta:
        ordering = ("room", "pk")
        constraints = (models.UniqueConstraint("process", "room", "key", name="chat_presence_once"),)
        indexes = (models.Index("participant", "room", name="chat_presence_of"),)

    def __str__(self) -> str:
        return f"{self.key} in room {self.room_id}"
