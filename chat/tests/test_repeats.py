"""One composer that is sent several times with ever more in it: each time what is new is a message."""

import pytest

from chat import actions, rules
from chat.actions import Post, post_messages, rest
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


def test_what_was_edited_or_deleted_since_is_not_sent_anew(lobby, ann):
    first = say(lobby, ann, "one")
    second = say(lobby, ann, "onetwo")
    actions.edit_message(second.pk, ann, "2")
    assert say(lobby, ann, "onetwo") == second
    actions.delete_message(first.pk, ann)
    assert say(lobby, ann, "onetwo") == first
    assert Message.objects.count() == 2


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
    settings.CHAT_PARTICIPANT_RATE = "2/minute"
    second = [say(lobby, ann, text) for text in ("one", "onetwo")][1]
    with pytest.raises(TooFast):
        say(lobby, ann, "onetwothree")
    assert say(lobby, ann, "onetwo") == second


def test_they_stay_in_order_among_many_that_are_stored_together(lobby, ann, member):
    sent = [(ann, "one", "n"), (member, "a", "n"), (ann, "onetwo", "n"), (member, "b", "m"), (ann, "onetwothree", "n")]
    sent += [(ann, "four", "m"), (member, "b", "m"), (member, "c", "o"), (ann, "fourfive", "m")]
    outcomes = post_messages([Post(lobby, author, text, nonce, grows=True) for author, text, nonce in sent])
    assert {type(one) for one in outcomes} == {Message}
    assert [row.body for row in Message.objects.filter(author=ann).order_by("seq")] == "one two three four five".split()
    assert [row.body for row in Message.objects.filter(author=member).order_by("seq")] == ["a", "b", "c"]
    assert [one.body for one in outcomes] == ["one", "a", "two", "b", "three", "four", "b", "c", "five"]


def test_a_nonce_that_leaves_no_room_for_more_is_used_once(lobby, ann):
    say(lobby, ann, "one", "n" * 64)
    with pytest.raises(Refused, match=OTHER):
        say(lobby, ann, "onetwo", "n" * 64)


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
    [("one", ""), ("one ", ""), ("onetwo", ""), ("onetwo th", "th"), ("onetwoth ", "th "), ("two", ""), (5, "")],
)
def test_what_is_not_stored_of_a_text(lobby, ann, text, new):
    for sent in ("one", "onetwo"):
        say(lobby, ann, sent)
    assert rest(Post(lobby, ann, text, "n")) == new


def test_nothing_is_stored_of_what_nobody_sent(lobby, ann):
    assert rest(Post(lobby, ann, "one", "n")) == ""
