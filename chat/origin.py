"""A browser lets any site open a socket to any other, cookies included: only our own pages, and those of
CSRF_TRUSTED_ORIGINS, may. The rule is the one Django has for forms, scheme and port included.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest
from django.utils.http import is_same_domain

from chat import prefix

ANCESTOR = re.compile(r"https?://(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::\d{1,5})?", re.IGNORECASE)

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


class SameOrigin:
    """ASGI middleware. A client that names no origin is no browser, and may come in."""

    def __init__(self, application: Application):
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        prefix.note(scope, send)
        if not scope["path"].startswith(scope.get("root_path", "")):  # a proxy has taken it away
            scope["root_path"] = ""
        application = self.application if is_allowed(scope) else turn_away
        await application(scope, receive, send)


async def turn_away(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "websocket.close"})  # before it was accepted: an answer 403 to the handshake


def ancestors(said: str) -> list[str]:
    """Which sites may have a room in a frame. Raises ValueError when one of them is no origin."""
    if wrong := [one for one in said.split() if not ANCESTOR.fullmatch(one)]:
        raise ValueError(f"{wrong[0]!r} is no origin, as https://blog.example or https://*.example.org")
    return said.split()


def is_allowed(scope: dict[str, Any]) -> bool:
    request = _Handshake(scope)
    try:
        own = f"{request.scheme}://{request.get_host()}"
    except DisallowedHost:
        return False
    origins = [value for name, value in scope["headers"] if name == b"origin"]
    if not origins:
        return True
    origin = b" ".join(origins).decode("latin-1")
    return origin == own or any(_trusts(entry, origin) for entry in settings.CSRF_TRUSTED_ORIGINS)


def is_own(request: HttpRequest) -> bool:
    """A page of this site asks, as far as the browser says."""
    origin = request.headers.get("Origin", "")
    return request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin" and (
        not origin or origin == f"{request.scheme}://{request.get_host()}"
    )


def _trusts(entry: str, origin: str) -> bool:
    try:
        trusted, asking = urlsplit(entry), urlsplit(origin)
    except ValueError:
        return False
    if "*" not in entry:
        return entry == origin
    return trusted.scheme == asking.scheme and is_same_domain(asking.netloc, trusted.netloc.lstrip("*"))


class _Handshake(HttpRequest):
    """As much of a request as Django needs to tell its host and scheme by the site's own settings."""

    def __init__(self, scope: dict[str, Any]):
        super().__init__()
        self._tls = scope.get("scheme") == "wss"
        host, port = scope.get("server") or ("", 0)
        self.META = {"SERVER_NAME": host, "SERVER_PORT": str(port)}
        for name, value in scope["headers"]:
            self.META["HTTP_" + name.decode("latin-1").upper().replace("-", "_")] = value.decode("latin-1")

    def _get_scheme(self) -> str:
        return "https" if self._tls else "http"
