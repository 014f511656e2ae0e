"""What one person says in a row stands under one head: stored with the message, so that everybody gets the same."""

from datetime import timedelta
from itertools import pairwise

import pytest
from django.utils import timezone

from chat import actions, fragments
from chat.actions import Post
from chat.models import Room
from chat.models.message import TOGETHER

pytestmark = pytest.mark.django_db


def flags(room):
    return [row.goes_on for row in room.messages.order_by("seq")]


def test_it_works(lobby, ann, member):
    for author in (ann, ann, member, ann, ann):
        actions.post_message(lobby, author, "hello")
    assert flags(lobby) == [False, True, False, False, True]
    html = [fragments.message(row, fragments.Where.of(row.room)) for row in lobby.messages.for_page().order_by("seq")]
    assert ["message-goes-on" in text for text in html] == flags(lobby)
    assert all("message-author" in text for text in html), "each says who speaks, to those who hear the page"


def test_of_many_stored_at_once(lobby, ann, member):
    actions.post_message(lobby, ann, "before")
    rows = actions.post_messages([Post(lobby, author, "hello") for author in (ann, ann, member, member, ann)])
    assert [row.goes_on for row in rows] == [True, True, False, True, False]
    assert flags(lobby)[1:] == [row.goes_on for row in rows]


def later(monkeypatch, by):
    moment = timezone.now() + by
    monkeypatch.setattr("chat.actions.posting.timezone.now", lambda: moment)


def test_after_a_while_it_begins_anew(lobby, ann, monkeypatch):
    actions.post_message(lobby, ann, "one")
    later(monkeypatch, TOGETHER - timedelta(seconds=5))
    actions.post_message(lobby, ann, "two")
    later(monkeypatch, 2 * TOGETHER)
    actions.post_message(lobby, ann, "three")
    assert flags(lobby) == [False, True, False]


def test_another_name_is_said(lobby, member):
    actions.post_message(lobby, member, "one")
    member = actions.rename(member, "Mia the Second")
    actions.post_message(lobby, member, "two")
    actions.post_message(lobby, member, "three")
    assert flags(lobby) == [False, False, True]


def test_each_room_has_its_own_last_word(lobby, garden, olive):
    actions.post_message(garden, olive, "one")
    actions.post_message(lobby, olive, "two")
    actions.post_message(garden, olive, "three")
    assert (flags(lobby), flags(garden)) == ([False], [False, True])


def test_a_change_in_between_is_no_word(lobby, ann, member):
    first = actions.post_message(lobby, ann, "one")
    actions.delete_message(first.pk, ann)
    actions.post_message(lobby, ann, "two")
    assert flags(lobby) == [False, True]


def test_at_midnight_the_day_says_who_speaks(lobby, ann):
    moment = timezone.now().replace(hour=0, minute=1)
    actions.post_message(lobby, ann, "one")
    actions.post_message(lobby, ann, "two")
    for seq, at in ((1, moment - timedelta(minutes=3)), (2, moment)):
        lobby.messages.filter(seq=seq).update(sent=at)
    row = lobby.messages.for_page().get(seq=2)
    with timezone.override("UTC"):
        assert "message-goes-on" not in fragments.message(row, fragments.Where.of(row.room))
    with timezone.override("Asia/Tokyo"):  # there it is nine in the morning
        assert "message-goes-on" in fragments.message(row, fragments.Where.of(row.room))


def test_the_demo_has_some():
    for _room, _count in actions.seed_demo(300, 2):
        pass
    rows = list(Room.objects.get(slug="lobby").messages.order_by("seq").select_related("author"))
    told = [one.speaker == two.speaker and two.sent - one.sent < TOGETHER for one, two in pairwise(rows)]
    assert [row.goes_on for row in rows] == [False, *told]
    assert any(told)
