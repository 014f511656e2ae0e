"""Renders a template, or the app's own where an override of it fails: a broken one never breaks a room."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.template.context import make_context
from django.utils.safestring import SafeString

from chat import variant
from chat.fragments.brought import brought
from chat.fragments.lookup import is_own, known_place, lookup, place_of

PLACE = "in"
"""Where the address of a cached fragment says its place."""


class Lacking(Exception):
    """A template gave something without what the page needs of it."""


def render(
    name: str,
    context: Mapping[str, Any],
    place: str | None = None,
    request: HttpRequest | None = None,
    needs: str = "",
) -> SafeString:
    """`place`: that of the context's room when it is not said. `request`: of a page, for context processors.
    `needs`: what must be in it; an override without it has failed as well.
    """
    known = lookup()
    place = place_of(context.get("room")) if place is None else place
    template, had = None, {*brought(request)} if request else set()
    try:
        template = known.template(name, place)
        return _rendered(template, context, request, needs)
    except Exception as error:
        override = known.override_in(error) or (template.origin if isinstance(error, Lacking) and template else None)
        if request:  # what the one that failed has brought is on no page
            brought(request).intersection_update(had)
        if override is None or is_own(override):
            raise
        html = _rendered(known.own.get_template(name), context, request, "")  # it fails as ever, if it does
        known.tell(override, error)
        return html


def tried(name: str, context: Mapping[str, Any], request: HttpRequest | None = None) -> tuple[SafeString, str]:
    """The same for whoever works on templates: and what is wrong with the one that should have been used."""
    known = lookup()
    try:
        return draw(known.general.get_template(name), context, request), ""
    except Exception as error:
        return draw(known.own.get_template(name), context, request), f"{type(error).__name__}: {error}"


def respond(
    request: HttpRequest, name: str, context: Mapping[str, Any], status: int = 200, place: str | None = None
) -> HttpResponse:
    """The same as a page."""
    return HttpResponse(render(name, context, place, request), status=status)


def _rendered(template: Template, context: Mapping[str, Any], request: HttpRequest | None, needs: str) -> SafeString:
    html = draw(template, context, request)
    if needs not in html and needs not in html.replace("'", '"'):
        raise Lacking(f"There is no {needs} in what {template.name} gives.")
    return html


def draw(template: Template, context: Mapping[str, Any], request: HttpRequest | None = None) -> SafeString:
    """Just this one, which may fail."""
    return template.render(make_context(dict(context), request))


def place_in(context: Context) -> str:
    """The place of the template that is being rendered, so that what it draws is of the same."""
    return getattr(getattr(context.template, "engine", None), "place", "")


def place_at(request: HttpRequest) -> str:
    """The place of a cached fragment, as its address says."""
    return known_place(request.GET.get(PLACE, ""))


def in_address(place: str) -> str:
    """What the address of a cached fragment ends with. It alone decides all of it: the language, and the place."""
    said = variant.in_address()
    return f"{said}{'&' if said else '?'}{PLACE}={place}" if place else said
