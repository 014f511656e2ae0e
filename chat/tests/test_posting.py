"""Storing a message: actions.post_message, whichever door calls it."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections, transaction

from chat import actions, bus
from chat.errors import Forbidden, Refused, TooFast
from chat.models import Message, Participant, Room


def newcomer(key="gnew") -> Participant:
    """A guest who has not written yet."""
    return Participant(key=key, kind=Participant.Kind.GUEST, name="New Comer")


def untouched(room: Room) -> bool:
    """Nothing was stored in the room, and no place in it was used up."""
    room.refresh_from_db()
    return room.seq == 0 and not Message.objects.exists()


@pytest.fixture
def rung(monkeypatch):
    """(seq, whether the message could be read) of every ring."""
    heard = []

    def send(to, what, news=()):
        heard.append((what["seq"], not transaction.get_connection().in_atomic_block))

    monkeypatch.setattr(bus, "_send", send)
    return heard


def test_it_works(lobby, ann):
    message = actions.post_message(lobby, ann, "hello")
    message.refresh_from_db()
    lobby.refresh_from_db()
    assert (message.body, message.author, message.author_name) == ("hello", ann, "Ann")
    assert (message.seq, message.changed, lobby.seq) == (1, 1, 1)


def test_places_have_no_gaps_and_each_room_counts_for_itself(lobby, ann, member):
    other = Room.objects.create(slug="other", name="Other")
    here = [actions.post_message(lobby, author, "hi").seq for author in (ann, member, ann)]
    there = [actions.post_message(other, author, "hi").seq for author in (member, ann)]
    assert (here, there) == ([1, 2, 3], [1, 2])


def test_the_first_message_makes_a_participant_of_a_newcomer(lobby):
    assert actions.post_message(lobby, newcomer(), "hello").author == Participant.objects.get(key="gnew")


def test_a_message_keeps_the_name_it_was_written_under(lobby, ann):
    message = actions.post_message(lobby, ann, "before")
    actions.rename(ann, "Anna")
    after = actions.post_message(lobby, ann, "after")
    message.refresh_from_db()
    assert (message.author_name, after.author_name) == ("Ann", "Anna")


# --- Once per nonce ------------------------------------------------------------------------------


def test_a_nonce_stores_once_and_gives_back_what_was_stored(lobby, ann):
    first = actions.post_message(lobby, ann, "hello", "n-1")
    assert actions.post_message(lobby, ann, "hello", "n-1") == first
    lobby.refresh_from_db()
    assert (lobby.seq, [*Message.objects.values_list("body", flat=True)]) == (1, ["hello"])


def test_another_text_under_the_same_nonce_is_no_repeat_and_is_not_taken_for_stored(lobby, ann):
    actions.post_message(lobby, ann, "hello", "n-1")
    with pytest.raises(Refused, match="Another message was already sent from here"):
        actions.post_message(lobby, ann, "hello again", "n-1")
    lobby.refresh_from_db()
    assert (lobby.seq, [*Message.objects.values_list("body", flat=True)]) == (1, ["hello"])


def test_a_repeat_is_known_by_its_text_as_it_was_stored(lobby, ann):
    first = actions.post_message(lobby, ann, " one\r\ntwo ", "n-1")
    assert actions.post_message(lobby, ann, " one\r\ntwo ", "n-1") == first


def test_a_repeat_is_known_even_when_it_was_edited_or_deleted_meanwhile(lobby, ann):
    first = actions.post_message(lobby, ann, "hello", "n-1")
    actions.edit_message(first.pk, ann, "hello, edited")
    assert actions.post_message(lobby, ann, "hello", "n-1") == first
    actions.delete_message(first.pk, ann)
    assert actions.post_message(lobby, ann, "hello", "n-1") == first
    assert Message.objects.count() == 1


def test_a_nonce_counts_across_rooms(lobby, ann):
    other = Room.objects.create(slug="other", name="Other")
    first = actions.post_message(lobby, ann, "hello", "n-1")
    assert actions.post_message(other, ann, "hello", "n-1") == first
    assert not other.messages.exists()


def test_two_people_may_use_the_same_nonce(lobby, ann, member):
    assert actions.post_message(lobby, ann, "a", "n-1") != actions.post_message(lobby, member, "b", "n-1")


def test_messages_without_a_nonce_are_all_different(lobby, ann):
    assert [actions.post_message(lobby, ann, "hi").seq for _ in range(2)] == [1, 2]


def test_a_repeat_is_known_even_when_too_fast(lobby, settings):
    settings.CHAT_PARTICIPANT_RATE = "1/day"
    first = actions.post_message(lobby, newcomer("gfast1"), "hello", "n-1")
    assert actions.post_message(lobby, newcomer("gfast1"), "hello", "n-1") == first
    with pytest.raises(TooFast):
        actions.post_message(lobby, newcomer("gfast1"), "hello", "n-2")


def test_a_repeat_is_known_even_when_the_room_was_archived_meanwhile(lobby, ann):
    first = actions.post_message(lobby, ann, "hello", "n-1")
    lobby.archived = True
    actions.save_room(lobby)
    assert actions.post_message(lobby, ann, "hello", "n-1") == first


def test_a_repeat_is_known_even_when_its_author_was_banned_meanwhile(lobby, ann):
    first = actions.post_message(lobby, ann, "hello", "n-1")
    actions.ban(ann, True)
    assert actions.post_message(lobby, ann, "hello", "n-1") == first


@pytest.mark.parametrize("nonce", ["", "a b", "ä", "a" * 65, "a\n", "a.b", "#x", 5, True, ["a"], {"a": 1}])
def test_a_nonce_that_could_not_stand_in_an_id_is_refused(lobby, ann, nonce):
    with pytest.raises(Refused, match="nonce"):
        actions.post_message(lobby, ann, "hello", nonce)
    assert untouched(lobby)


# --- What is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [None, 5, 1.5, True, ["hi"], {"a": "hi"}, b"hi", "", "   ", "\r\n\t", "\u200b\u2060\ufeff", "a\x00b", "a\ud800b"],
    ids=repr,
)
def test_what_is_no_message_is_refused(lobby, ann, body):
    with pytest.raises(Refused) as refusal:
        actions.post_message(lobby, ann, body)
    assert str(refusal.value).endswith(".")
    assert untouched(lobby)


def test_line_ends_are_made_one_kind(lobby, ann):
    assert actions.post_message(lobby, ann, "\r\none\r\ntwo\rthree\n\nfour  ").body == "one\ntwo\nthree\n\nfour"


def test_the_longest_message_fits_and_one_character_more_does_not(lobby, ann, settings):
    settings.CHAT_MESSAGE_LENGTH = 10
    with pytest.raises(Refused, match="11 characters, and at most 10"):
        actions.post_message(lobby, ann, "😀" * 11)
    assert actions.post_message(lobby, ann, "😀" * 10).body == "😀" * 10
    assert actions.post_message(lobby, ann, " \r\n" + "\r\n".join("abcde") + "\r\n ").body == "a\nb\nc\nd\ne"


def test_nobody_writes_in_an_archived_room(lobby, ann):
    stale = Room.objects.get(pk=lobby.pk)
    lobby.archived = True
    actions.save_room(lobby)
    with pytest.raises(Forbidden, match="archived"):
        actions.post_message(stale, ann, "hello")
    assert untouched(lobby)


def test_who_is_banned_does_not_write(lobby, ann):
    stale = Participant.objects.get(pk=ann.pk)
    actions.ban(ann, True)
    with pytest.raises(Forbidden, match="moderator"):
        actions.post_message(lobby, stale, "hello")
    assert untouched(lobby)


def test_a_room_that_is_gone_says_so(lobby, ann):
    stale = Room.objects.get(pk=lobby.pk)
    lobby.delete()
    with pytest.raises(Forbidden, match="gone"):
        actions.post_message(stale, ann, "hello")


def test_who_is_too_fast_is_told_to_wait_and_nothing_is_stored(lobby, settings):
    settings.CHAT_PARTICIPANT_RATE = "1/day"
    actions.post_message(lobby, newcomer("gfast2"), "hello")
    with pytest.raises(TooFast, match="wait"):
        actions.post_message(lobby, newcomer("gfast2"), "hello")
    lobby.refresh_from_db()
    assert (lobby.seq, Message.objects.count()) == (1, 1)


@pytest.mark.parametrize("body", ["", "hello"])
def test_a_refused_newcomer_leaves_no_row(lobby, body):
    lobby.archived = True
    actions.save_room(lobby)
    with pytest.raises(Refused):
        actions.post_message(lobby, newcomer(), body)
    assert not Participant.objects.exists()


# --- The bell, and others at the same time -------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_the_bell_rings_once_and_after_the_commit(lobby, ann, rung):
    with transaction.atomic():
        actions.post_message(lobby, ann, "hello", "n-1")
        assert rung == []
    assert rung == [(1, True)]
    actions.post_message(lobby, ann, "hello", "n-1")
    assert rung == [(1, True)]


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_or_refused_rings_nobody_and_uses_no_place(lobby, ann, rung):
    with transaction.atomic():
        actions.post_message(lobby, ann, "hello")
        transaction.set_rollback(True)
    with pytest.raises(Refused):
        actions.post_message(lobby, ann, "")
    assert untouched(lobby)
    assert rung == []


@pytest.mark.django_db(transaction=True)
def test_threads_that_write_at_once_get_places_without_gaps(lobby, settings):
    settings.CHAT_RATE_LIMITS = False
    together = Barrier(3)

    def write(key):
        try:
            together.wait(10)
            for number in range(25):
                actions.post_message(Room.objects.get(pk=lobby.pk), newcomer(key), f"{key} {number}")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as pool:
        writing = [pool.submit(write, key) for key in ("g1", "g2", "g2")]  # the last two are one person in two tabs
        while not all(one.done() for one in writing):  # whoever sees a place sees all before it
            seen = [*lobby.messages.order_by("seq").values_list("seq", flat=True)]
            assert seen == [*range(1, len(seen) + 1)]
    assert [one.result() for one in writing] == [None] * 3
    assert [*lobby.messages.order_by("seq").values_list("seq", flat=True)] == [*range(1, 76)]
    lobby.refresh_from_db()
    assert lobby.seq == 75


@pytest.mark.django_db(transaction=True)
def test_threads_that_send_the_same_nonce_at_once_store_one_message(lobby):
    together = Barrier(4)

    def write(_):
        try:
            together.wait(10)
            return actions.post_message(Room.objects.get(pk=lobby.pk), newcomer(), "hello", "n-1").pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        stored = set(pool.map(write, range(4)))
    assert stored == {Message.objects.get().pk}
    lobby.refresh_from_db()
    assert lobby.seq == 1
