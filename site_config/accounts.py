"""Whom a try to sign in is counted for: the account that was named, and the address it came from."""

from collections.abc import Mapping

from django.http import HttpRequest

COLUMN = 255  # django-axes stores the name as it came, and PostgreSQL refuses a longer one


def username(request: HttpRequest, credentials: Mapping[str, str] | None = None) -> str:
    """Under this name Django's form asks for it, whatever the account's model calls it."""
    return (credentials or request.POST).get("username", "").replace("\x00", "")[:COLUMN]


def address(request: HttpRequest) -> str | None:
    """The address the server saw. Headers that claim another are anybody's to write: who has a proxy lets the server
    (`daphne --proxy-headers`) believe it, or names another function in AXES_CLIENT_IP_CALLABLE.
    """
    return request.META.get("REMOTE_ADDR") or None
