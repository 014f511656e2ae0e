"""Of whom a text speaks: @name of somebody, @room of all. Pure: who may be meant, the caller knows.

What is found is kept as marks, places in the text; they become HTML only when it is rendered.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from chat import names

MOST = 20  # mentions that one message may hold, and people that it may call
ROOM, EVERYBODY = "room", "*"
NAME_LENGTH = 80  # of the column
ENDS = 8  # words that are tried as one name
EXCERPT, BEFORE = 280, 100  # characters that a list shows of a message, and of them at most before who is spoken of

AT = re.compile(r"(?:\A|(?<=[^\w@/+]))@(?=[^\s@])")  # none in a@b.c, nor in an address such as /@ann
UNFINISHED = re.compile(r"(?:\A|(?<=[^\w@/+]))@([^\s@][^@\n]{0,40})\Z")
WINDOW = re.compile(rf"[^@\n]{{1,{NAME_LENGTH}}}")
KANJI = "\u3040-\u30ff\u3400-\u9fff"  # written without blanks, so that a name may end after any of them
PIECE = re.compile(rf"[{KANJI}]|(?:(?![{KANJI}])\w)+|[^\w\s]")

MENTION = '<span class="mention" data-mention="{}">{}</span>'
FIRST_RESERVED = 0xFDD0  # of 32 code points that no text is to hold, more than there are mentions in one
RESERVED = re.compile("[\ufdd0-\ufdef]")

Mark = tuple[int, int, str]
"""From where to where somebody is spoken of, and the keys of whoever is meant, with blanks between; * is everybody."""


class Spot(NamedTuple):
    start: int
    """Of the @."""
    names: list[tuple[int, str]]
    """(where it ends, the handle it would be), the longest first."""


def spots(text: str) -> list[Spot]:
    """Where somebody may be spoken of."""
    if "@" not in text:
        return []
    found = []
    for at in AT.finditer(text):
        window = WINDOW.match(text, at.end())
        if window is not None:
            found.append(Spot(at.start(), _names(text, window)))
        if len(found) == MOST:
            break
    return found


def _names(text: str, window: re.Match[str]) -> list[tuple[int, str]]:
    """Each handle once, where it ends first: a full stop after a name is none of it."""
    ends: dict[str, int] = {}
    spelt = False
    for piece in PIECE.finditer(text, window.start(), window.end()):
        word, end = piece[0][0].isalnum(), piece.end()
        if (spelt and not word) or _goes_on(text[end : end + 1]):
            continue
        spelt = spelt or word
        ends.setdefault(names.handle(text[window.start() : end]), end)
        if len(ends) == ENDS:
            break
    return [(end, handle) for handle, end in reversed(ends.items())]


def _goes_on(char: str) -> bool:
    """An accent, or what makes one emoji of two."""
    return bool(char) and (unicodedata.category(char)[0] == "M" or char == "\u200d")


def handles(found: Iterable[Spot]) -> set[str]:
    return {handle for spot in found for _, handle in spot.names}


def marks(found: Iterable[Spot], keys: Mapping[str, list[str]]) -> list[Mark]:
    """Who is meant at each spot, by the longest name; `keys` has those of whoever bears a handle."""
    made: list[Mark] = []
    called: set[str] = set()
    for spot in found:
        end, meant = next(((end, keys[handle]) for end, handle in spot.names if keys.get(handle)), (0, []))
        if meant and len(called | {*meant}) <= MOST:
            called |= {*meant}
            made.append((spot.start, end, " ".join(meant)))
    return made


def called(made: Iterable[Iterable[object]]) -> list[str]:
    """The keys in marks, each once, in the order of the text."""
    return [*dict.fromkeys(key for _, _, keys in made for key in str(keys).split())]


def html(text: str, made: Iterable[tuple[int, int, str]]) -> SafeString:
    """The text, escaped, with whoever is spoken of marked."""
    pieces, done = [], 0
    for start, end, keys in made:
        pieces += [escape(text[done:start]), MENTION.format(escape(keys), escape(text[start:end]))]
        done = end
    return mark_safe("".join([*pieces, escape(text[done:])]))  # noqa: S308


class Marked:
    """A text in which each mark is one character, that no rule of a parser knows, until it is HTML."""

    def __init__(self, text: str, made: Sequence[Mark]):
        pieces, done = [], 0
        self._marks = made
        self._said = [text[start:end] for start, end, _ in made]
        for number, (start, end, _) in enumerate(made):
            pieces += [RESERVED.sub("\ufffd", text[done:start]), chr(FIRST_RESERVED + number)]
            done = end
        self.text = "".join([*pieces, RESERVED.sub("\ufffd", text[done:])])

    def html(self, text: str, called: set[int]) -> str:
        """A piece of it, escaped, with whoever is spoken of marked; the numbers of the marks in it join `called`."""

        def mention(found: re.Match[str]) -> str:
            number = ord(found[0]) - FIRST_RESERVED
            called.add(number)
            return MENTION.format(escape(self._marks[number][2]), escape(self._said[number]))

        return RESERVED.sub(mention, escape(text))

    def restored(self, text: str) -> str:
        """A piece of it as it was typed."""
        return RESERVED.sub(lambda found: self._said[ord(found[0]) - FIRST_RESERVED], text) if self._said else text

    def restored_in_address(self, address: str) -> str:
        """The same of what is quoted already."""
        for number, said in enumerate(self._said):
            address = address.replace(quote(chr(FIRST_RESERVED + number)), quote(said))
        return address


def excerpt(text: str, made: Iterable[tuple[int, int, str]], key: str) -> tuple[str, list[Mark]]:
    """So much of a long text as says where somebody is spoken of, and the marks in it."""
    kept = [(start, end, keys) for start, end, keys in made]
    first = next((start for start, _, keys in kept if not {key, EVERYBODY}.isdisjoint(keys.split())), 0)
    begin = 0 if first <= BEFORE else first - BEFORE
    end = begin + EXCERPT
    head, tail = "…" if begin else "", "…" if len(text) > end else ""
    moved = len(head) - begin
    within = [(start + moved, stop + moved, keys) for start, stop, keys in kept if begin <= start and stop <= end]
    return f"{head}{text[begin:end]}{tail}", within


def unfinished(text: str) -> str | None:
    """What follows an @ at the very end of a text, when that may become a name: three words at most."""
    last = UNFINISHED.search(text)
    return last[1] if last is not None and len(last[1].split()) <= 3 else None


def finished(text: str, name: str) -> str:
    """The text with that name in place of what is unfinished, or after it, and a blank to go on from."""
    last = UNFINISHED.search(text)
    head = text[: last.start(1) - 1] if last is not None else f"{text.rstrip()} "
    return f"{head}@{name} "
