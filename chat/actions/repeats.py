"""What comes under a nonce that is stored: the same once more, or more than that, typed before there was another
composer to type in."""

import sys
from collections.abc import Iterable
from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from chat.actions.post import Post, Ready
from chat.errors import Refused
from chat.markup import message_body
from chat.models import Message
from chat.models.message import LONGEST_NONCE

MOST_PARTS = 50  # messages from one composer


OTHER = _("Another message was already sent from here. To send this one as well, copy it into the next field.")


def stored(posts: Iterable[Post]) -> dict[tuple[str, object], Message]:
    """What is stored already under their authors and nonces."""
    posts = [post for post in posts if post.nonce is not None]
    if not posts:
        return {}
    authors, nonces = {post.author.key for post in posts}, {post.before for post in posts}
    rows = Message.objects.filter(author__key__in=authors, nonce__in=nonces)
    return {(row.author.key, row.nonce): row for row in rows.select_related("author")}


def known(stored: dict[tuple[str, object], Message], post: Post) -> Message | Refused | Ready | None:
    """What became of it the first time, or what is new in it since; None when this is the first time."""
    row = stored.get((post.author.key, post.before))
    if row is None:
        return None
    text = message_body(post.body, sys.maxsize)
    if post.grows:
        return _new(post, row, text)
    if row.body == text or row.edited or row.deleted:  # it may not say any more what was sent
        return row
    return Refused(OTHER)  # acknowledging that would lose this one


def unsaid(post: Post) -> str | None:
    """What is not stored of its text; None when nothing of it is. Refused when what is stored is no beginning of it."""
    found = known(stored([post]), replace(post, grows=True))
    if isinstance(found, Refused):
        raise found
    if not isinstance(found, tuple):
        return None if found is None else ""
    whole = str(post.body)
    return found[1] + whole[len(whole.rstrip()) :]  # as it is typed on, also the blank between two words


def begins(post: Post) -> bool:
    """What is stored under its nonce begins with its text."""
    row = stored([post]).get((post.author.key, post.before))
    return row is not None and row.body.startswith(str(post.body).strip())


def _new(post: Post, first: Message, text: str) -> Message | Refused | Ready:
    names = [Message.sending(post.nonce, part) for part in range(1, MOST_PARTS + 1)]
    rows = Message.objects.filter(author=first.author_id, nonce__in=names).select_related("author").order_by("pk")
    last = first
    parts = [first, *rows]
    for row in parts:
        if not text:
            return last
        if row.edited or row.deleted or not text.startswith(row.body):  # who knows what it said before
            return Refused(OTHER)
        text, last = text[len(row.body) :].lstrip(), row
    if not text:
        return last
    more = replace(post, part=len(parts))
    return (more, text) if fits(more) else Refused(OTHER)


def fits(post: Post) -> bool:
    """There may be one more message from its composer, and its name has room in the table."""
    return post.part <= MOST_PARTS and len(post.sending or "") <= LONGEST_NONCE
