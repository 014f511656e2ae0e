import hashlib
import re
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Q
from django.db.models.query_utils import DeferredAttribute
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from chat import names, rules
from chat.models.composed import Composed
from chat.models.room import Room

KEY = re.compile(r"[A-Za-z0-9_-]{1,40}")


class Colour(models.TextChoices):
    """Of a name. The stylesheet has each for light and for dark, so that all can be read."""

    NONE = "", pgettext_lazy("colour", "None")
    RED = "red", _("Red")
    ORANGE = "orange", _("Orange")
    OLIVE = "olive", _("Olive")
    GREEN = "green", _("Green")
    TEAL = "teal", _("Teal")
    BLUE = "blue", _("Blue")
    VIOLET = "violet", _("Violet")
    PINK = "pink", _("Pink")


class Rings(models.TextChoices):
    """What is counted in the tab of a page that nobody looks at."""

    ALL = "all", _("Every message")
    MENTIONS = "mentions", _("What is for me: mentions and direct messages")
    NOTHING = "nothing", _("Nothing")


class ParticipantQuerySet(models.QuerySet["Participant"]):
    def with_keys(self, keys: Iterable[str]) -> "dict[str, Participant]":
        """{key: participant with their account}, of those that are stored."""
        return {row.key: row for row in _with_keys([*keys], Participant)}

    def members_like(self, name: str) -> "ParticipantQuerySet":
        """Members whose name looks the same."""
        return self.filter(kind=Participant.Kind.MEMBER, skeleton=names.skeleton(name))

    def called_like(self, beginning: str) -> "ParticipantQuerySet":
        """Those with a word in their name that begins so. A blank at the end says that the word is finished."""
        handle = names.handle(beginning) + " " * beginning[-1:].isspace()
        return self.filter(Q(handle__startswith=handle) | Q(handle__contains=f" {handle}"))

    def with_account(self) -> "ParticipantQuerySet":
        """Members whose account is there, and may be signed in to."""
        found = self.filter(kind=Participant.Kind.MEMBER, user__isnull=False)
        user = get_user_model()
        return (
            found.filter(user__is_active=True)
            if isinstance(getattr(user, "is_active", None), DeferredAttribute)
            else found
        )


_with_keys = Composed(lambda keys: Participant.objects.select_related("user").filter(key__in=keys).order_by(), str)


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
    handle = models.CharField(
        max_length=names.SKELETON_LENGTH,
        blank=True,
        db_index=True,
        editable=False,
        help_text="What one types after an @ to mean them.",
    )
    colour = models.CharField(max_length=10, choices=Colour, blank=True)
    time_zone = models.CharField(max_length=64, blank=True, help_text="Empty: that of the site.")
    language = models.CharField(max_length=16, blank=True, help_text="Empty: as their browser says.")
    rings = models.CharField(max_length=10, choices=Rings, default=Rings.ALL)
    shows_typing = models.BooleanField(default=True, help_text="Others see that they are writing.")
    digest = models.BooleanField(default=False, help_text="An e-mail tells of mentions they have not seen.")
    digested = models.DateTimeField(null=True, blank=True, editable=False, help_text="When the last one was sent.")
    banned = models.BooleanField(default=False, help_text="May neither read nor write; open pages are closed at once.")
    created = models.DateTimeField(auto_now_add=True)
    joined = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When somebody who had been a guest became a member."
    )

    objects = ParticipantQuerySet.as_manager()

    visits = False
    """They are in a frame of another site, by a ticket: no cookie of ours is theirs. Not stored."""
    handed = False
    """And their name is what that site calls them. Not stored."""

    @cached_property
    def roles(self) -> dict[int, str | None]:
        """{room id: what they are there}, as far as it was asked; whoever wants to know anew reads the row anew."""
        return {}

    def role_in(self, room: Room) -> str | None:
        """Owner, moderator, member, or nothing. One query the first time it is asked."""
        if room.pk not in self.roles:
            found = self.memberships.filter(room=room).values_list("role", flat=True) if self.pk else ()
            self.roles[room.pk] = next(iter(found), None)
        return self.roles[room.pk]

    def __str__(self) -> str:
        return f"{self.name} ({self.get_kind_display()})"

    @property
    def is_moderator(self) -> bool:
        return self.user is not None and self.user.is_active and getattr(self.user, "is_staff", False)

    @property
    def email(self) -> str:
        """Of their account; empty when there is none."""
        return getattr(self.user, getattr(self.user, "EMAIL_FIELD", ""), "") if self.user else ""

    @property
    def is_guest(self) -> bool:
        return self.kind == self.Kind.GUEST

    @property
    def given_name(self) -> str:
        """The name they have without choosing one."""
        if self.is_guest:
            return names.guest_name(self.key)
        return self.name if self.user is None else rules.account_name(self.user)

    @classmethod
    def guest(cls, key: str, name: str = "") -> "Participant":
        """Who has not written yet, under the name that their key gives unless they have another. Not stored."""
        return cls(key=key, kind=cls.Kind.GUEST, name=name or names.guest_name(key))

    @staticmethod
    def key_of(user: Any) -> str:
        """Of a member who was no guest before."""
        key = f"u{user.pk}"
        return key if KEY.fullmatch(key) else f"u{hashlib.sha256(key.encode()).hexdigest()[:32]}"
