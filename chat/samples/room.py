"""A room and its parts, in every state they can be seen in."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from chat import fragments
from chat.errors import SOMEBODY_ELSE, Refused
from chat.models import Participant, Role, Room
from chat.models.listing import Face
from chat.models.presence import Person
from chat.models.room import Door
from chat.rules import ALLOWED, Verdict
from chat.samples.cast import AMARA, BEN, FARID, LIOR, LONG, TOKEN, VISITOR, YOU, Sample, Scene
from chat.samples.composers import composer_needs
from chat.samples.log import talk

ARTICLE = "/articles/7/"
OVER = Door(False, None, datetime(2030, 6, 1, 12, 0, tzinfo=UTC))
EARLY = Door(False, OVER.closes_at, None)
STATES = ("connecting", "live", "slow", "reconnecting", "silent", "plain", "ended", "past")


def rooms(scene: Scene) -> Iterator[Sample]:
    """Whole, as a page of its own shows it, and as one of the host's does."""
    said = room(scene)
    yield Sample("chat/_room.html", "live", said | {"state": "live"}, room_needs(said))
    said = room(scene, log=False)
    yield Sample("chat/_room.html", "empty", said, room_needs(said))
    closed = Verdict(False, _("This room is archived: it can be read, but nobody can write in it any more."))
    said = room(scene, verdict=closed) | refused("message", "Is there cake?") | {"state": "live"}
    yield Sample("chat/_room.html", "archived", said, room_needs(said))
    for state, door in (("not-open-yet", EARLY), ("closed-by-the-clock", OVER)):
        said = room(scene, verdict=Verdict(False, door.why)) | {"shut": True, "state": "live"}
        yield Sample("chat/_room.html", state, said, room_needs(said))
    said = room(scene) | {"plain": True, "state": "plain"}
    yield Sample("chat/_room.html", "without-a-socket", said, room_needs(said))
    said = room(scene) | {"plain": True, "past": True, "after": 41, "state": "past", "refresh": False}
    yield Sample("chat/_room.html", "past", said, room_needs(said))
    around = {"embed": True, "back": ARTICLE, "here": ARTICLE, "brought": "", "csrf_token": TOKEN}
    said = asked(scene, participant=VISITOR) | around
    yield Sample("chat/_embed.html", "room", said, (".chat-ui", *room_needs(said)))
    said = promised(scene) | around
    yield Sample("chat/_embed.html", "promised", said, (".chat-ui", *promised_needs(said)))
    why = Verdict(False, _("A moderator has closed this room to you.")).why
    yield Sample("chat/_embed.html", "closed", {"why": why, "brought": ""}, (".chat-ui",))
    said = promised(scene) | {"back": ARTICLE, "embed": True}
    yield Sample("chat/_promised.html", "first-word", said, promised_needs(said))
    said = promised(scene) | {"back": ARTICLE, "embed": True, **refused("message", " ")}
    yield Sample("chat/_promised.html", "refused", said, promised_needs(said))
    no = Verdict(False, _("Guests can read this room, but not write in it: sign in first."))
    said = promised(scene) | {"verdict": no}
    yield Sample("chat/_promised.html", "closed", said, (f"#room-{said['room'].slug}",))


def asked(scene: Scene, verdict: Verdict = ALLOWED, participant: Participant = YOU, log: bool = True) -> dict[str, Any]:
    """What _room.html asks for."""
    place = scene.room()
    messages, where = talk(scene, place) if log else [], fragments.Where.of(place)
    shown = fragments.Log(mark_safe("".join(fragments.message(one, where) for one in messages)), place.seq, None)  # noqa: S308
    here = fragments.gathering(place, len(people()), people())
    pins = fragments.pins(place, messages[:2])
    return fragments.room_context(place, participant, verdict, shown, here=here, pins=pins)


def room(scene: Scene, **about: Any) -> dict[str, Any]:
    """The same, with all that a page adds."""
    said = asked(scene, **about)
    more = {
        **dict.fromkeys(("plain", "past", "embed", "focus", "anew"), False),
        "after": None,
        "refresh": True,
        "back": "",
        "notice": "",
        "editing": "",
    }
    return {**said, **more, "csrf_token": TOKEN, **sidebar(scene, said["room"])}


def refused(form: str, text: str) -> dict[str, Any]:
    """What a form that was not carried out leaves on its page."""
    return {f"{form}_text": text, f"{form}_reason": Refused(_("Nothing to send: the message is empty.")), "focus": True}


def sidebar(scene: Scene, place: Room) -> dict[str, Any]:
    """What _sidebar.html asks for on the page of this room."""
    rooms = [
        ("Lobby", "rooms", {"unread": 3}),
        (place.name, "rooms", {}),
        ("Next release", "rooms", {"unread": 100, "mentions": 2, "closed": True}),
        ("Summer party 2025", "rooms", {"archived": True}),
        ("Kitchen", "rooms_muted", {"mentions": 1}),
        (
            "Amara Okafor",
            "direct",
            {"unread": 1, "mentions": 1, "closed": True, "face": Face(AMARA.key, AMARA.name, AMARA.colour)},
        ),
        ("ליאור כהן, Ben Halloran", "direct_muted", {"closed": True, "face": Face(LIOR.key, LIOR.name, "")}),
    ]
    entries: dict[int, fragments.Entry] = {}
    for name, where, more in rooms:
        one = place if name == place.name else scene.room(name=name)
        entries[one.pk] = fragments.Entry(one.pk, one.slug, one.name, where, **more)  # type: ignore[arg-type]
    home = scene.room(name="Lobby")
    visited = [fragments.Entry(home.pk, home.slug, "Read without joining", "visited")]
    return {"sidebar": fragments.Sidebar(entries), "visited": visited, "member": True, "current": place.slug}


