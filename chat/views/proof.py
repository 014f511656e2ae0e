"""Whether a form was sent by whoever it says: Django's token tells. Where it does not, what was typed is not lost."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_protect, requires_csrf_token

from chat import identity
from chat.errors import NO_COOKIES, Forbidden
from chat.origin import is_own

View = Callable[..., HttpResponse]

STALE = _("Somebody has signed in or out in this browser since this page came. Nothing was sent: you can send it now.")


def guarded(view: View) -> View:
    """Of a view that asks `demand` before it does anything, and shows what was typed again when that is refused. A
    form of another site, which could put words into their mouth, never comes so far."""

    def proven(request: HttpRequest, **named: object) -> HttpResponse:
        request._chat_proven = True  # type: ignore[attr-defined]
        return view(request, **named)

    protected, unprotected = csrf_protect(proven), requires_csrf_token(view)

    @wraps(view)
    def told(request: HttpRequest, **named: object) -> HttpResponse:
        response = protected(request, **named)
        return response if _is_proven(request) or not is_own(request) else unprotected(request, **named)

    return told


def doubt(request: HttpRequest) -> Forbidden | None:
    """Why it can't be taken, when nothing shows that the form is theirs."""
    if _is_proven(request) or identity.ticket_of(request):
        return None
    return Forbidden(STALE if request.COOKIES else NO_COOKIES)


def demand(request: HttpRequest) -> None:
    """Raises Forbidden when there is doubt."""
    if refusal := doubt(request):
        raise refusal


def _is_proven(request: HttpRequest) -> bool:
    return hasattr(request, "_chat_proven")
