from collections.abc import Iterable

from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from chat.models.participant import Participant
from chat.models.room import Room


class Role(models.TextChoices):
    """What one is in a room."""

    OWNER = "owner", _("Owner")
    MODERATOR = "moderator", _("Moderator")
    MEMBER = "member", _("Member")


class MembershipQuerySet(models.QuerySet["Membership"]):
    def tell_roles(self, room: Room, participants: Iterable[Participant]) -> None:
        """Have these know what they are in the room, in one query for all of them."""
        known = {one.pk: one for one in participants if one.pk is not None}
        roles = dict(self.filter(room=room, participant__in=known).values_list("participant", "role"))
        for pk, one in known.items():
            one.roles[room.pk] = roles.get(pk)

    def tell_own_roles(self, participant: Participant, rooms: Iterable[Room]) -> None:
        """Have them know what they are in these rooms, in one query for all of them."""
        pks = {room.pk for room in rooms}
        known = dict(self.filter(room__in=pks, participant=participant.pk).values_list("room", "role"))
        participant.roles |= {pk: known.get(pk) for pk in pks}

    def unread(self) -> "MembershipQuerySet":
        """Those with something after what was read."""
        return self.filter(room__seq__gt=F("read_seq"))


class Membership(models.Model):
    """A member in a room. What they have not read is `seq > read_seq`: a message writes no row of its readers."""

    room = models.ForeignKey("chat.Room", on_delete=models.CASCADE, related_name="memberships")
    participant = models.ForeignKey("chat.Participant", on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role, default=Role.MEMBER)
    read_seq = models.PositiveBigIntegerField(default=0, help_text="They have seen what the room was at this seq.")
    muted = models.BooleanField(default=False, help_text="It counts no unread messages, only mentions.")
    joined = models.DateTimeField(auto_now_add=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        ordering = ("room", "pk")
        constraints = (models.UniqueConstraint("room", "participant", name="chat_membership_once"),)

    def __str__(self) -> str:
        return f"{self.participant} in {self.room}"
