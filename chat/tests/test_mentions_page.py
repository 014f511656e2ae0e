"""The page of what speaks of somebody: in rooms they may read still, with a way into each conversation."""

import re

import pytest
from django.test import Client

from chat import actions, mentions
from chat.models import Kind, Membership, Mention, Participant, Role, Room
from chat.tests.test_mentions import people  # noqa: F401

PATH = "/chat/mentions/"


@pytest.fixture
def bob(people):  # noqa: F811
    (bob,) = people("Bob")
    return bob


@pytest.fixture
def his(bob):
    client = Client()
    client.force_login(bob.user)
    return client


def listed(client) -> list[str]:
    """The texts on the page, without what marks them."""
    said = re.findall(r'<p class="card-said"[^>]*>(.*?)</p>', client.get(PATH).text, re.DOTALL)
    return [re.sub(r"<[^>]*>", "", text) for text in said]


def test_it_works(lobby, ann, bob, his):
    first = actions.post_message(lobby, ann, "one @bob <b>")
    actions.post_message(lobby, ann, "of nobody")
    actions.post_message(lobby, ann, "two @bob")
    assert listed(his) == ["two @bob", "one @bob &lt;b&gt;"]
    page = his.get(PATH).text
    assert f'href="/chat/lobby/#message-{first.pk}"' in page
    assert f'<span class="mention" data-mention="{bob.key}">@bob</span>' in page
    assert f'href="/chat/viewer/{bob.key}.css"' in page
    assert 'href="/chat/mentions/"' in his.get("/chat/").text


def test_a_guest_is_asked_to_sign_in(client, ann, as_guest):
    answer = as_guest(ann).get(PATH)
    assert (answer.status_code, 'href="/accounts/login/?next=/chat/mentions/"' in answer.text) == (403, True)
    assert 'href="/chat/mentions/"' not in client.get("/chat/").text


def test_who_is_banned_reads_nothing(lobby, ann, bob, his):
    actions.post_message(lobby, ann, "@bob")
    actions.ban(bob, True)
    answer = his.get(PATH)
    assert (answer.status_code, "@bob" in answer.text) == (403, False)


def test_what_is_deleted_or_edited_away_is_gone(lobby, ann, bob, his):
    one, two = (actions.post_message(lobby, ann, "@bob") for _ in range(2))
    actions.delete_message(one.pk, ann)
    actions.edit_message(two.pk, ann, "@nobody")
    assert listed(his) == []
    assert "Nobody has mentioned you yet." in his.get(PATH).text


def test_only_what_was_said_where_one_may_read_still(ann, bob, his, people):  # noqa: F811
    (olga,) = people("Olga")
    room = Room.objects.create(slug="quiet", name="Quiet", kind=Kind.PRIVATE)
    Membership.objects.create(room=room, participant=olga, role=Role.OWNER)
    there = Membership.objects.create(room=room, participant=bob)
    actions.post_message(room, olga, "secret @bob")
    assert listed(his) == ["secret @bob"]
    actions.remove_member(olga, there)
    assert listed(his) == []


def test_a_call_to_all_is_for_who_was_there_and_stands_once(bob, his, people):  # noqa: F811
    olga, mia = people("Olga", "Mia")
    room = Room.objects.create(slug="garden", name="Garden")
    Membership.objects.create(room=room, participant=olga, role=Role.OWNER)
    actions.post_message(room, olga, "@room before")
    actions.join_room(bob, room)
    actions.post_message(room, olga, "@room after")
    actions.post_message(room, olga, "@room and @bob")
    assert listed(his) == ["@room and @bob", "@room after"]
    assert "to everybody in the room" in his.get(PATH).text
    for other in (olga, mia):  # who said it, and who is not in the room
        assert not Mention.objects.of(other).exists()


def test_what_is_unread_is_marked(bob, his, people):  # noqa: F811
    (olga,) = people("Olga")
    room = Room.objects.create(slug="garden", name="Garden")
    actions.post_message(room, olga, "@bob, not counted for who is no member")
    assert "badge-new" not in his.get(PATH).text
    room.refresh_from_db()
    actions.join_room(bob, room)
    actions.post_message(room, olga, "@bob")
    assert his.get(PATH).text.count("badge-new") == 1
    Membership.objects.filter(participant=bob).update(read_seq=2)
    assert "badge-new" not in his.get(PATH).text


def test_the_link_leads_to_where_it_stands_however_long_ago(lobby, ann, bob, his, settings):
    settings.CHAT_PAGE_SIZE = 6
    for number in range(5):
        actions.post_message(lobby, ann, f"before {number}")
    spoken = actions.post_message(lobby, ann, "@bob")
    for number in range(9):
        actions.post_message(lobby, ann, f"after {number}")
        (link,) = re.findall(r'class="card-title" href="([^"]*)"', his.get(PATH).text)
        assert f'id="message-{spoken.pk}"' in his.get(link).text
        assert link in (f"/chat/lobby/#message-{spoken.pk}", spoken.get_permalink())
    assert link == spoken.get_permalink()
    assert "after 0" in his.get(link).text
    assert "before 4" in his.get(link).text


def test_there_are_pages(lobby, ann, bob, his, monkeypatch):
    monkeypatch.setattr("chat.views.mentions.PAGE", 2)
    for number in range(5):
        actions.post_message(lobby, ann, f"{number} @bob")
    assert listed(his) == ["4 @bob", "3 @bob"]
    assert "2 @bob" not in his.get(PATH).text
    assert "Page 1 of 3" in his.get(PATH).text
    assert "0 @bob" not in his.get(f"{PATH}?page=2").text
    for number in ("3", "999", "x", "-1", "9" * 30):
        assert his.get(f"{PATH}?page={number}").status_code == 200


def test_the_number_of_queries_does_not_grow(lobby, ann, bob, his, django_assert_max_num_queries):
    for _ in range(20):
        actions.post_message(lobby, ann, "@bob")
    with django_assert_max_num_queries(7):
        his.get(PATH)


def test_an_excerpt_shows_where_one_is_spoken_of():
    text = "x" * 500 + " @ann " + "y" * 50 + " @bob " + "z" * 500
    marks = [[501, 505, "u1"], [557, 561, "u2 u3"]]
    shown, within = mentions.excerpt(text, marks, "u3")
    assert [shown[start:end] for start, end, _ in within] == ["@ann", "@bob"]
    assert shown.startswith("…x")
    assert shown.endswith("z…")
    assert len(shown) == mentions.EXCERPT + 2
    assert mentions.excerpt("@bob", [[0, 4, "*"]], "u9") == ("@bob", [(0, 4, "*")])
    cut, within = mentions.excerpt("@bob " + "x" * 274 + "@ann", [[0, 4, "u2"], [279, 283, "u1"]], "u2")
    assert (cut[-3:], within) == ("x@…", [(0, 4, "u2")])


def test_who_has_no_row_yet_was_never_mentioned(lobby, member):
    Mention.objects.create(message=actions.post_message(lobby, member, "@room"), participant=None)
    assert not Mention.objects.of(Participant(key="u999", kind="member", name="New")).exists()
