"""A project's own class, named by CHAT_POLICY, says who may do what; and signals tell it what happened."""

import pytest
from django.core.checks import run_checks
from django.db import transaction

from chat import actions, events, policy
from chat.errors import Forbidden, TooFast
from chat.models import Message, Room
from chat.rules import Policy, Verdict
from chat.tests.test_docs import blocks, document, section


class House(Policy):
    def can_read(self, participant, room):
        if room.slug == "vault":
            return Verdict(False, "The vault is closed.")
        return super().can_read(participant, room)

    def can_say(self, author, room, text):
        if "broken" in text:
            raise RuntimeError("the filter is away")
        return Verdict("buy" not in text, "Nothing is sold here.")


@pytest.fixture
def house(settings):
    settings.CHAT_POLICY = f"{__name__}.House"


@pytest.fixture
def vault(db):
    actions.save_room(Room(slug="vault", name="Vault"))
    return Room.objects.get(slug="vault")


def test_it_works(house, vault, lobby, ann, client):
    assert policy.can_read(ann, vault) == (False, "The vault is closed.")
    assert policy.can_read(ann, lobby)
    assert client.get("/chat/vault/").status_code == 403
    assert client.get("/chat/lobby/").status_code == 200


def test_rules_that_build_upon_it_hear_the_same(house, vault, ann):
    assert policy.can_post(ann, vault) == (False, "The vault is closed.")
    with pytest.raises(Forbidden, match="The vault is closed"):
        actions.post_message(vault, ann, "hello")


def test_a_veto_before_it_is_stored_or_changed(house, lobby, ann):
    kept = actions.post_message(lobby, ann, "hello")
    with pytest.raises(Forbidden, match="Nothing is sold here"):
        actions.post_message(lobby, ann, "buy this")
    with pytest.raises(Forbidden, match="Nothing is sold here"):
        actions.edit_message(kept.pk, ann, "buy that")
    assert [*Message.objects.values_list("body", flat=True)] == ["hello"]


def test_one_that_fails_holds_up_nobody_else(house, lobby, ann):
    posts = [actions.Post(lobby, ann, text) for text in ("one", "broken", "buy", "two")]
    outcomes = actions.post_messages(posts)
    assert [type(outcome).__name__ for outcome in outcomes] == ["Message", "Forbidden", "Forbidden", "Message"]
    assert "could not be checked" in str(outcomes[1])


class Helpers(Policy):
    """Some people help out, one room is their own, and they are called by their number."""

    def moderates(self, participant, room):
        return participant.name == "No. 1" or super().moderates(participant, room)

    def can_know(self, participant, room):
        return Verdict(participant.name == "No. 1" or room.slug != "vault", "There is no such room.")

    def known_rooms(self, participant):
        return Room.objects.all() if participant.name == "No. 1" else Room.objects.exclude(slug="vault")

    def readers(self, room):
        return super().readers(room).filter(name="No. 1") if room.slug == "vault" else super().readers(room)

    def account_name(self, user):
        return f" No. {user.number} "

    def post_rate(self, participant):
        return "" if participant.name == "No. 1" else "2/day"


@pytest.fixture
def numbered(settings, member, olive):
    """(a helper, somebody else), by their participants."""
    settings.CHAT_POLICY = f"{__name__}.Helpers"
    for number, one in enumerate((member, olive), 1):
        one.user.number = number
        one.name = one.given_name
        one.save()
    return member, olive


def test_the_host_says_what_an_account_is_called(numbered):
    assert [one.name for one in numbered] == ["No. 1", "No. 2"]


def test_who_keeps_order_by_the_hosts_word_may_delete(numbered, lobby, ann):
    helper, other = numbered
    message = actions.post_message(lobby, ann, "hello")
    with pytest.raises(Forbidden, match="only what you wrote"):
        actions.delete_message(message.pk, other)
    assert actions.delete_message(message.pk, helper).deleted


def test_lists_and_searches_and_mentions_follow(numbered, vault):
    helper, _other = numbered
    assert [vault in policy.known_rooms(one) for one in numbered] == [True, False]
    assert [one.pk for one in policy.readers(vault)] == [helper.pk]
    assert [bool(policy.can_post(one, vault)) for one in numbered] == [True, False]


def test_each_writes_as_much_as_the_host_says(numbered, lobby):
    helper, other = numbered
    for number in range(200):
        actions.post_message(lobby, helper, f"{number}")
    for number in range(2):
        actions.post_message(lobby, other, f"{number}")
    with pytest.raises(TooFast):
        actions.post_message(lobby, other, "one more")


