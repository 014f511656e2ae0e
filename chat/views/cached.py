"""Fragments that depend on their address alone. The browser keeps them, and htmx takes them from there at once,
off-line too: the HTTP cache is the page's store of templates. No session and no database is asked.
"""

import re
from collections.abc import Iterable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from chat.conf import conf

COMPOSERS_AHEAD = 10
"""So many composers are fetched before they are needed: as many messages can be sent while the line is dead."""

LINES = "chat_lines"
"""The cookie of who writes several lines. It ends with the browser's session."""

kept = cache_control(private=True, max_age=24 * 3600, immutable=True)

CHAIN = re.compile(r"[0-9a-f]{1,32}")
KEY = re.compile(r"[A-Za-z0-9_-]{1,40}")


def composer_context(slug: str, chain: str, number: int, lines: bool, ahead: Iterable[int]) -> dict[str, Any]:
    """What _composer.html asks for: the nth composer of the chain that a page began."""

    def address(number: int, lines: bool) -> str:
        return reverse("chat:composer_lines" if lines else "chat:composer", args=[slug, chain, number])

    return {
        "chain": chain,
        "number": number,
        "lines": lines,
        "next": address(number + 1, lines),
        "other": address(number, not lines),
        "ahead": [address(later, lines) for later in ahead],
        "conf": conf,
    }


@csrf_exempt  # it changes a preference, and only for htmx, whose header no other site's form can send
@require_http_methods(["GET", "HEAD", "POST"])
def composer(request: HttpRequest, slug: str, chain: str, number: int, lines: bool = False) -> HttpResponse:
    """The composer that follows another; by POST the one that takes another's place, with its text."""
    if not CHAIN.fullmatch(chain) or number > 1_000_000:
        raise Http404("There is no such composer.")
    if request.method == "POST":
        return _reshaped(request, slug, chain, number, lines)
    context = composer_context(slug, chain, number, lines, [number + COMPOSERS_AHEAD])
    return _kept("chat/_composer.html", slug, held=True, **context)


def _reshaped(request: HttpRequest, slug: str, chain: str, number: int, lines: bool) -> HttpResponse:
    if "HX-Request" not in request.headers:
        return HttpResponse("This is for the page's own button.", status=400, content_type="text/plain")
    text = request.POST.get("message", "")
    context = composer_context(slug, chain, number, lines, range(number + 1, number + 1 + COMPOSERS_AHEAD))
    context |= {"room": {"slug": slug}, "held": True, "text": text if lines else " ".join(text.splitlines())}
    response = HttpResponse(render_to_string("chat/_composer.html", context))
    if lines:
        response.set_cookie(LINES, "1", httponly=True, samesite="Lax", secure=request.is_secure())
    else:
        response.delete_cookie(LINES, samesite="Lax")
    return response


@require_safe
def connection(request: HttpRequest, slug: str, state: str) -> HttpResponse:
    """What the page says of its line when nobody else can: that it is lost, or silent."""
    if state not in ("reconnecting", "silent"):
        raise Http404("There is no such state.")
    return _kept("chat/_connection.html", slug, state=state)


@require_safe
def older(request: HttpRequest, slug: str, before: int) -> HttpResponse:
    """What stands above the first message of a log, and asks for older ones when it comes into view."""
    return _kept("chat/_older_more.html", slug, before=before or None)


@require_safe
def new_line(request: HttpRequest, slug: str) -> HttpResponse:
    """A line under the last message of the log; what comes below it is new."""
    return _kept("chat/_new_line.html", slug)


@require_safe
def send(request: HttpRequest, slug: str) -> HttpResponse:
    """What makes a composer send, anew in each that a page has: on the socket that it has now."""
    return _kept("chat/_send.html", slug, everywhere=True)


@require_safe
@kept
def viewer_style(request: HttpRequest, key: str) -> HttpResponse:
    """What is personal is style: it tells the viewer's own messages from the others', which everybody gets alike."""
    if not KEY.fullmatch(key):
        raise Http404("There is no such viewer.")
    return HttpResponse(
        f'.message[data-author="{key}"] {{ --message-surface: var(--color-own); --message-side: flex-end; }}\n',
        content_type="text/css",
    )


def _kept(template: str, slug: str, **context: Any) -> HttpResponse:
    response = HttpResponse(render_to_string(template, {"room": {"slug": slug}, **context}))
    response["Cache-Control"] = "private, max-age=86400, immutable"
    return response
