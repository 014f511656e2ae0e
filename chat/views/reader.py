"""In which language and time zone a page is: its reader's, whatever the host project does about languages."""

from collections.abc import Callable
from functools import wraps

from django.core.exceptions import PermissionDenied
from django.core.handlers.exception import response_for_exception
from django.db import Error as DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from chat import identity
from chat.variant import Variant, asked_by_page_around, asked_by_request, by_address

View = Callable[..., HttpResponse]


def for_reader(view: View) -> View:
    """A page as whoever asks for it reads it; so are the pages that say that it is not there, or not for them."""

    @wraps(view)
    def rendered(request: HttpRequest, *arguments: object, **named: object) -> HttpResponse:
        variant = _variant(request)
        with variant.active():
            try:
                response = view(request, *arguments, **named)
            except (Http404, PermissionDenied) as error:
                response = response_for_exception(request, error)
        patch_vary_headers(response, ["Accept-Language", "Cookie"])
        response.headers.setdefault("Content-Language", variant.language)
        return response

    return rendered


def _variant(request: HttpRequest) -> Variant:
    asked = asked_by_page_around(request) or asked_by_request(request)
    try:
        return Variant.of(identity.of_request(request), asked)
    except DatabaseError:  # which the view will meet as well, and say
        return Variant.of(None, asked)


def for_address(view: View) -> View:
    """A fragment in the language that its address says: whoever keeps it, keeps it by its address."""

    @wraps(view)
    def rendered(request: HttpRequest, *arguments: object, **named: object) -> HttpResponse:
        variant = Variant.of(None, by_address(request))
        with variant.active():
            response = view(request, *arguments, **named)
        response.headers.setdefault("Content-Language", variant.language)
        return response

    return rendered
