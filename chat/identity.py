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

from chat.models import Participant
from chat.names import guest_name

COOKIE = "chat_guest"
COOKIE_SECONDS = 365 * 24 * 3600


def of_request(request: HttpRequest) -> Participant:
    return _identify(request.user, request.COOKIES)


def of_scope(scope: Mapping[str, Any]) -> Participant:
    """Of a websocket's ASGI scope. One without cookies is a new guest."""
    return _identify(scope.get("user"), scope.get("cookies", {}))


def again(participant: Participant, scope: Mapping[str, Any]) -> Participant | None:
    """The same one as they are now; None when they have signed out, or in, since the socket opened."""
    if participant.is_guest:
        known = _known(participant.key) or participant
        return known if known.is_guest else None  # they signed up meanwhile, and this socket did not
    user = _user_now(scope)
    if not user.is_authenticated or user.pk != participant.user_id:
        return None
    return _member(user)


def remember(response: HttpResponse, participant: Participant) -> None:
    """Make the next request, and the socket, come from the same guest."""
    if participant.is_guest:
        response.set_cookie(
            COOKIE,
            _signer().sign(participant.key),
            max_age=COOKIE_SECONDS,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )


def _user_now(scope: Mapping[str, Any]) -> Any:
    """The user of the scope's session as the store has it now; the scope's own is as old as the socket."""
    if "session" not in scope:
        return scope.get("user", AnonymousUser())
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(scope["session"].session_key)
    return get_user(request)


def _identify(user: Any, cookies: Mapping[str, str]) -> Participant:
    if user is not None and user.is_authenticated:
        return _member(user)
    if guest := of_cookies(cookies):
        return guest
    key = f"g{secrets.token_hex(8)}"
    return Participant(key=key, kind=Participant.Kind.GUEST, name=guest_name(key))


def of_cookies(cookies: Mapping[str, str]) -> Participant | None:
    """The guest a browser was before it signed in. Nobody when that guest has an account by now: without being signed
    in, their cookie is worth nothing.
    """
    key = _guest_key(cookies)
    if key is None:
        return None
    known = _known(key) or Participant(key=key, kind=Participant.Kind.GUEST, name=guest_name(key))
    return known if known.is_guest else None


def _member(user: Any) -> Participant:
    participant = Participant.objects.select_related("user").filter(user=user).first() or Participant(
        key=Participant.key_of(user), kind=Participant.Kind.MEMBER, user=user
    )
    if not participant.named:
        participant.name = participant.given_name  # as the account says it today
    return participant


def _known(key: str) -> Participant | None:
    return Participant.objects.select_related("user").filter(key=key).first()


def _guest_key(cookies: Mapping[str, str]) -> str | None:
    try:
        return _signer().unsign(cookies.get(COOKIE, ""))
    except signing.BadSignature:
        return None


def _signer() -> signing.Signer:
    return signing.get_cookie_signer(salt="chat.guest")
