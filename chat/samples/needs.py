"""What the page relies on in a fragment, as selectors, and which of it some HTML lacks. Pure."""

import re
from collections.abc import Iterable
from html.parser import HTMLParser

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


def missing(html: str, needs: Iterable[str]) -> list[str]:
    """Those of the needs that no tag in the HTML meets.

    A need is a selector of one tag, as `form#composer-0a-1.composer[method="post"][hx-target^="#log"]`, or of one right
    in another: `#listed-lobby > a`.
    """
    tags = _Tags(html).found
    return [need for need in needs if not any(_meets(need, tag, around) for tag, around in tags)]


def _meets(need: str, tag: Tag, around: Tag | None) -> bool:
    outer, _, inner = need.rpartition(" > ")
    return _is(inner, tag) and (not outer or (around is not None and _is(outer, around)))


def _is(selector: str, tag: Tag) -> bool:
    name, attributes = tag
    kind = re.match(r"[\w-]*", selector)[0]  # type: ignore[index]  # it matches nothing as well
    rest = selector[len(kind) :]
    if PIECE.sub("", rest):
        raise ValueError(f"{selector!r} is no selector of one tag")
    return kind in ("", name) and all(_has(piece, attributes) for piece in PIECE.finditer(rest))


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
