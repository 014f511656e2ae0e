"""Group commit: many messages in one transaction, each with an outcome of its own."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from asgiref.sync import sync_to_async
from django.db import DatabaseError, InterfaceError, OperationalError, ProgrammingError, connection, connections
from django.test.utils import CaptureQueriesContext

from chat import actions, bus, rules
from chat.actions import Post, post_messages, repeats
from chat.errors import Forbidden, Refused, TooFast
from chat.live.writer import MOST, Writer
from chat.models import Message, Participant, Room


def guest(key: str) -> Participant:
    return Participant(key=key, kind=Participant.Kind.GUEST, name=key)


def kinds(outcomes) -> list[type]:
    return [type(one) for one in outcomes]


def test_it_works(lobby):
    outcomes = post_messages([Post(lobby, guest(f"g{number}"), f"hello {number}") for number in range(5)])
    assert [(one.seq, one.changed, one.body, one.author.key) for one in outcomes] == [
        (number + 1, number + 1, f"hello {number}", f"g{number}") for number in range(5)
    ]
    assert [*lobby.messages.values_list("pk", flat=True)] == [one.pk for one in outcomes]


def test_nothing_is_nothing(db):
    assert post_messages([]) == []


def test_one_that_is_refused_takes_no_place_and_holds_up_nobody(lobby, ann):
    banned = actions.enrol(guest("gbad"))
    actions.ban(banned, True)
    posts = [Post(lobby, ann, "one"), Post(lobby, banned, "no"), Post(lobby, ann, " "), Post(lobby, ann, "two", "a b")]
    outcomes = post_messages([*posts, Post(lobby, ann, "two")])
    assert kinds(outcomes) == [Message, Forbidden, Refused, Refused, Message]
    lobby.refresh_from_db()
    assert ([row.seq for row in Message.objects.order_by("seq")], lobby.seq) == ([1, 2], 2)


def test_the_limit_stops_in_the_middle(lobby, ann, settings):
    settings.CHAT_PARTICIPANT_RATE = "3/day"
    assert kinds(post_messages([Post(lobby, ann, "hi")] * 5)) == [Message] * 3 + [TooFast] * 2


def test_each_room_counts_for_itself_and_rings_once(lobby, ann, django_capture_on_commit_callbacks, monkeypatch):
    heard = []
    monkeypatch.setattr(bus, "_send", lambda to, what, news=(): heard.append((what["room"], what["seq"])))
    other, closed = Room.objects.create(slug="other"), Room.objects.create(slug="closed", archived=True)
    rooms = [other, lobby, closed, lobby, other, other]
    with django_capture_on_commit_callbacks(execute=True):
        outcomes = post_messages([Post(room, ann, "hi") for room in rooms])
    assert [getattr(one, "seq", None) for one in outcomes] == [1, 1, None, 2, 2, 3]
    assert sorted(heard) == sorted([(lobby.pk, 2), (other.pk, 3)])
    closed.refresh_from_db()
    assert closed.seq == 0


def test_a_room_that_is_gone_refuses_its_own_alone(lobby, ann):
    gone = Room.objects.create(slug="gone")
    Room.objects.filter(pk=gone.pk).delete()
    assert kinds(post_messages([Post(gone, ann, "hi"), Post(lobby, ann, "hi")])) == [Forbidden, Message]


def test_a_nonce_counts_once_within_a_batch_and_over_two(lobby, ann):
    first = post_messages(
        [Post(lobby, ann, "hello", "n"), Post(lobby, ann, "hello", "n"), Post(lobby, ann, "else", "n")]
    )
    assert kinds(first) == [Message, Message, Refused]
    assert first[0].pk == first[1].pk
    again = post_messages(
        [Post(lobby, ann, "hello", "n"), Post(lobby, ann, "new", "m"), Post(lobby, guest("g2"), "x", "n")]
    )
    assert [one.pk == first[0].pk for one in again] == [True, False, False]
    assert Message.objects.count() == 3


def test_a_newcomer_is_enrolled_once_and_only_with_a_message(lobby):
    closed = Room.objects.create(slug="closed", archived=True)
    post_messages(
        [Post(lobby, guest("gnew"), "one"), Post(lobby, guest("gnew"), "two"), Post(closed, guest("gno"), "x")]
    )
    assert [*Participant.objects.values_list("key", flat=True)] == ["gnew"]


def test_the_number_of_queries_does_not_grow_with_the_number_of_messages(lobby):
    people = [actions.enrol(guest(f"g{number}")) for number in range(40)]

    def queries(count: int) -> int:
        with CaptureQueriesContext(connection) as asked:
            post_messages([Post(lobby, one, "hi", f"n{count}") for one in people[:count]])
        return len(asked)

    assert queries(40) == queries(2) <= 10


def test_repeats_among_many_do_not_make_them_go_one_by_one(lobby):
    people = [actions.enrol(guest(f"g{number}")) for number in range(40)]
    posts = [Post(lobby, one, "hi", f"n{number}") for number, one in enumerate(people)]
    stored = post_messages(posts[:3])
    with CaptureQueriesContext(connection) as asked:
        outcomes = post_messages([*posts, posts[20]])
    assert outcomes[:3] == stored
    assert outcomes[40] == outcomes[20]
    assert kinds(outcomes) == [Message] * 41
    assert [row.seq for row in outcomes[3:40]] == [*range(4, 41)]
    assert Message.objects.count() == 40
    assert len(asked) <= 20


def test_a_repeat_of_one_that_is_refused_is_refused_as_well(lobby, ann):
    closed = Room.objects.create(slug="closed", archived=True)
    post_messages([Post(lobby, ann, "one", "n1")])
    outcomes = post_messages([Post(closed, ann, "x", "n"), Post(closed, ann, "x", "n"), Post(lobby, ann, "one", "n1")])
    assert kinds(outcomes) == [Forbidden, Forbidden, Message]
    assert Message.objects.count() == 1


def test_nor_do_many_repeats_of_what_is_refused(lobby, ann):
    closed = Room.objects.create(slug="closed", archived=True)
    posts = [*[Post(closed, ann, "x", f"n{number % 20}") for number in range(40)], Post(lobby, ann, "one", "n")]
    post_messages(posts[40:])
    with CaptureQueriesContext(connection) as asked:
        assert kinds(post_messages(posts)) == [*[Forbidden] * 40, Message]
    assert len(asked) <= 20


class Failing(rules.Policy):
    """As a host's that did not foresee all, and forgot to answer."""

    error = ZeroDivisionError

    def can_say(self, person, room, text):
        return None if text == "unforeseen" else super().can_say(person, room, text)

    def can_post(self, person, room):
        if person.name == "gbad":
            raise self.error
        return super().can_post(person, room)


