"""A message is changed or deleted after it was posted: what is stored of it then, and what is not any more."""

from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from chat import actions, policy
from chat.errors import Forbidden, Refused, TooFast
from chat.models import Message, Participant, Room, Version
from chat.rules import ALLOWED, Policy


@pytest.fixture
def message(lobby, ann) -> Message:
    return actions.post_message(lobby, ann, "hello")


def head() -> int:
    return Room.objects.get(slug="lobby").seq


def earlier(message: Message) -> list[str]:
    return [one.body for one in message.versions.all()]


def test_it_works(message, ann):
    edited = actions.edit_message(message.pk, ann, " hello, you\r\n")
    stored = Message.objects.get(pk=message.pk)
    assert (stored.body, stored.seq, stored.changed) == (" hello, you", 1, 2)
    assert stored.edited == edited.edited >= stored.sent
    assert earlier(stored) == ["hello"]


def test_each_version_is_kept_with_when_it_was_written(message, ann):
    times = [message.sent]
    for text in ("two", "three", "four"):
        times.append(actions.edit_message(message.pk, ann, text).edited)
    assert earlier(message) == ["hello", "two", "three"]
    assert [one.written for one in message.versions.all()] == times[:-1]


def test_the_same_text_changes_nothing(message, ann):
    for text in ("hello", "hello\n", "\n\nhello  "):
        actions.edit_message(message.pk, ann, text)
    stored = Message.objects.get(pk=message.pk)
    assert (stored.edited, stored.changed, earlier(stored), head()) == (None, 1, [], 1)


def test_a_deletion_leaves_nothing_of_what_was_there(message, ann):
    actions.edit_message(message.pk, ann, "two")
    assert actions.delete_message(message.pk, ann).deleted
    stored = Message.objects.get(pk=message.pk)
    assert (stored.body, stored.edited, stored.deleted, stored.changed) == ("", None, True, 3)
    assert not Version.objects.exists()


def test_what_is_deleted_is_deleted_once(message, ann):
    actions.delete_message(message.pk, ann)
    actions.delete_message(message.pk, ann)
    assert head() == 2
    with pytest.raises(Forbidden, match="has been deleted"):
        actions.edit_message(message.pk, ann, "back again")


@pytest.mark.parametrize(
    ("text", "why"), [(" ", "empty"), ("x" * 4001, "too long"), (None, "a text"), ("a\0b", "NUL"), (["x"], "a text")]
)
def test_an_unfit_text_changes_nothing(message, ann, text, why):
    with pytest.raises(Refused, match=why):
        actions.edit_message(message.pk, ann, text)
    assert (Message.objects.get(pk=message.pk).body, earlier(message)) == ("hello", [])


def test_edits_count_as_writing_and_deletions_do_not(message, ann, settings):
    settings.CHAT_PARTICIPANT_RATE = "2/day"
    for text in ("two", "three"):
        actions.edit_message(message.pk, ann, text)
    with pytest.raises(TooFast):
        actions.edit_message(message.pk, ann, "four")
    with pytest.raises(TooFast):
        actions.post_message(message.room, ann, "five")
    assert actions.delete_message(message.pk, ann).deleted


def test_one_address_may_not_change_more_than_it_may_write(message, ann, settings):
    settings.CHAT_ADDRESS_RATE = "1/day"
    actions.edit_message(message.pk, ann, "two", "192.0.2.1")
    with pytest.raises(TooFast, match="network"):
        actions.edit_message(message.pk, ann, "three", "192.0.2.1")
    actions.edit_message(message.pk, ann, "three", "192.0.2.2")


def test_after_a_while_it_stands(message, ann, settings):
    settings.CHAT_EDIT_SECONDS = 60
    actions.edit_message(message.pk, ann, "in time")
    Message.objects.filter(pk=message.pk).update(sent=timezone.now() - timedelta(seconds=61))
    with pytest.raises(Forbidden, match="too old to be changed"):
        actions.edit_message(message.pk, ann, "too late")
    with pytest.raises(Forbidden, match="too old to be deleted"):
        actions.delete_message(message.pk, ann)
    settings.CHAT_EDIT_SECONDS = 0
    assert actions.delete_message(message.pk, ann).deleted


