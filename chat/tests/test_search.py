"""What one may know of is found by its name, rooms and people; nothing else is, whatever is asked for."""

import re

import pytest
from django.test import Client

from chat import actions
from chat.models import Participant

pytestmark = pytest.mark.django_db

PATH = "/chat/search/"


def found(client, query: str) -> list[str]:
    """The names in the answer, rooms first."""
    answer = client.get(PATH, {"q": query})
    assert answer.status_code == 200
    return re.findall(r'(?:card-title" href="[^"]*"><bdi|<bdi class="font-semibold[^"]*")>([^<]*)<', answer.text)


@pytest.fixture
def signed_in(olive):
    client = Client()
    client.force_login(olive.user)
    return client


def test_it_works(signed_in, olive, gina):
    actions.make_room(olive, "Greenhouse", "public", "Of gin and tomatoes")
    assert found(signed_in, "gin") == ["Greenhouse", "gina"]
    assert found(signed_in, "GREEN") == ["Greenhouse"]
    assert found(signed_in, "") == []
    assert "Nothing was found for “pumpkin”" in signed_in.get(PATH, {"q": "pumpkin"}).text


def test_nobody_finds_what_is_not_for_them(client, signed_in, olive, gina, garden):
    members = actions.make_room(gina, "Garden of members", "members")
    hidden = actions.make_room(gina, "Garden of gina", "private")
    assert {*found(signed_in, "garden")} == {garden.name, members.name}
    assert found(client, "garden") == []
    assert hidden.name not in signed_in.get(PATH, {"q": "garden"}).text


def test_a_guest_finds_no_people_and_nobody_finds_who_is_banned(client, signed_in, gina, lobby):
    assert found(client, "gina") == []
    assert found(client, "lobby") == ["Lobby"]
    actions.ban(gina, True)
    assert found(signed_in, "gina") == []


@pytest.mark.parametrize("query", ["%", "_", "g%a", "g_na", "\\", "'", '"><script>', "\x00", "a" * 10_000, "\ud800"])
def test_what_is_looked_for_is_text(signed_in, gina, query):
    answer = signed_in.get(f"{PATH}?q=" + "".join(f"%{byte:02x}" for byte in query.encode(errors="replace")))
    assert answer.status_code == 200
    assert "gina" not in answer.text
    assert "<script>" not in answer.text
    assert found(signed_in, "%") == found(signed_in, "_") == []


def test_it_costs_the_same_however_much_is_found(signed_in, olive, settings, django_assert_max_num_queries):
    settings.CHAT_RATE_LIMITS = False
    for number in range(30):
        actions.make_room(olive, f"Bed {number}", "public")
        Participant.objects.create(key=f"u9{number}", kind=Participant.Kind.MEMBER, name=f"Bedivere {number}")
    with django_assert_max_num_queries(9):
        answer = signed_in.get(PATH, {"q": "bed"})
    assert len(found(signed_in, "bed")) == 10
    assert "/chat/rooms/?q=bed" in answer.text
    assert "/chat/talk/?q=bed" in answer.text


def test_no_room_can_be_called_away_by_it(olive):
    assert actions.make_room(olive, "Search", "public").slug == "search-2"
