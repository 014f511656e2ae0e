"""Nobody may look like a member, or like somebody who has a say; whoever is a guest is marked as one."""

from importlib import import_module

import pytest
from django.apps import apps
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from chat import actions, names, policy
from chat.conf import Conf
from chat.errors import Refused
from chat.models import Participant

ADMIN = "admin,administrator,mod,system".split(",")
CYRILLIC_A, GREEK_O, CLICK = "\u0430", "\u03bf", "\u01c3"


@pytest.fixture
def otto(django_user_model, db):
    return actions.welcome(django_user_model.objects.create_user("Otto Bill"))


def test_it_works(otto, ann, as_guest, lobby):
    page = as_guest(ann).post("/chat/lobby/name/", {"name": f"Ott{GREEK_O} BiII"})
    assert page.status_code == 400
    assert "A member has this name, or one that looks the same." in page.text
    assert f'value="Ott{GREEK_O} BiII"' in page.text
    ann.refresh_from_db()
    assert ann.name == "Ann"


ALIKE = [
    ("Otto Bill", "otto bill", "case"),
    ("Otto Bill", "Otto BiII", "a capital I for an l"),
    ("Otto Bill", "0tto Bill", "a zero for an O"),
    ("Otto Bill", "Otto B1ll", "a one for an i"),
    ("Otto Bill", "Otto Bi||", "bars for ls"),
    ("Otto Bill", f"Ott{GREEK_O} Bill", "a Greek o"),
    ("Otto Bill", "\uff2ftto Bill", "a wide O"),
    ("Otto Bill", "\U0001d40etto Bill", "a bold O of mathematics"),
    ("Otto Bill", "OttoBill", "a blank less"),
    ("Otto Bill", "Otto-Bill.", "punctuation"),
    ("Otto Bill", "Otto Bill \u2714", "a mark of having been checked"),
    ("Otto Bill", "Otto\u200d Bill", "a joiner"),
    ("Otto Bill", f"Otto Bill{CLICK}", "a letter that looks like punctuation"),
    ("Ian", "lan", "an l for a capital I"),
    ("Norman", "Norrnan", "r and n for an m"),
    ("Anna", f"Ann{CYRILLIC_A}", "a Cyrillic a"),
    ("\u042f\u043d\u0430", "\u042f\u043da", "a Latin a in a Cyrillic name"),
]
DIFFERENT = [
    ("Otto", "Ottilie"),
    ("Zo\u00eb", "Zoe"),
    ("\u674e\u5c0f\u9f8d", "\u674e\u9f8d"),
    ("\U0001f469", "\U0001f468"),
    ("Ann", "Anna"),
    ("Ann 1", "Ann 2"),
    ("\u05e2\u05de\u05d9\u05ea", "\u05e2\u05de\u05d9"),
]


@pytest.mark.parametrize(("one", "other"), [row[:2] for row in ALIKE], ids=[row[2] for row in ALIKE])
def test_what_looks_alike_has_one_skeleton(one, other):
    assert names.skeleton(one) == names.skeleton(other) != ""


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_looks_different_has_two(one, other):
    assert names.skeleton(one) != names.skeleton(other)


@settings(max_examples=200)
@given(st.text(min_size=1, max_size=80))
def test_a_skeleton_fits_the_column_and_knows_no_case(text):
    skeleton = names.skeleton(text)
    assert len(skeleton) <= 255
    assert skeleton == names.skeleton(text)
    assert names.skeleton("\ufdfa" * 80) == names.skeleton("\ufdfa" * 80)[:255]
    assert names.skeleton("ann" + "\u00e9") == names.skeleton("ANN" + "\u00c9")


RESERVED = "Admin|ADMIN|the admin|Admin Ann|admin2|a.d.m.i.n|a d m i n|Adm1n|\u00e4dmin|\uff41dmin|System|SYSTEM_1|Mod"
RESERVED += f"|{CYRILLIC_A}dmin|\U0001d41admin|adrnin|Everyone|every one|Room|here|@all|M\u03bfd"
FREE = "Modesty|Modern Ann|Badminton|Systematic|Room 5|Herbert|Mia|Allen|\u674e\u5c0f\u9f8d|Robot|\U0001f469"


@pytest.mark.parametrize("name", RESERVED.split("|"))
def test_a_name_that_claims_to_be_somebody_is_reserved(name):
    assert names.is_reserved(name, ADMIN)


@pytest.mark.parametrize("name", FREE.split("|"))
def test_a_name_that_only_begins_so_is_free(name):
    assert not names.is_reserved(name, ADMIN)


