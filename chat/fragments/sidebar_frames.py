"""What makes the sidebar of an open page show something else, by the templates that the page came from.

Each page holds a token of what it shows. An entry that has the keyboard's focus is never taken away; what is new
appears inside of it.
"""

from collections.abc import Iterable
from functools import lru_cache

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from chat.conf import conf
from chat.fragments.freshness import period
from chat.fragments.lookup import place_of
from chat.fragments.sidebar import NEVER, Entry, Sidebar, sidebar_context
from chat.fragments.templates import render
from chat.models import Room

FRESH_SECONDS = 5  # for which an entry stays rendered at most
SOME = 10  # entries of one piece of a frame


def sidebar_anew(sidebar: Sidebar, room: Room) -> list[str]:
    """All lists, as frames for the page of this room, whose sidebar shows something else."""
    context = sidebar_context(sidebar, room, member=True)
    lists = {"visited": context["visited"], **sidebar.lists}
    pieces: list[str] = []
    for name, ones in lists.items():
        for start in range(0, max(len(ones), 1), SOME):
            html = "".join(_room(one, room) for one in ones[start : start + SOME])
            pieces.append(_swap("beforeend" if start else "innerHTML", f"#sidebar-{name}", html))
    return _packed([*pieces, _state(sidebar, room)])


def sidebar_changes(before: Sidebar, after: Sidebar, room: Room) -> list[str]:
    """The frames that make a page of this room that shows the one show the other; none when there is no difference."""
    if before is after or before.token == after.token:
        return []
    shown_before = {one.room: one for ones in before.lists.values() for one in ones}
    shown = {one.room: one for ones in after.lists.values() for one in ones}
    gone = [one for pk, one in shown_before.items() if pk not in shown]
    pieces = [_taken_away(one, room, still_theirs=one.room in after.entries) for one in gone]
    for name, ones in after.lists.items():
        risen = _risen([one.room for one in before.lists[name]], [one.room for one in ones])
        pieces += [_raised(one, name, room) for one in reversed(ones[:risen])]
    for pk, one in shown.items():
        if pk not in shown_before or shown_before[pk].shown != one.shown:
            pieces.append(_swap("innerHTML", f"#listed-{one.slug} > a", _html("label", one, place=place_of(room))))
    return _packed([*pieces, _state(after, room)])


def _packed(pieces: Iterable[str]) -> list[str]:
    """As few frames as they fit into."""
    frames = [""]
    for piece in pieces:
        if frames[-1] and len((frames[-1] + piece).encode()) > conf.frame_limit:
            frames.append("")
        frames[-1] += piece
    return frames


def _risen(before: list[int], after: list[int]) -> int:
    """How many of the first ones must be put on top, so that the rest stands in its order already."""
    for count in range(len(after)):
        rest = after[count:]
        if [pk for pk in before if pk in {*rest}] == rest:
            return count
    return len(after)


def _raised(entry: Entry, name: str, room: Room) -> str:
    """To the top of its list, unless the keyboard's focus is on it: that one stays where it is."""
    nowhere = f"#sidebar:not(:has(#listed-{entry.slug})) #sidebar-{name}, #sidebar-spare"
    inserted = _swap("afterbegin", nowhere, _room(entry, room))
    return _removed(entry, ":not(:focus-within)") + inserted + _swap("delete", "#sidebar-spare > *", "")


def _removed(entry: Entry, unless: str = "") -> str:
    """Out of whichever list it stands in. htmx complains of what is nowhere, hence something in the spare one."""
    spare = _swap("beforeend", "#sidebar-spare", "<i></i>")
    return spare + _swap("delete", f"#listed-{entry.slug}{unless}, #sidebar-spare > *", "")


def _taken_away(entry: Entry, room: Room, still_theirs: bool) -> str:
    """The room on the page stays: when it is not among the latest any more, or when one left it but may read it."""
    on_page, home = entry.slug == room.slug, entry.slug == conf.default_room
    if still_theirs and on_page:
        return _removed(entry) + _swap("beforeend", "#sidebar-visited", _room(entry, room))
    if still_theirs or entry.closed or not (on_page or home):
        return _removed(entry)
    left = entry._replace(list="visited", unread=0, mentions=0)
    return _removed(entry) + _swap("beforeend", "#sidebar-visited", _room(left, room))


def _room(entry: Entry, room: Room) -> str:
    return _html("room", entry, room.slug, place_of(room))


def _html(template: str, entry: Entry, current: str = "", place: str = "") -> str:
    """Rendered once for all who see the same, as most of those do who have not read the latest word."""
    return _rendered(
        template,
        entry._replace(spoken=NEVER, seq=0, read=0),
        current,
        place,
        get_language(),
        period(FRESH_SECONDS),
    )


@lru_cache(maxsize=1024)
def _rendered(template: str, entry: Entry, current: str, place: str, *variant: object) -> str:
    return render(f"chat/_sidebar_{template}.html", {"entry": entry, "current": current}, place)


def _state(sidebar: Sidebar, room: Room) -> str:
    """What the page shows from here on, for its next sync, and how much of it is new, for its menu."""
    state = render("chat/_sidebar_state.html", {"sidebar": sidebar, "room": room})
    return state + _menu(room.slug, sidebar.news, place_of(room), get_language(), period(FRESH_SECONDS))


@lru_cache(maxsize=1024)
def _menu(slug: str, news: int, place: str, *variant: object) -> str:
    return render("chat/_sidebar_menu.html", {"sidebar": {"news": news}, "room": {"slug": slug}}, place)


def _swap(how: str, where: str, html: str) -> SafeString:
    return format_html('<div hx-swap-oob="{}:{}">{}</div>', how, mark_safe(where), mark_safe(html))  # noqa: S308
