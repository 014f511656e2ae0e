"""Which part of what is past an address asks for."""

from datetime import date

from django.http import HttpRequest

from chat import fragments
from chat.models import Room


def past_log(request: HttpRequest, room: Room) -> fragments.Log | None:
    """Of ?before=<seq>, ?after=<seq> or ?day=<2026-06-01>, in the time zone that is active; None of any other."""
    for name, log_of in (("before", fragments.log_before), ("after", fragments.log_after)):
        seq = request.GET.get(name, "")
        if seq.isascii() and seq.isdigit() and len(seq) < 19:
            return log_of(room, int(seq))
    try:
        return fragments.log_of_day(room, date.fromisoformat(request.GET.get("day", "")))
    except (ValueError, OverflowError):  # no day, or one at the end of time
        return None
