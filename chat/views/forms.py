"""The plain forms' door: the same actions as the socket's, answered by a redirect, or by the page and the reason."""

from functools import partial

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from chat import actions, identity
from chat.errors import Refused
from chat.models import Message, Participant, Room
from chat.views.away import patient
from chat.views.framed import by_ticket
from chat.views.pages import Failed, find, fresh, show
from chat.views.place import back_to
from chat.views.proof import demand, doubt, guarded
from chat.views.reader import for_reader


class SeeOther(HttpResponseRedirect):
    """303: the browser fetches the page by GET, and reloading it posts nothing."""

    status_code = 303


form = partial(by_ticket, guard=guarded)


def number(text: str) -> int:
    """The number of a row that a form names; 0, which no row has, when it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


@fresh
@form
@for_reader
@patient
def messages(request: HttpRequest, slug: str) -> HttpResponse:
    room, participant = find(request, slug, promised=True)
    if request.method != "POST":
        return SeeOther(room.get_absolute_url())  # somebody reloads the page that said what was wrong
    nonce = request.POST.get("nonce") or None
    text = _written(request, nonce, request.POST.get("message", ""))
    answers = request.POST.get(f"reply-{nonce}", request.POST.get("reply_to", ""))
    post = actions.post_first if room.pk is None else partial(actions.post_message, reply_to=number(answers) or None)
    try:
        demand(request)
        post(room, participant, text, nonce, request.META.get("REMOTE_ADDR"))
    except Refused as refusal:
        return show(request, room, participant, Failed("message", text, refusal, answers))
    if back_to(request) and "HX-Request" in request.headers:  # the room takes the place of its promise
        return show(request, *find(request, slug, promised=True))
    return _back(request, room, participant)


@fresh
@form
@for_reader
@patient
@require_POST
def plain(request: HttpRequest, slug: str) -> HttpResponse:
    """Go on without a socket: what waited in the page is posted, and what was being typed stands in its form."""
    room, participant = find(request, slug)
    composers = [*zip(request.POST.getlist("nonce"), request.POST.getlist("message"), strict=False)]
    *waiting, (last, draft) = composers or [("", "")]  # a room may have none to write in
    reason: Refused | None = doubt(request)
    kept: list[str] = []
    for nonce, text in waiting:
        text = _written(request, nonce, text)
        if not text.strip():  # Enter was pressed once too often
            continue
        try:
            demand(request)
            answers = number(request.POST.get(f"reply-{nonce}", "")) or None
            address = request.META.get("REMOTE_ADDR")
            actions.post_message(room, participant, text, nonce, address, grows=True, reply_to=answers)
        except Refused as refusal:
            reason = refusal
            kept.append(text)
    draft = _written(request, last, draft)
    if last in request.POST.getlist("sent"):
        draft = _unsaid(room, participant, last, draft)
    failed = Failed("message", "\n".join([*kept, draft]), reason, request.POST.get(f"reply-{last}", ""))
    room.refresh_from_db()  # it has moved on by what was posted
    response = show(request, room, participant, failed, plain=True)
    if not back_to(request):
        response["HX-Replace-Url"] = f"{room.get_absolute_url()}?plain=1"
    return response


@fresh
@form
@for_reader
@patient
def name(request: HttpRequest, slug: str) -> HttpResponse:
    room, participant = find(request, slug)
    if request.method != "POST":
        return SeeOther(room.get_absolute_url())
    text = request.POST.get("name", "")
    try:
        demand(request)
        participant = actions.rename(participant, text, request.META.get("REMOTE_ADDR"))
    except Refused as refusal:
        return show(request, room, participant, Failed("name", text, refusal))
    return _back(request, room, participant)


def _written(request: HttpRequest, nonce: str | None, text: str) -> str:
    """Together with what stood in the composer before somebody to mention was chosen in it."""
    return request.POST.get(f"begun-{nonce}", "") + text


def _unsaid(room: Room, participant: Participant, nonce: str, text: str) -> str:
    """Of a draft what was not sent before: there may have been no other composer to go on in."""
    try:
        rest = actions.unsaid(actions.Post(room, participant, text, nonce)) if Message.is_nonce(nonce) else None
    except Refused:
        rest = None
    return text if rest is None else rest


def _back(request: HttpRequest, room: Room, participant: Participant) -> HttpResponse:
    """To where the form stood: the room's page, or the room in one of the host's."""
    back = back_to(request).partition("#")[0]
    plain = "?plain=1" if "plain" in request.GET else ""
    response = SeeOther(f"{back}#room-{room.slug}" if back else room.get_absolute_url() + plain)
    identity.remember(response, participant)
    return response