class Nameless(Policy):
    def account_name(self, user):
        return None


def test_no_name_is_none(settings, member):
    settings.CHAT_POLICY = f"{__name__}.Nameless"
    assert member.given_name == member.user.username


class Broken(Policy):
    def account_name(self, user):
        raise RuntimeError("the directory is away")

    def post_rate(self, participant):
        return "often"


def test_where_it_fails_at_that_the_built_in_holds(settings, member, lobby, caplog):
    settings.CHAT_POLICY, settings.CHAT_PARTICIPANT_RATE = f"{__name__}.Broken", "1/day"
    assert member.given_name == member.user.username
    actions.post_message(lobby, member, "one")
    with pytest.raises(TooFast):
        actions.post_message(lobby, member, "two")
    assert "what an account is called" in caplog.text
    assert "how much somebody may write" in caplog.text


@pytest.mark.parametrize("path", ["no.where", "chat.models.Room", "nothing", "chat.tests.test_host_rules.vault"])
def test_a_class_that_is_none_is_named_by_check(settings, db, path):
    settings.CHAT_POLICY = path
    assert "chat.E010" in {message.id for message in run_checks()}


def test_the_example_of_the_documentation_works(settings, lobby, ann, member, tmp_path, monkeypatch):
    (tmp_path / "house_of_docs.py").write_text(
        blocks(section(document("docs/embedding.md"), "Rules of its own"), "python")[0]
    )
    monkeypatch.syspath_prepend(tmp_path)
    settings.CHAT_POLICY = "house_of_docs.House"
    actions.save_room(Room(slug="news", name="News"))
    assert str(policy.can_post(member, Room.objects.get(slug="news")).why) == "Only staff members write here."
    with pytest.raises(Forbidden, match="links"):
        actions.post_message(lobby, ann, "see http://example.org")
    assert actions.post_message(lobby, member, "see http://example.org").pk
    member.user.first_name = "Mia"
    assert member.given_name == "Mia"


# --- Signals ---------------------------------------------------------------------------------------------


@pytest.fixture
def heard():
    """What was sent: [(which, the message's text, who did it)]."""
    said, receivers = [], []
    for name in ("message_posted", "message_edited", "message_deleted"):

        def hear(message, actor=None, name=name, **signal):
            said.append((name, message.body, actor and actor.key))

        receivers.append(hear)
        getattr(events, name).connect(hear)
    yield said
    for signal, hear in zip(
        (events.message_posted, events.message_edited, events.message_deleted), receivers, strict=True
    ):
        signal.disconnect(hear)


def test_what_happened_is_told_once(heard, lobby, ann, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        message = actions.post_message(lobby, ann, "hello", "n-1")
        actions.post_message(lobby, ann, "hello", "n-1")
        actions.edit_message(message.pk, ann, "hello there")
        actions.delete_message(message.pk, ann)
    assert [one[0] for one in heard] == ["message_posted", "message_edited", "message_deleted"]
    assert heard[1:] == [("message_edited", "hello there", "gann"), ("message_deleted", "", "gann")]


def test_the_receiver_of_the_documentation_hears_it(lobby, ann, capsys, django_capture_on_commit_callbacks):
    said = {}
    exec(blocks(section(document("docs/embedding.md"), "What it hears of"), "python")[0], said)
    with django_capture_on_commit_callbacks(execute=True):
        actions.post_message(lobby, ann, "hello")
    assert capsys.readouterr().out == "Ann lobby hello\n"
    assert events.message_posted.disconnect(said["tell_the_desk"])


def test_nothing_is_told_of_what_was_not_committed(heard, transactional_db, ann):
    room = actions.open_room("lobby")
    with pytest.raises(RuntimeError), transaction.atomic():
        actions.post_message(room, ann, "never")
        raise RuntimeError
    assert heard == []
    actions.post_message(room, ann, "committed")
    assert heard == [("message_posted", "committed", None)]


def test_a_receiver_that_fails_harms_nobody(transactional_db, ann):
    heard = []

    def fail(**signal):
        raise RuntimeError("the host's own affair")

    def hear(message, **signal):
        heard.append(message.body)

    events.message_posted.connect(fail)
    events.message_posted.connect(hear)
    try:
        assert actions.post_message(actions.open_room("lobby"), ann, "hello").pk
    finally:
        events.message_posted.disconnect(fail)
        events.message_posted.disconnect(hear)
    assert heard == ["hello"]
