"""Forms are UTF-8, as every browser sends them. Django takes any codec of Python's that a multipart form names, and
fails in some of them."""

import codecs
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase


def charset_middleware(answer: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Answers 400 to any other encoding, before anybody looks at the form."""

    def guarded(request: HttpRequest) -> HttpResponseBase:
        said = (request.content_params or {}).get("charset", "utf-8")
        if not _is_utf_8(said):
            return HttpResponse("A form is UTF-8: this one says it is something else.\n", "text/plain", status=400)
        return answer(request)

    return guarded


def _is_utf_8(name: str) -> bool:
    try:
        return codecs.lookup(name).name == "utf-8"
    except LookupError:
        return False
