"""Addresses: which of them are links, where one ends, and which words read as another one."""

import re
import unicodedata
from typing import Any
from urllib.parse import urlsplit

import nh3
from django.utils.html import escape
from linkify_it import LinkifyIt
from markdown_it.common.normalize_url import normalizeLink

from chat.markup import visible

SCHEMES = {"http", "https", "mailto"}
CLEANER = nh3.Cleaner(tags={"a"}, attributes={"a": {"href"}}, link_rel=None, url_schemes=SCHEMES, url_relative="deny")

WORD = re.compile(r"\S{1,300}")
CLOSING = re.compile(r"\|\||[…。、，；：！？」』）】》]")  # noqa: RUF001
"""None of them is taken into an address that was only typed."""

MOST_WORDS = 300  # characters of a label that are read as addresses
NAMED = re.compile(r"(?:https?://|www\.)[^\s/?#]*", re.I)
DOMAIN = re.compile(r"[\w-]+\.[\w.-]*\w")
FILES = set("py md js ts css html json toml yml yaml txt cfg ini sql vue models".split())
"""What ends like a name of a file or a module. The first two are countries as well, but hardly meant as such here."""


def allowed(address: str) -> bool:
    """What a browser takes for an address, of a kind that does nothing when it is followed."""
    try:
        urlsplit(address)
    except ValueError:
        return False
    return "href" in CLEANER.clean(f'<a href="{escape(address)}">')


def normalized(address: str) -> str:
    return normalizeLink(f"http://{address}" if address[:4].lower() == "www." else address)


def begun(text: str) -> str:
    """The address that a text begins with, after its scheme: without what closes something around it."""
    word = WORD.match(text)
    found = KNOWN.match_at_start(CLOSING.split(word[0])[0]) if word else None
    return found.url.rstrip("*_~") if found else ""


def reads_as_another(said: str, address: str) -> bool:
    """Whether these words seem to say where the link leads, and it leads elsewhere."""
    plain = unicodedata.normalize("NFKC", said[:MOST_WORDS])
    plain = "".join(char for char in plain if unicodedata.category(char) != "Cf").replace("。", ".")
    if not visible(plain) or (len(said) > MOST_WORDS and "://" in said):
        return True
    if address.removeprefix("mailto:") == plain.strip():
        return False
    named = [*NAMED.findall(plain), *(word for word in DOMAIN.findall(plain) if word.rpartition(".")[2] not in FILES)]
    return any(_host(one) != _host(address) for one in named)


def _host(address: str) -> str:
    bare = re.sub(r"^https?://", "", address.lower()).split("/")[0].rstrip(".-_")
    try:
        return urlsplit(normalizeLink(f"http://{bare}")).hostname or ""
    except ValueError:
        return ""


class Addresses(LinkifyIt):
    def match_at_start(self, text: str) -> Any:
        """Asked of what follows a scheme, which www. has none of."""
        return None if text[:4].lower() == "www." else super().match_at_start(text)


def _www(known: LinkifyIt, text: str, pos: int) -> int:
    """How much of an address goes on after www. at a place in a text."""
    word = WORD.match(text, pos)
    return max(len(begun(f"http://www.{word[0]}")) - len("http://www."), 0) if word else 0


def _as_found(known: LinkifyIt, found: Any) -> None:
    """What is found stays as it is until it is `normalized`."""


KNOWN = Addresses({"ftp:": None, "//": None, "www.": {"validate": _www, "normalize": _as_found}}, {"fuzzy_link": False})
