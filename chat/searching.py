"""What messages are found by: the words of a text, and what somebody who searches asks for. Pure.

Words are made here rather than by a database, so that all databases find the same, in any language: without case and
accents, and with each character by itself where people write no blanks between words.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chat.errors import Sentence, sentence

LONGEST_WORD = 64  # characters; of a longer one the beginning counts
MOST_TERMS = 20  # that may be asked for together
MOST_NAMES = 5  # of people, and of rooms
BEGINNING = 3  # letters of a word that also finds longer ones, which begin with it
COMPARED = 100  # words of a text by which it is put before others
YEARS = range(1990, 2200)

MARKS = "".join(char for char in map(chr, range(0x300, 0x10000)) if unicodedata.category(char)[0] == "M")
# Written without blanks: Thai, Lao, Burmese, Khmer, kana, Han. And pictures.
ALONE = (
    "\u0e01-\u0e46\u0e81-\u0ec6\u1000-\u1049\u1780-\u17dc\u3041-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
ALONE += "\u2190-\u2bff\U0001f000-\U0001faff"
WORD = re.compile(rf"[{ALONE}][{MARKS}]*|(?:(?![{ALONE}])[^\W_][{MARKS}]*)+")
ASCII_WORD = re.compile(r"[A-Za-z0-9]+")
# And vowels that are left out as well, and how a picture is to be drawn.
ACCENTS = re.compile("[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\ufe0e\ufe0f]")
STROKES = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ŧ": "t", "\u0131": "i", "æ": "ae", "œ": "oe"})
LINK = re.compile(r"\w:/+\w|\bwww\.\w|\bmailto:|\w@[\w-]+\.\w", re.I)

QUOTES = re.compile("[“”„«»]")  # as phones type them
ASKED = re.compile(r'(?<!\S)(from|in|before|after|on|has):(?:[ ]?"([^"]*)"?|(\S+))|(?<!\S)"([^"]*)"?|(\S+)', re.I)
DAY = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
NO_DAY = _("“{typed}” is no day: write it like 2026-11-27, 2026-11 or 2026, or say today or yesterday.")
NO_KIND = _("A message can be asked for what it has with has:link alone.")


class Word(NamedTuple):
    start: int
    end: int
    text: str
    """As it is compared."""


class Term(NamedTuple):
    """Words that stand in this order, one after the other."""

    words: Sequence[str]
    whole: bool
    """The last one stands whole; else it may be the beginning of one."""

    def fits(self, said: Sequence[str]) -> bool:
        """Is this what is said there, by as many words?"""
        *first, last = self.words
        return [*said[:-1]] == first and (said[-1] == last or (not self.whole and said[-1].startswith(last)))


class Asked(NamedTuple):
    """What somebody searches for."""

    terms: Sequence[Term]
    senders: Sequence[str]
    """Names; any of them."""
    rooms: Sequence[str]
    """Names or slugs; any of them."""
    since: date | None
    until: date | None
    """The first day that is too late."""
    has_link: bool
    problems: Sequence[Sentence]

    @property
    def only_messages(self) -> bool:
        """Neither rooms nor people can be meant."""
        return bool(self.senders or self.rooms or self.since or self.until or self.has_link)


def words(text: str) -> list[str]:
    """Those of a text, in their order."""
    if text.isascii():
        return [word[:LONGEST_WORD] for word in ASCII_WORD.findall(text.lower())]
    return [word for found in WORD.findall(text) for word in _compared(found[: 2 * LONGEST_WORD])]


def placed(text: str) -> Iterator[Word]:
    """The same with their places."""
    for found in WORD.finditer(text):
        for word in _compared(found[0][: 2 * LONGEST_WORD]):
            yield Word(found.start(), found.end(), word)


@lru_cache(4096)  # most of what people say are few words, or few characters
def _compared(word: str) -> list[str]:
    """What is written together may be several words: 1½ is one and a half."""
    plain = ACCENTS.sub("", unicodedata.normalize("NFKD", word.casefold())).translate(STROKES)
    return [part[:LONGEST_WORD] for part in WORD.findall(unicodedata.normalize("NFC", plain).casefold())]


def unquoted(typed: str) -> str:
    """As a name, of which quotation marks are no part."""
    return " ".join(QUOTES.sub('"', typed).replace('"', " ").split())


def has_link(text: str) -> bool:
    return LINK.search(text) is not None


def asked(typed: str, today: date) -> Asked:
    """What that is in a search field. `today`: where whoever typed it is."""
    terms: dict[tuple[object, ...], Term] = {}
    filters: dict[str, list[str]] = {"from": [], "in": [], "has": []}
    days: list[tuple[date | None, date | None]] = []
    problems: list[Sentence] = []
    for name, quoted, value, phrase, plain in ASKED.findall(QUOTES.sub('"', typed)):
        name, said = name.lower(), quoted or value
        if name in ("before", "after", "on"):
            span = _span(said, today)
            days.append(_bounds(name, span) if span else (None, None))
            problems += [] if span else [sentence(NO_DAY, typed=said)]
        elif name:
            filters[name].append(said)
        else:
            terms |= {(*term.words, term.whole): term for term in _terms(plain or phrase, whole=not plain)}
    if any(said.casefold().rstrip("s") != "link" for said in filters["has"]):
        problems.append(NO_KIND)
    return Asked(
        [*terms.values()][:MOST_TERMS],
        [*dict.fromkeys(filters["from"])][:MOST_NAMES],
        [*dict.fromkeys(filters["in"])][:MOST_NAMES],
        max((since for since, _until in days if since), default=None),
        min((until for _since, until in days if until), default=None),
        bool(filters["has"]),
        problems,
    )


def _terms(text: str, whole: bool) -> list[Term]:
    said = words(text)
    # A syllable of Hangul is as many letters as it is made of.
    return [Term(said, whole or len(unicodedata.normalize("NFKD", said[-1])) < BEGINNING)] if said else []


def _bounds(name: str, span: tuple[date, date]) -> tuple[date | None, date | None]:
    return {"before": (None, span[0]), "after": (span[1], None), "on": span}[name]


def _span(text: str, today: date) -> tuple[date, date] | None:
    """The first of these days, and the first one after them: a day, a month or a year."""
    named = {"today": 0, "yesterday": 1, gettext("today").casefold(): 0, gettext("yesterday").casefold(): 1}
    try:
        if text.casefold() in named:
            first = today - timedelta(days=named[text.casefold()])
            return first, first + timedelta(days=1)
        found = DAY.fullmatch(text)
        if found is None:
            return None
        year, (month, day) = int(found[1]), (None if part is None else int(part) for part in found.groups()[1:])
        if year not in YEARS:
            return None
        first = date(year, 1 if month is None else month, 1 if day is None else day)
        if day is not None:
            return first, first + timedelta(days=1)
        if month is not None:
            return first, (first.replace(day=28) + timedelta(days=4)).replace(day=1)
        return first, date(first.year + 1, 1, 1)
    except ValueError:  # no such day
        return None


def spans(said: Sequence[str], terms: Iterable[Term]) -> list[tuple[int, int]]:
    """Where in these words something stands that is asked for: (number of the first word, of the one after the last),
    none within another, in their order."""
    found: list[tuple[int, int]] = []
    for term in terms:
        size = len(term.words)
        places = (n for n, word in enumerate(said) if word.startswith(term.words[0]))
        found += [(n, n + size) for n in places if n + size <= len(said) and term.fits(said[n : n + size])]
    kept: list[tuple[int, int]] = []
    for start, end in sorted(found, key=lambda one: (one[0], -one[1])):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept


def closeness(said: Sequence[str], terms: Sequence[Term]) -> tuple[int, bool, float]:
    """How well a text of these words is what is asked for, to be compared: how many terms stand there as whole words,
    whether all stand one after the other, and how large a part of it they are. Of a long one its beginning counts."""
    said = said[:COMPARED]
    text = f" {' '.join(said)} "
    whole = sum(f" {' '.join(term.words)} " in text for term in terms)
    in_order = f" {' '.join(word for term in terms for word in term.words)}" in text
    covered = sum(end - start for start, end in spans(said, terms))
    return whole, in_order, covered / (len(said) or 1)
