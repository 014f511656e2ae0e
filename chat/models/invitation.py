from django.db import models
from django.utils import timezone


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self) -> "InvitationQuerySet":
        """Neither withdrawn nor expired."""
        return self.filter(withdrawn=False, expires__gt=timezone.now())


class Invitation(models.Model):
    """A link for whoever has it. The link holds its number, signed; the row lets it be withdrawn."""

    room = models.ForeignKey(
        "chat.Room",
        on_delete=models.CASCADE,
        related_name="invitations",
        null=True,
        blank=True,
        help_text="Without one it is a link to sign up.",
    )
    inviter = models.ForeignKey("chat.Participant", on_delete=models.CASCADE, related_name="+")
    created = models.DateTimeField(auto_now_add=True)
    expires = models.DateTimeField()
    withdrawn = models.BooleanField(default=False)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"Invitation {self.pk} to {self.room or 'sign up'}"
