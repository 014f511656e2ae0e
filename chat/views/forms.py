"""The plain forms' door: the same actions as the socket's, answered by a redirect, or by the page and the reason."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from chat import actions, identity
from chat.errors import Refused
from chat.models import Participant, Room
from chat.views.away import patient
from chat.views.pages import Failed, find, fresh, show


class SeeOther(HttpResponseRedirect):
    """303: the browser fetches the page by GET, and reloading it posts nothing."""

    status_code = 303


@fresh
@patient
def messages(request: HttpRequest, slug: str) -> HttpResponse:
    room, participant = find(request, slug)
    if request.method != "POST":
        return SeeOther(room.get_absolute_url())  # somebody reloads the page that said what was wrong
    text, nonce = request.POST.get("message", ""), request.POST.get("nonce") or None
    try:
        actions.post_message(room, participant, text, nonce, request.META.get("REMOTE_ADDR"))
    except Refused as refusal:
        return show(request, room, participant, Failed("message", text, refusal))
    return _back(request, room, participant)


@fresh
@patient
@require_POST
def plain(request: HttpRequest, slug: str) -> HttpResponse:
    """Go on without a socket: what waited in the page is posted, and what was being typed stands in its form."""
    room, participant = find(request, slug)
    composers = [*zip(request.POST.getlist("nonce"), request.POST.getlist("message"), strict=False)]
    *waiting, (_, draft) = composers or [("", "")]  # a room may have none to write in
    reason: Refused | None = None
    kept: list[str] = []
    for nonce, text in waiting:
        try:
            actions.post_message(room, participant, text, nonce, request.META.get("REMOTE_ADDR"))
        except Refused as refusal:
            reason = refusal
            kept.append(text)
    failed = Failed("message", "\n".join([*kept, draft]), reason)
    room.refresh_from_db()  # it has moved on by what was posted
    response = show(request, room, participant, failed, plain=True)
    response["HX-Replace-Url"] = f"{room.get_absolute_url()}?plain=1"
    return response


@fresh
@patient
def name(request: HttpRequest, slug: str) -> HttpResponse:
    room, participant = find(request, slug)
    if request.method != "POST":
        return SeeOther(room.get_absolute_url())
    text = request.POST.get("name", "")
    try:
        participant = actions.rename(participant, text, request.META.get("REMOTE_ADDR"))
    except Refused as refusal:
        return show(request, room, participant, Failed("name", text, refusal))
    return _back(request, room, participant)


def _back(request: HttpRequest, room: Room, participant: Participant) -> HttpResponse:
    response = SeeOther(room.get_absolute_url() + ("?plain=1" if "plain" in request.GET else ""))
    identity.remember(response, participant)
    return response
