"""Whole pages and letters, in every state they can be seen in."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from django.core.paginator import Page, Paginator
from django.utils.translation import gettext as _

from chat import fragments
from chat.account_forms import PersonForm, SignUpForm
from chat.conf import conf
from chat.errors import Refused
from chat.models import Invitation, Kind, Membership, Mention, Message, Participant, Role
from chat.rules import ALLOWED, Verdict
from chat.samples.cast import AMARA, BEN, CSRF, LIOR, NOW, TOKEN, VISITOR, YOU, Sample, Scene
from chat.samples.log import marked
from chat.samples.room import ARTICLE, asked, promised, promised_needs, refused, room, room_needs
from chat.samples.search import searches

FORM = ('form[method="post"]', CSRF)
LINK = "https://chat.example.org/chat/garden/join/sample/"
LINKS = [(Invitation(pk=1, inviter=AMARA, expires=NOW + timedelta(days=7)), LINK)]


def pages(scene: Scene) -> Iterator[Sample]:
    shown = {"shown": {"url": LINK, "about": "What grows", "image": "/static/chat/share.png"}}
    said = room(scene) | shown
    style = f'link[rel="stylesheet"][href*="{YOU.key}"]'
    yield Sample("chat/room.html", "member", said, ("#sidebar", style, "title", *room_needs(said)))
    said = room(scene, participant=VISITOR, log=False) | {"member": False, "sidebar": fragments.Sidebar({}), **shown}
    yield Sample("chat/room.html", "guest", said, ("#sidebar", *room_needs(said)))
    for form, text in (("message", "x" * 5000), ("name", "Amara")):
        said = room(scene) | refused(form, text) | {"refresh": False, **shown}
        yield Sample("chat/room.html", f"refused-{form}", said, room_needs(said))
    said = promised(scene) | {"back": ARTICLE, "embed": False, **refused("message", " ")}
    yield Sample("chat/promised.html", "refused", said, promised_needs(said))
    yield Sample("chat/base.html", "bare", {}, ("title",))
    yield Sample("chat/page.html", "bare", {}, ("title", 'meta[name="htmx-config"]', "script[src]", "link#icon"))
    yield from _framed(scene)
    yield from _away()
    yield from _rooms(scene)
    yield from _about(scene)
    yield from _mentions(scene)
    yield from _talk()
    yield from _invited(scene)


def _framed(scene: Scene) -> Iterator[Sample]:
    """A room in a frame of another site."""
    guest = Participant.guest("gframed", "Ann of the blog")
    guest.visits = guest.handed = True
    too_old = Refused(_("The name that the page around has for you is too old: reload that page to have it here."))
    for state, who, notice in (("named", guest, ""), ("name-too-old", VISITOR, too_old)):
        said = {**asked(scene, participant=who), "editing": ""}
        back = f"/chat/{said['room'].slug}/embed/?ticket=sample"
        said |= dict.fromkeys(("plain", "past", "focus", "anew"), False) | dict.fromkeys(("refresh", "embed"), True)
        said |= {"after": None, "back": back, "here": back, "notice": notice, "ticket": "sample", "csrf_token": ""}
        needs = ('base[target="_blank"]', '[name="ticket"][value="sample"]', *room_needs(said))
        yield Sample("chat/frame.html", state, said, needs)
    yield Sample("chat/frame.html", "nothing-there", {"why": _("There is no such room.")})


def _page(rows: Sequence[Any], count: int = 10) -> Page[Any]:
    return Paginator(rows, count).get_page(1)


def _away() -> Iterator[Sample]:
    fields = {"message": "", "name": "", "next": "", "nonce": ""}
    yield Sample("chat/away.html", "reading", {"fields": fields})
    wrote = fields | {"message": "The tomatoes are coming up!", "nonce": "5a0001-0", "next": "/articles/7/"}
    needs = (*FORM, '[name="nonce"][value="5a0001-0"]', '[name="next"][value="/articles/7/"]', '[name="message"]')
    yield Sample("chat/away.html", "wrote", {"fields": wrote, "csrf_token": TOKEN}, needs)
    said = {"fields": fields | {"name": "Amara"}, "csrf_token": TOKEN}
    yield Sample("chat/away.html", "renamed", said, (*FORM, '[name="name"]'))


def _rooms(scene: Scene) -> Iterator[Sample]:
    kinds: tuple[dict[str, Any], ...] = (
        {},
        {"kind": Kind.MEMBERS},
        {"kind": Kind.PRIVATE, "topic": ""},
        {"archived": True, "name": "Party 2025"},
    )
    found = [scene.room(**more) for more in kinds]
    for number, one in enumerate(found):
        one.mine = [scene.member(one, YOU)] if number % 2 else []  # type: ignore[attr-defined]
    said = {"query": "", "participant": YOU, "can_make_room": ALLOWED, "csrf_token": TOKEN}
    search = '[name="q"]'
    yield Sample("chat/rooms.html", "some", {**said, "page": _page(found, 2)}, (search, CSRF))
    yield Sample("chat/rooms.html", "none", {**said, "page": _page([])}, (search,))
    yield Sample("chat/rooms.html", "not-found", {**said, "page": _page([]), "query": "pumpkin"}, (search,))
    guest = said | {"participant": VISITOR, "can_make_room": Verdict(False, "")}
    yield Sample("chat/rooms.html", "guest", {**guest, "page": _page(found)}, (search,))
    kinds_offered = [(kind.value, kind.label) for kind in Kind if kind != Kind.DIRECT]
    typed = {"kind": "public", "name": "", "topic": "", "guests_write": True}
    said = {"kinds": kinds_offered, "verdict": ALLOWED, "typed": typed, "next": "/chat/rooms/new/", "csrf_token": TOKEN}
    said["participant"] = YOU
    needs = (*FORM, '[name="name"]', '[name="topic"]', '[name="kind"]', '[name="guests_write"]')
    yield Sample("chat/new_room.html", "empty", said, needs)
    typed = typed | {"name": " ", "topic": "What grows", "kind": "private"}
    yield Sample("chat/new_room.html", "refused", {**said, "typed": typed, "reason": _of_name()}, needs)
    why = Verdict(False, _("Sign in to make a room of your own."))
    yield Sample("chat/new_room.html", "guest", {**said, "verdict": why, "participant": VISITOR})
    yield Sample("chat/_room_fields.html", "filled", {"typed": typed}, needs[2:4])
    for state, count in (("several", 2), ("one", 10)):
        yield Sample("chat/_pages.html", state, {"page": _page(found, count), "query": "garden"})
    for one in found:
        card = {"room": one, "participant": YOU, "csrf_token": TOKEN}
        yield Sample("chat/_room_card.html", one.name.lower().replace(" ", "-") + f"-{one.pk}", card)
    for one in found[1:3]:
        yield Sample("chat/_tile.html", one.kind, {"room": one})
    yield from searches(scene, found)
    for state, person in (("member", YOU), ("guest", VISITOR)):
        yield Sample("chat/_bar.html", state, {"participant": person}, ('a[href="#main"]', "header > div", "nav > a"))


def _of_name() -> Refused:
    refusal = Refused(_("A room needs a name."))
    refusal.field = "name"
    return refusal


TIMES = ("2030-06-01T18:00", "2030-06-01T19:30")


def _about(scene: Scene) -> Iterator[Sample]:
    garden = scene.room()
    members = [scene.member(garden, AMARA, Role.OWNER), scene.member(garden, YOU, Role.MODERATOR)]
    members += [scene.member(garden, BEN), scene.member(garden, LIOR, muted=True)]
    no = Verdict(False, _("Only the owner and the moderators of a room can change it."))

    def said(one: int | None, verdict: Verdict, **more: Any) -> dict[str, Any]:
        """`one`: which of the members looks; none is a visitor."""
        mine: Membership | None = None if one is None else members[one]
        away = (False, True, None, False)
        typed = {"name": garden.name, "topic": garden.topic, "guests_write": True, "times": TIMES}
        return {
            "room": garden,
            "participant": mine.participant if mine else VISITOR,
            "mine": mine,
            "people": _page(members),
            "rows": [(row, here, verdict, verdict) for row, here in zip(members, away, strict=True)],
            "roles": Role.choices,
            "typed": typed,
            "has_times": False,
            "zone": "Europe/Berlin",
            "reason": None,
            "form_reason": None,
            "can_change": verdict,
            "can_join": verdict if mine is None else ALLOWED,
            "can_leave": ALLOWED if one else no,
            "can_invite": verdict,
            "can_export": verdict,
            "links": LINKS if verdict else [],
            "csrf_token": TOKEN,
            **more,
        }

    keeper = (*FORM, '[name="role"]', '[name="name"]', '[name="topic"]', '[name="key"]', '[name="invitation"]')
    yield Sample("chat/about.html", "owner", said(0, ALLOWED), keeper)
    fields = ('[name="opens_at"][type="datetime-local"]', '[name="closes_at"][type="datetime-local"]')
    yield Sample("chat/_room_times.html", "filled", said(0, ALLOWED), fields)
    yield Sample("chat/_room_times.html", "of-an-object", said(0, ALLOWED, has_times=True))
    yield Sample("chat/about.html", "refused", said(0, ALLOWED, form_reason=_of_name()), keeper)
    yield Sample("chat/about.html", "not-left", said(0, ALLOWED, reason=Refused(no.why)), keeper)
    yield Sample("chat/about.html", "member", said(2, no), (*FORM, '[name="key"]'))
    yield Sample("chat/about.html", "visitor", said(None, no))
    empty = {"people": _page([]), "rows": []}
    yield Sample("chat/about.html", "nobody", said(None, no, **empty))


def _rows(scene: Scene) -> list[tuple[Mention, Message]]:
    garden = scene.room()
    spoken = (f"@{YOU.name}, have you seen the draft?", f"@{YOU.name}"), ("@room: we meet at noon.", "@room")
    rows = []
    for number, (text, words) in enumerate(spoken):
        message = marked(scene.message(text, AMARA, room=garden), words, "*" if words == "@room" else YOU.key)
        mention = Mention(pk=scene.next(), message=message, participant=None if number else YOU)
        mention.read_seq = 0 if number == 0 else message.seq
        rows.append((mention, message))
    return rows


def _mentions(scene: Scene) -> Iterator[Sample]:
    rows = _rows(scene)
    texts = [(mention, fragments.excerpt(message, YOU.key)) for mention, message in rows]
    said = {"participant": YOU, "page": _page([mention for mention, _message in rows], 1), "rows": texts}
    yield Sample("chat/mentions.html", "some", said, (f'[data-mention~="{YOU.key}"]',))
    yield Sample("chat/mentions.html", "none", {"participant": YOU, "page": _page([]), "rows": []})
    why = _("Sign in first: rooms are kept for accounts.")
    yield Sample("chat/mentions.html", "guest", {"participant": VISITOR, "why": why, "next": "/chat/mentions/"})


def _talk() -> Iterator[Sample]:
    said = {"query": "", "participant": YOU, "next": "/chat/talk/", "csrf_token": TOKEN}
    found = {"people": [AMARA, BEN, LIOR], "chosen": [BEN]}
    yield Sample("chat/talk.html", "choosing", {**said, **found}, (*FORM, '[name="key"]', '[name="q"]'))
    reason = _("Choose whom to talk to.")
    yield Sample("chat/talk.html", "refused", {**said, **found, "reason": reason}, (*FORM, '[name="key"]'))
    yield Sample("chat/talk.html", "nobody", {**said, "people": [], "chosen": [], "query": "zz"}, ('[name="q"]',))
    yield Sample("chat/talk.html", "guest", {**said, "participant": VISITOR})


def _invited(scene: Scene) -> Iterator[Sample]:
    garden, path = scene.room(), "/chat/garden/join/sample/"
    said = {"room": garden, "participant": YOU, "verdict": ALLOWED, "next": path, "csrf_token": TOKEN}
    yield Sample("chat/invited.html", "member", said, FORM)
    why = Verdict(False, _("Sign in first: rooms are kept for accounts."))
    yield Sample("chat/invited.html", "guest", {**said, "participant": VISITOR, "verdict": why})
    said = {"links": LINKS, "withdraw": "/accounts/invitations/", "csrf_token": TOKEN}
    yield Sample("chat/_links.html", "one", said, (*FORM, '[name="invitation"]'))
    yield Sample("chat/invitations.html", "made", {**said, "conf": conf}, FORM)
    yield Sample("chat/invitations.html", "none", {**said, "conf": conf, "links": []}, FORM)


def accounts(scene: Scene) -> Iterator[Sample]:
    """Where one says who one is."""
    form = SignUpForm(initial={"name": ""})
    names = tuple(f'[name="{name}"]' for name in form.fields)
    said = {"form": form, "verdict": ALLOWED, "next": "/chat/", "csrf_token": TOKEN}
    yield Sample("chat/sign_up.html", "empty", said, (*FORM, '[name="next"]', *names))
    yield Sample("chat/sign_up.html", "closed", {"verdict": Verdict(False, _("New accounts can't be made here."))})
    yield Sample("chat/_fields.html", "empty", {"form": form}, names)
    yield Sample("chat/_field.html", "empty", {"field": form["name"]}, ('[name="name"]',))
    for state, one in (("member", YOU), ("guest", VISITOR)):
        typed = {"name": one.name, "colour": one.colour, "rings": "all", "shows_typing": True}
        person = PersonForm(initial=typed, given_name=one.name, email="" if one.is_guest else "you@example.org")
        said = {"participant": one, "form": person, "conf": conf, "saved": one is YOU, "can_invite": ALLOWED}
        needs = (*FORM, *(f'[name="{name}"]' for name in person.fields))
        yield Sample("chat/me.html", state, said | {"csrf_token": TOKEN}, needs)


def letters(scene: Scene) -> Iterator[Sample]:
    rows = _rows(scene)
    said = [(mention, message.body, fragments.excerpt(message, YOU.key)) for mention, message in rows]
    for state, more in (("some", False), ("more", True)):
        context = {"participant": YOU, "said": said, "site": "https://chat.example.org", "more": more}
        yield Sample("chat/letters/digest.html", state, context)
        yield Sample("chat/letters/digest.txt", state, context)
