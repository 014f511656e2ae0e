"""People in a room, the rooms of a person, and what a page says of both, in every state they can be seen in."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from chat import fragments
from chat.conf import conf
from chat.models import Room
from chat.models.presence import Person
from chat.samples.cast import AMARA, BEN, FARID, LIOR, TOKEN, VISITOR, YOU, Sample, Scene
from chat.samples.room import people, sidebar


def gatherings(scene: Scene) -> Iterator[Sample]:
    """Who is here, and who writes."""
    here = people()
    states: dict[str, tuple[int, list[Person]]] = {
        "nobody": (0, []),
        "one": (1, here[1:2]),
        "some": (len(here), here),
        "more": (61, here),
    }
    for state, (count, ones) in states.items():
        place = scene.room()
        said = fragments.gathering_context(place, count, ones)
        yield Sample("chat/_people_count.html", state, said, (f"#people-count-{place.slug}",))
        place = scene.room()
        said = said | {"room": place}
        needs = [f"#people-list-{place.slug}", *(f'[data-author="{one.key}"]' for one in ones)]
        yield Sample("chat/_people_list.html", state, said, tuple(needs))
        place = scene.room()
        whole = {"room": place, "gathered": fragments.gathering(place, count, ones)}
        needs = [f"#{name}-{place.slug}" for name in ("people", "people-count", "people-list")]
        yield Sample("chat/_people.html", state, whole, tuple(needs))
    writers = [(AMARA.key, AMARA.name), (FARID.key, FARID.name), (LIOR.key, LIOR.name)]
    for state, number_of_them in (("nobody", 0), ("one", 1), ("two", 2), ("several", 3)):
        place = scene.room()
        named = dict(writers[:number_of_them]) if number_of_them < 3 else {}
        said = fragments.writing_context(place, named, number_of_them)
        needs = [f"#typing-{place.slug}"]
        needs += [f'[data-author~="{key}"]' for key, _name in said["writers"]]
        needs += [f'[data-viewer="{key}"]' for key, _name in said["writers"] if state == "two"]
        yield Sample("chat/_writing.html", state, said, tuple(needs))


def oneself(scene: Scene) -> Iterator[Sample]:
    """Who one is, and where an account is entered and left."""
    refused = {"reason": _("A member has this name, or one that looks the same. Choose another one."), "name": "Amara"}
    states: dict[str, dict[str, Any]] = {
        "member": {"participant": YOU},
        "guest": {"participant": VISITOR},
        "refused": {"participant": VISITOR, **refused},
    }
    for state, who in states.items():
        place = scene.room()
        said = {"room": place, "conf": conf, "reason": None, "name": "", **who}
        needs = [f"#me-{place.slug}", "form[action][ws-send]", '[name="do"][value="rename"]', '[name="name"]']
        needs += [f"summary#who-{place.slug}", f"#renamed-{place.slug}"]
        yield Sample("chat/_me.html", state, said, tuple(needs))
        yield Sample("chat/_me_name.html", state, {"participant": said["participant"]})
        pushed = {"room": place, "participant": said["participant"], "reason": said["reason"]}
        spots = [f'[hx-swap-oob="innerHTML:#{name}-{place.slug}"]' for name in ("who", "renamed")]
        yield Sample("chat/_renamed.html", state, pushed, tuple(spots))
        if state != "refused":
            said = {"participant": who["participant"], "conf": conf, "can_invite": True, "csrf_token": TOKEN}
            yield Sample("chat/_account.html", state, said)
    yield Sample("chat/_sign_in.html", "guest", {"next": "/chat/"})


def sidebars(scene: Scene) -> Iterator[Sample]:
    """The rooms of a person, with what is new in them."""
    lists = ("visited", "rooms", "rooms_muted", "direct", "direct_muted")
    place = scene.room()
    said = sidebar(scene, place) | {"room": place}
    needs = [f"#sidebar-{name}" for name in lists]
    needs += ["#sidebar[popover]", "#sidebar-spare", f"#shows-{place.slug}"]
    needs += [f"#listed-{one.slug} > a[href]" for one in said["sidebar"].entries.values()]
    yield Sample("chat/_sidebar.html", "member", said, tuple(needs))
    yield Sample("chat/_sidebar.html", "nothing-yet", _empty(scene) | {"member": True}, tuple(needs[:6]))
    yield Sample("chat/_sidebar.html", "guest", _empty(scene), ("#sidebar[popover]", "#sidebar-visited"))
    yield from _entries(scene)
    for state, news in (("news", 3), ("nothing-new", 0)):
        room = scene.room()
        needs = [f"#news-{room.slug}"]
        yield Sample("chat/_sidebar_menu.html", state, {"sidebar": {"news": news}, "room": room}, tuple(needs))
    room = scene.room()
    needs = [f'input#shows-{room.slug}[name="sidebar"][form="sync-{room.slug}"]']
    yield Sample("chat/_sidebar_state.html", "shown", {"sidebar": said["sidebar"], "room": room}, tuple(needs))


def _empty(scene: Scene) -> dict[str, Any]:
    place = scene.room()
    visited = [fragments.Entry(place.pk, place.slug, place.name, "visited")]
    said = {"sidebar": fragments.Sidebar({}), "visited": visited, "member": False, "current": place.slug}
    return {**said, "room": place}


def _entries(scene: Scene) -> Iterator[Sample]:
    states: dict[str, dict[str, Any]] = {
        "read": {},
        "current": {},
        "unread": {"unread": 7},
        "unread-many": {"unread": 100, "mentions": 100},
        "mentions": {"unread": 4, "mentions": 1},
        "archived": {"archived": True},
        "muted": {"list": "rooms_muted", "mentions": 2},
        "direct": {"list": "direct", "name": AMARA.name, "unread": 1, "closed": True},
        "long-name": {"name": f"{BEN.name}, " * 6, "list": "direct", "unread": 12},
        "right-to-left": {"name": LIOR.name, "list": "direct", "mentions": 3},
    }
    for state, more in states.items():
        place = scene.room()
        entry = fragments.Entry(**{"room": place.pk, "slug": place.slug, "name": "Garden", "list": "rooms", **more})
        current = place.slug if state == "current" else ""
        needs = (f"#listed-{place.slug} > a[href]",)
        yield Sample("chat/_sidebar_room.html", state, {"entry": entry, "current": current}, needs)
        yield Sample("chat/_sidebar_label.html", state, {"entry": entry, "current": ""})


def heads(scene: Scene) -> Iterator[Sample]:
    """What the page and its tab are called, and what it loads."""
    long: dict[str, Any] = {"name": "Everything that grows " * 3, "topic": "What grows, and who waters it. " * 6}
    for state, about in (("plain", {}), ("long", long), ("right-to-left", {"name": "הגינה", "topic": "מה צומח כאן"})):
        place: Room = scene.room(**about)
        needs = (f"#title-{place.slug}", f"#topic-{place.slug}")
        yield Sample("chat/_room_title.html", state, {"room": place, "embed": True}, needs)
        needs = (f'[hx-swap-oob="innerHTML:#title-{place.slug}"]', f'[hx-swap-oob="innerHTML:#topic-{place.slug}"]')
        yield Sample("chat/_room_head.html", state, {"room": place}, needs)
    for state, unread in (("new", 3), ("many", f"{fragments.MOST_UNREAD}+"), ("seen", 0)):
        said = {"room": scene.room(), "unread": unread}
        needs = ('[hx-swap-oob="innerHTML:title"]', 'link#icon[rel="icon"][href]')
        yield Sample("chat/_tab.html", state, said, needs)
        yield Sample("chat/_title.html", state, said)
        yield Sample("chat/_icon.html", state, said, needs[1:])
    about = {"url": "https://chat.example.org/chat/garden/", "about": "What grows", "image": "/static/chat/share.png"}
    needs = ('link[rel="canonical"][href]', 'meta[property="og:title"]')
    yield Sample("chat/_shown.html", "public", {"room": scene.room(), "shown": about}, needs)
    yield Sample("chat/_shown.html", "closed", {"room": scene.room(), "shown": None}, ('meta[name="robots"]',))
    yield Sample("chat/_installable.html", "any", {}, ('link[rel="manifest"][href]', 'meta[name="theme-color"]'))
    needs = ('meta[name="htmx-config"]', "script[src]")
    yield Sample("chat/_scripts.html", "once", {"csp_nonce": None}, needs)
    style = "/chat/viewer/sample-you.css"
    needs = ('link[rel="stylesheet"][href*="chat.css"]', f'link[rel="stylesheet"][href="{style}"]')
    yield Sample("chat/_styles.html", "once", {"viewer_style": style}, needs)
