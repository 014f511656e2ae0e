"""Markdown as people write it in a chat, as tokens: what markdown-it knows, without what is for documents (headings,
tables, rules, pictures, definitions), and with what was typed kept as far as that goes."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from chat.formatting import blocks, inlines, links

LEVELS = 12
"""Of lists and quotes in one another, a list as two of them. markdown-it leaves out what is deeper."""


class Unfit(Exception):
    """It can't be shown as Markdown without a loss."""


def _made() -> MarkdownIt:
    made = MarkdownIt("zero", {"linkify": True, "maxNesting": LEVELS})
    made.enable(["blockquote", "list", "fence", "escape", "backticks", "emphasis", "strikethrough"])
    made.enable(["link", "image", "autolink", "linkify", "newline"])
    made.disable("text_join")  # what was escaped stays apart, so that it makes no emoji
    begins: Any = {"alt": ["paragraph", "reference", "blockquote", "list"]}
    made.block.ruler.at("list", blocks.items, {"alt": ["paragraph", "reference", "blockquote"]})
    made.block.ruler.at("blockquote", blocks.quotation, begins)
    made.block.ruler.at("fence", blocks.code, begins)
    made.block.ruler.at("paragraph", blocks.paragraph, {"alt": []})
    made.block.ruler.before("paragraph", "end_of_quotation", blocks.end_of_quotation, {"alt": ["blockquote"]})
    made.inline.ruler.at("text", inlines.text)
    made.inline.ruler.at("newline", inlines.newline)
    made.inline.ruler.at("escape", inlines.escape)
    made.inline.ruler.at("emphasis", inlines.emphasis)
    made.inline.ruler.at("linkify", inlines.address)
    made.inline.ruler.before("emphasis", "underscores", inlines.underscores)
    made.inline.ruler.before("emphasis", "hidden", inlines.hidden)
    replaced: Any = made  # these are methods, meant to be replaced
    replaced.validateLink, replaced.normalizeLink, replaced.normalizeLinkText = links.allowed, links.normalized, str
    made.linkify = links.KNOWN
    return made


PARSER = _made()


def parsed(text: str) -> Sequence[Token]:
    """Raises Unfit where something would be missing in them."""
    tokens = PARSER.parse(blocks.on_lines_of_their_own(text))
    for one, following in pairwise(tokens):
        if one.nesting == 1 and following.nesting == -1:  # a bullet without a word, or what is too deep
            raise Unfit
        if one.type == "list_item_open" and following.type.endswith("list_open"):  # * * * * * of a crontab
            raise Unfit
    return tokens
