"""A link to a public room shows what it is about where it is posted. Of any other room nothing is told."""

from html.parser import HTMLParser

import pytest
from django.test import override_settings

from chat import actions, policy
from chat.models import Kind, Membership, Room
from chat.rules import ALLOWED, Policy, Verdict

HOSTILE = '"><script>alert(1)</script><meta http-equiv="refresh" content="0;url=//evil.example">\'&lt;'


class Head(HTMLParser):
    """What a page says of itself to those who show a link to it: {property or name: content}."""

    def __init__(self, page: str):
        super().__init__()
        self.said: dict[str, str] = {}
        self.tags: list[str] = []
        self.feed(page.split("</head>")[0])

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.append(tag)
        if tag == "meta" and (name := given.get("property") or given.get("name")):
            self.said[name] = given["content"]
        elif tag == "link" and given.get("rel") == "canonical":
            self.said["canonical"] = given["href"]


def told(page: str) -> dict[str, str]:
    return {name: said for name, said in Head(page).said.items() if name in TELLING or name.startswith(("og:", "tw"))}


TELLING = ("canonical", "description", "robots")


@pytest.fixture
def tea(db) -> Room:
    room = Room(slug="tea", name="Tea", topic="Green, black & white")
    actions.save_room(room)
    return room


def test_it_works(client, tea):
    assert told(client.get("/chat/tea/").text) == {
        "canonical": "http://testserver/chat/tea/",
        "description": "Green, black & white",
        "og:type": "website",
        "og:site_name": "Parley",
        "og:title": "Tea",
        "og:description": "Green, black & white",
        "og:url": "http://testserver/chat/tea/",
        "og:image": "http://testserver/static/chat/share.png",
        "og:image:width": "1200",
        "og:image:height": "630",
        "twitter:card": "summary_large_image",
    }


def test_a_room_at_two_addresses_has_one(client, lobby):
    pages = [told(client.get(path).text)["canonical"] for path in ("/chat/", "/chat/lobby/", "/chat/?plain=1")]
    assert {*pages} == {"http://testserver/chat/lobby/"}


def test_what_was_said_long_ago_is_another_page(client, tea):
    said = told(client.get("/chat/tea/?before=5").text)
    assert "canonical" not in said
    assert said["og:url"] == "http://testserver/chat/tea/"


def test_the_sites_own_address_goes_before_the_one_asked(client, tea, settings):
    settings.CHAT_SITE_URL = "https://chat.example.org/"
    said = told(client.get("/chat/tea/").text)
    assert said["canonical"] == said["og:url"] == "https://chat.example.org/chat/tea/"


def test_a_host_that_is_not_ours_is_told_nothing(client, tea):
    answer = client.get("/chat/tea/", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert "og:" not in answer.text


def test_a_room_without_a_topic_says_what_one_can_do(client, tea):
    tea.topic = ""
    actions.save_room(tea)
    assert told(client.get("/chat/tea/").text)["description"] == "Read along, or write: no account is needed."
    tea.guests_write = False
    actions.save_room(tea)
    assert told(client.get("/chat/tea/").text)["description"] == "Read along, live."


def test_hostile_names_and_topics_are_text(client, tea):
    innocent = Head(client.get("/chat/tea/").text)
    tea.name, tea.topic = HOSTILE[:80], HOSTILE
    actions.save_room(tea)
    head = Head(client.get("/chat/tea/").text)
    assert head.said["og:title"] == HOSTILE[:80]
    assert head.said["og:description"] == head.said["description"] == HOSTILE
    assert head.tags == innocent.tags


@pytest.mark.parametrize("kind", [Kind.PRIVATE, Kind.MEMBERS, Kind.DIRECT])
def test_of_a_room_that_is_not_for_all_nothing_is_told(client, olive, kind):
    room = Room(slug="plans", kind=kind, name="Secret plans", topic="Of the surprise")
    actions.save_room(room)
    Membership.objects.create(room=room, participant=olive)
    stranger = client.get("/chat/plans/")
    assert stranger.status_code == 404
    assert told(stranger.text) == {}
    assert "ecret" not in stranger.text
    client.force_login(olive.user)
    page = client.get(room.get_absolute_url())
    assert page.status_code == 200
    assert told(page.text) == {"robots": "noindex"}


class Club(Policy):
    def can_read(self, participant, room):
        return Verdict(not participant.is_guest, "This is a club.") and super().can_read(participant, room)


@override_settings(CHAT_POLICY="chat.tests.test_shown.Club")
def test_nor_of_one_that_the_host_keeps_from_strangers(client, olive, tea):
    assert policy.can_know(olive, tea)
    client.force_login(olive.user)
    assert told(client.get("/chat/tea/").text) == {"robots": "noindex"}


class Open(Policy):
    def can_know(self, participant, room):
        return ALLOWED

    can_read = can_know


@override_settings(CHAT_POLICY="chat.tests.test_shown.Open")
def test_whoever_may_read_it_a_private_room_is_no_public_one(client, tea):
    secret = Room(slug="secret", name="Secret", kind=Kind.PRIVATE)
    actions.save_room(secret)
    assert told(client.get("/chat/secret/").text) == {"robots": "noindex"}
    assert told(client.get("/chat/tea/").text)["og:title"] == "Tea"


def test_under_another_name(client, tea, settings):
    settings.CHAT_SITE_NAME = 'Tom & "Ann"'
    page = client.get("/chat/tea/").text
    assert told(page)["og:site_name"] == 'Tom & "Ann"'
    assert "<title>Tea · Tom &amp; &quot;Ann&quot;" in page
