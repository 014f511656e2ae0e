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
from chat.formatting.blocks import FENCED, on_lines_of_their_own
from chat.formatting.code import GROUPS
from chat.formatting.emoji import found_emoji, large, one_emoji
from chat.formatting.html import INLINES, Writer
from chat.formatting.inlines import HIDDEN
from chat.formatting.links import SCHEMES
from chat.formatting.markdown import Unfit, parsed
from chat.formatting.reading import TAG, first_line, plain, titled
from chat.mentions import Mark

__all__ = ["TAG", "VERSION", "Formatted", "first_line", "formatted", "found_emoji", "one_emoji", "plain", "titled"]

logger = logging.getLogger("chat.formatting")

VERSION = 2
"""Of what is made here of a text. Raise it with each change of that, and `manage.py render_messages` makes it anew."""

MOST_BYTES = 48 * 1024
MOST_SIGNS = 800
"""What may be formatting, each of which takes up to 15 microseconds; an address, up to 120, counts as eight."""

SIGN = re.compile(
    r"[*_`\\]|~~|\|\||\]\(|\w@\w|:[a-z0-9_+-]+:|<\w|\bwww\.|:/|mailto:"
    r"|^[ \t]*(?:>|-[ \t]|\d{1,3}\.[ \t])",
    re.M | re.I,
)
COSTS = re.compile(r"[*_`\\~|\[\]:@<!>\n]|www\.", re.I)
ADDRESS = re.compile(r":/|@|www\.", re.I)
LINK_COST = 200
"""Characters for which a link with words of its own counts once more: what follows it is looked through."""

CLEANER = nh3.Cleaner(
    tags=set("a blockquote code details div em li ol p pre s span strong summary ul".split()),
    attributes={"a": {"href"}, "li": {"value"}, "pre": {"data-language"}, "span": {"data-mention"}},
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
    try:
        if (only := large(text)) is not None:
            return Formatted(only, found)
        if SIGN.search(text):
            return _rendered(text, found)
    except Unfit:
        return _hidden_at_least(text, found)
    except Exception:  # a message must not break its room, whatever a library makes of it
        logger.exception("A text could not be formatted, and stands as it was typed.")
        return _hidden_at_least(text, found)
    return Formatted(mentions.html(text, found), found)


def _hidden_at_least(text: str, marks: list[Mark]) -> Formatted:
    """As it was typed, but for what is not to be read by everybody."""
    marked, called, pieces, done = mentions.Marked(text, marks), set[int](), list[str](), 0
    for found in HIDDEN.finditer(marked.text):
        shown, covered = (marked.html(piece, called) for piece in (marked.text[done : found.start()], found[1]))
        pieces += [shown, INLINES["hidden_open"], covered, INLINES["hidden_close"]]
        done = found.end()
    pieces.append(marked.html(marked.text[done:], called))
    return Formatted(mark_safe("".join(pieces)), marks)  # noqa: S308


def _cost(text: str) -> int:
    said = FENCED.sub("", on_lines_of_their_own(text))
    links = said.count("](") * (len(said) // LINK_COST)
    return len(COSTS.findall(said)) + 7 * len(ADDRESS.findall(said)) + links


def _rendered(text: str, marks: list[Mark]) -> Formatted:
    if _cost(text) > MOST_SIGNS:
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
