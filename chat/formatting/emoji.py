"""Emoji: by name, as in :tada:, and large where a message is nothing else."""

import re

import emoji
from django.utils.html import format_html
from django.utils.safestring import SafeString

NAMED = re.compile(r"(?:^|(?<=[^\w:])):[a-z0-9_+-]{1,60}:(?=[^\w:]|$)", re.I)
LARGE = 3  # of them at most
LONGEST = 200  # characters of a message that may be nothing else: names are long


def emojized(text: str) -> str:
    """With emoji in place of their names, as far as these are known."""
    return NAMED.sub(_named, text) if ":" in text else text


def _named(found: re.Match[str]) -> str:
    return emoji.emojize(found[0].lower(), language="alias")


def large(text: str) -> SafeString | None:
    """The HTML of a message of one to three emoji and nothing else; None of any other."""
    if len(text) > LONGEST or text[:1].isalpha() or (text[:1].isascii() and ":" not in text):
        return None
    shown = emojized(text)
    signs = "".join(shown.split())
    if signs.isascii() or not emoji.purely_emoji(signs) or emoji.emoji_count(signs) > LARGE:
        return None
    return format_html('<span class="emoji-large">{}</span>', shown)
