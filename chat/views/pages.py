"""The pages, whole: what a room looks like to somebody who has just come."""

import logging
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.db import Error as DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django_htmx.http import reselect, reswap, retarget

from chat import actions, fragments, identity, policy
from chat.conf import conf
from chat.errors import Forbidden, Refused, Sentence
from chat.fragments import respond
from chat.models import Message, Participant, Room
from chat.tickets import FIELD
from chat.variant import asked_by_address
from chat.views.away import patient
from chat.views.cached import LINES
from chat.views.framed import address as framed_address
from chat.views.framed import by_ticket, let_in
from chat.views.past import past_log
from chat.views.place import back_to
from chat.views.reader import for_reader
from chat.views.shown import shown

logger = logging.getLogger("chat.views")

NOT_THEIRS = _(
    "There is no such room, or it is not for you. Sign in again, in another tab, and go on: what you wrote stays."
)

fresh = cache_control(private=True, no_cache=True)  # but storable, so that going back in the browser is instant


class Failed(NamedTuple):
    """A form that was not carried out: which one, what it held, and why, unless it was only interrupted."""

    form: str
    text: str
    reason: Refused | None
    reply_to: str = ""
    """The seq of what it answers."""


class Found(NamedTuple):
    """A message whose page it is."""

    message: Message
    below: str
    """What stands below it."""
    form: str | None
    """What changes it, if that was asked for."""
    refusal: Refused | None
    """Why something was not done with it."""


@require_safe
@fresh
@for_reader
@patient
def default_room(request: HttpRequest) -> HttpResponse:
    return show(request, *find(request, conf.default_room))


@require_safe
@fresh
@by_ticket
@for_reader
@patient
def room(request: HttpRequest, slug: str) -> HttpResponse:
    try:
        found = find(request, slug, promised=True)
    except (Http404, PermissionDenied) as error:
        if "HX-Request" in request.headers and "promise" not in request.GET:
            return _not_theirs(slug, str(error) if isinstance(error, PermissionDenied) else NOT_THEIRS)
        raise
    return show(request, *found)


def _not_theirs(slug: str, why: Sentence) -> HttpResponse:
    """To a page that holds the room still, and what is typed in it: htmx shows no answer of another status."""
    response = HttpResponse(fragments.ended(slug, Forbidden(why)))
    response["Cache-Control"] = "no-store"  # its address is that of a whole page
    place = f"#connection-{slug}"
    return reswap(retarget(reselect(response, place), place), "outerHTML")


def find(request: HttpRequest, slug: str, promised: bool = False) -> tuple[Room, Participant]:
    """The room and who asks for it. Http404 when they may not read it: what one may not see looks like nothing.

    `promised`: one that is not stored yet will do, when the page holds a promise of it.
    """
    room = (_promised(request) if promised else None) or _open(slug)
    participant = identity.of_request(request)
    if not (verdict := policy.can_know(participant, room)):
        raise Http404(verdict.why)
    if not (verdict := policy.can_read(participant, room)):
        raise PermissionDenied(verdict.why)
    return room, participant


def _open(slug: str) -> Room:
    try:
        return actions.open_room(slug)
    except Room.DoesNotExist:
        raise Http404(_("There is no such room.")) from None


def _promised(request: HttpRequest) -> Room | None:
    """What a page of the host's holds a promise of: not stored, while nobody has written in it."""
    token = request.POST.get("promise", request.GET.get("promise", ""))
    if not token:
        return None
    try:
        return actions.promised_room(token)
    except Refused as refusal:
        raise Http404(str(refusal)) from None


def show_promised(request: HttpRequest, room: Room, participant: Participant, failed: Failed | None) -> HttpResponse:
    """A room in which nobody has written yet: nothing for the page that asks whether somebody has, unless the room has
    opened or closed meanwhile, and for a form that failed the form, with its text."""
    htmx, verdict = "HX-Request" in request.headers, policy.can_post(participant, room)
    if failed is None and bool(verdict) != ("closed" in request.GET):
        return HttpResponse(status=204)
    failed = failed or Failed("message", "", None)
    context = {
        **fragments.promised_context(room, participant, verdict, actions.promise(room)),
        "back": back_to(request),
        "embed": htmx,
        "focus": request.method == "POST",
        "message_text": failed.text,
        "message_reason": failed.reason,
    }
    status = failed.reason.status if failed.reason and not htmx else 200
    template = "chat/_promised.html" if htmx else "chat/promised.html"
    return respond(request, template, context, status=status)


