"""Elements: what all pages and fragments are made of, each of one template in chat/elements/. To override one restyles
everything that is made of it.
"""

import zlib
from functools import lru_cache
from typing import Any

from django.forms.utils import flatatt
from django.utils.safestring import SafeString

from chat import names
from chat.fragments.lookup import lookup
from chat.fragments.templates import render
from chat.models.participant import Colour

TAKES = {
    "button": ("kind", "href", "extra"),
    "field": ("label", "id", "help", "help_id", "errors", "extra"),
    "panel": ("title", "kind", "extra"),
}
"""What each says itself; what else is said of it becomes attributes."""

COLOURS = [colour.value for colour in Colour if colour.value]
AVATARS = 4096  # people whose avatar is kept rendered


def element(name: str, content: object, said: dict[str, Any], place: str = "") -> SafeString:
    """One that holds something. Attributes are said with _ for -. Raises KeyError if there is none of that name."""
    return render(f"chat/elements/{name}.html", element_context(name, content, said), place)


def element_context(name: str, content: object, said: dict[str, Any]) -> dict[str, Any]:
    context = {key: said.get(key) for key in TAKES[name]}
    attrs = {key.replace("_", "-"): value for key, value in said.items() if key not in context}
    return {**context, "content": content, "attrs": flatatt(attrs)}


def avatar(key: str, name: str, colour: str = "", place: str = "") -> SafeString:
    """Of whoever has this key: in the colour they chose, or in one that is always theirs."""
    return _avatar(lookup(), place, key, name, colour)


@lru_cache(maxsize=AVATARS)
def _avatar(while_the_same: object, place: str, key: str, name: str, colour: str) -> SafeString:
    """Rendered once for all that somebody says, while the templates are the same."""
    return render("chat/elements/avatar.html", avatar_context(key, name, colour), place)


def avatar_context(key: str, name: str, colour: str) -> dict[str, str]:
    always = COLOURS[zlib.crc32(key.encode()) % len(COLOURS)]
    return {"initials": names.initials(name), "colour": colour or always}
