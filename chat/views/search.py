"""One form for all that one may find: messages by their words, and rooms and people by their names."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.utils.timezone import localdate

from chat import actions, identity, policy, searching
from chat.errors import Forbidden, Refused
from chat.fragments import found_messages, respond
from chat.models import Participant
from chat.searching import Asked, unquoted
from chat.views.found import messages_for, people_for, rooms_for, sought
from chat.views.rooms import page

MOST = 5  # rooms, and people; a link leads to the others


@page
def search(request: HttpRequest) -> HttpResponse:
    """By ?q=, in the room ?in=, the newest first or by ?order=best. Guests find no people, as they can't begin a
    conversation."""
    participant = identity.of_request(request)
    query, best = _typed(request), request.GET.get("order") == "best"
    asked = searching.asked(query, localdate())
    name = "" if asked.only_messages else unquoted(query)
    context = {"query": query, "participant": participant, "best": best, "sought": name, **_by_name(participant, name)}
    context |= {"messages": [], "older": "", "searched": False, "reason": None}
    if sought(request):  # else it is typed here, as by who comes from a room's head where that has no field
        context |= _messages(request, participant, query, asked, best)
    status = context["reason"].status if context["reason"] else 200
    response = respond(request, "chat/search.html", context, status=status)
    identity.remember(response, participant)
    return response


def _typed(request: HttpRequest) -> str:
    """With the room from whose own form it comes as a filter, which can be taken out again. Alone it has a blank at
    each end, so that words can be typed at either."""
    query, room = sought(request), request.GET.get("in", "")
    known = room.isascii() and room.replace("-", "").replace("_", "").isalnum()
    return (f"{query} in:{room}" if query else f" in:{room} ") if known else query


def _by_name(participant: Participant, query: str) -> dict[str, Any]:
    rooms = [*rooms_for(participant, query)[: MOST + 1]] if query else []
    people = [*people_for(participant, query)[: MOST + 1]] if query and not participant.is_guest else []
    return {
        "rooms": rooms[:MOST],
        "more_rooms": len(rooms) > MOST,
        "people": people[:MOST],
        "more_people": len(people) > MOST,
    }


def _messages(request: HttpRequest, participant: Participant, query: str, asked: Asked, best: bool) -> dict[str, Any]:
    """`reason`: why nothing was searched for."""
    if not (asked.terms or asked.only_messages or asked.problems):  # there is no word in it
        return {"searched": True}
    try:
        if not (verdict := policy.can_search(participant)):
            raise Forbidden(verdict.why)
        actions.count_search(participant, request.META.get("REMOTE_ADDR"))
        rows, older = messages_for(participant, asked, best=best, before=_id(request.GET.get("before", "")))
    except Refused as refusal:
        return {"reason": refusal}
    more = urlencode({"q": query, "before": older}) if older else ""
    return {"messages": [*found_messages(rows, asked.terms)], "older": more, "searched": True}


def _id(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
