"""Messages that were searched for, with what they were searched for marked in them."""

import re
from collections.abc import Iterable, Iterator, Sequence
from html import unescape
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from chat.formatting import TAG, plain
from chat.fragments.messages import Where, formatted_html, message_context, ready
from chat.fragments.templates import render
from chat.models import Message, Room
from chat.searching import Term, placed, spans

LONGEST = 600  # characters of a message that is shown whole
BEFORE = 200  # of a longer one, at most, before the first that is marked
MARK = "<mark>{}</mark>"


class FoundMessage(NamedTuple):
    html: SafeString
    room: Room
    message: Message
    address: str
    """Of its own page, where it stands among what was said around it."""


def found_messages(messages: Iterable[Message], terms: Sequence[Term]) -> Iterator[FoundMessage]:
    """As in their rooms, but each for itself. They are read with their rooms, authors and what they answer."""
    places: dict[int, Where] = {}
    for row in messages:
        where = places.setdefault(row.room_id, Where.of(row.room))
        row.goes_on, row.previous_sent, row.reactions = False, row.sent, []
        context = {**message_context(row, where), "body": _body(row, terms)}
        html = render("chat/_message.html", context, where.place, needs=f'id="message-{row.pk}"')
        yield FoundMessage(html, row.room, row, f"{where.address}{row.seq}/")


def _body(row: Message, terms: Sequence[Term]) -> SafeString:
    html = formatted_html(row)
    text = plain(html)[0].strip()
    if len(text) <= LONGEST:
        return ready(marked(html, terms))
    begin, end = _part(text, terms)
    head, tail = "…" if begin else "", "…" if end < len(text) else ""
    return mark_safe(head + marked(escape(text[begin:end]), terms) + tail)  # noqa: S308


def _part(text: str, terms: Sequence[Term]) -> tuple[int, int]:
    """So much of it as shows the first that is marked, from the beginning of a word to the end of one."""
    there = [*placed(text)]
    first = next((there[number].start for number, _ in spans([word.text for word in there], terms)), 0)
    begin = 0
    if first + BEFORE >= LONGEST:
        begin = min(first - BEFORE, len(text) - LONGEST)
        begin = next((word.start for word in there if begin <= word.start <= first), begin)
    return begin, max((word.end for word in there if begin < word.end <= begin + LONGEST), default=begin + LONGEST)


def marked(html: str, terms: Sequence[Term]) -> str:
    """What was formatted, with all that is asked for in a `mark`, also where several elements hold it."""
    pieces = re.split(f"({TAG.pattern})", html)  # every other one is a text
    there = [(number, word) for number in range(0, len(pieces), 2) for word in placed(unescape(pieces[number]))]
    found = spans([word.text for _, word in there], terms)
    ranges: dict[int, list[tuple[int, int]]] = {}
    for first, after in found:
        for number, group in groupby(there[first:after], key=itemgetter(0)):
            within = [word for _, word in group]
            ranges.setdefault(number, []).append((within[0].start, within[-1].end))
    for number, places in ranges.items():
        pieces[number] = _with_marks(unescape(pieces[number]), places)
    return "".join(pieces)


def _with_marks(text: str, places: Iterable[tuple[int, int]]) -> str:
    shown, done = [], 0
    for start, end in places:
        if end > done:  # of what is written as one, two may be asked for
            start = max(start, done)
            shown += [escape(text[done:start]), MARK.format(escape(text[start:end]))]
            done = end
    return "".join([*shown, escape(text[done:])])
