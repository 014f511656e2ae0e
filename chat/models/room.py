import secrets

from django.core.exceptions import ValidationError
from django.db import models
from django.urls import resolve, reverse


def new_epoch() -> str:
    return secrets.token_hex(4)


def no_other_address(slug: str) -> None:
    """A validator: /chat/me/ and its like are pages of their own, so no room can be there."""
    found = resolve(reverse("chat:room", args=[slug]))
    if found.url_name != "room":
        raise ValidationError("This address is taken: choose another one.")


class RoomQuerySet(models.QuerySet["Room"]):
    def heads(self, room_ids: "list[int]") -> dict[int, tuple[int, str]]:
        """{room id: (seq of its last change, epoch)}, in one query."""
        return {pk: (seq, epoch) for pk, seq, epoch in self.filter(pk__in=room_ids).values_list("pk", "seq", "epoch")}

    def locked(self, room_id: int) -> "Room":
        """The room as it is now, its row locked to the end of the transaction. Raises DoesNotExist."""
        return self.select_for_update(no_key=True).get(pk=room_id)


class Room(models.Model):
    slug = models.SlugField(
        max_length=50,
        unique=True,
        validators=[no_other_address],
        help_text="Its name in addresses; it cannot change later.",
    )
    name = models.CharField(max_length=80)
    topic = models.CharField(max_length=200, blank=True, help_text="One line under the name.")
    archived = models.BooleanField(default=False, help_text="Everybody can read it, nobody can write.")
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

    objects = RoomQuerySet.as_manager()

    class Meta:
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("chat:room", args=[self.slug])

    def next_seq(self, count: int = 1) -> int:
        """The next `count` places in the room, which must be `locked`. Gives the last of them.

        The lock is held to the commit, so whoever reads N can read everything below N.
        """
        self.seq += count
        Room.objects.filter(pk=self.pk).update(seq=self.seq)
        return self.seq
