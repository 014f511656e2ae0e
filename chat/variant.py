"""What a reader's HTML depends on besides what it shows: the language, and the time zone."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple, ParamSpec, Protocol, TypeVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone, translation

from chat import prefix

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

ADDRESS = "l"
"""Where an address says which language it is in."""


class Person(Protocol):
    """Their own choices; empty or no longer valid ones count as none."""

    language: str
    time_zone: str


class Variant(NamedTuple):
    """All who share one read the same HTML: it is rendered once for them."""

    language: str
    zone: str

    @classmethod
    def of(cls, person: Person | None, asked: str) -> "Variant":
        """As they chose; else in the language that was asked for, and in the site's time zone. Never raises."""
        language = person.language if person else ""
        zone = person.time_zone if person else ""
        return cls(
            language if is_language(language) else asked,
            zone if _is_zone(zone) else timezone.get_default_timezone_name(),
        )

    @classmethod
    def current(cls) -> "Variant":
        """That of whoever is being served here."""
        return cls(translation.get_language() or settings.LANGUAGE_CODE, timezone.get_current_timezone_name())

    def in_site_zone(self) -> "Variant":
        return self._replace(zone=timezone.get_default_timezone_name())

    @contextmanager
    def active(self) -> Iterator[None]:
        """What is rendered in here is theirs. A socket, unlike a request, says not how its site's addresses begin."""
        prefix.use()
        with translation.override(self.language), timezone.override(self.zone):
            yield

    def call(self, function: Callable[Arguments, Result], *given: Arguments.args, **named: Arguments.kwargs) -> Result:
        """What the function gives in their language and zone: for what runs in a thread."""
        with self.active():
            return function(*given, **named)


def is_language(code: str) -> bool:
    return code in dict(settings.LANGUAGES)


def _is_zone(name: str) -> bool:
    try:
        return bool(name) and bool(ZoneInfo(name))
    except (KeyError, ValueError, OSError):  # unknown, no name at all, or a folder of the zones' files
        return False


def asked_by_request(request: HttpRequest) -> str:
    """The language that a request asks for: by what the host project's own middleware found, or by its headers."""
    return getattr(request, "LANGUAGE_CODE", "") or translation.get_language_from_request(request)


def asked_by_scope(scope: Mapping[str, Any]) -> str:
    """That of a socket, by its ASGI scope: its page may say in the address what its headers don't."""
    for field in scope.get("query_string", b"").split(b"&"):
        name, _, said = field.decode("latin-1").partition("=")
        if name == ADDRESS and is_language(said):
            return said
    request = HttpRequest()
    request.COOKIES = dict(scope.get("cookies", {}))
    headers = dict(scope.get("headers", ()))
    request.META["HTTP_ACCEPT_LANGUAGE"] = headers.get(b"accept-language", b"").decode("latin-1")
    return translation.get_language_from_request(request)


def asked_by_address(request: HttpRequest) -> str:
    """What a socket's address must say, besides: nothing where its headers ask for the same as the page's request."""
    asked = asked_by_request(request)
    return f"&{ADDRESS}={asked}" if asked != translation.get_language_from_request(request) else ""


def asked_by_page(request: HttpRequest) -> tuple[str, str]:
    """Of a room in a page of the host's: that page's own language, and what the socket's address must say of it."""
    language = translation.get_language() or settings.LANGUAGE_CODE
    differs = is_language(language) and language != translation.get_language_from_request(request)
    return language, f"&{ADDRESS}={language}" if differs else ""


def asked_by_page_around(request: HttpRequest) -> str:
    """Of what renews a room in a page of the host's: that page's own, as it sends it along."""
    said = request.GET.get(ADDRESS) or request.POST.get(ADDRESS, "")
    return said if is_language(said) else ""


def in_address() -> str:
    """What the address of a cached fragment ends with: it alone decides all of it. Nothing in the site's language."""
    language = translation.get_language()
    return f"?{ADDRESS}={language}" if language and language != settings.LANGUAGE_CODE else ""


def by_address(request: HttpRequest) -> str:
    """The language of a cached fragment."""
    said = request.GET.get(ADDRESS, "")
    return said if is_language(said) else settings.LANGUAGE_CODE
