"""What the page relies on in a fragment, as selectors, and which of it some HTML lacks. Pure."""

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from html.parser import HTMLParser
from typing import NamedTuple

PIECE = re.compile(r'#(?P<id>[\w-]+)|\.(?P<kind>[\w-]+)|\[(?P<name>[\w-]+)(?:(?P<how>[~^*]?=)"(?P<value>[^"]*)")?\]')
VOID = {*("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")}

Tag = tuple[str, dict[str, str]]


class _Tags(HTMLParser):
    def __init__(self, html: str):
        super().__init__()
        self.open: list[Tag] = []
        self.found: list[tuple[Tag, Tag | None]] = []
        """Each with what it stands right in."""
        self.feed(html)
        self.close()

    def handle_starttag(self, name: str, given: list[tuple[str, str | None]]) -> None:
        tag = (name, {key: value or "" for key, value in given})
        self.found.append((tag, self.open[-1] if self.open else None))
        if name not in VOID:
            self.open.append(tag)

    def handle_endtag(self, name: str) -> None:
        places = [place for place, (opened, _) in enumerate(self.open) if opened == name]
        if places:
            del self.open[places[-1] :]


class _One(NamedTuple):
    """A selector of one tag."""

    name: str
    pieces: tuple[re.Match[str], ...]
    id: str | None


def missing(html: str, needs: Iterable[str]) -> list[str]:
    """Those of the needs that no tag in the HTML meets.

    A need is a selector of one tag, as `form#composer-0a-1.composer[method="post"][hx-target^="#log"]`, or of one right
    in another: `#listed-lobby > a`.
    """
    tags = _Tags(html).found
    by_id = defaultdict(list)
    for found in tags:
        by_id[found[0][1].get("id")].append(found)

    def is_met(need: str) -> bool:
        outer, _, inner = need.rpartition(" > ")
        wanted, within = _read(inner), _read(outer) if outer else None
        return any(
            _is(wanted, tag) and (within is None or (around is not None and _is(within, around)))
            for tag, around in (tags if wanted.id is None else by_id[wanted.id])
        )

    return [need for need in needs if not is_met(need)]


@lru_cache(maxsize=1024)
def _read(selector: str) -> _One:
    name = re.match(r"[\w-]*", selector)[0]  # type: ignore[index]  # it matches nothing as well
    rest = selector[len(name) :]
    if PIECE.sub("", rest):
        raise ValueError(f"{selector!r} is no selector of one tag")
    pieces = tuple(PIECE.finditer(rest))
    return _One(name, pieces, next((piece["id"] for piece in pieces if piece["id"]), None))


def _is(selector: _One, tag: Tag) -> bool:
    name, attributes = tag
    return selector.name in ("", name) and all(_has(piece, attributes) for piece in selector.pieces)


def _has(piece: re.Match[str], attributes: dict[str, str]) -> bool:
    if piece["id"]:
        return attributes.get("id") == piece["id"]
    if piece["kind"]:
        return piece["kind"] in attributes.get("class", "").split()
    value, wanted = attributes.get(piece["name"]), piece["value"] or ""
    if value is None:
        return False
    return {
        None: True,
        "=": value == wanted,
        "^=": value.startswith(wanted),
        "*=": wanted in value,
        "~=": wanted in value.split(),
    }[piece["how"]]
