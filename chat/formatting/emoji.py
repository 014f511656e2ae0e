"""Emoji: by name, as in :tada:, and large where a message is nothing else."""

import re
from functools import cache
from itertools import islice

import emoji
from django.utils.html import format_html
from django.utils.safestring import SafeString

NAMED = re.compile(r"(?:^|(?<=[^\w:\[])):[a-z0-9_+-]{2,60}:(?=[^\w:]|$)", re.I)
LARGE = 3  # of them at most
LONGEST = 200  # characters of a message that may be nothing else: names are long
SKINS = {*map(chr, range(0x1F3FB, 0x1F400))}
MOST_FOUND = 40


def emojized(text: str) -> str:
    """With emoji in place of their names, as far as these are known."""
    return NAMED.sub(_named, text) if ":" in text else text


def _named(found: re.Match[str]) -> str:
    return emoji.emojize(found[0].lower(), language="alias")


def one_emoji(said: object) -> str | None:
    """The emoji that this is, or the name of, in the form in which it is drawn in colours; None of anything else."""
    if not isinstance(said, str) or len(said) > LONGEST:
        return None
    found = emojized(said.strip())
    if not emoji.is_emoji(found):
        return None
    return emoji.emojize(emoji.demojize(found))


def found_emoji(query: str, language: str) -> list[tuple[str, str]]:
    """(emoji, what it is called in this language) of those whose names have these words in them, in this language or in
    English."""
    known = _known(language[:2] if language[:2] in emoji.LANGUAGES else "en")
    words = query.casefold().replace(":", " ").replace("_", " ").split()
    if not words:
        return []
    fits = ((one, name) for one, (name, text) in known.items() if all(word in text for word in words))
    return [*islice(fits, MOST_FOUND)]


@cache
def _known(language: str) -> dict[str, tuple[str, str]]:
    """{emoji: (its name, what is searched)} of all that are drawn in colours, but those in a colour of skin."""
    emoji.config.load_language(language)
    known = {}
    for one, told in emoji.EMOJI_DATA.items():
        if told["status"] == emoji.STATUS["fully_qualified"] and SKINS.isdisjoint(one):
            name = _words(told.get(language) or told["en"])
            names = [name, told["en"], *told.get("alias", ())]
            known[one] = (name, " ".join(map(_words, names)).casefold())
    return known


def _words(name: str) -> str:
    return name.strip(":").replace("_", " ")


def large(text: str) -> SafeString | None:
    """The HTML of a message of one to three emoji and nothing else; None of any other."""
    if len(text) > LONGEST or text[:1].isalpha() or (text[:1].isascii() and ":" not in text):
        return None
    shown = emojized(text)
    signs = "".join(shown.split())
    if signs.isascii() or not emoji.purely_emoji(signs) or emoji.emoji_count(signs) > LARGE:
        return None
    return format_html('<span class="emoji-large">{}</span>', shown)
