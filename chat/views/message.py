"""One message: its page, and what may be done with it, there or from its room."""

import re
from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from django_htmx.http import reswap, retarget

from chat import actions, fragments, identity, policy
from chat.errors import Forbidden, Refused
from chat.models import Message, Participant, Room
from chat.views.away import patient
from chat.views.cached import SOUGHT
from chat.views.forms import SeeOther, form
from chat.views.framed import by_ticket
from chat.views.pages import Found, find, fresh, show
from chat.views.place import back_to
from chat.views.proof import demand
from chat.views.reader import for_reader

Act = Callable[[Message, Participant, str | None], object]
NONCE = re.compile(r"([0-9a-f]{1,32})-([0-9]{1,6})")
"""Of a page's composer: its chain, and its number."""


@require_safe
@fresh
@for_reader
@patient
def message(request: HttpRequest, slug: str, seq: int) -> HttpResponse:
    """It, marked, among what was said around it, and what this person may do with it."""
    return _show(request, *_find(request, slug, seq))


@require_safe
@fresh
@by_ticket
@for_reader
@patient
def menu(request: HttpRequest, slug: str, seq: int) -> HttpResponse:
    """The same as a menu in its room."""
    _room, participant, found = _find(request, slug, seq)
    if "HX-Request" not in request.headers:
        return SeeOther(found.get_permalink())
    along = _sent_along(request)
    return _part(fragments.menu(found, _may(participant, found, along), along))


@fresh
@form
@for_reader
@patient
def edit(request: HttpRequest, slug: str, seq: int) -> HttpResponse:
    """The form that changes it, and what becomes of it."""
    room, participant, found = _find(request, slug, seq)
    if request.method != "POST":
        return _form(request, room, participant, found)
    text = request.POST.get("message", "")
    try:
        demand(request)
        actions.edit_message(found.pk, participant, text, request.META.get("REMOTE_ADDR"))
    except Refused as refusal:
        if "HX-Request" in request.headers:  # the form stays as it is
            said = escape(str(refusal)) + _token(request, f"#edit-{room.slug}-{found.seq}")
            return reswap(retarget(_part(said), f"#unchanged-{room.slug}-{found.seq}"), "innerHTML")
        return _show(request, room, participant, found, text, refusal)
    return _back(request, found)


@fresh
@form
@for_reader
@patient
def delete(request: HttpRequest, slug: str, seq: int) -> HttpResponse:
    return _done(request, slug, seq, lambda found, who, address: actions.delete_message(found.pk, who))


@fresh
@form
@for_reader
@patient
def reply(request: HttpRequest, slug: str, seq: int) -> HttpResponse:
    """What a composer then answers; without htmx the room with one."""
    room, _participant, found = _find(request, slug, seq)
    if "HX-Request" not in request.headers:
        return SeeOther(f"{room.get_absolute_url()}?reply={found.seq}")
    nonce = NONCE.fullmatch(request.POST.get("nonce", ""))
    if nonce is None:
        return HttpResponse(status=204)
    answered = fragments.answered(found, room.get_absolute_url())
    context = {"room": room, "chain": nonce[1], "number": nonce[2], "answered": answered, "pushed": True}
    return _part(fragments.render("chat/_answers.html", context) + fragments.closed_menu(found))


@fresh
@form
@for_reader
@patient
def pin(request: HttpRequest, slug: str, seq: int) -> HttpResponse:
    """At the room's head, or no longer: `pinned` says which."""
    wanted = request.POST.get("pinned", "1") != "0"

    def pinned(found: Message, who: Participant, address: str | None) -> None:
        actions.pin_message(found.pk, who, wanted, address)

    return _done(request, slug, seq, pinned, closes=True)


@fresh
@form
@for_reader
@patient
def react(request: HttpRequest, slug: str, seq: int) -> HttpResponse:
    """`emoji`: what is put to it, or taken back if it is there. `menu`: it was chosen there, and the menu is closed.
    What was pressed at the message may be out of the page by now, and so an answer could not replace anything."""
    emoji = request.POST.get("emoji", "")

    def reacted(found: Message, who: Participant, address: str | None) -> None:
        actions.react(found.pk, who, emoji, address=address)

    if "menu" in request.POST:
        return _done(request, slug, seq, reacted, closes=True)
    return _done(request, slug, seq, reacted, sender=f"#plain-{slug}")


