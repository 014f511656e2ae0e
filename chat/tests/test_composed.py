"""A query composed once gives what the ORM gives, whatever the values and their number, and is composed once."""

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection, transaction
from django.db.models.sql.compiler import SQLCompiler
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat import actions
from chat.models import Message, Participant, Room, SearchEntry
from chat.models.composed import Composed, ComposedInsert, ComposedUpdate
from chat.tests.test_batches import guest


def test_it_works(lobby):
    for number in range(9):
        actions.enrol(guest(f"g{number}"))
    for keys in ([], ["g3"], ["g1", "gone", "g2"], [f"g{number}" for number in range(9)], ["'; --", "g0", "%s"]):
        usual = Participant.objects.select_related("user").in_bulk(keys, field_name="key")
        assert Participant.objects.with_keys(keys) == usual


def test_a_row_is_as_the_orm_makes_it(lobby):
    user = get_user_model().objects.create_user("ann", password=None, is_staff=True)
    actions.enrol(Participant(key="u1", kind=Participant.Kind.MEMBER, name="ann", user=user))
    (asked,) = Participant.objects.with_keys(["u1"]).values()
    usual = Participant.objects.get(key="u1")
    assert {**vars(asked), "_state": None} == {**vars(usual), "_state": None}
    with CaptureQueriesContext(connection) as more:
        assert asked.user == user
        assert asked.is_moderator
    assert len(more) == 0
    with transaction.atomic():
        room = Room.objects.locked(lobby.pk)
    assert {**vars(room), "_state": None} == {**vars(Room.objects.get(pk=lobby.pk)), "_state": None}
    assert not room._state.adding
    with pytest.raises(Room.DoesNotExist), transaction.atomic():
        Room.objects.locked(lobby.pk + 1000)


def test_it_is_composed_once_for_similar_numbers_of_values(lobby, monkeypatch):
    composed, as_sql = [], SQLCompiler.as_sql

    def counted(compiler, *given, **named):
        composed.append(compiler)
        return as_sql(compiler, *given, **named)

    ask = Composed(lambda keys: Participant.objects.filter(key__in=keys), str)
    monkeypatch.setattr(SQLCompiler, "as_sql", counted)
    for count in (5, 6, 7, 8, 5):
        ask([f"g{number}" for number in range(count)], Participant)
    assert len(composed) == 1


def test_a_query_with_other_values_than_those_given_is_refused(db):
    ask = Composed(lambda keys: Participant.objects.filter(key__in=keys, kind="guest"), str)
    with pytest.raises(ValueError, match="has others as well"):
        ask(["g1"], Participant)


@pytest.mark.django_db(transaction=True)
def test_a_lock_is_asked_for_only_in_a_transaction(lobby):
    with transaction.atomic():
        Room.objects.locked(lobby.pk)
    if connection.features.has_select_for_update:
        with pytest.raises(transaction.TransactionManagementError):
            Room.objects.locked(lobby.pk)


def test_a_row_is_stored_as_the_orm_stores_it(lobby, monkeypatch):
    monkeypatch.setattr(connection.ops, "bulk_batch_size", lambda fields, rows: 7)
    ann = actions.enrol(guest("gann"))
    rows = [
        Message(room=lobby, author=ann, author_name="Ann", seq=seq, changed=seq, sent=timezone.now(), **said)
        for seq, said in enumerate(
            [
                {"body": "%s ' \" שלום", "nonce": None},
                *({"body": f"x{n}", "nonce": f"n{n}", "marks": [[0, 1, "gann"]] * (n % 3)} for n in range(20)),
            ],
            1,
        )
    ]
    insert = ComposedInsert(lambda: Message)
    insert(rows[:1])
    insert(rows[1:])  # of which there are more than fit in one statement
    for row in rows:
        stored = Message.objects.get(pk=row.pk)
        for field in Message._meta.concrete_fields:
            assert getattr(stored, field.attname) == getattr(row, field.attname)
        assert not row._state.adding
    row = Message(room=lobby, author=ann, author_name="Ann", seq=999, changed=999, sent=timezone.now(), nonce="n1")
    with pytest.raises(IntegrityError), transaction.atomic():
        insert([row])


def test_a_row_that_has_its_id_already(lobby, ann):
    row = actions.post_message(lobby, ann, "Grüße")
    SearchEntry.objects.all().delete()
    insert = ComposedInsert(lambda: SearchEntry)
    for _time in range(2):
        entry = SearchEntry.of(row)
        insert([entry])
        assert (entry.pk, entry._state.adding) == (row.pk, False)
        assert [*SearchEntry.objects.values_list("pk", "words")] == [(row.pk, entry.words)]
        with pytest.raises(IntegrityError), transaction.atomic():
            insert([entry])
        SearchEntry.objects.all().delete()


def test_fields_are_stored_as_they_are_now_and_no_others(lobby):
    update = ComposedUpdate(lambda: Room, "seq", "spoken")
    other = Room.objects.create(slug="other", name="Other")
    for spoken in (timezone.now(), None, timezone.now()):
        lobby.seq += 7
        lobby.spoken, lobby.name = spoken, "not to be stored"
        update(lobby)
        stored = Room.objects.get(pk=lobby.pk)
        assert (stored.seq, stored.spoken, stored.name) == (lobby.seq, spoken, "Lobby")
    assert Room.objects.get(pk=other.pk).seq == 0
