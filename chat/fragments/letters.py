"""Letters: what an e-mail says."""

from collections.abc import Sequence
from typing import NamedTuple

from django.utils.translation import ngettext

from chat.fragments.messages import excerpt, excerpt_as_text
from chat.fragments.templates import render
from chat.models import Mention, Participant


class Letter(NamedTuple):
    subject: str
    """On one line, and nothing in it that somebody typed."""
    text: str
    html: str


def digest(participant: Participant, rows: Sequence[Mention], site: str, more: bool) -> Letter:
    """What spoke of them, by rooms; `site` is what addresses begin with, `more`: there is more than these rows."""
    said = [
        (
            row,
            excerpt_as_text(row.message, participant.key)[0],
            excerpt(row.message, participant.key),
        )
        for row in rows
    ]
    context = {"participant": participant, "said": said, "site": site, "more": more}
    subject = ngettext("You were mentioned %(count)d time", "You were mentioned %(count)d times", len(rows)) % {
        "count": len(rows)
    }
    text, html = (render(f"chat/letters/digest.{kind}", context) for kind in ("txt", "html"))
    return Letter(subject, text, html)
