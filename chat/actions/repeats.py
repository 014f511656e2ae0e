"""What comes under a nonce that is stored: the same once more, or more than that, typed before there was another
composer to type in."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext_lazy as _

from chat.errors import Refused
from chat.markup import message_body
from chat.models import Message, Participant, Room
from chat.models.message import LONGEST_NONCE

MOST_PARTS = 100  # messages from one composer: thirty, typed at once by a machine, are twice as many as are known


@dataclass(frozen=True)
class Post:
    """A message somebody wants stored."""

    room: Room
    author: Participant
    body: object
    nonce: Any = None
    address: str | None = None
    """The network address it came from, for the limit on all who share it."""
    grows: bool = False
    """What it says beyond what is stored under its nonce is a message of its own: it was typed after that was sent."""
    part: int = 0
    """So many messages came from its composer before this one."""

    @property
    def sending(self) -> str | None:
        """What it is stored under."""
        return Message.sending(self.nonce, self.part) if self.part else self.nonce


Going = tuple[Post, str]
"""A post, and its text made ready; of one that goes on after what is stored, the text that it adds."""

OTHER = _("Another message was already sent from here. Reload the page to send this one.")


def stored(posts: Iterable[Post]) -> dict[tuple[str, object], Message]:
    """What is stored already under their authors and nonces."""
    posts = [post for post in posts if post.nonce is not None]
    if not posts:
        return {}
    rows = Message.objects.filter(
        author__key__in={post.author.key for post in posts}, nonce__in={post.nonce for post in posts}
    )
    return {(row.author.key, row.nonce): row for row in rows.select_related("author")}


def known(stored: dict[tuple[str, object], Message], post: Post) -> Message | Refused | Going | None:
    """What became of it the first time, or what is new in it since; None when this is the first time."""
    row = stored.get((post.author.key, post.nonce))
    if row is None:
        return None
    text = message_body(post.body, sys.maxsize)
    if _is(row, text):
        return row
    if post.grows:
        return _going(post, row, text)
    return Refused(OTHER)  # acknowledging that would lose this one


def rest(post: Post) -> str:
    """What is not stored of a text, of which the beginning is; empty when nothing is, or another text."""
    try:
        going = known(stored([post]), replace(post, grows=True))
    except Refused:  # it is no text that could be stored
        return ""
    if not isinstance(going, tuple):
        return ""
    whole = str(post.body)
    return going[1] + whole[len(whole.rstrip()) :]  # as it is typed on, also the blank between two words


def _going(post: Post, first: Message, text: str) -> Message | Refused | Going:
    names = [Message.sending(post.nonce, part) for part in range(1, MOST_PARTS + 1)]
    rows = Message.objects.filter(author=first.author_id, nonce__in=names).select_related("author").order_by("pk")
    last = first
    parts = [first, *rows]
    for row in parts:
        if _is(row, text):
            return row
        if not text.startswith(row.body):
            return Refused(OTHER)
        text, last = text[len(row.body) :].lstrip(), row
    if not text:
        return last
    if len(parts) > MOST_PARTS or len(Message.sending(post.nonce, len(parts))) > LONGEST_NONCE:
        return Refused(OTHER)
    return replace(post, part=len(parts)), text


def _is(row: Message, text: str) -> bool:
    """It may not say any more what was sent."""
    return row.body == text or bool(row.edited or row.deleted)
