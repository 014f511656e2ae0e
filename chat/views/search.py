"""One form for what one may know of by its name: rooms, and people to talk to."""

from django.http import HttpRequest, HttpResponse

from chat import identity
from chat.fragments import respond
from chat.views.found import people_for, rooms_for, sought
from chat.views.rooms import page

MOST = 10  # of each kind; a link leads to the others


@page
def search(request: HttpRequest) -> HttpResponse:
    """By ?q=. Guests find no people, as they can't begin a conversation."""
    participant = identity.of_request(request)
    query = sought(request)
    rooms = [*rooms_for(participant, query)[: MOST + 1]] if query else []
    people = [*people_for(participant, query)[: MOST + 1]] if query and not participant.is_guest else []
    context = {
        "query": query,
        "participant": participant,
        "rooms": rooms[:MOST],
        "more_rooms": len(rooms) > MOST,
        "people": people[:MOST],
        "more_people": len(people) > MOST,
    }
    response = respond(request, "chat/search.html", context)
    identity.remember(response, participant)
    return response
