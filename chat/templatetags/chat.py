"""What a host project writes into its own templates: `{% load chat %}{% chat_room "lobby" %}`."""

import logging
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django import template
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import slug_re
from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.db.models import Model
from django.db.models.signals import post_delete
from django.forms import BoundField
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.template import Context
from django.urls import NoReverseMatch, Resolver404, get_script_prefix, resolve, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from chat import actions, fragments, identity, policy
from chat.conf import conf
from chat.errors import explained
from chat.fragments.brought import brought
from chat.models import Participant, Room
from chat.variant import Variant, asked_by_page

register = template.Library()
logger = logging.getLogger("chat.templates")

APART = SafeString(
    'hx-boost="false" '
    + " ".join(
        f'hx-{name}="unset"'
        for name in (
            *("target", "swap", "select", "select-oob", "push-url", "replace-url", "confirm", "prompt", "params"),
            *("include", "sync", "indicator", "disabled-elt", "encoding"),
        )
    )
)

AWAY = _("The chat can't reach its messages just now. They are safe, and it will be back.")


@register.simple_tag(takes_context=True)
def chat_room(context: Context, room: str | Model) -> SafeString:
    """The room at this address, or of this object, live, wherever the tag stands. What it needs comes along, once on
    each page. One that is not there yet is made by the first message in it."""
    request = _request(context)
    had = {*brought(request)}
    try:
        with _spared():
            participant = identity.of_request(request)
            language, asked = asked_by_page(request)
            with Variant.of(participant, language).active():
                return _room(context, request, _find(room), asked)
    except DatabaseError as error:
        logger.error("A room could not be drawn: %s", explained(error))
        brought(request).intersection_update(had)  # what this one would have, the next one brings
        return fragments.not_for_them(AWAY, chat_styles(context))


def _spared() -> AbstractContextManager[None]:
    """An error of the database within a transaction of the page's would leave it none of its own queries."""
    return transaction.atomic() if connection.in_atomic_block else nullcontext()


def _find(thing: str | Model) -> Room:
    if thing == conf.default_room:
        return actions.open_room(thing)
    if isinstance(thing, Model) and thing.pk is not None:
        post_delete.connect(_deleted, sender=type(thing), dispatch_uid="chat.object_deleted")
    elif not isinstance(thing, str) or not slug_re.fullmatch(thing):
        raise template.TemplateSyntaxError(
            f"{thing!r} has no room: give chat_room an address of letters, digits, - and _, or an object that is saved."
        )
    try:
        return actions.room_of(thing)
    except ValidationError as error:
        raise template.TemplateSyntaxError(f"There can be no room {thing!r}: {error.messages[0]}") from None


def _deleted(instance: Model, **signal: Any) -> None:
    actions.object_deleted(instance)


def _room(context: Context, request: HttpRequest, room: Room, asked: str) -> SafeString:
    participant = identity.of_request(request)
    if not policy.can_know(participant, room):
        return SafeString()
    along = _styles(context) + chat_scripts(context)
    if not (verdict := policy.can_read(participant, room)):
        return fragments.not_for_them(verdict.why, along)
    may = policy.can_post(participant, room)
    if room.pk is None:
        said = fragments.promised_context(room, participant, may, actions.promise(room))
    else:
        lines = request.COOKIES.get(fragments.LINES) == "1"
        shut = policy.is_shut_to(participant, room)
        log = fragments.log(room)
        said = fragments.room_context(room, participant, may, log, shut=shut, asked=asked, lines=lines)
    back = request.get_full_path()
    said |= {"csrf_token": context.get("csrf_token"), "here": back}
    return fragments.embedded(said, back, along)


@register.simple_tag(takes_context=True)
def chat_styles(context: Context, own: bool = False) -> SafeString:
    """In the head of a page, so that the stylesheets are asked for before what is above the first room is drawn. `own`:
    in a page of the chat's, which has the viewer's besides where it shows messages."""
    if own:
        return fragments.styles("") if _first_time(_request(context), "styles") else SafeString()
    try:
        with _spared():
            return _styles(context)
    except DatabaseError:  # which a room will say
        return fragments.styles("")


def _styles(context: Context) -> SafeString:
    request = _request(context)
    if not _first_time(request, "styles"):
        return SafeString()
    participant = identity.of_request(request)
    address = reverse("chat:viewer_style", args=[participant.key])
    introduced = identity.introduction(request, participant)
    return fragments.styles(f"{address}?guest={introduced}" if introduced else address)


@register.simple_tag(takes_context=True)
def chat_scripts(context: Context, own: bool = False) -> SafeString:
    """The same of scripts. `own`: in a page that is all the chat's, whatever CHAT_SCRIPTS says of the project's."""
    if not _first_time(_request(context), "scripts") or not (own or conf.scripts):
        return SafeString()
    return fragments.scripts(context.get("csp_nonce"))


@register.simple_tag
def chat_apart() -> SafeString:
    """As attributes of what is around the chat: what a page says for its own requests isn't meant for the chat's."""
    return APART


@register.simple_tag
def chat_name() -> str:
    """What the chat is called."""
    return conf.site_name


@register.simple_tag
def sign_in_address() -> str:
    """The host's page to sign in, as LOGIN_URL says; empty if it has none."""
    try:
        address = resolve_url(settings.LOGIN_URL)
        if address.startswith("/"):
            resolve("/" + address.removeprefix(get_script_prefix()))
    except (NoReverseMatch, Resolver404):
        return ""
    return address


@register.simple_tag(takes_context=True)
def chat_visitor(context: Context) -> Participant | None:
    """Who looks at the page, as it or the request says; None of a newcomer, and where nobody can say."""
    said: Participant | None = context.get("participant")
    request: HttpRequest | None = context.get("request")
    try:
        return said or (identity.known(request) if request else None)
    except DatabaseError:
        return None


@register.simple_tag
def chat_widget(field: BoundField) -> SafeString:
    """A field of a form; what is wrong with the first one is what somebody comes back to."""
    wrong = next((name for name in field.form.fields if name in field.form.errors), None)
    return field.as_widget(attrs={"autofocus": field.name == wrong} if wrong else None)


def _request(context: Context) -> HttpRequest:
    request: Any = context.get("request")
    if request is None:
        raise ImproperlyConfigured(
            "A chat needs to know whose page it is in: add django.template.context_processors.request to the "
            "context_processors of TEMPLATES, and render the template with its request."
        )
    return request


def _first_time(request: HttpRequest, what: str) -> bool:
    first = what not in brought(request)
    brought(request).add(what)
    return first