def _done(
    request: HttpRequest, slug: str, seq: int, act: Act, *, closes: bool = False, sender: str = ""
) -> HttpResponse:
    """What is done to it by one press. `closes`: its menu. `sender`: the form that sent it, if that didn't."""
    room, participant, found = _find(request, slug, seq)
    if request.method != "POST":
        return SeeOther(found.get_permalink())
    try:
        demand(request)
        act(found, participant, request.META.get("REMOTE_ADDR"))
    except Refused as refusal:
        return _refused(request, room, participant, found, refusal, sender)
    return _back(request, found, fragments.closed_menu(found) if closes else "")


def _find(request: HttpRequest, slug: str, seq: int) -> tuple[Room, Participant, Message]:
    room, participant = find(request, slug)
    found = room.messages.for_page().filter(seq=seq).first()
    if found is None:
        raise Http404(_("There is no such message."))
    return room, participant, found


def _may(participant: Participant, found: Message, along: dict[str, Any]) -> set[str]:
    verdicts = {
        "edit": policy.can_edit(participant, found),
        "delete": not found.deleted and policy.can_delete(participant, found),
        "reply": not found.deleted and policy.can_post(participant, found.room),
        "pin": policy.can_pin(participant, found),
        "react": policy.can_react(participant, found),
        # Who is in a frame by a ticket is somebody else on the page that shows them.
        "versions": found.edited and not along["ticket"] and policy.can_see_versions(participant, found),
    }
    return {verb for verb, verdict in verdicts.items() if verdict}


def _sent_along(request: HttpRequest) -> dict[str, Any]:
    """What the forms of the page say besides."""
    ticket = identity.ticket_of(request)
    token = "" if ticket else get_token(request)
    nonce = request.GET.get("nonce", "")
    return {
        "csrf_token": token,
        "ticket": str(ticket or ""),
        "back": back_to(request),
        "composer_field": f"text-{nonce}" if NONCE.fullmatch(nonce) else None,
    }


def _form(request: HttpRequest, room: Room, participant: Participant, found: Message) -> HttpResponse:
    verdict, htmx = policy.can_edit(participant, found), "HX-Request" in request.headers
    if verdict and htmx:
        return _part(fragments.editing(found, _sent_along(request)))
    if verdict:
        return _show(request, room, participant, found, found.body)
    return _refused(request, room, participant, found, Forbidden(verdict.why))


def _refused(
    request: HttpRequest, room: Room, participant: Participant, found: Message, refusal: Refused, sender: str = ""
) -> HttpResponse:
    """Where there is no form to say it. `sender`: the form that gets a new token; its menu, unless that is said."""
    if "HX-Request" not in request.headers:
        return _show(request, room, participant, found, refusal=refusal)
    said = fragments.refused(room, refusal)
    if request.method == "POST":
        said += _token(request, sender or f"#menu-{found.pk}")
    return reswap(retarget(_part(said), f"#notice-{room.slug}"), "outerHTML")


def _token(request: HttpRequest, where: str) -> SafeString:
    """The one that is good now, for the forms there: they stay, whoever signs in or out meanwhile."""
    if identity.ticket_of(request):
        return SafeString()
    place = f"outerHTML:{where} [name=csrfmiddlewaretoken]"
    field = '<input type="hidden" name="csrfmiddlewaretoken" value="{}" hx-swap-oob="{}">'
    return format_html(field, get_token(request), place)


def _part(html: str) -> HttpResponse:
    """For htmx: a browser that goes back must not take it for the page of that address."""
    response = HttpResponse(html)
    response["Cache-Control"] = "no-store"
    return response


def _show(
    request: HttpRequest,
    room: Room,
    participant: Participant,
    found: Message,
    text: str | None = None,
    refusal: Refused | None = None,
) -> HttpResponse:
    """`text`: of the form that changes it, if that is there. `refusal`: why something was not done."""
    along = _sent_along(request)
    may = _may(participant, found, along)
    before = [*found.versions.order_by("-pk")] if "versions" in may else []
    below = fragments.below(found, may, along, before, request.GET.get("emoji", "")[:SOUGHT])
    editing = None if text is None else fragments.edit(found, along, text, refusal)
    return show(request, room, participant, at=Found(found, below, editing, refusal))


def _back(request: HttpRequest, found: Message, part: str = "") -> HttpResponse:
    """To where it stands: in its room, in the room on a page of the host's, or on its own page. The room itself, if it
    asked, hears of it by its socket."""
    if "HX-Request" in request.headers:
        return reswap(_part(part), "none" if part else "delete")
    found.room.refresh_from_db(fields=["seq"])
    back = back_to(request).partition("#")[0]
    return SeeOther(f"{back}#message-{found.pk}" if back else found.get_absolute_url())
