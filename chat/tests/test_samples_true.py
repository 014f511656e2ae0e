"""Samples say to a template what real pages and frames say to it: no more, and no less."""

import re
from collections import defaultdict
from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core import mail
from django.core.management import call_command
from django.db import DatabaseError
from django.template import RequestContext, Template

from chat import actions, fragments
from chat.errors import Refused
from chat.models import Membership, Participant, Room
from chat.samples import samples
from chat.variant import Variant

HTMX = {"HX-Request": "true"}
FOLDER = Path(__file__).resolve().parent.parent / "templates"
BESIDES = {"True", "False", "None", "csrf_token"}
"""In every context; the token comes with the request."""


@pytest.fixture
def told(monkeypatch):
    """{template: [what it was given]}, of what is rendered by itself, not within another one."""
    told = defaultdict(list)
    render = Template.render

    def told_and_rendered(self, context):
        if context.template is None and self.name and self.name.startswith("chat/"):
            told[self.name].append({*context.flatten()} - BESIDES)
        return render(self, context)

    monkeypatch.setattr(Template, "render", told_and_rendered)
    return told


PART = re.compile(r'\{% (?:include|extends) "([\w/.]+)"( with [^%]+)?')
NAMES = re.compile(r"(\w+)=|\{% (?:for|with) ([\w, ]+?) in ")


def parts() -> dict[str, dict[str, set[str]]]:
    """{template: {what it is a part of: what that one names besides}}."""
    parts = defaultdict(dict)
    for path in FOLDER.rglob("*.html"):
        text = path.read_text()
        named = {name for found in NAMES.findall(text) for group in found for name in re.findall(r"\w+", group)}
        for name, _ in PART.findall(text):
            parts[name][path.relative_to(FOLDER).as_posix()] = named
    return parts


def known(template: str, told: dict[str, list[set[str]]]) -> set[str]:
    """All that it may ask for: what it is told itself, and what it finds where it is a part."""
    around = parts()[template]
    return set().union(*told.get(template, []), *(known(outer, told) | named for outer, named in around.items()))


def test_it_works(told, client, as_guest, rf, olive, gina, garden, ann, lobby, monkeypatch, settings):
    look_at_rooms(as_guest(ann), olive, garden, lobby)
    client.force_login(olive.user)
    look_at_pages(client, olive, garden, lobby)
    change(client, olive, lobby)
    look_at_cached(client)
    embed(rf, client, lobby, settings)
    hear(olive, gina, garden, lobby)
    mails(settings, garden, gina, olive)
    with monkeypatch.context() as away:
        away.setattr(Room.objects.__class__, "at", fail)
        client.get("/chat/")

    given = defaultdict(list)
    for one in samples():
        given[one.template].append({*one.context} - BESIDES)
    assert {*given} - {*told} <= {*parts()}, "nothing real drew these"
    assert {fault for template in given for fault in faults(template, told, given[template])} == set()


def faults(template: str, told: dict[str, list[set[str]]], given: list[set[str]]) -> set[str]:
    every = known(template, told)
    found = {f"{template} is never told {name}" for one in given for name in one - every}
    for real in told.get(template, []):
        nearest = min((real - sample for sample in given), key=len)
        found |= {f"no sample of {template} that is told all else is told {name}" for name in nearest}
    return found


def fail(*arguments):
    raise DatabaseError("away")


def look_at_rooms(guest, olive: Participant, garden: Room, lobby: Room) -> None:
    actions.post_message(lobby, olive, "hello")
    for address in ("", "?plain=1", "?before=2"):
        guest.get(f"/chat/lobby/{address}")
    guest.post("/chat/lobby/messages/", {"message": " "})
    guest.post("/chat/lobby/messages/", {"message": " ", "next": "/about/"}, headers=HTMX)
    guest.post("/chat/lobby/name/", {"name": "olive"})
    guest.post("/chat/lobby/plain/", {"nonce": "a", "message": "b"})
    for address in ("rooms/", "search/", "rooms/new/", "talk/", "mentions/", "me/", "lobby/about/"):
        guest.get(f"/chat/{address}")
    invitation = actions.invite_to_room(olive, garden)
    guest.get(f"/chat/{garden.slug}/join/{actions.invitation_token(invitation)}/")
    guest.get("/accounts/sign-up/")
    promise = actions.promise(actions.room_of("not-yet"))
    for headers in ({}, HTMX):
        guest.post("/chat/not-yet/messages/", {"message": " ", "promise": promise}, headers=headers)


