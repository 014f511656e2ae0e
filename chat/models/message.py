import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TypeGuard

from django.db import models
from django.db.models import OuterRef, Q, Subquery, Value
from django.urls import reverse
from django.utils.timezone import localdate

from chat.conf import conf

TOGETHER = timedelta(minutes=5)
NONCE = re.compile(r"[A-Za-z0-9_-]{1,64}")
LONGEST_NONCE = 64
PART = "."  # no nonce of a client has one
MOST_NONCES = 200  # of a page that comes back: it keeps eleven composers, and those that were refused


class MessageQuerySet(models.QuerySet["Message"]):
    def for_page(self) -> "MessageQuerySet":
        """With all that the template asks of them, in the one query."""
        before = Message.objects.filter(room=OuterRef("room"), seq__lt=OuterRef("seq")).order_by("-seq")
        return self.select_related("author", "reply_to").annotate(previous_sent=Subquery(before.values("sent")[:1]))

    def newest(self, count: int) -> "list[Message]":
        """The last `count` messages in their order."""
        return [*reversed(self.order_by("-seq")[:count])]

    def oldest(self, count: int) -> "list[Message]":
        """The first `count` messages in their order."""
        return [*self.order_by("seq")[:count]]

    def first_since(self, moment: datetime, head: int) -> "Message | None":
        """Of one room's, whose last seq is `head`: the first one that was sent then or later. Found by halves, as no
        index says when messages were sent, and none is sent before those with a lower seq."""
        low, high, found = 1, head, None
        while low <= high:
            middle = (low + high) // 2
            row = self.filter(seq__gte=middle).order_by("seq").first()
            if row is None or row.sent >= moment:
                found, high = row or found, middle - 1
            else:
                low = row.seq + 1
        return found

    def pinned(self) -> "MessageQuerySet":
        """The latest first."""
        return self.filter(pinned__isnull=False).order_by("-pinned", "-seq")

    def changed_after(self, cursor: int) -> "MessageQuerySet":
        """What happened after the cursor, in the order in which it happened."""
        return self.filter(changed__gt=cursor).order_by("changed")

    def sent_as(self, key: str, nonces: Iterable[str], head: int) -> list[str]:
        """Of one room's: the nonces among these under which this author has sent something that stands up to head."""
        known = sorted(nonce for nonce in nonces if Message.is_nonce(nonce))[:MOST_NONCES]
        rows = self.filter(author__key=key, nonce__in=known, seq__lte=head).order_by("seq")
        return [nonce for nonce in rows.values_list("nonce", flat=True) if nonce]

    def place_from_end(self, count: int, head: int) -> int | None:
        """The seq of the last but `count` - 1 of those up to head; None when nothing comes before that one."""
        places = self.filter(seq__lte=head).order_by("-seq").values_list("seq", flat=True)[count - 1 : count + 1]
        return places[0] if len(places) == 2 else None


class Message(models.Model):
    """One message. It keeps the name under which it was written, so that a page read twice says the same."""

    room = models.ForeignKey("chat.Room", on_delete=models.CASCADE, related_name="messages")
    author = models.ForeignKey("chat.Participant", on_delete=models.PROTECT, related_name="messages")
    author_name = models.CharField(max_length=80)
    body = models.TextField()
    nonce = models.CharField(
        max_length=LONGEST_NONCE,
        null=True,
        blank=True,
        help_text="Names one sending of one composer: a repeat stores nothing.",
    )
    marks = models.JSONField(
        default=list,
        editable=False,
        help_text="Where its text speaks of whom, as understood when written: [[from, to, keys], …], * for everybody.",
    )
    html = models.TextField(
        default="", db_default="", editable=False, help_text="Its text, formatted when it was written."
    )
    html_version = models.PositiveSmallIntegerField(
        default=0,
        db_default=0,
        editable=False,
        help_text="Of what formatted it; another one's is made anew when it is shown.",
    )
    seq = models.PositiveBigIntegerField(help_text="Its place in the room, for ever.")
    changed = models.PositiveBigIntegerField(help_text="The room's seq at its last change.")
    sent = models.DateTimeField()
    edited = models.DateTimeField(null=True, blank=True)
    deleted = models.BooleanField(default=False, help_text="A tombstone: it keeps its place and nothing it said.")

    reply_to = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        editable=False,
        related_name="replies",
        help_text="What it answers.",
    )
    reactions = models.JSONField(
        default=list,
        db_default=Value([], models.JSONField()),
        editable=False,
        help_text="What it shows of them: [[emoji, how many, keys of the latest, names of the very latest], …].",
    )
    pinned = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When it was pinned at the room's head."
    )
    goes_on = models.BooleanField(
        default=False,
        editable=False,
        help_text="By whoever sent the one before it, under the same name and soon after: one head is enough for both.",
    )

    objects = MessageQuerySet.as_manager()

    previous_sent: datetime | None = None
    """When the message before it was sent; `for_page` tells."""

    class Meta:
        ordering = ("room", "seq")
        constraints = (
            models.UniqueConstraint("room", "seq", name="chat_message_place"),
            models.UniqueConstraint("author", "nonce", name="chat_message_once"),
        )
        indexes = (
            models.Index("room", "changed", name="chat_message_changed"),
            models.Index(fields=("room", "pinned"), condition=Q(pinned__isnull=False), name="chat_message_pinned"),
            models.Index(fields=("reply_to",), condition=Q(reply_to__isnull=False), name="chat_message_replies"),
        )

    @staticmethod
    def is_nonce(value: object) -> TypeGuard[str]:
        """1 to 64 letters, digits, - or _: it becomes part of an id in the page."""
        return isinstance(value, str) and NONCE.fullmatch(value) is not None

    @staticmethod
    def sending(nonce: str, part: int) -> str:
        """What a message is stored under that was typed on in a composer from which so many others came."""
        return f"{nonce}{PART}{part}"

    @property
    def composer(self) -> str | None:
        """The nonce of the composer it came from."""
        return self.nonce.partition(PART)[0] if self.nonce else None

    @property
    def part(self) -> int:
        """So many came from that one before it."""
        return int((self.nonce or "").partition(PART)[2] or 0)

    @property
    def speaker(self) -> str:
        """Who speaks, as its head says it."""
        return f"{self.author_id} {self.author.kind} {self.author_name}"

    def follow(self, speaker: str, spoken: datetime | None) -> None:
        """Take note, before it is stored, of what comes before it: who sent that, and when."""
        self.previous_sent = spoken
        self.goes_on = spoken is not None and speaker == self.speaker and self.sent - spoken < TOGETHER

    @property
    def by_guest(self) -> bool:
        """Written without an account, and marked so for ever, should its author have signed up since."""
        joined = self.author.joined
        return self.author.is_guest or (joined is not None and self.sent < joined)

    @property
    def opens_day(self) -> bool:
        """The first one of a day, in the reader's time zone."""
        return self.previous_sent is None or localdate(self.previous_sent) != localdate(self.sent)

    def get_permalink(self) -> str:
        """Of a page that shows it among what was said around it, and always will."""
        return reverse("chat:message", args=[self.room.slug, self.seq])

    def get_absolute_url(self) -> str:
        """Where it stands now: in the room itself, where one can answer, or on a page of what is past."""
        most = conf.page_size
        # Changes take numbers as well; only where there may have been so many is it asked how many messages came since.
        if self.room.seq - self.seq < most or self.room.messages.filter(seq__gt=self.seq)[:most].count() < most:
            return f"{self.room.get_absolute_url()}#message-{self.pk}"
        return self.get_permalink()

    def __str__(self) -> str:
        return f"{self.author_name}: {self.body[:60]}"
