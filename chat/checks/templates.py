"""What is wrong with a project's own templates: each is rendered with samples, and no database is asked."""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.core.checks import CheckMessage, Error, register
from django.db import Error as DatabaseError
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

if TYPE_CHECKING:
    from chat.samples import Sample

LAYOUTS = ("chat/page.html", "chat/base.html")
"""Around the pages, from the inside to the outside."""
AROUND = "The pages of the chat fill its blocks: docs/customising.md says which {name} is to have."
FAILS = "Rooms show the chat's own in its place. docs/customising.md says what each template is given."
LACKS = "A page of the chat relies on it. The chat's own template, chat/templates/{name}, shows where it belongs."

WRITTEN = (
    ("-", "room.slug"),
    ("-", "entry.slug"),
    ("-", "message.pk"),
    ('"', "message.seq"),
    ('"', "message.author.key"),
    ("-", "nonce"),
    ("-", "chain"),
    ("/", "chain"),
    ('"', "chain"),
)
"""What stands in a need, after which character, and how a template would write it."""


@register()
def check_templates(**kwargs: Any) -> list[CheckMessage]:
    """Nothing is rendered where a project has no templates in place of the chat's."""
    from chat.fragments import lookup  # what is behind it needs more than a project may have that is just being set up

    try:
        reverse("chat:room", args=["lobby"])
    except NoReverseMatch:
        return []  # said by another check, as is the next
    known = lookup()
    overrides = {place: found for place in known.places() if (found := known.overrides(place))}
    if not overrides or not apps.is_installed("django_htmx"):
        return []
    from chat.samples import samples

    drawn: dict[str, list[Sample]] = defaultdict(list)
    try:
        for one in samples():
            drawn[one.template].append(one)
    except ValueError:
        return []  # a setting can't be read, which another check says
    faults = [fault for place in overrides for fault in _faults(place, overrides[place], drawn)]
    for layout in LAYOUTS:
        if not faults:  # what is in it shows its own faults as well
            faults = [fault for place in overrides for fault in _faults_around(place, layout, overrides[place], drawn)]
    return [*{fault.msg: fault for fault in faults}.values()]  # what is general is found in each place


def _faults(place: str, overrides: dict[str, Any], drawn: "dict[str, list[Sample]]") -> Iterator[CheckMessage]:
    from chat.fragments import lookup

    for name, template in overrides.items():
        if isinstance(template, Exception):
            file = getattr(lookup().override_in(template), "name", name)
            yield Error(f"The template {file} can't be read: {template}", hint=FAILS, id="chat.E011")
        elif name not in LAYOUTS:
            yield from _drawn(place, name, template, drawn[name], LACKS)


def _faults_around(
    place: str, layout: str, overrides: dict[str, Any], drawn: "dict[str, list[Sample]]"
) -> Iterator[CheckMessage]:
    """What the pages lack that extend it, and it by itself."""
    pages = [one for name, states in drawn.items() if is_page(name) for one in states]
    if layout in overrides:
        yield from _drawn(place, layout, overrides[layout], pages, AROUND)


def _drawn(place: str, name: str, template: Any, samples: "list[Sample]", hint: str) -> Iterator[CheckMessage]:
    from chat.fragments import draw, lookup
    from chat.samples import missing

    lacking: dict[str, None] = {}
    for one in samples:
        try:
            request = as_asked() if is_page(one.template) else None
            html = draw(lookup().template(one.template, place), one.context, request)
        except DatabaseError:  # which a project's own templates may ask
            continue
        except Exception as error:
            file = getattr(lookup().override_in(error), "name", template.origin.name)
            said = f"{type(error).__name__}: {error}"
            yield Error(f"The template {file}, for {name}, fails: {said}", hint=FAILS, id="chat.E011")
            return
        lacking |= {in_general(need, one.context): None for need in missing(html, one.needs)}
    if lacking:
        said = f"The template {template.origin.name} lacks {', '.join(lacking)}"
        yield Error(said, hint=hint.format(name=name), id="chat.E012")


def is_page(name: str) -> bool:
    return name.startswith("chat/") and "/" not in name[5:] and not name.startswith("chat/_")


def as_asked() -> HttpRequest:
    """As context processors and a project's base page may look at it."""
    request = HttpRequest()
    request.method, request.path, request.path_info = "GET", "/chat/", "/chat/"
    request.META |= {"SERVER_NAME": "localhost", "SERVER_PORT": "80"}
    request.user = AnonymousUser()
    return request


def in_general(need: str, context: dict[str, Any]) -> str:
    """As a template would write it."""
    for before, name in WRITTEN:
        value: Any = context
        for part in name.split("."):
            value = value.get(part) if isinstance(value, dict) else getattr(value, part, None)
        if value:
            need = re.sub(rf"{before}{re.escape(str(value))}(?!\w)", f"{before}{{{{ {name} }}}}", need)
    return need
