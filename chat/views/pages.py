"""The pages, whole: what a room looks like to somebody who has just come."""

import secrets
from typing import NamedTuple

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import get_script_prefix
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from chat import actions, fragments, identity, policy
from chat.conf import conf
from chat.errors import Refused
from chat.models import Participant, Room
from chat.views.away import patient
from chat.views.cached import COMPOSERS_AHEAD, LINES, composer_context

fresh = cache_control(private=True, no_cache=True)  # but storable, so that going back in the browser is instant


class Failed(NamedTuple):
    """A form that was not carried out: which one, what it held, and why, unless it was only interrupted."""

    form: str
    text: str
    reason: Refused | None


@require_safe
@fresh
@patient
def default_room(request: HttpRequest) -> HttpResponse:
    return show(request, *find(request, conf.default_room))


@require_safe
@fresh
@patient
def room(request: HttpRequest, slug: str) -> HttpResponse:
    return show(request, *find(request, slug))


def find(request: HttpRequest, slug: str) -> tuple[Room, Participant]:
    """The room and who asks for it. Http404 when they may not read it: what one may not see looks like nothing."""
    try:
        room = actions.open_room(slug)
    except Room.DoesNotExist:
        raise Http404("There is no such room.") from None
    participant = identity.of_request(request)
    if not (verdict := policy.can_read(participant, room)):
        raise PermissionDenied(verdict.why) if participant.banned else Http404("There is no such room.")
    return room, participant


def show(
    request: HttpRequest, room: Room, participant: Participant, failed: Failed | None = None, plain: bool = False
) -> HttpResponse:
    """The room's page; a form that failed stands in it with its text and the reason.

    With ?plain=1 (or `plain`) it does without a socket, with ?before=<seq> it shows what was said before that,
    with ?still=1 it does not reload itself where there is no JavaScript.
    """
    htmx = "HX-Request" in request.headers  # it does not show what comes with another status
    before = request.GET.get("before", "")
    past = before.isascii() and before.isdigit() and len(before) < 19
    if past:
        log = fragments.log_of(room.messages.for_page().filter(seq__lt=int(before)).newest(conf.page_size))
    else:
        log = fragments.log(room)
    plain = plain or past or "plain" in request.GET
    lines = request.COOKIES.get(LINES) == "1" or "\n" in (failed.text if failed else "")  # a field of one eats breaks
    context = {
        **composer_context(room.slug, secrets.token_hex(6), 0, lines, range(1, 1 + COMPOSERS_AHEAD)),
        "room": room,
        "rooms": Room.objects.all(),
        "log": log.html,
        "before": log.before,
        "cursor": log.cursor,
        "participant": participant,
        "verdict": policy.can_post(participant, room),
        "socket": f"{get_script_prefix()}ws/chat/{room.slug}/?sync=1",
        "plain": plain,
        "past": past,
        "state": "past" if past else "plain" if plain else "connecting",
        "refresh": failed is None and not past and "still" not in request.GET,
        **({f"{failed.form}_text": failed.text, f"{failed.form}_reason": failed.reason or ""} if failed else {}),
    }
    status = failed.reason.status if failed and failed.reason and not htmx else 200
    response = render(request, "chat/room.html", context, status=status)
    identity.remember(response, participant)
    return response