def test_moderators_delete_what_is_old(garden, olive, gina, settings):
    settings.CHAT_EDIT_SECONDS = 60
    old = actions.post_message(garden, gina, "long ago")
    Message.objects.filter(pk=old.pk).update(sent=timezone.now() - timedelta(days=1))
    assert not policy.can_delete(gina, Message.objects.get(pk=old.pk))
    assert actions.delete_message(old.pk, olive).deleted


def test_nobody_changes_what_is_not_there(ann):
    for change in (lambda: actions.edit_message(7, ann, "x"), lambda: actions.delete_message(7, ann)):
        with pytest.raises(Message.DoesNotExist):
            change()


def test_who_may_not_leaves_no_trace(message):
    """A raw client is somebody new at each connection."""
    stranger = Participant.guest("gstranger")
    for change in (
        lambda: actions.edit_message(message.pk, stranger, "x"),
        lambda: actions.delete_message(message.pk, stranger),
    ):
        with pytest.raises(Forbidden):
            change()
    assert not Participant.objects.filter(key="gstranger").exists()


class Lenient(Policy):
    def can_edit(self, participant, message):
        return ALLOWED


def test_no_rule_of_a_hosts_brings_back_what_is_deleted(message, ann, settings):
    settings.CHAT_POLICY = f"{__name__}.Lenient"
    actions.delete_message(message.pk, ann)
    with pytest.raises(Forbidden, match="has been deleted"):
        actions.edit_message(message.pk, ann, "back again")
    assert Message.objects.get(pk=message.pk).body == ""
    assert not Version.objects.exists()


# --- By a frame -----------------------------------------------------------------------------------


async def test_a_frame_changes_it_and_another_deletes_it(connect, lobby, ann, bob):
    mine, theirs = await connect(guest=ann), await connect(guest=bob)
    await mine.say(message="hello")
    await theirs.hears("hello")
    await mine.say(do="edit", seq="1", message="hello, you")
    (frame,) = await theirs.hears("hello, you")
    assert frame.startswith('<article class="message" id="message-')
    assert 'class="message-edited"' in frame
    await mine.say(do="delete", seq="1")
    await theirs.hears("This message was deleted.")


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        ({"seq": "1", "message": " "}, "empty"),
        ({"seq": "1", "message": 7}, "a text"),
        ({"seq": "1"}, "a text"),
        ({"seq": "2", "message": "x"}, "There is no such message."),
        ({"seq": "9" * 18, "message": "x"}, "There is no such message."),
    ],
)
async def test_a_refusal_is_said_in_the_room(connect, lobby, ann, frame, why):
    socket = await connect(guest=ann)
    await socket.say(message="hello")
    await socket.hears("hello")
    await socket.say(do="edit", **frame)
    assert why in (await socket.hears("notice-lobby"))[-1]


@pytest.mark.parametrize("verb", ["edit", "delete"])
@pytest.mark.parametrize("seq", [1, None, "", "x", "-1", "1" * 19, "\u0661", ["1"], '1"><b'])
async def test_what_is_no_seq_is_refused(connect, lobby, ann, verb, seq):
    socket = await connect(guest=ann)
    await socket.say(do=verb, seq=seq, message="x")
    assert "seq is a text of up to 18 digits" in (await socket.hears("notice-lobby"))[-1]


async def test_no_frame_reaches_into_another_room(connect, lobby, garden, ann, gina):
    await sync_to_async(actions.post_message)(garden, gina, "in the garden")
    socket = await connect(guest=ann)
    for verb in ("edit", "delete"):
        await socket.say(do=verb, seq="1", message="x")
        await socket.hears("There is no such message.")
