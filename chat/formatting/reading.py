"""What was formatted, read again: how it begins, without elements, and with a name for what is hidden in it."""

import html
import re

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from chat.mentions import Mark

LINE = 140  # characters of a first line
HIDDEN = re.compile(r'<details class="hidden-text">.*?</details>', re.S)  # they are never within one another
MENTION = re.compile(r'<span class="mention" data-mention="([^"]*)">(.*?)</span>', re.S)
BLOCK_END = re.compile(r"</(?:p|div|li|pre|blockquote)>")
TAG = re.compile(r"<[^>]*>")
SHADED = "▒▒▒"


def first_line(formatted: str) -> str:
    """How a message begins, where that stands for it, and nothing of what is hidden in it. Counted in code points:
    accents can be piled up without end."""
    text = plain(formatted)[0].strip()
    first, _, rest = text.partition("\n")
    return f"{first[: LINE - 1]}…" if len(first) > LINE else f"{first} …" if rest else first


def plain(formatted: str) -> tuple[str, list[Mark]]:
    """What it says as text, with nothing of what is hidden, and where in that it speaks of whom."""
    pieces, marks, length = [], [], 0
    for number, piece in enumerate(MENTION.split(BLOCK_END.sub("\n", HIDDEN.sub(SHADED, formatted)))):
        if number % 3 == 1:  # the keys of whoever the next piece speaks of
            keys = piece
            continue
        text = html.unescape(TAG.sub("", piece))
        if number % 3 == 2:
            marks.append((length, length + len(text), keys))
        pieces.append(text)
        length += len(text)
    return "".join(pieces), marks


def titled(formatted: str, hidden: str) -> SafeString:
    """With this to press on where something is hidden."""
    return mark_safe(formatted.replace("<summary></summary>", f"<summary>{escape(hidden)}</summary>"))  # noqa: S308
