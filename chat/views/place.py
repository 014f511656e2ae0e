"""Where a room stands: on its own page, or on one of the host project, to which its forms lead back."""

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

LONGEST = 2000  # characters of an address


def back_to(request: HttpRequest) -> str:
    """The path of the page of this site that the room stands in; nothing when it is the room's own."""
    asked = request.POST.get("next", request.GET.get("next", ""))
    is_path = asked.startswith("/") and asked.isprintable() and len(asked) <= LONGEST
    return asked if is_path and url_has_allowed_host_and_scheme(asked, allowed_hosts=None) else ""
