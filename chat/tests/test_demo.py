"""The demo: a place that looks lived in, made in a moment, and never over what is there already."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat import actions, demo
from chat.models import Kind, Membership, Mention, Message, Participant, Room


def seed(*options) -> str:
    said = StringIO()
    call_command("seed_demo", "--force", *options, stdout=said)
    return said.getvalue()


def test_it_works(client, db):
    said = seed("--messages", "600")
    assert "/chat/lobby/: " in said
    assert 500 < Message.objects.count() < 700
    for room in Room.objects.all():
        seqs = [*room.messages.order_by("seq").values_list("seq", flat=True)]
        assert seqs == [*range(1, room.seq + 1)]
        last = room.messages.order_by("seq").last()
        assert room.spoken == last.sent
    page = client.get("/chat/garden/").text
    assert "What grows, and who waters it" in page
    assert page.count("<article") == 50


def test_messages_stand_in_the_order_in_which_they_were_sent_and_none_is_of_tomorrow(db):
    seed("--messages", "400", "--weeks", "2")
    for room in Room.objects.all():
        sent = [*room.messages.order_by("seq").values_list("sent", flat=True)]
        assert sent == sorted(sent)
        assert timezone.now() - timedelta(weeks=2, days=1) < sent[0] <= sent[-1] <= timezone.now()


def test_what_is_said_is_whole_and_the_same_each_time(db):
    end = timezone.now()
    for room in demo.rooms_for("Zoe {a} {0}", "lobby"):
        lines = demo.talk(room, 200, end - timedelta(weeks=3), end)
        assert lines == demo.talk(room, 200, end - timedelta(weeks=3), end)
        assert not any("{" in line.text.replace("Zoe {a} {0}", "Zoe") for line in lines)
        assert {line.author for line in lines} <= set(room.people)


def test_a_room_where_something_was_said_is_left_as_it_is(lobby, ann):
    actions.post_message(lobby, ann, "mine")
    assert "/chat/lobby/: left as it is" in seed("--messages", "100")
    assert [row.body for row in lobby.messages.all()] == ["mine"]
    count = Message.objects.count()
    assert "0 messages" in seed("--messages", "100")
    assert Message.objects.count() == count


def test_whoever_is_shown_around_is_a_member_everywhere_and_has_something_unread(client, member):
    seed("--messages", "900", "--for", "mia")
    rooms = Room.objects.filter(memberships__participant=member)
    assert rooms.count() == len(demo.ROOMS) + 2
    assert rooms.filter(kind=Kind.DIRECT).count() == 2
    assert Mention.objects.of(member).exists()
    assert Membership.objects.unread().filter(participant=member).exists()
    client.force_login(member.user)
    page = client.get("/chat/next-release/").text
    assert "For those who build it" in page
    assert "Amara Okafor" in page
    seed("--messages", "900", "--for", "mia")
    assert Room.objects.filter(kind=Kind.DIRECT).count() == 2


def test_nobody_can_sign_in_as_somebody_of_the_demo(db):
    seed("--messages", "50")
    assert Participant.objects.count() == len(demo.PEOPLE)
    assert not Participant.objects.filter(user__isnull=False).exists()


def test_a_private_room_of_it_is_not_there_for_others(client, db):
    seed("--messages", "50")
    assert client.get("/chat/next-release/").status_code == 404


def test_it_stores_many_at_once(db):
    with CaptureQueriesContext(connection) as queries:
        seed("--messages", "2000")
    assert len(queries) < 400


@pytest.mark.parametrize("options", [("--messages", "0"), ("--messages", "1000000"), ("--weeks", "0")])
def test_what_would_be_no_demo_is_refused(db, options):
    with pytest.raises(CommandError, match="messages fit"):
        seed(*options)


def test_a_real_place_is_asked_about_first(db, settings):
    settings.DEBUG = False
    with pytest.raises(CommandError, match="DEBUG is off"):
        call_command("seed_demo")
    assert not Message.objects.exists()


def test_an_account_that_is_not_there_is_named(db):
    with pytest.raises(CommandError, match="no account nobody"):
        seed("--for", "nobody")
