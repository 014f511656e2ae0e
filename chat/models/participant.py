import hashlib
import re
from typing import Any

from django.conf import settings
from django.db import models

from chat import names

KEY = re.compile(r"[A-Za-z0-9_-]{1,40}")


class Colour(models.TextChoices):
    """Of a name. The stylesheet has each for light and for dark, so that all can be read."""

    NONE = "", "None"
    RED = "red"
    ORANGE = "orange"
    OLIVE = "olive"
    GREEN = "green"
    TEAL = "teal"
    BLUE = "blue"
    VIOLET = "violet"
    PINK = "pink"


class Rings(models.TextChoices):
    """What may make a sound, or whatever else calls somebody."""

    ALL = "all", "Every message"
    MENTIONS = "mentions", "What is for me: mentions and direct messages"
    NOTHING = "nothing", "Nothing"


class ParticipantQuerySet(models.QuerySet["Participant"]):
    def members_like(self, name: str) -> "ParticipantQuerySet":
        """Members whose name looks the same."""
        return self.filter(kind=Participant.Kind.MEMBER, skeleton=names.skeleton(name))


class Participant(models.Model):
    """Who writes: a member with an account, or a guest. An unsaved one is somebody who has not written yet."""

    class Kind(models.TextChoices):
        MEMBER = "member"
        GUEST = "guest"

    key = models.CharField(
        max_length=40,
        unique=True,
        editable=False,
        help_text="Public and stable: g<random> of a guest, also after they signed up, or u<user id>.",
    )
    kind = models.CharField(max_length=10, choices=Kind, editable=False)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    name = models.CharField(max_length=80)
    named = models.BooleanField(
        default=False, editable=False, help_text="They chose the name; until then a member has that of their account."
    )
    skeleton = models.CharField(
        max_length=names.SKELETON_LENGTH,
        blank=True,
        db_index=True,
        editable=False,
        help_text="What is left of a chosen name, or a member's, to the eye: the same for names that look the same.",
    )
    colour = models.CharField(max_length=10, choices=Colour, blank=True)
    time_zone = models.CharField(max_length=64, blank=True, help_text="Empty: that of the site.")
    language = models.CharField(max_length=16, blank=True, help_text="Empty: as their browser says.")
    rings = models.CharField(max_length=10, choices=Rings, default=Rings.MENTIONS)
    banned = models.BooleanField(default=False, help_text="May neither read nor write; open pages are closed at once.")
    created = models.DateTimeField(auto_now_add=True)
    joined = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When somebody who had been a guest became a member."
    )

    objects = ParticipantQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.name} ({self.get_kind_display()})"

    @property
    def is_moderator(self) -> bool:
        return self.user is not None and self.user.is_active and getattr(self.user, "is_staff", False)

    @property
    def is_guest(self) -> bool:
        return self.kind == self.Kind.GUEST

    @property
    def given_name(self) -> str:
        """The name they have without choosing one."""
        if self.is_guest:
            return names.guest_name(self.key)
        return self.name if self.user is None else account_name(self.user)

    @staticmethod
    def key_of(user: Any) -> str:
        """Of a member who was no guest before."""
        key = f"u{user.pk}"
        return key if KEY.fullmatch(key) else f"u{hashlib.sha256(key.encode()).hexdigest()[:32]}"


def account_name(user: Any) -> str:
    """What an account calls its owner; of an e-mail address only what stands before the @, as everybody reads it."""
    full_name = getattr(user, "get_full_name", str)().strip()
    return (full_name or user.get_username().split("@")[0] or f"Member {user.pk}")[:80]