class Asking(Failing):
    """As one whose query is no good: an error of the database, which is not away."""

    error = ProgrammingError


@pytest.mark.parametrize("failing", [Failing, Asking])
def test_one_over_which_a_rule_of_the_host_fails_fails_alone_and_each_counts_once(lobby, ann, settings, failing):
    settings.CHAT_POLICY = f"{__name__}.{failing.__name__}"
    settings.CHAT_PARTICIPANT_RATE = "3/day"
    posts = [Post(lobby, ann, "hello"), Post(lobby, guest("gbad"), "what nobody foresaw")]
    bodies = ("and", "unforeseen", "bye", "too many")
    outcomes = post_messages([*posts, *(Post(lobby, ann, body) for body in bodies)])
    assert kinds(outcomes) == [Message, failing.error, Message, Forbidden, Message, TooFast]
    assert [row.body for row in Message.objects.order_by("seq")] == ["hello", "and", "bye"]


def test_what_is_stored_is_said_to_be_where_the_database_goes_away_in_between(lobby, ann, settings, monkeypatch):
    settings.CHAT_POLICY = f"{__name__}.Failing"
    locked, asked = Room.objects.locked, []

    def goes_away(room_id):
        asked.append(room_id)
        if len(asked) == 4:  # all at once, then the first, that which fails, and the third
            raise OperationalError("away")
        return locked(room_id)

    monkeypatch.setattr(Room.objects, "locked", goes_away)
    posts = [Post(lobby, ann, "one"), Post(lobby, guest("gbad"), "two"), Post(lobby, ann, "three")]
    outcomes = post_messages([*posts, Post(lobby, ann, "four")])
    assert kinds(outcomes) == [Message, ZeroDivisionError, OperationalError, OperationalError]
    assert ([row.body for row in Message.objects.all()], len(asked)) == (["one"], 4)


