from django.db import models


class Line(models.Model):
    """A message as the simplest chat would store it: no order of its own, nothing that keeps a repeat out."""

    body = models.TextField()
    sent = models.DateTimeField(auto_now_add=True)
