"""A person's page: what they say of themselves, where it shows, and that a room never takes its address."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import get_resolver

from chat import actions
from chat.errors import Refused
from chat.models import Message, Participant, Room
from chat.models.participant import Colour
from chat.tests.test_house import ROOT, style_sources

ME = "/chat/me/"
CHOICES = {"name": "", "colour": "", "time_zone": "", "language": "", "rings": "mentions"}


def test_it_works(client, lobby):
    wanted = {"name": "Nina", "colour": "teal", "time_zone": "Europe/Lisbon", "language": "de", "rings": "all"}
    answer = client.post(ME, wanted)
    assert (answer.status_code, answer["Location"]) == (303, f"{ME}?saved")
    page = client.get(answer["Location"]).text
    assert "Gespeichert." in page  # in the language just chosen
    person = Participant.objects.get()
    assert {field: getattr(person, field) for field in wanted} == wanted
    assert 'value="Nina"' in page
    assert re.search(r'value="teal"[^>]*checked', page)
    assert re.search(r'value="all"[^>]*checked', page)
    assert '<option value="Europe/Lisbon" selected>Lisbon</option>' in page
    assert '<option value="de" selected>Deutsch</option>' in page


def test_looking_at_it_stores_nothing(client, lobby):
    assert "guest" in client.get(ME).text
    assert not Participant.objects.exists()


def test_a_member_has_one_as_well(client, lobby, member):
    client.force_login(member.user)
    client.post(ME, {**CHOICES, "name": "Mia of the Hill", "colour": "red"})
    page = client.get(ME).text
    assert "Mia of the Hill" in page
    assert 'class="badge">guest' not in page
    client.post("/chat/lobby/messages/", {"message": "hello"})
    assert Message.objects.get().author_name == "Mia of the Hill"
    client.post(ME, CHOICES)
    member.refresh_from_db()
    assert (member.name, member.named) == ("mia", False)


def test_an_empty_name_of_a_guest_is_the_one_we_gave(client, lobby):
    client.post(ME, {**CHOICES, "name": "Nina"})
    client.post(ME, CHOICES)
    person = Participant.objects.get()
    assert person.name == person.given_name != "Nina"


def test_the_colour_is_that_of_the_name_beside_a_message(client, lobby, ann):
    actions.post_message(lobby, ann, "without")
    actions.change_person(ann, "", colour="violet", time_zone="", language="", rings="all")
    assert '<bdi class="message-author colour-violet">' in client.get("/chat/").text


@pytest.mark.parametrize(
    "styles", [style_sources(), (ROOT / "theme/static/css/dist/styles.css").read_text()], ids=["sources", "built"]
)
def test_the_stylesheet_has_every_colour(styles):
    for colour in filter(None, Colour.values):
        assert f".colour-{colour}" in styles
        assert len(re.findall(rf"--color-name-{colour}:\s*light-dark\(#\w+,\s*#\w+\)", styles)) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("colour", "red; background: url(//evil.example)"),
        ("colour", "ultraviolet"),
        ("time_zone", "../../etc/passwd"),
        ("time_zone", "Mars/Olympus"),
        ("language", "tlh"),
        ("rings", ""),
        ("rings", "always"),
        ("name", "n" * 41),
        ("name", "\u200b"),
        ("name", "n\x00"),
        ("name", "Admin"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field_and_nothing_changes(client, lobby, field, value):
    answer = client.post(ME, {**CHOICES, "name": "Nina", field: value})
    assert answer.status_code == 400
    blocks = answer.text.split('class="form-field"')[1:]
    assert ['<ul class="errorlist"' in block for block in blocks] == [f'name="{field}"' in block for block in blocks]
    assert field == "name" or 'value="Nina"' in answer.text
    assert not Participant.objects.exists()


def test_a_name_is_escaped(client, lobby):
    client.post(ME, {**CHOICES, "name": '<b id="x">'})
    for path in (ME, "/chat/"):
        page = client.get(path).text
        assert "&lt;b id=" in page
        assert "<b id=" not in page


def test_who_is_banned_has_no_page(as_guest, lobby, ann):
    actions.ban(ann, True)
    assert as_guest(ann).get(ME).status_code == 403
    assert as_guest(ann).post(ME, CHOICES).status_code == 403


def test_without_a_token_of_ours_nothing_happens(lobby):
    careful = Client(enforce_csrf_checks=True)
    assert careful.post(ME, CHOICES).status_code == 403
    assert not Participant.objects.exists()


def test_it_is_limited_as_writing_is(client, lobby, settings):
    settings.CHAT_PARTICIPANT_RATE = "2/hour"
    client.get(ME)
    statuses = [client.post(ME, {**CHOICES, "name": f"Nina {number}"}).status_code for number in range(3)]
    assert statuses == [303, 303, 429]


def test_only_staff_members_are_shown_where_to_invite(client, lobby, member, settings):
    client.force_login(member.user)
    assert "/accounts/invitations/" not in client.get(ME).text
    member.user.is_staff = True
    member.user.save()
    assert "/accounts/invitations/" in client.get(ME).text
    settings.CHAT_SIGN_UP = "closed"
    assert "/accounts/invitations/" not in client.get(ME).text


# --- Its address -------------------------------------------------------------------------------------


def test_no_room_is_made_where_a_page_is(db):
    with pytest.raises(Refused, match="taken"):
        actions.save_room(Room(slug="me", name="Me"))
    with pytest.raises(ValidationError, match="taken"):
        Room(slug="me", name="Me").full_clean()
    actions.save_room(Room(slug="mew", name="Mew"))


def test_the_admin_says_so_at_the_field(admin_client):
    page = admin_client.post("/admin/chat/room/add/", {"name": "Me", "slug": "me", "topic": "", "seq": 0})
    assert page.status_code == 200
    assert "This address is taken" in page.text
    assert not Room.objects.exists()


def test_every_address_of_one_word_is_kept_from_rooms(db):
    """Also those that are added later: the addresses themselves are asked."""
    (chat,) = [one for one in get_resolver().url_patterns if getattr(one, "namespace", "") == "chat"]
    words = [re.fullmatch(r"([\w-]+)/", str(one.pattern)) for one in chat.url_patterns]
    words = [word[1] for word in words if word]
    assert "me" in words
    for word in words:
        with pytest.raises(Refused):
            actions.save_room(Room(slug=word, name=word))
