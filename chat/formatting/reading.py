"""What was formatted, read again: how it begins, without elements, and with a name for what is hidden in it."""

import html
import re

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

LINE = 140  # characters of a first line
HIDDEN = re.compile(r'<details class="hidden-text">.*?</details>', re.S)  # they are never within one another
BLOCK_END = re.compile(r"</(?:p|div|li|pre|blockquote)>")
TAG = re.compile(r"<[^>]*>")
SHADED = "▒▒▒"


def first_line(formatted: str) -> str:
    """How a message begins, where that stands for it, and nothing of what is hidden in it. Counted in code points:
    accents can be piled up without end."""
    text = html.unescape(TAG.sub("", BLOCK_END.sub("\n", HIDDEN.sub(SHADED, formatted)))).strip()
    first, _, rest = text.partition("\n")
    return f"{first[: LINE - 1]}…" if len(first) > LINE else f"{first} …" if rest else first


def titled(formatted: str, hidden: str) -> SafeString:
    """With this to press on where something is hidden."""
    return mark_safe(formatted.replace("<summary></summary>", f"<summary>{escape(hidden)}</summary>"))  # noqa: S308
