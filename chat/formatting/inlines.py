"""What a line is made of, by rules of our own beside those of markdown-it: signs that are formatting where people mean
them so, and are left alone in code, paths and sums."""

import re

from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.emphasis import tokenize

from chat.formatting.links import allowed, begun, normalized

TEXT = re.compile(r"[^\n\\`*_~|\[\]!<:]+")
UNDERSCORES = re.compile(r"_{2,}")
# A star or an underscore is a sign of a sum, of a path, of a name in code; or it has nothing after it to begin.
NO_OPENING = re.compile(r"(?<=[A-Za-z0-9/.\\=+,;)\]¯])(?=[*_])|(?=([*_])\1*(?:[\s.,;/\\)\]}]|\Z))")
# What follows goes on in code or in a path: it ends nothing there.
NO_CLOSING = re.compile(r"(?=([*_])\1*[(\[{/\\=])")
ESCAPED = re.compile(r"\\[*~`|\[:>]|(?<!\w)(?<!¯)\\_")  # a path and a shrug keep theirs
HIDDEN = re.compile(r"(?<!\w)\|\|(?=[^\s|])(.{0,1000}?[^\s|])\|\|(?![\w|])", re.S)
SCHEME = re.compile(r"(?:^|[^A-Za-z0-9_.+-])(https?)$", re.I)


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


def escape(state: StateInline, silent: bool) -> bool:
    """A backslash before a sign that would be formatting; any other is one, as in a path or a shrug."""
    if not ESCAPED.match(state.src, state.pos, state.posMax):
        return False
    if not silent:
        token = state.push("text_special", "", 0)
        token.content = state.src[state.pos + 1]
    state.pos += 2
    return True


def underscores(state: StateInline, silent: bool) -> bool:
    """Two are no formatting here: who writes of __init__ means just that."""
    run = UNDERSCORES.match(state.src, state.pos, state.posMax)
    if run is None:
        return False
    if not silent:
        state.pending += run[0]
    state.pos = run.end()
    return True


def emphasis(state: StateInline, silent: bool) -> bool:
    """By stars and single underscores, but for those of 7*7, src/*.py or _("text")."""
    start, known = state.pos, len(state.delimiters)
    if not tokenize(state, silent):
        return False
    opens, closes = not NO_OPENING.match(state.src, start), not NO_CLOSING.match(state.src, start)
    for one in state.delimiters[known:]:
        one.open, one.close = one.open and opens, one.close and closes
    return True


def hidden(state: StateInline, silent: bool) -> bool:
    """||What is to be read only by who wants to||. In a || b, or a||b||c, nothing is."""
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


def address(state: StateInline, silent: bool) -> bool:
    """http://… as it was typed. Silently nothing is known of the scheme, which stands before."""
    if silent or state.linkLevel or not state.src.startswith("://", state.pos, state.posMax):
        return False
    scheme = SCHEME.search(state.pending[-10:])
    found = begun(state.src[state.pos - len(scheme[1]) : state.posMax]) if scheme else ""
    if scheme is None or not found or not allowed(normalized(found)):
        return False
    state.pending = state.pending[: -len(scheme[1])]
    for kind, tag, nesting, said in (("link_open", "a", 1, ""), ("text", "", 0, found), ("link_close", "a", -1, "")):
        token = state.push(kind, tag, nesting)  # type: ignore[arg-type]
        token.content, token.info = said, "auto"
        if kind == "link_open":
            token.attrs = {"href": normalized(found)}
    state.pos += len(found) - len(scheme[1])
    return True
