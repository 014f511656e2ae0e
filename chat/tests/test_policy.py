"""Who may do what: every member of the cast, in every kind of room, with every verb."""

from itertools import product

import pytest
from django.contrib.auth.models import User

from chat import policy
from chat.models import Message, Participant, Room


def somebody(pk: int, kind: str, **more) -> Participant:
    one = Participant(pk=pk, key=f"{kind[0]}{pk}", kind=kind, name=f"Number {pk}", **more)
    one.roles.update({1: None, 2: None})
    return one


CAST = {
    "guest": somebody(1, "guest"),
    "member": somebody(2, "member", user=User(pk=2)),
    "moderator": somebody(3, "member", user=User(pk=3, is_staff=True)),
    "banned guest": somebody(4, "guest", banned=True),
    "banned member": somebody(5, "member", user=User(pk=5), banned=True),
    "banned moderator": somebody(6, "member", user=User(pk=6, is_staff=True), banned=True),
    "moderator signed off": somebody(7, "member", user=User(pk=7, is_staff=True, is_active=False)),
}
ROOMS = {"open": Room(pk=1, slug="open"), "archived": Room(pk=2, slug="archived", archived=True)}
MESSAGES = ("own", "own deleted", "another's")

IN_ROOMS = [
    # who, room, may read, may post or the word that says why not
    ("guest", "open", "yes", "yes"),
    ("guest", "archived", "yes", "archived"),
    ("member", "open", "yes", "yes"),
    ("member", "archived", "yes", "archived"),
    ("moderator", "open", "yes", "yes"),
    ("moderator", "archived", "yes", "archived"),
    ("banned guest", "open", "moderator", "moderator"),
    ("banned guest", "archived", "moderator", "archived"),
    ("banned member", "open", "moderator", "moderator"),
    ("banned member", "archived", "moderator", "archived"),
    ("banned moderator", "open", "moderator", "moderator"),
    ("banned moderator", "archived", "moderator", "archived"),
    ("moderator signed off", "open", "yes", "yes"),
    ("moderator signed off", "archived", "yes", "archived"),
]
NAMED = {"can_take_name", "can_be_called"}  # see test_confusable_names.py
INVITED = {"can_sign_up", "can_invite"}
ROOMS_TO_COME = {
    "can_know",
    "can_mention_room",
    "can_search",
    "can_see_mentions",
    "can_see_versions",
    "can_pin",
    "can_react",
    "can_make_room",
    "can_change_room",
    "can_export",
    "can_join",
    "can_leave",
    "can_invite_to",
    "can_remove",
    "can_set_role",
    "can_talk_to",
}
ELSEWHERE = [
    # who, may change their name, sign up, invite to sign up; or the word that says why not
    ("guest", "yes", "yes", "staff"),
    ("member", "yes", "already", "staff"),
    ("moderator", "yes", "already", "yes"),
    ("moderator signed off", "yes", "already", "staff"),
    ("banned guest", "moderator", "moderator", "staff"),
    ("banned member", "moderator", "already", "staff"),
    ("banned moderator", "moderator", "already", "staff"),
]
WRITTEN = [
    # who, room, whose message, may edit, may delete it
    ("guest", "open", "own", "yes", "yes"),
    ("guest", "open", "own deleted", "deleted", "yes"),
    ("guest", "open", "another's", "yourself", "yourself"),
    ("guest", "archived", "own", "archived", "yes"),
    ("guest", "archived", "own deleted", "deleted", "yes"),
    ("guest", "archived", "another's", "yourself", "yourself"),
    ("member", "open", "own", "yes", "yes"),
    ("member", "open", "own deleted", "deleted", "yes"),
    ("member", "open", "another's", "yourself", "yourself"),
    ("member", "archived", "own", "archived", "yes"),
    ("member", "archived", "own deleted", "deleted", "yes"),
    ("member", "archived", "another's", "yourself", "yourself"),
    ("moderator", "open", "own", "yes", "yes"),
    ("moderator", "open", "own deleted", "deleted", "yes"),
    ("moderator", "open", "another's", "yourself", "yes"),
    ("moderator", "archived", "own", "archived", "yes"),
    ("moderator", "archived", "own deleted", "deleted", "yes"),
    ("moderator", "archived", "another's", "yourself", "yes"),
    ("banned guest", "open", "own", "moderator", "moderator"),
    ("banned guest", "open", "own deleted", "deleted", "moderator"),
    ("banned guest", "open", "another's", "yourself", "yourself"),
    ("banned guest", "archived", "own", "archived", "moderator"),
    ("banned guest", "archived", "own deleted", "deleted", "moderator"),
    ("banned guest", "archived", "another's", "yourself", "yourself"),
    ("banned member", "open", "own", "moderator", "moderator"),
    ("banned member", "open", "own deleted", "deleted", "moderator"),
    ("banned member", "open", "another's", "yourself", "yourself"),
    ("banned member", "archived", "own", "archived", "moderator"),
    ("banned member", "archived", "own deleted", "deleted", "moderator"),
    ("banned member", "archived", "another's", "yourself", "yourself"),
    ("banned moderator", "open", "own", "moderator", "moderator"),
    ("banned moderator", "open", "own deleted", "deleted", "moderator"),
    ("banned moderator", "open", "another's", "yourself", "moderator"),
    ("banned moderator", "archived", "own", "archived", "moderator"),
    ("banned moderator", "archived", "own deleted", "deleted", "moderator"),
    ("banned moderator", "archived", "another's", "yourself", "moderator"),
    ("moderator signed off", "open", "own", "yes", "yes"),
    ("moderator signed off", "open", "own deleted", "deleted", "yes"),
    ("moderator signed off", "open", "another's", "yourself", "yourself"),
    ("moderator signed off", "archived", "own", "archived", "yes"),
    ("moderator signed off", "archived", "own deleted", "deleted", "yes"),
    ("moderator signed off", "archived", "another's", "yourself", "yourself"),
]


