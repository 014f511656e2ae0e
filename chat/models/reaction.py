from django.db import models

LONGEST_EMOJI = 64  # code points; a family of four with their skins has 15


class Reaction(models.Model):
    """One emoji that somebody put to a message. What the message shows of all of them stands in its own row."""

    message = models.ForeignKey("chat.Message", on_delete=models.CASCADE, related_name="reacted")
    participant = models.ForeignKey("chat.Participant", on_delete=models.PROTECT, related_name="reactions")
    emoji = models.CharField(max_length=LONGEST_EMOJI)

    class Meta:
        ordering = ("pk",)
        constraints = (models.UniqueConstraint("message", "emoji", "participant", name="chat_reaction_once"),)

    def __str__(self) -> str:
        return f"{self.emoji} {self.participant_id}"
