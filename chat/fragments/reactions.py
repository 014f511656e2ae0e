"""Emoji at a message: how many of which, and by whom; and those that one may put there."""

from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from django.utils.html import escape
from django.utils.text import get_text_list
from django.utils.translation import get_language, gettext, ngettext

from chat.formatting import found_emoji
from chat.models import Message

MOST_BYTES = 4000  # of all names at a message, escaped: it is to fit into a frame; beyond, it says numbers alone
MOST_KEYS = 300  # of all who are marked at a message, the latest of each kind
MOST_LISTED = 2000  # reactions that a message's own page names


class Reactions(NamedTuple):
    """Of one kind."""

    emoji: str
    code: str
    """Of the emoji, as a part of an id."""
    number: int
    """Of people."""
    keys: str
    """Of the latest who reacted so, with blanks between."""
    who: str
    """The very latest, and how many more."""


def reactions(message: Message) -> list[Reactions]:
    """What its row says of them."""
    told, most = message.reactions, MOST_KEYS // len(message.reactions)
    size = sum(len(escape(name).encode()) for *_others, names in told for name in names)
    return [
        Reactions(
            emoji, code_points(emoji), count, " ".join(keys[:most]), who(names if size <= MOST_BYTES else [], count)
        )
        for emoji, count, keys, names in told
    ]


def code_points(emoji: str) -> str:
    """Its code points."""
    return "-".join(f"{ord(char):x}" for char in emoji)


def who(names: list[str], count: int) -> str:
    """As in "Ann, Bob and 3 others"."""
    if not names:
        return ngettext("%(count)d person", "%(count)d people", count) % {"count": count}
    others = _others(count - len(names))
    return get_text_list([*names, others] if others else names, gettext("and"))


def _others(count: int) -> str:
    return ngettext("%(count)d other", "%(count)d others", count) % {"count": count} if count > 0 else ""


def reacted(message: Message) -> list[tuple[str, list[str], str]]:
    """(emoji, names, how many more) of all of them, in the order in which the kinds stand at the message."""
    if not message.reactions:
        return []
    rows = message.reacted.values_list("emoji", "participant__name").order_by("emoji", "pk")[:MOST_LISTED]
    names = {emoji: [name for _, name in of_kind] for emoji, of_kind in groupby(rows, key=itemgetter(0))}
    return [
        (emoji, named, _others(count - len(named)))
        for emoji, count, *_ in message.reactions
        for named in [names.get(emoji, [])]
    ]


def emoji_context(sought: str) -> dict[str, Any]:
    """What _emoji.html asks for: those that are called so, in the reader's language; none while nothing is sought."""
    found = found_emoji(sought, get_language() or "en") if sought else []
    return {"sought": sought, "found": found}
