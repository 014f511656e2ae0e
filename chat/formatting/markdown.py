"""Markdown as people write it in a chat, as tokens: what markdown-it knows, without what is for documents (headings,
tables, rules, images, definitions), and with what was typed kept as far as that goes."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

import nh3
from django.utils.html import escape
from linkify_it import LinkifyIt
from markdown_it import MarkdownIt
from markdown_it.common.normalize_url import normalizeLink
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

LEVELS = 12
"""Of lists and quotes in one another, a list as two of them. markdown-it leaves out what is deeper."""

SCHEMES = {"http", "https", "mailto"}
LINKS = nh3.Cleaner(tags={"a"}, attributes={"a": {"href"}}, link_rel=None, url_schemes=SCHEMES, url_relative="deny")
TEXT = re.compile(r"[^\n\\`*_~|\[\]!<:]+")
WORD = re.compile(r"\S{1,300}")
CODE_SIGNS = re.compile(r"_{2,}|(?<=[A-Za-z0-9])\*+(?=[A-Za-z0-9])")
HIDDEN = re.compile(r"\|\|(?=[^\s|])(.*?[^\s|])\|\|(?!\|)", re.S)


class Unfit(Exception):
    """It can't be shown as Markdown without a loss."""


def paragraph(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Up to a blank line, or what begins something else. How far its lines are indented stays, and a line that is less
    so than the list it follows is none of that list, as people expect who press Enter."""
    terminators = state.md.block.ruler.getRules("paragraph")
    line = start + 1
    while line < state.lineMax and not state.isEmpty(line) and state.sCount[line] >= state.blkIndent:
        if any(rule(state, line, state.lineMax, True) for rule in terminators):
            break
        line += 1
    content = state.getLines(start, line, state.blkIndent, False).rstrip()
    state.line = line
    state.push("paragraph_open", "p", 1)
    token = state.push("inline", "", 0)
    token.content, token.children, token.map = content, [], [start, line]
    state.push("paragraph_close", "p", -1)
    return True


def end_of_quote(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A line without a > ends a quote. Asked of each that follows one, silently; it makes nothing of its own."""
    return silent


def text(state: StateInline, silent: bool) -> bool:
    """Up to what one of the rules may begin with."""
    found = TEXT.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    if not silent:
        state.pending += found[0]
    state.pos = found.end()
    return True


def newline(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] != "\n":
        return False
    if not silent:
        state.push("softbreak", "br", 0)
    state.pos += 1
    return True


def code_signs(state: StateInline, silent: bool) -> bool:
    """What is none of the Markdown here: who writes of __init__, 7*7 or 2**8 means just that."""
    run = CODE_SIGNS.match(state.src, state.pos, state.posMax)
    if run is None:
        return False
    if not silent:
        state.pending += run[0]
    state.pos = run.end()
    return True


def hidden(state: StateInline, silent: bool) -> bool:
    """||What is to be read only by who wants to||. With blanks inside, as in a || b || c, it is none."""
    found = HIDDEN.match(state.src, state.pos, state.posMax)
    if found is None or state.linkLevel or state.env.get("hidden"):
        return False
    if not silent:
        end, state.env["hidden"] = state.posMax, True
        state.pos, state.posMax = found.start(1), found.end(1)
        state.push("hidden_open", "details", 1)
        state.md.inline.tokenize(state)
        state.push("hidden_close", "details", -1)
        state.posMax, state.env["hidden"] = end, False
    state.pos = found.end()
    return True


def allowed(address: str) -> bool:
    """What a browser takes for an address, of a kind that does nothing when it is followed."""
    try:
        urlsplit(address)
    except ValueError:
        return False
    return "href" in LINKS.clean(f'<a href="{escape(address)}">')


class Addresses(LinkifyIt):
    def match_at_start(self, text: str) -> Any:
        """Asked by a rule of markdown-it that goes on behind what it takes for a scheme, which www. has none of."""
        return None if text[:4].lower() == "www." else super().match_at_start(text)


def _www(known: LinkifyIt, text: str, pos: int) -> int:
    """How much of an address goes on after www. at a place in a text."""
    word = WORD.match(text, pos)
    found = known.match_at_start(f"http://www.{word[0]}") if word else None
    return found.last_index - len("http://www.") if found else 0


def _normalized(address: str) -> str:
    return normalizeLink(f"http://{address}" if address[:4].lower() == "www." else address)


def _as_found(known: LinkifyIt, found: Any) -> None:
    """What is found stays as it is until `_normalized`: by its length a rule of markdown-it goes on after it."""


def _made() -> MarkdownIt:
    made = MarkdownIt("zero", {"linkify": True, "maxNesting": LEVELS})
    made.enable(["blockquote", "list", "fence", "escape", "backticks", "emphasis", "strikethrough"])
    made.enable(["link", "image", "autolink", "linkify"])
    made.disable("text_join")  # what was escaped stays apart, so that it makes no emoji
    made.block.ruler.at("paragraph", paragraph, {"alt": []})
    made.block.ruler.before("paragraph", "end_of_quote", end_of_quote, {"alt": ["blockquote"]})
    made.inline.ruler.at("text", text)
    made.inline.ruler.at("newline", newline)
    made.inline.ruler.before("emphasis", "code_signs", code_signs)
    made.inline.ruler.before("emphasis", "hidden", hidden)
    made.enable("newline")
    replaced: Any = made  # these are methods, meant to be replaced
    replaced.validateLink, replaced.normalizeLink, replaced.normalizeLinkText = allowed, _normalized, str
    www = {"validate": _www, "normalize": _as_found}
    made.linkify = Addresses({"ftp:": None, "//": None, "www.": www}, {"fuzzy_link": False})
    return made


PARSER = _made()


def parsed(text: str) -> Sequence[Token]:
    """Raises Unfit where something would be missing in them."""
    tokens = PARSER.parse(text)
    if any(one.nesting == 1 and next_one.nesting == -1 for one, next_one in pairwise(tokens)):
        raise Unfit  # a bullet without a word, or what is too deep
    return tokens
