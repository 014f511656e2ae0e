"""Text that people typed: made fit to store, and said to be unfit in a sentence. Pure.

What is stored is text, never HTML: templates escape it.
"""

import unicodedata

from chat.errors import Refused

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


def message_body(text: object, longest: int) -> str:
    """The text to store: at most `longest` characters, line ends as \\n, no blank edges. Refused when unfit."""
    body = _text(text, "A message").replace("\r\n", "\n").replace("\r", "\n").strip()
    if not _visible(body):
        raise Refused("Nothing to send: the message is empty.")
    if len(body) > longest:
        raise Refused(f"This message is too long: it has {len(body):,} characters, and at most {longest:,} fit.")
    return body


def participant_name(text: object, longest: int) -> str:
    """A name on one line, without invisible characters that could forge another's. Refused when unfit."""
    plain = unicodedata.normalize("NFKC", _text(text, "A name"))
    words = ("".join(char for char in word if _marks(char) or char in KEPT) for word in plain.split())
    name = unicodedata.normalize("NFKC", " ".join(filter(None, words)))  # again: what stood between may have gone
    if not _visible(name):
        raise Refused("A name needs at least one letter.")
    if len(name) > longest:
        raise Refused(f"This name is too long: it has {len(name):,} characters, and at most {longest} fit.")
    return name


def _text(value: object, what: str) -> str:
    """A string that every database can hold and every socket can carry."""
    if not isinstance(value, str):
        raise Refused(f"{what} must be a text.")
    if "\x00" in value:
        raise Refused(f"{what} can't hold the character NUL.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Refused(f"{what} holds half a character (a lone surrogate), which can't be stored.") from None
    return value


def _marks(char: str) -> bool:
    return unicodedata.category(char) not in INVISIBLE and char not in BLANKS


def _visible(text: str) -> bool:
    return any(map(_marks, text))
