"""Who is this: a request or a socket gives a Participant, from the signed-in user or from a signed cookie.

A guest's cookie holds their key, and the signature is what proves it: looking at a page stores nothing, neither
a row nor a session. The row comes with the first message.
"""

import secrets
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from chat import tickets
from chat.errors import Forbidden
from chat.models import Participant
from chat.tickets import Ticket

COOKIE = "chat_guest"
FRAME_COOKIE = "chat_frame"
COOKIE_SECONDS = 365 * 24 * 3600
INTRODUCTION_SECONDS = 3600


def of_request(request: HttpRequest) -> Participant:
    """Looked up once in a request; anew when it has signed in or out meanwhile."""
    if ticket := ticket_of(request):
        return of_ticket(ticket)
    user, found = getattr(request, "_chat_participant", (None, None))
    if found is None or user is not request.user:
        found = _identify(request.user, request.COOKIES)
        request._chat_participant = request.user, found  # type: ignore[attr-defined]
    return found


def known(request: HttpRequest) -> Participant | None:
    """The same, but nobody when this browser has not been here before, as they have no name yet that would stay; nor
    when the request was refused before it was asked whose it is."""
    if not hasattr(request, "user"):
        return None
    return of_request(request) if request.user.is_authenticated or _guest_key(request.COOKIES) else None


def admit(request: HttpRequest, ticket: Ticket) -> None:
    """From here on the request is that guest's, whoever may be signed in: in a frame nobody sees what they click on."""
    request._chat_ticket = ticket  # type: ignore[attr-defined]


def ticket_of(request: HttpRequest) -> Ticket | None:
    return getattr(request, "_chat_ticket", None)


def of_ticket(ticket: Ticket) -> Participant:
    known = _known(ticket.key)
    guest = known if known and known.is_guest else Participant.guest(ticket.key)
    guest.name = ticket.name or guest.name
    guest.visits, guest.handed = True, bool(ticket.name)
    return guest


def of_scope(scope: Mapping[str, Any], room: str = "") -> Participant:
    """Of a websocket's ASGI scope. One without cookies is a new guest. Forbidden when its ticket is not good for the
    room."""
    said = tickets.said_by(scope.get("query_string", b""))
    if said is not None:
        if ticket := tickets.read(said, room):
            return of_ticket(ticket)
        raise Forbidden(_("This page has been open for too long."))
    return _identify(_user_now(scope), scope.get("cookies", {}))


def again(participant: Participant, scope: Mapping[str, Any]) -> Participant | None:
    """The same one as they are now; None when they have signed out, or in, since the socket opened."""
    if participant.is_guest:
        known = _known(participant.key) or participant
        known.visits, known.handed = participant.visits, participant.handed
        known.name = participant.name if known.handed else known.name
        return known if known.is_guest else None  # they signed up meanwhile, and this socket did not
    user = _user_now(scope)
    if not user.is_authenticated or user.pk != participant.user_id:
        return None
    return of_user(user)


def remember(response: HttpResponse, participant: Participant) -> None:
    """Make the next request, and the socket, come from the same guest."""
    if participant.is_guest and not participant.visits:
        response.set_cookie(
            COOKIE,
            _signer().sign(participant.key),
            max_age=COOKIE_SECONDS,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )


def remember_visitor(response: HttpResponse, ticket: Ticket) -> None:
    """The same in a frame, for when its page comes anew: each site around has a cookie of its own. Who blocks it is a
    new guest each time, and writes all the same."""
    response.set_cookie(FRAME_COOKIE, _signer().sign(ticket.key), max_age=COOKIE_SECONDS, httponly=True, secure=True)
    response.cookies[FRAME_COOKIE]["samesite"] = "None; Partitioned"  # as older Pythons have no word for the second


def visitor_key(request: HttpRequest) -> str:
    """Empty when there is none."""
    return _guest_key(request.COOKIES, FRAME_COOKIE) or ""


def introduction(request: HttpRequest, participant: Participant) -> str:
    """What the address of the viewer's stylesheet says of a guest whom no cookie names yet, on a page of the host's: a
    template tag has no answer to set a cookie on, and the stylesheet comes before any socket. Empty if none is needed.
    """
    if not participant.is_guest or _guest_key(request.COOKIES) == participant.key:
        return ""
    return _introducer().sign(participant.key).partition(":")[2]


def adopt(request: HttpRequest, response: HttpResponse, key: str, introduced: str) -> None:
    """Be that guest from here on, unless one is somebody already. Only a page of this site's own can bring it about, so
    that nobody is led to write under a key that another one knows."""
    response["Cache-Control"] = "private, no-store"
    own = all(
        request.headers.get(name, said) == said
        for name, said in (("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Dest", "style"))
    )
    try:
        _introducer().unsign(f"{key}:{introduced}", max_age=INTRODUCTION_SECONDS)
    except signing.BadSignature:
        return
    if own and _guest_key(request.COOKIES) is None:
        remember(response, Participant.guest(key))


def _introducer() -> signing.TimestampSigner:
    return signing.TimestampSigner(salt="chat.introduction")


def _user_now(scope: Mapping[str, Any]) -> Any:
    """The user of the scope's session, as the store has it now."""
    if "session" not in scope:
        return scope.get("user", AnonymousUser())
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(scope["session"].session_key)
    # After a change of SECRET_KEY Django would give the session another key, which a socket can't tell the browser.
    setattr(request.session, "cycle_key", lambda: None)  # noqa: B010
    return get_user(request)


def _identify(user: Any, cookies: Mapping[str, str]) -> Participant:
    if user is not None and user.is_authenticated:
        return of_user(user)
    return of_cookies(cookies) or Participant.guest(f"g{secrets.token_hex(8)}")


def of_cookies(cookies: Mapping[str, str]) -> Participant | None:
    """The guest a browser was before it signed in. Nobody when that guest has an account by now: without being signed
    in, their cookie is worth nothing.
    """
    key = _guest_key(cookies)
    if key is None:
        return None
    known = _known(key) or Participant.guest(key)
    return known if known.is_guest else None


def of_user(user: Any) -> Participant:
    participant = Participant.objects.select_related("user").filter(user=user).first() or Participant(
        key=Participant.key_of(user), kind=Participant.Kind.MEMBER, user=user
    )
    if not participant.named:
        participant.name = participant.given_name  # as the account says it today
    return participant


def _known(key: str) -> Participant | None:
    return Participant.objects.with_keys([key]).get(key)


def _guest_key(cookies: Mapping[str, str], name: str = COOKIE) -> str | None:
    try:
        return _signer().unsign(cookies.get(name, ""))
    except signing.BadSignature:
        return None


def _signer() -> signing.Signer:
    return signing.get_cookie_signer(salt="chat.guest")
