"""A room as a page shows it: its own, or one of the host project that it stands in among other things."""

import secrets
from collections.abc import Callable, Iterable
from typing import Any

from django.urls import get_script_prefix, reverse
from django.utils.safestring import SafeString

from chat.conf import conf
from chat.errors import Sentence
from chat.fragments.lookup import place_of
from chat.fragments.messages import Log
from chat.fragments.people import Gathering, gathered
from chat.fragments.pins import Pins, pins_of
from chat.fragments.templates import in_address, render
from chat.models import Participant, Room

COMPOSERS_AHEAD = 10
"""So many composers are fetched before they are needed: as many messages can be sent while the connection is dead."""

LINES = "chat_lines"
"""The cookie of who writes several lines. It ends with the browser's session."""


def room_context(
    room: Room,
    participant: Participant,
    verdict: object,
    log: Log,
    *,
    shut: bool = False,
    asked: str = "",
    lines: bool = False,
    here: Gathering | None = None,
    pins: Pins | None = None,
) -> dict[str, Any]:
    """What _room.html asks for, but for what depends on the page. `verdict`: may they write; `shut`: they may as
    soon as the room opens; `asked`: the end of the socket's address; `lines`: the composer has several; `here`: who is
    in the room, and `pins`: what is pinned there, if that is known already."""
    sockets = get_script_prefix() + conf.socket_path.lstrip("/")
    return {
        **composer_context(room.slug, secrets.token_hex(6), 0, lines, range(1, 1 + COMPOSERS_AHEAD), place_of(room)),
        "room": room,
        "log": log.html,
        "before": log.before,
        "cursor": log.cursor,
        "participant": participant,
        "gathered": here or gathered(room),
        # What the log shows may be newer than the room that was read before it.
        "pins": pins or pins_of(room if log.cursor <= room.seq else Room.objects.get(pk=room.pk)),
        "verdict": verdict,
        "shut": shut,
        "socket": f"{sockets}{room.slug}/?sync=1{asked}",
        "state": "connecting",
        "here": room.get_absolute_url(),
    }


def composer_context(
    slug: str, chain: str, number: int, lines: bool, ahead: Iterable[int], place: str = ""
) -> dict[str, Any]:
    """What _composer.html asks for: the nth composer of the chain that a page began, in a room of that place."""

    def addresses(lines: bool) -> Callable[[int], str]:
        """Of all of one shape, by that of the first: to find each would cost a good part of a page."""
        path = reverse("chat:composer_lines" if lines else "chat:composer", args=[slug, chain, 0])
        before, _number, after = path.rpartition("/0/")
        ending = after + in_address(place)
        return lambda number: f"{before}/{number}/{ending}"

    address, other = addresses(lines), addresses(not lines)
    return {
        "chain": chain,
        "number": number,
        "lines": lines,
        "next": address(number + 1),
        "other": other(number),
        "ahead": [address(later) for later in ahead],
        "longest": longest(),
        "conf": conf,
        "answered": None,
    }


def longest() -> int:
    """What a field takes, in UTF-16 units. So much that what is pasted is not cut off without a word, and, at three
    bytes each, no more than fits into what Daphne takes: it ends a connection by which more comes than 1 MiB."""
    return max(conf.message_length, 200_000)


def promised_context(room: Room, participant: Participant, verdict: object, promise: str) -> dict[str, Any]:
    """What _promised.html asks for, of a room in which nobody has written yet, and which is not stored."""
    composer = composer_context(room.slug, secrets.token_hex(6), 0, False, (), place_of(room))
    return {**composer, "room": room, "participant": participant, "verdict": verdict, "promise": promise}


def embedded(context: dict[str, Any], back: str, brought: str) -> SafeString:
    """The room among other things, on the page whose path is `back`; `brought` is what that page lacks for it."""
    return render("chat/_embed.html", {**context, "brought": brought, "back": back, "embed": True})


def not_for_them(why: Sentence, brought: str) -> SafeString:
    """In place of a room that is closed to them."""
    return render("chat/_embed.html", {"why": why, "brought": brought})


def scripts(csp_nonce: object) -> SafeString:
    """What a page needs once, however many rooms are in it."""
    return render("chat/_scripts.html", {"csp_nonce": csp_nonce})


def styles(viewer_style: str) -> SafeString:
    """The same of stylesheets: the app's, and the one that tells the viewer's own messages from the others', if its
    address is known."""
    return render("chat/_styles.html", {"viewer_style": viewer_style})
