"""One composer that is sent several times with ever more in it: each time what is new is a message."""

import pytest

from chat import actions, rules
from chat.actions import Post, begins, post_messages, unsaid
from chat.errors import Refused, TooFast
from chat.models import Message
from chat.rules import Verdict

OTHER = "Another message was already sent from here"


def say(room, author, text: str, nonce: str = "n") -> Message:
    return actions.post_message(room, author, text, nonce, grows=True)


def bodies() -> list[str]:
    return [*Message.objects.order_by("seq").values_list("body", flat=True)]


def test_it_works(lobby, ann):
    first, second, third = (say(lobby, ann, text) for text in ("one", "onetwo", "onetwo three"))
    assert bodies() == ["one", "two", "three"]
    assert [say(lobby, ann, text).pk for text in ("one", "onetwo", "onetwo three")] == [first.pk, second.pk, third.pk]
    assert {row.composer for row in (first, second, third)} == {"n"}
    assert len(bodies()) == 3


def test_only_who_says_so_goes_on(lobby, ann):
    say(lobby, ann, "one")
    with pytest.raises(Refused, match=OTHER):
        actions.post_message(lobby, ann, "onetwo", "n")
    assert bodies() == ["one"]


@pytest.mark.parametrize("text", ["on", "two", "One", "xone"])
def test_another_text_is_none_that_goes_on(lobby, ann, text):
    say(lobby, ann, "one")
    with pytest.raises(Refused, match=OTHER):
        say(lobby, ann, text)
    assert bodies() == ["one"]


def test_blanks_between_two_messages_belong_to_neither(lobby, ann):
    for text in ("one ", "one  two ", "one  two "):
        say(lobby, ann, text)
    assert bodies() == ["one", "two"]


def test_what_was_edited_or_deleted_since_is_not_compared(lobby, ann):
    """Nobody knows any more what was said, and so not what is new."""
    for number, change in enumerate(
        (lambda pk: actions.edit_message(pk, ann, "2"), lambda pk: actions.delete_message(pk, ann))
    ):
        for text in ("one", "onetwo"):
            row = say(lobby, ann, text, f"n{number}")
        change(row.pk)
        for text in ("onetwo", "onetwothree"):
            with pytest.raises(Refused, match=OTHER):
                say(lobby, ann, text, f"n{number}")
    assert Message.objects.count() == 4


def test_only_what_is_new_must_be_short_and_allowed(lobby, ann, settings, monkeypatch):
    settings.CHAT_MESSAGE_LENGTH = 5
    say(lobby, ann, "one!!")
    quiet = lambda author, room, text: Verdict("!" not in text, "Nobody shouts.")  # noqa: E731
    monkeypatch.setattr(rules, "can_say", quiet)
    say(lobby, ann, "one!!two")
    assert bodies() == ["one!!", "two"]
    with pytest.raises(Refused, match="6 characters, and at most 5"):
        say(lobby, ann, "one!!twothrees")
    with pytest.raises(Refused, match="Nobody shouts"):
        say(lobby, ann, "one!!two!")
    assert bodies() == ["one!!", "two"]


def test_who_is_too_fast_is_told_so_and_what_is_stored_is_known(lobby, ann, settings):
    settings.CHAT_PARTICIPANT_RATE = "2/day"
    second = [say(lobby, ann, text) for text in ("one", "onetwo")][1]
    with pytest.raises(TooFast):
        say(lobby, ann, "onetwothree")
    assert say(lobby, ann, "onetwo") == second


def test_among_many_that_are_stored_together(lobby, ann, member):
    sent = [(ann, "one", "n"), (member, "a", "n"), (ann, "onetwo", "n"), (member, "b", "m"), (ann, "onetwothree", "n")]
    outcomes = post_messages([Post(lobby, author, text, nonce, grows=True) for author, text, nonce in sent])
    assert [one.body for one in outcomes] == ["one", "a", "two", "b", "three"]
    assert bodies() == ["one", "a", "b", "two", "three"]


def test_who_knows_what_is_new_says_it(lobby, ann):
    """As a socket does."""
    first, second = Post(lobby, ann, "one", "n"), Post(lobby, ann, "two", "n", part=1)
    outcomes = post_messages([first, second, second, first])
    assert [one.body for one in outcomes] == ["one", "two", "two", "one"]
    assert post_messages([second])[0] == outcomes[1]
    assert bodies() == ["one", "two"]
    assert isinstance(post_messages([Post(lobby, ann, "else", "n", part=1)])[0], Refused)


def test_a_nonce_that_leaves_no_room_for_more_is_used_once(lobby, ann):
    say(lobby, ann, "one", "n" * 64)
    with pytest.raises(Refused, match=OTHER):
        say(lobby, ann, "onetwo", "n" * 64)
    other, long = Post(lobby, ann, "fine", "m"), Post(lobby, ann, "two", "n" * 64, part=1)
    assert [type(one) for one in post_messages([other, long])] == [Message, Refused]


def test_nobody_sends_a_hundred_and_more_from_one(lobby, ann, settings, monkeypatch):
    settings.CHAT_RATE_LIMITS = False
    monkeypatch.setattr("chat.actions.repeats.MOST_PARTS", 3)
    texts = ["1", "12", "123", "1234", "12345"]
    for text in texts[:4]:
        say(lobby, ann, text)
    with pytest.raises(Refused, match=OTHER):
        say(lobby, ann, texts[4])
    assert say(lobby, ann, texts[3]).body == "4"


@pytest.mark.parametrize(
    ("text", "new"),
    [("one", ""), ("one ", ""), ("onetwo", ""), ("onetwo th", "th"), ("onetwoth ", "th ")],
)
def test_what_is_not_stored_of_a_text(lobby, ann, text, new):
    for sent in ("one", "onetwo"):
        say(lobby, ann, sent)
    assert unsaid(Post(lobby, ann, text, "n")) == new


def test_nothing_is_stored_of_what_nobody_sent_and_another_text_is_refused(lobby, ann):
    assert unsaid(Post(lobby, ann, "one", "n")) is None
    say(lobby, ann, "one")
    with pytest.raises(Refused, match=OTHER):
        unsaid(Post(lobby, ann, "two", "n"))


def test_whether_a_message_begins_like_that(lobby, ann):
    say(lobby, ann, "one")
    assert [begins(Post(lobby, ann, text, "n")) for text in ("o", "one", " on ", "two", "ones")] == [True] * 3 + [
        False
    ] * 2
    assert not begins(Post(lobby, ann, "o", "m"))
