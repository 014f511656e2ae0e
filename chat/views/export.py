"""What was said in a room, to take along."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chat import actions, fragments, policy
from chat.errors import Forbidden, Refused
from chat.views.away import patient
from chat.views.forms import number
from chat.views.pages import find
from chat.views.reader import for_reader
from chat.views.rooms import show_about


@require_safe
@never_cache
@for_reader
@patient
def export(request: HttpRequest, slug: str) -> HttpResponse:
    """A file with its messages, from the first on, or those ?after= a seq. Of a long room it holds a part, and leads to
    the next one: so no request takes long, and of each it is asked whether it may."""
    room, participant = find(request, slug)
    try:
        if not (verdict := policy.can_export(participant, room)):
            raise Forbidden(verdict.why)
        actions.count_export(participant)
    except Refused as refusal:
        return show_about(request, room, participant, refusal)
    part = fragments.export_part(room, number(request.GET.get("after", "")), request.build_absolute_uri("/"))
    response = HttpResponse(part.html)
    response["Content-Disposition"] = f'attachment; filename="{room.slug}-{part.first}-{part.last}.html"'
    return response
