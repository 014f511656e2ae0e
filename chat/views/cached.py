"""Fragments that depend on their address alone. The browser keeps them, and htmx takes them from there at once,
off-line too: the HTTP cache is the page's store of templates. No session and no database is asked.
"""

import re
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from chat import fragments, identity, mentions
from chat.fragments import COMPOSERS_AHEAD, LINES, composer_context, place_at, render
from chat.mentions import NAME_LENGTH
from chat.views.reader import for_address

KEPT = {"Cache-Control": "private, max-age=86400, immutable"}

CHAIN = re.compile(r"[0-9a-f]{1,32}")
SOUGHT = 60  # characters of an emoji's name
KEY = re.compile(r"[A-Za-z0-9_-]{1,40}")


@csrf_exempt  # it changes a preference, and only for htmx, whose header no other site's form can send
@require_http_methods(["GET", "HEAD", "POST"])
@for_address
def composer(request: HttpRequest, slug: str, chain: str, number: int, lines: bool = False) -> HttpResponse:
    """The composer that follows another; by POST the one that takes another's place, with its text."""
    if not CHAIN.fullmatch(chain) or number > 1_000_000:
        raise Http404(_("There is no such composer."))
    if request.method == "POST":
        return _reshaped(request, slug, chain, number, lines)
    context = composer_context(slug, chain, number, lines, [number + COMPOSERS_AHEAD], place_at(request))
    return _kept(request, "chat/_composer.html", slug, held=True, **context)


def _reshaped(request: HttpRequest, slug: str, chain: str, number: int, lines: bool) -> HttpResponse:
    if "HX-Request" not in request.headers:
        return HttpResponse("This is for the page's own button.", status=400, content_type="text/plain")
    begun, text = request.POST.get(f"begun-{chain}-{number}", ""), request.POST.get("message", "")
    place = place_at(request)
    context = anew(slug, chain, number, lines, place)
    if chosen := request.POST.get("chosen", ""):  # somebody is to be mentioned, and nothing else changes
        context["begun"] = mentions.finished(begun + text, chosen[:NAME_LENGTH])
        return HttpResponse(render("chat/_composer.html", context, place))
    context["text"] = text if lines else _in_one(text)
    if begun:
        context["begun"] = begun if lines else _in_one(begun)
    response = HttpResponse(render("chat/_composer.html", context, place))
    if lines:
        response.set_cookie(LINES, "1", httponly=True, samesite="Lax", secure=request.is_secure())
    else:
        response.delete_cookie(LINES, samesite="Lax")
    return response


def anew(slug: str, chain: str, number: int, lines: bool, place: str) -> dict[str, Any]:
    """What _composer.html asks for, of one that takes the place of another under the same nonce."""
    ahead = range(number + 1, number + 1 + COMPOSERS_AHEAD)
    return composer_context(slug, chain, number, lines, ahead, place) | {
        "room": {"slug": slug},
        "held": True,
        "kept": True,
    }


def _in_one(text: str) -> str:
    """Line. The blanks at its ends stay."""
    return re.sub(r"\r\n|[\n\r\u2028]", " ", text)


@require_safe
@for_address
def connection(request: HttpRequest, slug: str, state: str) -> HttpResponse:
    """What the page says of its connection when nobody else can: that it is lost, or silent."""
    if state not in ("reconnecting", "silent"):
        raise Http404(_("There is no such state."))
    return _kept(request, "chat/_connection.html", slug, state=state)


@require_safe
@for_address
def older(request: HttpRequest, slug: str, before: int) -> HttpResponse:
    """What stands above the first message of a log, and asks for older ones when it comes into view."""
    return _kept(request, "chat/_older_more.html", slug, before=before or None)


@require_safe
@for_address
def new_line(request: HttpRequest, slug: str) -> HttpResponse:
    """A line under the last message of the log; what comes below it is new."""
    return _kept(request, "chat/_new_line.html", slug)


@require_safe
@for_address
def send(request: HttpRequest, slug: str) -> HttpResponse:
    """What makes a composer send, anew in each that a page has: on the socket that it has now."""
    return _kept(request, "chat/_send.html", slug, everywhere=True)


@require_safe
@for_address
def emoji(request: HttpRequest, slug: str) -> HttpResponse:
    """Buttons of those that are called so."""
    context = fragments.emoji_context(request.GET.get("emoji", "")[:SOUGHT])
    return _kept(request, "chat/_emoji.html", slug, **context)


@require_safe
def viewer_style(request: HttpRequest, key: str) -> HttpResponse:
    """What is personal is style: it tells the viewer's own messages, and what speaks of them, from the others', which
    everybody gets alike."""
    if not KEY.fullmatch(key):
        raise Http404(_("There is no such viewer."))
    style = (
        f':is(.message, .message-at)[data-author="{key}"] {{ --message-surface: var(--color-own);'
        " --message-side: flex-end;"
        " --message-avatar: none; --message-joined: var(--radius-bubble); --message-joined-own: var(--radius-joined);"
        " --message-mark: initial;"
        " --message-columns: minmax(var(--message-beside), 1fr) minmax(0, max-content);"
        " --message-column: 3; --message-more: 2; --reaction-tip: auto 0; }\n"
        f'.message:has([data-mention~="{key}"]) {{ --message-mark: var(--color-mention-mark); }}\n'
        f'[data-mention~="{key}"] {{ --mention-surface: var(--color-mention); }}\n'
        f'.person[data-author="{key}"] {{ --you: inline; }}\n'
        f'.typing [data-author~="{key}"] {{ display: none; }}\n'
        f'[data-by~="{key}"] {{ --reaction-surface: var(--color-own); --reaction-edge: var(--color-accent);'
        " --reaction-weight: 700; }\n"
        f'.typing [data-viewer="{key}"] {{ display: inline; }}\n'
    )
    response = HttpResponse(style, content_type="text/css", headers=KEPT)
    if token := request.GET.get("guest"):  # of a page that could set no cookie itself
        identity.adopt(request, response, key, token)
    return response


def _kept(request: HttpRequest, template: str, slug: str, **context: Any) -> HttpResponse:
    html = render(template, {"room": {"slug": slug}, **context}, place_at(request))
    return HttpResponse(html, headers=KEPT)
