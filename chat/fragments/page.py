"""What a page says besides messages: of its connection, its tab, its person, and of what was refused."""

from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from chat.errors import Ended, Refused, Sentence
from chat.fragments.templates import render
from chat.models import Participant, Room

ACKNOWLEDGED = '<div hx-swap-oob="delete:#composer-{nonce}"></div>'
SENT = '<input class="composer-done" type="hidden" name="sent" value="{nonce}" form="sync-{slug}" autocomplete="off">'
MARKED = '<div hx-swap-oob="beforeend:#refusal-{nonce}, #spare-{slug}">' + SENT + "</div>"
"""What may be gone from the page is named together with what is there for sure: to find nothing is an error to htmx."""
SPARED = '<div hx-swap-oob="delete:#spare-{slug} > *"></div>'
SPARE = '<div hx-swap-oob="beforeend:#spare-{slug}"><i></i></div>'
GONE = '<div hx-swap-oob="delete:#composer-{nonce}, #spare-{slug} > *"></div>'

MOST_UNREAD = 999  # messages that a tab counts; beyond, it says 999+


def head(room_id: int) -> SafeString:
    """What the room is called, and about, as it stands now."""
    return render("chat/_room_head.html", {"room": Room.objects.get(pk=room_id)})


def closed(room: Room, why: Sentence) -> SafeString:
    """Why one may not write in the room; nothing when one may."""
    return render("chat/_closed.html", {"room": room, "why": why})


def pulse(room: Room) -> SafeString:
    """The connection is alive: starts the clock in the page anew that would say it is silent."""
    return render("chat/_pulse.html", {"room": room})


def tab(room: Room, unread: int) -> SafeString:
    """Title and icon of the browser's tab, with how many messages are unread."""
    said = unread if unread <= MOST_UNREAD else f"{MOST_UNREAD}+"
    return render("chat/_tab.html", {"room": room, "unread": said})


def away(room: Room, seq: int | None) -> SafeString:
    """What the page remembers, for a sync, of when it was left; None when somebody looks at it."""
    return render("chat/_away.html", {"room": room, "away": seq})


def connection(room: Room, state: str) -> SafeString:
    """What the page says of its connection: "live", or "slow" while other processes can't ring and the tick must do."""
    return render("chat/_connection.html", {"room": room, "state": state})


def acknowledged(nonce: str, slug: str | None = None) -> SafeString:
    """Stored: the composer that sent it has done its work. In a page of the room with that slug it may say more by now,
    so it is marked alone."""
    return format_html(ACKNOWLEDGED if slug is None else MARKED + SPARED, nonce=nonce, slug=slug)


def gone(nonce: str, slug: str) -> SafeString:
    """All that it says is stored, or stands elsewhere: it leaves the page, if it is there still."""
    return format_html(SPARE + GONE, nonce=nonce, slug=slug)


def left(room: Room, nonce: str, left: int | None, joined: bool = False) -> SafeString:
    """How many characters still fit into a draft, said at its composer. Below 0 they are too many; None: nothing.
    `joined`: several lines may have been pasted into one."""
    over, amount = max(-(left or 0), 0), number_format(abs(left or 0), force_grouping=True)
    said = {"room": room, "nonce": nonce, "left": left, "over": over, "amount": amount, "joined": joined}
    return render("chat/_left.html", said)


def unsent(room: Room, nonce: str, refusal: Refused) -> SafeString:
    """Why the composer's message was not stored, said at that composer. Its text never left the page."""
    return render("chat/_refusal.html", {"room": room, "nonce": nonce, "reason": refusal})


def refused(room: Room, refusal: Refused) -> SafeString:
    """Why something else was not done."""
    return render("chat/_notice.html", {"room": room, "reason": refusal})


def ended(slug: str, reason: Refused | Ended) -> SafeString:
    """The last words before a socket is closed for good."""
    return render("chat/_ended.html", {"room": {"slug": slug}, "state": "ended", "reason": reason})


def renamed(room: Room, participant: Participant, refusal: Refused | None = None) -> SafeString:
    """Who one is here now, or why not. The form stays as it is in the page: somebody may be typing in it."""
    return render("chat/_renamed.html", {"room": room, "participant": participant, "reason": refusal})