def look_at_pages(client, olive: Participant, garden: Room, lobby: Room) -> None:
    for address in (
        "",
        "rooms/?q=den",
        "search/?q=n",
        "rooms/new/",
        "talk/?q=gina",
        "mentions/",
        "me/",
        f"{garden.slug}/about/",
        f"{garden.slug}/export/",
        f"{garden.slug}/export/?after=1",
    ):
        client.get(f"/chat/{address}")
    client.post("/chat/rooms/new/", {"name": " "})
    client.post("/chat/talk/", {"key": olive.key})
    client.post(f"/chat/{garden.slug}/about/", {"name": " "})
    olive.user.is_staff = True
    olive.user.save()
    client.get("/accounts/invitations/")
    client.post("/accounts/invitations/")


def change(client, olive: Participant, lobby: Room) -> None:
    message = actions.post_message(lobby, olive, "hello there")
    actions.edit_message(message.pk, olive, "hello everybody")
    for headers in ({}, HTMX):
        for way in ("", "edit/", "menu/"):
            client.get(message.get_permalink() + way, headers=headers)
    client.post(message.get_permalink() + "reply/", {"nonce": "5a-1"}, headers=HTMX)
    client.get(f"/chat/lobby/?reply={message.seq}")
    actions.post_message(lobby, olive, "yes", reply_to=message.seq)
    client.get("/chat/lobby/")
    client.post(message.get_permalink() + "edit/", {"message": " "})


def look_at_cached(client) -> None:
    for address in (
        "composer/5a/1/",
        "lines/5a/1/",
        "connection/silent/",
        "older/17/",
        "older/0/",
        "send/",
        "new-line/",
    ):
        client.get(f"/chat/lobby/{address}")
    client.post("/chat/lobby/composer/5a/1/", {"message": "x"}, headers=HTMX)
    client.post("/chat/lobby/lines/5a/1/", {"message": "x @", "chosen": "olive"}, headers=HTMX)


def embed(rf, client, lobby: Room, settings) -> None:
    settings.CHAT_FRAME_ANCESTORS = "https://blog.example"
    for path in ("lobby/embed/", "nowhere/embed/"):
        client.get(f"/chat/{path}")
    request = rf.get("/articles/7/")
    request.user = AnonymousUser()
    Template('{% load chat %}{% chat_room "lobby" %}{% chat_room "not-yet" %}').render(RequestContext(request))
    fragments.not_for_them("A moderator has closed this room to you.", "")


def hear(olive: Participant, gina: Participant, garden: Room, lobby: Room) -> None:
    variant, refusal = Variant.current(), Refused("No.")
    message = actions.post_message(garden, gina, f"@{olive.name} hello")
    garden.refresh_from_db()
    message = garden.messages.for_page().get(pk=message.pk)
    fragments.message(message, fragments.Where.of(garden))
    fragments.older(garden, garden.seq + 1)
    fragments.head(garden.pk)
    for drawn in (fragments.pulse(garden), fragments.tab(garden, 3), fragments.away(garden, 3)):
        assert drawn
    fragments.connection(garden, "live")
    fragments.ended(garden.slug, refusal)
    fragments.left(garden, "5a-0", 3)
    fragments.unsent(garden, "5a-0", refusal)
    fragments.refused(garden, refusal)
    fragments.closed(garden, "")
    fragments.renamed(garden, olive, refusal)
    fragments.people(garden, {olive.key: False}, [variant])
    fragments.writing(garden, [olive.key, gina.key], [variant])
    fragments.begun(garden, "5a-1", "wo", lines=False)
    fragments.suggestions(garden, "5a-0", ["olive"], lines=True)
    before = fragments.sidebars([olive.pk])[olive.pk]
    fragments.sidebar_anew(before, lobby)
    actions.post_message(garden, gina, "more")
    fragments.sidebar_changes(before, fragments.sidebars([olive.pk])[olive.pk], lobby)
    changes = fragments.Changes.since(garden, 0, "another life")
    changes.frames_after(0)
    changes = fragments.Changes.since(garden, 0)
    changes.keep = 1
    changes.frames_after(0)


def mails(settings, garden: Room, gina: Participant, olive: Participant) -> None:
    settings.CHAT_SITE_URL = "https://chat.example.org"
    Membership.objects.update(read_seq=0)
    Participant.objects.filter(pk=olive.pk).update(digest=True)
    olive.user.email = "olive@example.org"
    olive.user.save()
    call_command("send_digests", verbosity=0)
    assert mail.outbox
