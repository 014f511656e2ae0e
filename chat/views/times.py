"""When a room opens and closes, as a form has it: in the time zone of whoever reads the page."""

from django.http import HttpRequest
from django.utils import timezone

from chat.models import Room


def typed_times(request: HttpRequest) -> tuple[str, str] | None:
    """When the room opens and closes, as it was typed; None from a form without these fields."""
    if "opens_at" not in request.POST and "closes_at" not in request.POST:
        return None
    return request.POST.get("opens_at", ""), request.POST.get("closes_at", "")


def times_for_form(room: Room) -> tuple[str, str]:
    """The same as a browser's field takes it, in the reader's zone."""
    opens, closes = (
        timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M") if moment else ""
        for moment in (room.opens_at, room.closes_at)
    )
    return opens, closes
