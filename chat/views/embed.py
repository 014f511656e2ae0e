"""The page of a room that other sites may have in a frame: off unless CHAT_FRAME_ANCESTORS says which."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from chat import actions, identity, tickets
from chat.errors import Refused
from chat.fragments import respond
from chat.tickets import Ticket
from chat.views.away import patient
from chat.views.framed import allowed, is_own, let_in
from chat.views.pages import find, fresh, show
from chat.views.reader import for_reader


@require_safe
@fresh
def embed(request: HttpRequest, slug: str) -> HttpResponse:
    if not allowed():
        raise Http404
    ticket, said = _ticket(request, slug)
    identity.admit(request, ticket)
    response: HttpResponse = _page(request, slug, said)
    if not ticket.name:
        identity.remember_visitor(response, ticket)
    return let_in(response)


def _ticket(request: HttpRequest, slug: str) -> tuple[Ticket, Refused | None]:
    """Whom the page around says it is, else whom this page said before it came anew, else who was here before; and why
    not the first."""
    refusal = None
    if said := request.GET.get("name"):
        try:
            return actions.welcome_visitor(said, slug), None
        except Refused as error:
            refusal = error
    before = tickets.read(request.GET.get(tickets.FIELD, ""), slug) if is_own(request) else None
    return before or tickets.new(slug, identity.visitor_key(request)), refusal


@for_reader
@patient
def _page(request: HttpRequest, slug: str, refusal: Refused | None) -> HttpResponse:
    try:
        room, participant = find(request, slug)
    except (Http404, PermissionDenied) as error:  # the site's own page for that must not be in a frame
        status = 403 if isinstance(error, PermissionDenied) else 404
        return respond(request, "chat/frame.html", {"why": str(error)}, status=status)
    return show(request, room, participant, notice=refusal)