def test_no_word_that_we_make_names_of_is_reserved():
    """Nor can two of them be: what is reserved is a word, or all of the name."""
    words = Conf.reserved_names.default.split(",")
    for word in {*names.FIRST, *names.LAST}:
        assert not names.is_reserved(word, words)
    whole = {names.skeleton(word) for word in (*words, *names.ADDRESSED)}
    assert not [1 for first in names.FIRST for last in names.LAST if (first + last).lower() in whole]


def test_a_guest_may_have_the_name_that_we_gave_whoever_else_has_it(as_guest, lobby, django_user_model):
    guest = Participant(key="g1234", kind=Participant.Kind.GUEST, name=names.guest_name("g1234"))
    actions.welcome(django_user_model.objects.create_user(guest.name))
    assert as_guest(guest).post("/chat/lobby/messages/", {"message": "hello"}).status_code == 303
    assert as_guest(guest).post("/chat/lobby/name/", {"name": guest.name}).status_code == 303
    as_guest(guest).post("/chat/lobby/name/", {"name": "Nina"})
    assert as_guest(guest).post("/chat/lobby/name/", {"name": guest.name}).status_code == 303


def test_two_guests_may_share_a_name_and_both_are_marked(as_guest, lobby, ann):
    other = Client()
    other.post("/chat/lobby/name/", {"name": "Ann"})
    other.post("/chat/lobby/messages/", {"message": "hello"})
    as_guest(ann).post("/chat/lobby/messages/", {"message": "hello"})
    page = other.get("/chat/").text
    log = page[page.index('role="log"') :]
    assert log.count('<bdi class="message-author">Ann</bdi>') == log.count('<span class="badge">guest</span>') == 2


def test_the_site_says_what_is_reserved(ann, settings):
    settings.CHAT_RESERVED_NAMES = "captain, purser"
    assert policy.can_take_name(ann, "Admin")
    assert not policy.can_take_name(ann, "The Captain")
    assert not policy.can_take_name(ann, "PURSER")
    settings.CHAT_RESERVED_NAMES = ""
    assert policy.can_take_name(ann, "Captain")


def test_a_staff_member_may_say_so(django_user_model, db):
    boss = actions.welcome(django_user_model.objects.create_user("boss", is_staff=True))
    assert actions.rename(boss, "Admin").name == "Admin"
    other = actions.welcome(django_user_model.objects.create_user("mia"))
    with pytest.raises(Refused, match="reserved"):
        actions.rename(other, "Admin")


def test_a_member_takes_no_other_member_s_name_but_may_spell_their_own_otherwise(otto, member):
    with pytest.raises(Refused, match="looks the same"):
        actions.rename(member, "otto bill")
    assert actions.rename(member, "MIA").name == "MIA"


def test_an_account_called_like_a_role_cannot_be_shown_under_its_name_later(django_user_model, client, lobby):
    """Signing up as admin with another name to show, and then emptying that, would be a way around."""
    form = {"username": "admin", "password1": "a-long-word-1", "password2": "a-long-word-1", "name": "Nina"}
    assert client.post("/accounts/sign-up/", form).status_code == 303
    answer = client.post("/chat/me/", {"name": "", "rings": "all"})
    assert answer.status_code == 400
    assert "reserved" in answer.text
    assert Participant.objects.get().name == "Nina"


def test_the_look_up_is_one_query(otto, ann, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert not policy.can_take_name(ann, "0tto Bill")


def test_what_members_are_called_elsewhere_counts_as_soon_as_it_is_known(ann, member, lobby, client):
    member.user.first_name = "Zita"
    member.user.save()
    client.force_login(member.user)
    client.post("/chat/lobby/messages/", {"message": "hello"})
    with pytest.raises(Refused, match="looks the same"):
        actions.rename(ann, "Zita")
    assert actions.rename(ann, "Mia").name == "Mia"


def test_names_from_before_are_compared_as_well(member, ann, db):
    """The migration finds out who chose their name, and what it looks like."""
    given = Participant(key="g1234", kind=Participant.Kind.GUEST, name=names.guest_name("g1234"))
    actions.enrol(given)
    Participant.objects.update(skeleton="", named=False)
    import_module("chat.migrations.0003_names").compare(apps, None)
    rows = {row.key: (row.named, row.skeleton) for row in Participant.objects.all()}
    assert rows == {member.key: (False, "rnla"), ann.key: (True, "ann"), given.key: (False, "")}
