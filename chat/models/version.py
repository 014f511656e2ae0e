from django.db import models


class Version(models.Model):
    """What a message said before it was changed. A deletion leaves none."""

    message = models.ForeignKey("chat.Message", on_delete=models.CASCADE, related_name="versions")
    body = models.TextField()
    marks = models.JSONField(default=list)
    written = models.DateTimeField(help_text="When it came to say this.")

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.written}: {self.body[:60]}"
