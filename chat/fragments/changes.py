"""What happened in a room, as frames: rendered once for all who stand at the same place and share a variant."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from chat.conf import conf
from chat.fragments.messages import Where, cursor, message
from chat.fragments.page import tab
from chat.fragments.pins import pins
from chat.fragments.templates import render
from chat.frames import Frame
from chat.models import Message, Room
from chat.variant import Variant

LOG_LENGTH = 300  # messages that an open page keeps; htmx and the browser slow down with thousands
TRIM_EVERY = 50  # changes from one trimming of it to the next


@dataclass
class Changes:
    """What happened in a room after some cursor, as the frames for a reader at any later cursor: rendered once for each
    variant."""

    room: Room
    after: int
    head: int
    """The cursor of a reader who has got all of it."""
    rows: list[Message]
    """By seq."""
    whole: bool = False
    """The rows are all that a page shows, and replace its log."""
    posted: frozenset[tuple[str, str]] = frozenset()
    """(author's key, nonce of the composer) of the new ones among them."""
    pinned: list[Message] | None = None
    """What is pinned, if that has changed; None when it stayed the same."""
    keep: int | None = None
    """The seq from which on a page keeps its messages; None when it is not time to tell."""
    _htmls: dict[Variant, list[SafeString]] = field(default_factory=dict)
    """Of the rows, in their order."""
    _frames: dict[tuple[Variant, int], list[Frame]] = field(default_factory=dict)
    _tabs: dict[tuple[Variant, int], SafeString] = field(default_factory=dict)

    @classmethod
    def since(cls, room: Room, after: int, epoch: str | None = None) -> "Changes":
        """Read them. A cursor too far behind, or of another life of the table, gets the log anew."""
        room = Room.objects.get(pk=room.pk)
        head = room.seq
        found: list[Message] = []
        whole = not 0 <= after <= head or epoch not in (None, room.epoch)
        if not whole and after < head:
            limit = conf.catch_up_limit
            found = list(room.messages.for_page().changed_after(after)[: limit + 1])
            whole = len(found) > limit
        if whole:
            found = room.messages.for_page().newest(conf.page_size)
        found.sort(key=lambda row: row.seq)
        # Rows committed after the head was read are whole as well: their locks were released in order.
        head = max([head, *(row.changed for row in found)])
        if head > room.seq:  # and so may be what is pinned
            room = Room.objects.get(pk=room.pk)
        changes = cls._made(room, after, head, found, whole)
        if whole or room.pins_seq > after:  # after a restored backup something else may be, or nothing
            changes.pinned = [*room.messages.pinned()]
        return changes

    @classmethod
    def of(cls, news: Sequence[Message]) -> "Changes":
        """The same of messages just stored, which follow one another."""
        return cls._made(news[-1].room, news[0].seq - 1, news[-1].seq, [*news])

    @classmethod
    def joined(cls, parts: "Sequence[Changes]") -> "Changes":
        """The same of several that follow one another, none of them `whole`: what is rendered stays so."""
        changes = cls(parts[-1].room, parts[0].after, parts[-1].head, [row for part in parts for row in part.rows])
        changes.posted = frozenset[tuple[str, str]]().union(*(part.posted for part in parts))
        changes.keep = next((part.keep for part in reversed(parts) if part.keep is not None), None)
        for variant in set(parts[0]._htmls).intersection(*(part._htmls for part in parts)):
            changes._htmls[variant] = [html for part in parts for html in part._htmls[variant]]
        return changes

    @classmethod
    def _made(cls, room: Room, after: int, head: int, found: list[Message], whole: bool = False) -> "Changes":
        changes = cls(room, after, head, found, whole)
        new = (row for row in found if row.nonce and (whole or row.seq > after))
        changes.posted = frozenset((row.author.key, row.composer) for row in new if row.composer)
        if not whole and after // TRIM_EVERY != head // TRIM_EVERY:
            changes.keep = room.messages.place_from_end(LOG_LENGTH, head)
        return changes

    def rendered_for(self, variants: Collection[Variant]) -> "Changes":
        """The same, made ready for these where it may take its time, and fail. For others that is done on demand."""
        for variant in variants:
            self.frames_after(self.after, variant)
        return self

    def is_rendered_for(self, variants: Collection[Variant]) -> bool:
        return all(variant in self._htmls for variant in variants)

    def posted_after(self, after: int, is_counted: Callable[[Message], bool] = lambda message: True) -> int:
        return sum(row.seq > after and is_counted(row) for row in self.rows)

    def tab(self, unread: int, variant: Variant) -> SafeString:
        """Rendered once for all pages that were left at the same time."""
        if (variant, unread) not in self._tabs:
            self._tabs[variant, unread] = variant.call(tab, self.room, unread)
        return self._tabs[variant, unread]

    def frames_after(self, after: int, variant: Variant | None = None) -> list[Frame]:
        """The frames that bring a reader at `after` to `head`: the same strings for all who stand there. `variant`: the
        reader's; that of whoever asks if it is not said.
        """
        variant = variant or Variant.current()
        key = (variant, -1 if self.whole else after)
        if key not in self._frames:
            with variant.active():
                if variant not in self._htmls:
                    where = Where.of(self.room)
                    self._htmls[variant] = [message(row, where) for row in self.rows]
                self._frames[key] = [Frame(frame) for frame in self._packed(after, self._htmls[variant])]
        return self._frames[key]

    def _packed(self, after: int, htmls: list[SafeString]) -> Iterator[str]:
        """Replaced ones and pins first, then new ones in their order, each frame ending with the cursor it leads to.

        A reader may be cut off between two frames: those before the last leave a cursor from which what is still
        missing will come again.
        """
        rows = [(row.seq, row.changed, html) for row, html in zip(self.rows, htmls, strict=True)]
        if self.whole:
            pieces = [(0, self._emptied()), *self._pins(0), *self._appended(rows)]
        else:
            rows = [row for row in rows if row[1] > after]
            pieces = [(after, html) for seq, _, html in rows if seq <= after]
            pieces += self._pins(after)
            pieces += self._appended([row for row in rows if row[0] > after])
            if pieces and self.keep is not None:
                context = {"room": self.room, "before": self.keep, "length": LOG_LENGTH}
                pieces.append((self.head, render("chat/_trim.html", context)))
        text, size, reached = "", 0, after
        for seq, html in pieces:
            if text and size + len(html.encode()) > conf.frame_limit - 400:  # the cursor's own room
                yield text + cursor(self.room, reached)
                text, size = "", 0
            text, size, reached = text + html, size + len(html.encode()), seq
        if pieces:
            yield text + cursor(self.room, self.head)

    def _pins(self, after: int) -> list[tuple[int, SafeString]]:
        is_news = self.pinned is not None and (self.whole or self.room.pins_seq > after)
        return [(after, html) for html in pins(self.room, self.pinned or [])] if is_news else []

    def _appended(self, rows: list[tuple[int, int, SafeString]]) -> list[tuple[int, SafeString]]:
        return [(seq, self._log("beforeend", html)) for seq, _, html in rows]

    def _emptied(self) -> SafeString:
        """The log with nothing in it but what asks for messages older than those that follow."""
        before = self.rows[0].seq if len(self.rows) >= conf.page_size else None
        older = render("chat/_older.html", {"room": self.room, "before": before})
        return render("chat/_epoch.html", {"room": self.room}) + self._log("innerHTML", html=older)

    def _log(self, swap: str, html: str) -> SafeString:
        return format_html('<div hx-swap-oob="{}:#log-{}">{}</div>', swap, self.room.slug, mark_safe(html))  # noqa: S308