@pytest.mark.parametrize("last", ["refused", "a repeat"])
def test_a_database_that_goes_away_after_it_has_stored_is_away_for_the_others_alone(lobby, ann, monkeypatch, last):
    closed = Room.objects.create(slug="closed", archived=True)
    post_messages([Post(lobby, ann, "before", "n")])
    another = Post(closed, ann, "no", "m") if last == "refused" else Post(lobby, ann, "before", "n")
    stored, fails = repeats.stored, []

    def goes_away(posts):
        if Message.objects.filter(body="one").exists():
            fails.append(1)
            raise OperationalError("away")
        return stored(posts)

    monkeypatch.setattr("chat.actions.posting.stored", goes_away)
    assert kinds(post_messages([Post(lobby, ann, "one", "o"), another])) == [Message, OperationalError]
    assert fails


def test_nor_for_those_who_were_stored_where_it_goes_away_with_what_is_tried_again(lobby, ann, monkeypatch):
    closed = Room.objects.create(slug="closed", archived=True)
    post_messages([Post(lobby, ann, "before", "n1")])
    locked, asked = Room.objects.locked, []

    def goes_away(room_id):
        asked.append(room_id)
        if len(asked) > 3 and room_id == closed.pk:  # with the repeat, without it, and then what may be another
            raise OperationalError("away")
        return locked(room_id)

    monkeypatch.setattr(Room.objects, "locked", goes_away)
    no = Post(closed, ann, "no", "n")
    outcomes = post_messages([Post(lobby, ann, "new", "o"), no, no, Post(lobby, ann, "before", "n1")])
    assert kinds(outcomes) == [Message, Forbidden, OperationalError, Message]


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_a_database_that_is_away_is_away_for_all(lobby, ann, monkeypatch, error):
    tried = []

    def away(*_):
        tried.append(1)
        raise error("away")

    monkeypatch.setattr(Room.objects, "locked", away)
    with pytest.raises(error):
        post_messages([Post(lobby, ann, "hi")] * 3)
    assert tried == [1]


@pytest.mark.django_db(transaction=True)
def test_processes_that_store_the_same_at_once_store_each_once(lobby):
    together = Barrier(3)

    def write(_):
        try:
            together.wait(10)
            posts = [Post(Room.objects.get(pk=lobby.pk), guest("gann"), f"m{n}", f"n{n}") for n in range(20)]
            return [one.pk for one in post_messages(posts)]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as pool:
        results = [*pool.map(write, range(3))]
    assert results[0] == results[1] == results[2]
    assert [*lobby.messages.order_by("seq").values_list("seq", flat=True)] == [*range(1, 21)]


# --- The writer ----------------------------------------------------------------------------------


@pytest.fixture
async def batches(monkeypatch, transactional_db, settings):
    """How many messages each transaction held."""
    settings.CHAT_RATE_LIMITS = False
    sizes, store = [], actions.post_messages

    def counted(posts):
        sizes.append(len(posts))
        return store(posts)

    monkeypatch.setattr(actions, "post_messages", counted)
    yield sizes
    await sync_to_async(connections.close_all)()


async def test_what_comes_during_a_transaction_is_stored_by_the_next(lobby, batches):
    writer = Writer()
    outcomes = await asyncio.gather(*(writer.post(Post(lobby, guest("gann"), f"m{n}")) for n in range(MOST + 50)))
    assert [one.seq for one in outcomes] == [*range(1, MOST + 51)]
    assert batches == [MOST, 50]
    assert (await writer.post(Post(lobby, guest("gann"), "later"))).seq == MOST + 51


async def test_one_who_leaves_meanwhile_is_stored_all_the_same(lobby, batches):
    writer = Writer()
    leaving = asyncio.ensure_future(writer.post(Post(lobby, guest("gann"), "mine")))
    await asyncio.sleep(0)
    leaving.cancel()
    assert (await writer.post(Post(lobby, guest("gbob"), "next"))).seq == 2


async def test_when_the_database_is_away_everybody_hears_it_and_the_writer_goes_on(lobby, batches, monkeypatch):
    writer, store = Writer(), actions.post_messages

    def away(posts):
        raise DatabaseError("away")

    monkeypatch.setattr(actions, "post_messages", away)
    outcomes = await asyncio.gather(*(writer.post(Post(lobby, guest("gann"), "m")) for _ in range(3)))
    assert kinds(outcomes) == [DatabaseError] * 3
    monkeypatch.setattr(actions, "post_messages", store)
    assert (await writer.post(Post(lobby, guest("gann"), "back"))).seq == 1
