from datetime import datetime

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery

from chat.models.membership import Membership
from chat.models.participant import Participant


class MentionQuerySet(models.QuerySet["Mention"]):
    def of(self, participant: Participant) -> "MentionQuerySet":
        """What speaks of them, each message once: by name, or to all in a room whose member they were by then.

        Each knows as `read_seq` how far they have read in its room; None where they are no member.
        """
        if participant.pk is None:
            return self.none()
        there = Membership.objects.filter(participant=participant, room=OuterRef("message__room"))
        by_name = Mention.objects.filter(message=OuterRef("message"), participant=participant)
        to_all = Q(participant=None) & Exists(there.filter(joined__lte=OuterRef("message__sent"))) & ~Exists(by_name)
        found = self.filter(Q(participant=participant) | to_all).exclude(message__author=participant)
        return found.annotate(read_seq=Subquery(there.values("read_seq")[:1]))

    def unseen(self) -> "MentionQuerySet":
        """After `of`: where they have not read so far. Where they are no member nobody knows, so it counts."""
        return self.filter(Q(read_seq=None) | Q(read_seq__lt=F("message__seq")))

    def said_after(self, when: datetime) -> "MentionQuerySet":
        """Since then, or changed since then: an edit may have brought the mention."""
        return self.filter(Q(message__sent__gt=when) | Q(message__edited__gt=when))


class Mention(models.Model):
    """Somebody is spoken of in a message, by @name; everybody in the room by @room, which is one row as well."""

    message = models.ForeignKey("chat.Message", on_delete=models.CASCADE, related_name="mentions")
    participant = models.ForeignKey(
        "chat.Participant", on_delete=models.CASCADE, null=True, blank=True, related_name="mentions"
    )

    objects = MentionQuerySet.as_manager()

    read_seq: int | None
    """How far whoever is mentioned has read in its room; `of` tells."""

    class Meta:
        ordering = ("-message", "pk")
        constraints = (
            models.UniqueConstraint("message", "participant", name="chat_mention_once"),
            models.UniqueConstraint("message", condition=Q(participant=None), name="chat_mention_all_once"),
        )

    def __str__(self) -> str:
        return f"{self.participant or 'everybody'} in message {self.message_id}"
