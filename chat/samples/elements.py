"""What all pages are made of, each in its states."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from chat import fragments
from chat.models.participant import Colour
from chat.samples.cast import NOW, Sample, Scene


def elements(scene: Scene) -> Iterator[Sample]:
    buttons: dict[str, dict[str, Any]] = {
        "main": {"type": "submit"},
        "quiet": {"kind": "quiet", "type": "button"},
        "link": {"kind": "link", "type": "button"},
        "icon": {"kind": "icon", "type": "button", "aria_label": _("Close")},
        "leads-away": {"href": "/chat/"},
    }
    for state, said in buttons.items():
        context = fragments.element_context("button", "✕" if state == "icon" else _("Save"), said)
        yield Sample("chat/elements/button.html", state, context, ("[class]", f"{'a' if 'href' in said else 'button'}"))
    fields: dict[str, dict[str, Any]] = {
        "one": {"label": _("Name"), "id": f"field-{scene.next()}", "help": _("What it is about")},
        "several": {"label": _("For whom")},
        "bare": {},
        "wrong": {"label": _("Name"), "id": f"field-{scene.next()}", "errors": _("A room needs a name.")},
    }
    for state, said in fields.items():
        context = fragments.element_context("field", _("What it is about"), said)
        yield Sample("chat/elements/field.html", state, context)
    for state, said in {"part": {"title": _("Members")}, "float": {"kind": "float"}}.items():
        yield Sample(
            "chat/elements/panel.html", state, fragments.element_context("panel", _("Nobody is here just now"), said)
        )
    for colour in filter(None, Colour.values):
        yield Sample("chat/elements/avatar.html", colour, {"initials": "AO", "colour": colour})
    times: dict[str, dict[str, Any]] = {
        "moment": {"in_full": "j F Y, H:i"},
        "day": {"format": "j F", "stamp": "Y-m-d", "zoned": True},
    }
    for state, said in (times | {"small": {"extra": "message-time"}}).items():
        yield Sample("chat/elements/time.html", state, {"at": NOW, "format": "H:i", **said}, ("time[datetime]",))
    for name in ("send", "lines", "line", "menu", "close", "people", "down", "hash", "chat", "search", "at", "lock"):
        yield Sample("chat/elements/icon.html", name, {"name": name}, ("svg[aria-hidden]",))
    yield Sample("chat/elements/icon.html", "in-a-bar", {"name": "chat", "extra": "bar-icon"}, ("svg[aria-hidden]",))
