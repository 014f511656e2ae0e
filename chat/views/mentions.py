"""The page of what speaks of somebody, with a way into each conversation."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse

from chat import fragments, identity, policy
from chat.fragments import respond
from chat.models import Mention
from chat.views.rooms import page

PAGE = 30  # mentions on one page


@page
def mentions(request: HttpRequest) -> HttpResponse:
    """The newest first, of rooms that one may still read. Guests can't be mentioned, so they are asked to sign in."""
    participant = identity.of_request(request)
    if not (verdict := policy.can_see_mentions(participant)):
        context = {"participant": participant, "why": verdict.why, "next": request.path}
        return respond(request, "chat/mentions.html", context, status=403)
    rooms = policy.known_rooms(participant)
    found = (
        Mention.objects.of(participant)
        .filter(message__room__in=rooms)
        .select_related("message__room", "message__author")
    )
    shown = Paginator(found.order_by("-message"), PAGE).get_page(request.GET.get("page"))
    rows = [(one, fragments.excerpt(one.message, participant.key)) for one in shown]
    return respond(request, "chat/mentions.html", {"participant": participant, "page": shown, "rows": rows})
