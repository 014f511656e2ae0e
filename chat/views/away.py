"""While the database is away a page says so, and a form gives back what was typed, ready to be sent again."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse

from chat.errors import explained
from chat.fragments import respond

logger = logging.getLogger("chat.views")

View = Callable[..., HttpResponse]


def patient(view: View) -> View:
    """503 instead of an error. The nonce goes along, so that sending again can't double a message."""

    @wraps(view)
    def with_patience(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        try:
            return view(request, *arguments, **named)
        except DatabaseError as error:
            logger.warning("%s %s could not be served: %s", request.method, request.path, explained(error))
            fields = {name: request.POST.get(name, "") for name in ("message", "name", "next", "nonce")}
            fields["reply_to"] = request.POST.get(f"reply-{fields['nonce']}", request.POST.get("reply_to", ""))
            context = {"fields": fields}
            response = respond(request, "chat/away.html", context, status=503)
            response["Retry-After"] = "5"
            return response

    return with_patience