def agrees(verdict: policy.Verdict, expected: str) -> bool:
    if expected == "yes":
        return bool(verdict) and verdict.why == ""
    return not verdict and expected in verdict.why and verdict.why.endswith(".")


def test_it_works():
    assert policy.can_post(CAST["guest"], ROOMS["open"])
    assert not policy.can_post(CAST["guest"], ROOMS["archived"])


@pytest.mark.parametrize(("who", "where", "reads", "posts"), IN_ROOMS)
def test_in_a_room(who, where, reads, posts):
    assert agrees(policy.can_read(CAST[who], ROOMS[where]), reads)
    assert agrees(policy.can_post(CAST[who], ROOMS[where]), posts)


@pytest.mark.parametrize(("who", "renames", "signs_up", "invites"), ELSEWHERE)
def test_a_name_and_an_account(who, renames, signs_up, invites):
    assert agrees(policy.can_rename(CAST[who]), renames)
    assert agrees(policy.can_sign_up(CAST[who]), signs_up)
    assert agrees(policy.can_invite(CAST[who]), invites)


@pytest.mark.parametrize("who", CAST)
def test_signing_up_where_it_is_by_invitation_or_not_at_all(settings, who):
    settings.CHAT_SIGN_UP = "invitation"
    assert agrees(policy.can_sign_up(CAST[who]), "invitation")
    assert agrees(policy.can_sign_up(CAST[who], invited=True), {row[0]: row[2] for row in ELSEWHERE}[who])
    settings.CHAT_SIGN_UP = "closed"
    assert agrees(policy.can_sign_up(CAST[who], invited=True), "can't be made")
    assert agrees(policy.can_invite(CAST[who]), "can't be made")


@pytest.mark.parametrize(("who", "where", "whose", "edits", "deletes"), WRITTEN)
def test_what_is_written(who, where, whose, edits, deletes):
    author = CAST[who] if whose.startswith("own") else somebody(99, "guest")
    message = Message(room=ROOMS[where], author=author, deleted="deleted" in whose)
    assert agrees(policy.can_edit(CAST[who], message), edits)
    assert agrees(policy.can_delete(CAST[who], message), deletes)


def test_every_verb_and_every_cell_is_in_the_tables():
    verbs = {name for name in vars(policy) if name.startswith("can_")}
    assert verbs == {"can_read", "can_post", "can_edit", "can_delete", "can_rename", *NAMED, *INVITED, *ROOMS_TO_COME}
    assert {(who, where) for who, where, *_ in IN_ROOMS} == {*product(CAST, ROOMS)}
    assert {(who, where, whose) for who, where, whose, *_ in WRITTEN} == {*product(CAST, ROOMS, MESSAGES)}
    assert {who for who, *_ in ELSEWHERE} == set(CAST)