def promised(scene: Scene) -> dict[str, Any]:
    """What _promised.html asks for, with what a page adds."""
    place = scene.room(name="The pear tree", topic="")
    said = fragments.promised_context(place, VISITOR, ALLOWED, "sample")
    return {**said, "csrf_token": TOKEN}


def room_needs(said: dict[str, Any]) -> tuple[str, ...]:
    slug = said["room"].slug
    needs = [f"#room-{slug}", f'#log-{slug}[hx-include^="#place-{slug}"][hx-swap^="outerHTML"]', f"#edits-{slug}"]
    needs += [f"#notice-{slug}", f"#place-{slug}", f"#end-{slug}", f"#typing-{slug}"]
    needs += [f"#connection-{slug}", f"#people-count-{slug}", f"#people-list-{slug}", f"#me-{slug}", f"#older-{slug}"]
    needs += [f"#pins-{slug}", f"#pins-count-{slug}", f"#pins-list-{slug}"]
    needs += [f"#title-{slug}", f"#topic-{slug}", f'[name="next"][value="{said["back"]}"]']
    if not said.get("plain"):
        needs += [f'#room-{slug}.chat-room[hx-ext="ws"][ws-connect="{said["socket"]}"]', f"form#plain-{slug}"]
        needs += [f'#sync-{slug}[ws-send][hx-trigger*="htmx:wsOpen"]', f"#spare-{slug}", f"#epoch-{slug}"]
        needs += [f"#cursor-{slug}", f"#away-{slug}", '[name="do"][value="sync"]']
    if not said.get("past"):
        needs.append(f"#closed-{slug}.room-closed")
    if (said["verdict"] or said["shut"]) and not said.get("past"):
        needs += [f"#composers-{slug}", *composer_needs(said)]
    return tuple(needs)


def promised_needs(said: dict[str, Any]) -> tuple[str, ...]:
    slug = said["room"].slug
    needs = (f"#room-{slug}", f"#log-{slug}", f"#place-{slug}", '.awaiting[hx-get][hx-trigger="animationiteration"]')
    return (*needs, *composer_needs(said | {"plain": True, "csrf_token": ""}))


def people() -> list[Person]:
    return [
        Person(AMARA.key, AMARA.name, AMARA.colour, False, Role.OWNER, False),
        Person(YOU.key, YOU.name, YOU.colour, False, Role.MODERATOR, False),
        Person(LIOR.key, LIOR.name, LIOR.colour, False, None, False),
        Person(FARID.key, FARID.name, "", True, None, False),
        Person(LONG.key, LONG.name, "", False, None, True),
        Person(BEN.key, BEN.name, BEN.colour, False, None, True),
    ]


def connections(scene: Scene) -> Iterator[Sample]:
    """What the page says of its connection."""
    for state in STATES:
        place = scene.room()
        said: dict[str, Any] = {"room": place, "state": state}
        needs = [f'#connection-{place.slug}[data-state="{state}"]']
        if state in ("live", "slow"):
            needs += [f'#pulse-{place.slug}.pulse[hx-trigger="animationend"]', "[ws-send][hx-vals]"]
        if state in ("connecting", "live", "slow", "silent"):
            needs.append('[hx-get][hx-trigger*="htmx:wsClose"]')
        if state == "silent":
            needs.append(f"#pulse-{place.slug}")
        if state in ("connecting", "reconnecting"):
            needs.append(f'[hx-post][hx-include*="#composers-{place.slug}"]')
        if state in ("silent", "reconnecting", "plain"):
            needs.append('[hx-get][hx-trigger*="every"]')
        if state == "plain":
            said["here"] = place.get_absolute_url()
        if state == "ended":
            said["reason"] = _("A moderator has closed this room to you.")
        yield Sample("chat/_connection.html", state, said, tuple(needs))
    place = scene.room()
    said = {"room": place, "state": "ended", "reason": SOMEBODY_ELSE}
    yield Sample("chat/_ended.html", "somebody-else", said, (".connection > [hx-get][hx-select]",))
    place = scene.room()
    said = {"room": place, "state": "ended", "reason": _("A moderator has closed this room to you.")}
    yield Sample("chat/_ended.html", "closed", said, (f'#connection-{place.slug}[data-state="ended"]',))
    place = scene.room()
    alive = f'#pulse-{place.slug}.pulse[hx-get][hx-trigger="animationend"]'
    yield Sample("chat/_pulse.html", "alive", {"room": place}, (alive,))
    place = scene.room()
    for state, why, need in (("closed", OVER.why, '[name="closed"]'), ("open", "", ".room-closed")):
        yield Sample("chat/_closed.html", state, {"room": place, "why": why}, (f"#closed-{place.slug}", need))