def show(
    request: HttpRequest,
    room: Room,
    participant: Participant,
    failed: Failed | None = None,
    plain: bool = False,
    notice: Refused | None = None,
    at: Found | None = None,
) -> HttpResponse:
    """The room's page; a form that failed stands in it with its text and the reason. `notice`: why something else was
    not done. `at`: it shows what was said around a message.

    With ?plain=1 (or `plain`) it does without a socket, with ?before=<seq> and ?after=<seq> it shows what was said
    before and after that, with ?day=<2026-06-01> what was from that day on, with ?still=1 it does not reload itself
    where there is no JavaScript.
    """
    if room.pk is None:
        return show_promised(request, room, participant, failed)
    htmx = "HX-Request" in request.headers  # it does not show what comes with another status
    old = fragments.log_around(room, at.message, at.below, focus=at.form is None) if at else past_log(request, room)
    log, past = old or fragments.log(room), old is not None
    plain = plain or past or "plain" in request.GET
    lines = request.COOKIES.get(LINES) == "1" or "\n" in (failed.text if failed else "")  # a field of one eats breaks
    verdict, asked = policy.can_post(participant, room), asked_by_address(request)
    shut = policy.is_shut_to(participant, room)
    framed = framed_address(request)
    back = framed or back_to(request)
    embed = bool(framed or (back and htmx))  # a page of the host renews the room in it
    context = {
        **fragments.room_context(room, participant, verdict, log, shut=shut, asked=asked, lines=lines),
        "plain": plain,
        "past": past,
        "after": log.after,
        "state": "past" if past else "plain" if plain else "connecting",
        "refresh": failed is None and not past and "still" not in request.GET and not (embed and htmx),
        "back": back,
        "embed": embed,
        "focus": request.method == "POST",
        "anew": htmx,
        "here": back if embed else request.get_full_path() if past else room.get_absolute_url(),
        "notice": notice or (at.refusal if at and at.form is None else None) or "",
        "answered": _answered(room, failed.reply_to if failed else request.GET.get("reply", "")),
        "editing": (at.form if at else None) or "",
        **({f"{failed.form}_text": failed.text, f"{failed.form}_reason": failed.reason or ""} if failed else {}),
    }
    if framed:
        context |= _in_frame(request, context)
    elif not embed:
        context |= {
            "shown": shown(request, room, at.message if at else None),
            **_sidebar(request, room, participant, log.cursor),
        }
    reason = failed.reason if failed else at.refusal if at else None
    status = reason.status if reason and not htmx else 200
    template = "chat/_room.html" if embed and htmx else "chat/frame.html" if framed else "chat/room.html"
    response = respond(request, template, context, status=status)
    identity.remember(response, participant)
    return let_in(response) if framed and not htmx else response


def _answered(room: Room, seq: str) -> fragments.Answered | None:
    """What its composer is to answer."""
    if not (seq.isascii() and seq.isdigit() and len(seq) < 19):
        return None
    message = room.messages.filter(seq=int(seq), deleted=False).first()
    return fragments.answered(message, room.get_absolute_url()) if message else None


def _in_frame(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What its requests bring along there, and no token that would go by a cookie."""
    ticket = str(identity.ticket_of(request))
    socket = f"{context['socket']}&{urlencode({FIELD: ticket})}"
    return {"ticket": ticket, "socket": socket, "csrf_token": ""}


def _sidebar(request: HttpRequest, room: Room, participant: Participant, cursor: int) -> dict[str, Any]:
    if participant.is_guest or participant.pk is None:
        return fragments.sidebar_context(fragments.Sidebar({}), room, member=False)
    sidebar = fragments.sidebars([participant.pk])[participant.pk]
    entry = sidebar.entries.get(room.pk)
    if entry and entry.read < cursor and _is_looked_at(request):
        try:
            actions.mark_read({(participant.pk, room.pk): cursor})
            sidebar = sidebar.read_in([room.pk])
        except DatabaseError as error:  # reading goes on all the same
            logger.warning("What %s has read could not be stored: %r", participant.key, error)
    return fragments.sidebar_context(sidebar, room, member=True)


def _is_looked_at(request: HttpRequest) -> bool:
    """Not when a browser fetches ahead, nor when a page with a socket renews itself: the socket tells who looks."""
    ahead = any("prefetch" in request.headers.get(name, "") for name in ("Purpose", "Sec-Purpose", "X-Moz"))
    renews = "HX-Request" in request.headers and "plain" not in request.GET
    return request.method != "HEAD" and not ahead and not renews
