"""What people write, as HTML: a chat's Markdown, addresses, code, emoji by name, and whoever is spoken of. Pure.

Two walls keep it safe. Each piece of text is escaped, and what stands around it is built here, from elements of ours.
What comes out is then read by nh3 as a browser reads it, and must come out of that unchanged. What can't be formatted
stands as it was typed.
"""

import logging
import re
from collections.abc import Iterable
from typing import NamedTuple

import nh3
from django.utils.safestring import SafeString, mark_safe

from chat import mentions
from chat.formatting.code import GROUPS
from chat.formatting.emoji import large
from chat.formatting.html import Writer
from chat.formatting.markdown import SCHEMES, Unfit, parsed
from chat.formatting.reading import first_line, titled
from chat.mentions import Mark

__all__ = ["VERSION", "Formatted", "first_line", "formatted", "titled"]

logger = logging.getLogger("chat.formatting")

VERSION = 1
"""Of what is made here of a text. Raise it with each change of that, and `manage.py render_messages` makes it anew."""

MOST_BYTES = 48 * 1024
MOST_SIGNS = 800
"""What may be formatting, each of which takes up to 15 microseconds; an address, up to 120, counts as eight."""

SIGN = re.compile(
    r"[*_`\\]|~~|\|\||\]\(|\w@\w|:[a-z0-9_+-]+:|<\w|\bwww\.|:/|mailto:"
    r"|^[ \t]*(?:>|[-+][ \t]|\d{1,9}[.)][ \t])",
    re.M | re.I,
)
COSTS = re.compile(r"[*_`\\~|\[\]:@<!>\n]|www\.", re.I)
ADDRESS = re.compile(r":/|@|www\.", re.I)
TAG = re.compile(r"<[^>]*>")

CLEANER = nh3.Cleaner(
    tags=set("a blockquote code details div em li ol p pre s span strong summary ul".split()),
    attributes={"a": {"href", "title"}, "li": {"value"}, "pre": {"data-language"}, "span": {"data-mention"}},
    tag_attribute_values={
        **{tag: {"dir": {"auto"}} for tag in ("blockquote", "div", "ol", "p", "ul")},
        "a": {"target": {"_blank"}, "rel": {"nofollow ugc noopener"}},
        "details": {"class": {"hidden-text"}},
        "pre": {"dir": {"ltr"}},
        "span": {"class": {"mention", "emoji-large", *(f"code-{group}" for group in GROUPS.values())}},
    },
    link_rel=None,
    url_schemes=SCHEMES,
    url_relative="deny",
)


class Formatted(NamedTuple):
    html: SafeString
    marks: list[Mark]
    """Those of the marks that speak of somebody: in code, or within an address, nobody is called."""


def formatted(text: str, marks: Iterable[Mark] = ()) -> Formatted:
    """What a message says, for its body. `marks`: where its text speaks of whom. It never fails."""
    found = [(start, end, keys) for start, end, keys in marks]
    if (only := large(text)) is not None:
        return Formatted(only, found)
    try:
        if SIGN.search(text):
            return _rendered(text, found)
    except Unfit:
        pass
    except Exception:  # a message must not break its room, whatever a library makes of it
        logger.exception("A text could not be formatted, and stands as it was typed.")
    return Formatted(mentions.html(text, found), found)


def _rendered(text: str, marks: list[Mark]) -> Formatted:
    if len(COSTS.findall(text)) + 7 * len(ADDRESS.findall(text)) > MOST_SIGNS:
        raise Unfit
    marked = mentions.Marked(text, marks)
    tokens = parsed(marked.text)
    for colours in (True, False):
        writer = Writer(marked, colours=colours)
        html = writer.write(tokens)
        if len(html.encode()) <= MOST_BYTES:
            break
    else:
        raise Unfit
    if not TAG.sub("", html).strip():  # nothing but signs, such as a lone star
        raise Unfit
    if CLEANER.clean(html) != _as_parsed(html):
        logger.error("What was made of a text is not what it should be: %r", text)
        raise Unfit
    return Formatted(mark_safe(html), [mark for number, mark in enumerate(marks) if number in writer.called])  # noqa: S308


def _as_parsed(html: str) -> str:
    """As a parser writes what it has read: a quotation mark is escaped in an attribute alone, where none stands."""
    return html.replace("&quot;", '"').replace("&#x27;", "'").replace("\xa0", "&nbsp;")
