"""The gallery: every template in every state, drawn from samples by whichever template wins. Where a designer works.

Its pages hold no script, so that nothing in a sample fetches, sends or opens a socket.
"""

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chat import fragments, identity
from chat.fragments.brought import forget
from chat.fragments.lookup import OWN
from chat.samples import Sample, missing, samples
from chat.samples.cast import YOU
from chat.views.reader import for_reader

SCRIPT = re.compile(r"<script\b[^>]*>.*?</script\s*>", re.DOTALL | re.IGNORECASE)
KEY = re.compile(r'\saccesskey="[^"]*"')  # there is one of each in a page

UNSEEN = {
    *("_away", "_cursor", "_epoch", "_icon", "_new_line", "_pulse", "_room_head", "_scripts"),
    *("_send", "_sidebar_state", "_styles", "_suggest", "_tab", "_trim"),
}
"""Of these one sees nothing where they stand, or they act there: their source is shown."""

AROUND = {
    "_message": "div.log",
    "_older": "div.log",
    "_older_ask": "div.log",
    "_older_more": "div.log",
    "_older_page": "div.log",
    "_composer": "div.composers",
    "_connection": "div.gallery-bar",
    "_ended": "div.gallery-bar",
    "_people": "div.gallery-bar",
    "_people_count": "div.gallery-bar",
    "_people_list": "div.gallery-panel",
    "_me": "div.gallery-bar",
    "_room_title": "div.gallery-bar",
    "_sidebar": "div.gallery-side",
    "_sidebar_room": "ul.gallery-side",
    "_sidebar_label": "span.sidebar-room",
    "_sidebar_menu": "span.room-menu",
    "_room": "div.gallery-room",
    "_embed": "div.gallery-room",
    "_promised": "div.gallery-room",
    "_fields": "form.form gallery-panel",
    "_room_fields": "form.form gallery-panel",
}
"""In what they stand on a page, as far as that is seen; others stand in a panel."""

ON_ITS_WAY = {"pending", "late", "refused"}
"""States of a composer that has one after it, to go on with."""


class Shown(NamedTuple):
    """A state, ready to be looked at."""

    state: str
    address: str
    light: SafeString
    """Empty of a page, which is looked at by itself."""
    dark: SafeString
    source: str
    """If there is nothing else to see."""
    lacks: list[str]
    """What the page relies on and does not find."""
    fails: str
    """What is wrong with the template, so that the app's own is shown."""


class Group(NamedTuple):
    """A template, and which one it is here."""

    name: str
    origin: str
    overrides: bool
    shown: list[Shown]


@require_safe
@never_cache
@for_reader
def gallery(request: HttpRequest) -> HttpResponse:
    """All of it."""
    _demand(request)
    shown: dict[str, list[Shown]] = {}
    for light, dark in _pairs():
        shown.setdefault(light.template, []).append(_shown(request, light, dark))
    overrides = fragments.lookup().overrides("")
    groups = [Group(_name(template), *_origin(template, overrides), found) for template, found in shown.items()]
    context = {
        "parts": [one for one in groups if _is_part(one.name)],
        "pages": [one for one in groups if not _is_part(one.name)],
        "viewer": YOU.key,
    }
    return _without_scripts(fragments.respond(request, "chat/gallery/gallery.html", context))


@require_safe
@never_cache
@for_reader
def sample(request: HttpRequest, name: str, state: str) -> HttpResponse:
    """One of them by itself, to try with mouse and keyboard; a page as it is."""
    _demand(request)
    pair = next((pair for pair in _pairs() if (pair[0].template, pair[0].state) == (f"chat/{name}", state)), None)
    if pair is None:
        raise Http404(_("There is no such sample."))
    if not _is_part(name):
        kind = "text/plain" if name.endswith(".txt") else "text/html"
        return _without_scripts(HttpResponse(_drawn(request, pair[0])[0], content_type=f"{kind}; charset=utf-8"))
    overrides = fragments.lookup().overrides("")
    context = {
        "group": Group(name, *_origin(pair[0].template, overrides), [_shown(request, *pair)]),
        "told": sorted({*pair[0].context} - {"csrf_token"}),
        "needs": pair[0].needs,
        "html": _drawn(request, pair[0])[0].strip(),
        "viewer": YOU.key,
    }
    return _without_scripts(fragments.respond(request, "chat/gallery/sample.html", context))


def _demand(request: HttpRequest) -> None:
    """But for staff members, and for everybody in development, it is an address like any other."""
    participant = identity.of_request(request)
    if not settings.DEBUG and (participant.banned or not participant.is_moderator):
        raise Http404(_("There is no such room."))


def _pairs() -> Iterator[tuple[Sample, Sample]]:
    """For light and for dark, which stand in one page and share no id."""
    return zip(samples(), samples(1000), strict=True)


def _name(template: str) -> str:
    return template.removeprefix("chat/")


def _origin(template: str, overrides: dict[str, Any]) -> tuple[str, bool]:
    """Where the template comes from that is used here, and whether it is somebody's own."""
    mine = overrides.get(template)
    origin = fragments.lookup().override_in(mine) if isinstance(mine, Exception) else getattr(mine, "origin", None)
    path, here = Path(origin.name) if origin else OWN / template, Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path), mine is not None


def _is_part(name: str) -> bool:
    return name.startswith(("_", "elements/"))


def _drawn(request: HttpRequest, one: Sample) -> tuple[SafeString, str]:
    """What it looks like, and what is wrong with it. It brings what a page does that stands alone."""
    request = copy.copy(request)
    forget(request)
    return fragments.tried(one.template, one.context, None if _is_part(_name(one.template)) else request)


def _shown(request: HttpRequest, light: Sample, dark: Sample) -> Shown:
    name = _name(light.template)
    html, fails = _drawn(request, light)
    shown = Shown(
        state=light.state,
        address=reverse("chat:gallery_sample", args=[name, light.state]),
        light=SafeString(),
        dark=SafeString(),
        source="",
        lacks=missing(html, light.needs),
        fails=fails,
    )
    if not _is_part(name):
        return shown
    if name.removesuffix(".html") in UNSEEN or not (strip_tags(html).strip() or "<svg" in html):
        return shown._replace(source=html.strip() or "…")
    return shown._replace(light=_staged(request, light, html), dark=_staged(request, dark))


def _staged(request: HttpRequest, one: Sample, html: str = "") -> SafeString:
    """In what it stands on a page."""
    html = html or _drawn(request, one)[0]
    name = _name(one.template).removesuffix(".html")
    if name == "_composer" and one.state in ON_ITS_WAY:
        html += _next(request, one)
    html = KEY.sub("", html)
    kind, _dot, css = AROUND.get(name, "div.gallery-panel").partition(".")
    return format_html('<{0} class="{1} gallery-{2}">{3}</{0}>', mark_safe(kind), css, one.state, mark_safe(html))  # noqa: S308


def _next(request: HttpRequest, one: Sample) -> SafeString:
    """The composer to go on with."""
    context = {**one.context, "number": 1, "text": "", "begun": "", "reason": ""}
    return _drawn(request, one._replace(context=context))[0]


def _without_scripts(response: HttpResponse) -> HttpResponse:
    response.content = SCRIPT.sub("", response.content.decode()).encode()
    return response
