import secrets
from copy import copy
from datetime import datetime
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import get_script_prefix, resolve, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat.errors import Sentence, sentence
from chat.models.composed import Composed, ComposedUpdate


def new_epoch() -> str:
    return secrets.token_hex(4)


def no_other_address(slug: str) -> None:
    """A validator: /chat/me/ and its like are pages of their own, so no room can be there."""
    found = resolve("/" + reverse("chat:room", args=[slug]).removeprefix(get_script_prefix()))
    if found.url_name != "room":
        raise ValidationError(_("This address is taken: choose another one."))


YEARS = range(1990, 2200)
"""Those that a room may open or close in: beyond, a time of day can't be said in every zone, or was a slip."""


def fit_moment(moment: datetime) -> None:
    """A validator."""
    if moment.year not in YEARS:
        raise ValidationError(_("This is too far away: choose a year from 1990 to 2199."))


class Door(NamedTuple):
    """In what way a room is closed; the times are said while they are what closes it."""

    archived: bool
    opens_at: datetime | None
    closes_at: datetime | None

    @classmethod
    def now(cls, archived: bool, opens_at: datetime | None, closes_at: datetime | None) -> "Door":
        """That of a room with these."""
        moment = timezone.now()
        early = opens_at is not None and moment < opens_at
        over = closes_at is not None and moment >= closes_at
        return cls(archived, opens_at if early else None, closes_at if over and not early else None)

    @property
    def why(self) -> Sentence:
        """What people are told of a time that closes it; nothing when none does."""
        if self.opens_at:
            return sentence(_("This room opens on {moment}. Until then it can be read."), moment=self.opens_at)
        if self.closes_at:
            return sentence(_("This room closed on {moment}. It can still be read."), moment=self.closes_at)
        return ""

    @property
    def is_open(self) -> bool:
        return self == OPEN


OPEN = Door(False, None, None)


class Head(NamedTuple):
    """Where a room stands."""

    seq: int
    """Of its last change."""
    epoch: str
    door: Door


class Kind(models.TextChoices):
    """Who may read. A room keeps the kind it was made with."""

    PUBLIC = "public", _("Public: anybody reads")
    MEMBERS = "members", _("Members: whoever has an account")
    PRIVATE = "private", _("Private: by invitation")
    DIRECT = "direct", _("Direct: these people alone")


class RoomQuerySet(models.QuerySet["Room"]):
    def heads(self, room_ids: "list[int]") -> dict[int, Head]:
        """{room id: where it stands}, in one query."""
        rows = self.filter(pk__in=room_ids).values_list("pk", "seq", "epoch", *Door._fields)
        return {pk: Head(seq, epoch, Door.now(*said)) for pk, seq, epoch, *said in rows}

    def locked(self, room_id: int) -> "Room":
        """The room as it is now, its row locked to the end of the transaction. Raises DoesNotExist."""
        return _only(_locked([room_id], Room))

    def anew(self, room_id: int) -> "Room":
        """The room as it is now. Raises DoesNotExist."""
        return _only(_anew([room_id], Room))

    def at(self, slug: str) -> "Room":
        """The one at this address. Raises DoesNotExist."""
        return _only(_at([slug], Room))


def _only(found: "list[Room]") -> "Room":
    if not found:
        raise Room.DoesNotExist
    return found[0]


_store_head = ComposedUpdate(lambda: Room, "seq", "spoken", "speaker")
_store_pins = ComposedUpdate(lambda: Room, "pins_seq")
_at = Composed(lambda slugs: Room.objects.filter(slug=slugs[0]).order_by(), str)
_anew = Composed(lambda pks: Room.objects.filter(pk=pks[0]).order_by(), int)
_locked = Composed(lambda pks: Room.objects.select_for_update(no_key=True).filter(pk=pks[0]).order_by(), int)


class Room(models.Model):
    slug = models.SlugField(
        max_length=50,
        unique=True,
        validators=[no_other_address],
        help_text="Its name in addresses; it cannot change later.",
    )
    name = models.CharField(max_length=80)
    topic = models.CharField(max_length=200, blank=True, help_text="One line under the name.")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.PUBLIC)
    guests_write = models.BooleanField(default=True, help_text="Guests may write in it, if it is public.")
    people = models.CharField(
        max_length=64,
        null=True,
        unique=True,
        editable=False,
        help_text="Of a direct one: which people it is for, so that the same have one.",
    )
    content_type = models.ForeignKey(
        "contenttypes.ContentType",
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        help_text="Of a room that belongs to an object of the host project: of which kind that one is.",
    )
    object_id = models.CharField(max_length=64, null=True, editable=False, help_text="And its primary key.")
    archived = models.BooleanField(default=False, help_text="Everybody can read it, nobody can write.")
    opens_at = models.DateTimeField(
        null=True, blank=True, validators=[fit_moment], help_text="Before that it can only be read."
    )
    closes_at = models.DateTimeField(
        null=True, blank=True, validators=[fit_moment], help_text="From then on it can only be read."
    )
    seq = models.PositiveBigIntegerField(
        default=0, editable=False, help_text="The head: how many durable changes this room has seen."
    )
    epoch = models.CharField(
        max_length=16,
        default=new_epoch,
        editable=False,
        help_text="Which life of the table its seq belongs to: renewed when a backup is restored.",
    )
    created = models.DateTimeField(auto_now_add=True)
    spoken = models.DateTimeField(null=True, editable=False, db_index=True, help_text="When the last message was sent.")
    speaker = models.CharField(
        max_length=128, blank=True, editable=False, help_text="Who sent it: what they say next may go on from it."
    )

    pins_seq = models.PositiveBigIntegerField(
        default=0, editable=False, help_text="Its seq when what is pinned last changed; 0: nothing ever was."
    )

    objects = RoomQuerySet.as_manager()

    class Meta:
        ordering = ("name", "pk")
        constraints = (
            models.UniqueConstraint(fields=("content_type", "object_id"), name="chat_one_room_for_an_object"),
            models.CheckConstraint(
                condition=Q(opens_at=None) | Q(closes_at=None) | Q(closes_at__gt=F("opens_at")),
                name="chat_room_closes_after_it_opens",
                violation_error_message=_("A room closes after it has opened: choose a later time to close it."),
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def door(self) -> Door:
        return Door.now(self.archived, self.opens_at, self.closes_at)

    def opened(self) -> "Room":
        """The same, unsaved, as it would be if nothing closed it."""
        room = copy(self)
        room.archived, room.opens_at, room.closes_at = False, None, None
        return room

    def get_absolute_url(self) -> str:
        return reverse("chat:room", args=[self.slug])

    def next_seq(self, count: int = 1, spoken: datetime | None = None, speaker: str = "") -> int:
        """The next `count` places in the room, which must be `locked`. Gives the last of them.

        The lock is held to the commit, so whoever reads N can read everything below N. `spoken` and `speaker`: when
        the last of them was sent and by whom, if they are messages.
        """
        self.seq += count
        self.spoken, self.speaker = spoken or self.spoken, speaker or self.speaker
        _store_head(self)
        return self.seq

    def note_pins(self) -> None:
        """With the change that has just got its seq, what is pinned is another, or says something else."""
        self.pins_seq = self.seq
        _store_pins(self)
