"""Text that people typed: made fit to store, and said to be unfit in a sentence. Pure.

What is stored is text, never HTML: templates escape it.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.timezone import make_aware
from django.utils.translation import gettext_lazy as _

from chat.errors import Refused, Sentence, sentence

INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"}  # Unicode categories of what leaves no mark on the screen
SELECTORS = {chr(code) for code in range(0xFE00, 0xFE10)}  # say how the character before them looks, as in emoji
# Called letters or accents, but blank: Default_Ignorable_Code_Point of Unicode 16, and the empty Braille cell.
BLANKS = (
    {chr(code) for code in (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0)}
    | {chr(code) for code in (*range(0x180B, 0x1810), *range(0xE0100, 0xE01F0))}
    | SELECTORS
)
JOINERS = {"\u200c", "\u200d"}  # invisible, but Persian and Hindi are misspelt and many emoji fall apart without them
KEPT = JOINERS | SELECTORS
EMPTY = BLANKS - KEPT
MOST_BLANKS = 10
"""For each character that can be seen; a few more are nobody's affair. Pictures made of Braille cells have less."""
BLANK_LINES = re.compile(r"\A(?:[^\S\n]*\n)+")

NAME_TOO_LONG = _("This name is too long: it has {length} characters, and at most {longest} fit.")


def message_body(text: object, longest: int) -> str:
    """The text to store: at most `longest` characters, line ends as \\n, no blank lines at its edges; how far the first
    line is indented stays. Refused when unfit."""
    body = _text(text, _("A message")).replace("\r\n", "\n").replace("\r", "\n").rstrip()
    body = BLANK_LINES.sub("", body)
    if len(body) > longest:  # first, as the rest looks at each character
        raise Refused(
            sentence(
                _("This message is too long: it has {length} characters, and at most {longest} fit."),
                length=len(body),
                longest=longest,
            )
        )
    if not visible(body):
        raise Refused(_("Nothing to send: the message is empty."))
    blanks = 0 if EMPTY.isdisjoint(body) else sum(map(EMPTY.__contains__, body))
    if blanks > MOST_BLANKS and blanks > MOST_BLANKS * sum(map(_marks, body)):
        raise Refused(_("This message is hardly anything but blanks: leave some of them out."))
    return body


def participant_name(text: object, longest: int) -> str:
    """A name on one line, without invisible characters that could forge another's. Refused when unfit."""
    plain = unicodedata.normalize("NFKC", _text(text, _("A name")))
    words = ("".join(char for char in word if _marks(char) or char in KEPT) for word in plain.split())
    name = unicodedata.normalize("NFKC", " ".join(filter(None, words)))  # again: what stood between may have gone
    if not visible(name):
        raise Refused(_("A name needs at least one letter."))
    if len(name) > longest:
        raise Refused(sentence(NAME_TOO_LONG, length=len(name), longest=longest))
    return name


ROOM_NAME, ROOM_TOPIC = 80, 200
"""Longest ones, as their columns are."""


@contextmanager
def _in(field: str) -> Iterator[None]:
    """What is refused is refused of this field of a form."""
    try:
        yield
    except Refused as refusal:
        refusal.field = field
        raise


@_in("name")
def room_name(text: object) -> str:
    """What a room is called, on one line. Refused when unfit."""
    name = " ".join(_text(text, _("A name")).split())
    if not visible(name):
        raise Refused(_("A room needs a name."))
    if len(name) > ROOM_NAME:
        raise Refused(sentence(NAME_TOO_LONG, length=len(name), longest=ROOM_NAME))
    return name


@_in("topic")
def room_topic(text: object) -> str:
    """What a room is about, on one line; may be empty. Refused when unfit."""
    topic = " ".join(_text(text, _("A topic")).split())
    if len(topic) > ROOM_TOPIC:
        raise Refused(
            sentence(
                _("This topic is too long: it has {length} characters, and at most {longest} fit."),
                length=len(topic),
                longest=ROOM_TOPIC,
            )
        )
    return topic if visible(topic) else ""


def moment(text: object, fit: Callable[[datetime], None]) -> datetime | None:
    """A day and a time, as a browser's field for both gives them, in the time zone that is active; None when empty.
    Refused when it is none, or when `fit` raises a ValidationError."""
    said = _text(text, _("A time")).strip()
    if not said:
        return None
    try:
        found = datetime.fromisoformat(said)
        fit(found)
        return make_aware(found)
    except ValidationError as error:
        raise Refused(error.messages[0]) from None
    except (ValueError, OverflowError):
        raise Refused(_("A time is a day and an hour, as in 2030-06-01 18:00.")) from None


def _text(value: object, what: Sentence) -> str:
    """A string that every database can hold and every socket can carry."""
    if not isinstance(value, str):
        raise Refused(sentence(_("{what} must be a text."), what=what))
    if "\x00" in value:
        raise Refused(sentence(_("{what} can't hold the character NUL."), what=what))
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Refused(
            sentence(_("{what} holds half a character (a lone surrogate), which can't be stored."), what=what)
        ) from None
    return value


def _marks(char: str) -> bool:
    return unicodedata.category(char) not in INVISIBLE and char not in BLANKS


def visible(text: str) -> bool:
    """Whether anything of it leaves a mark on the screen."""
    return any(map(_marks, text))
