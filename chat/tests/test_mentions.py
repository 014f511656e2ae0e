"""Mentions: who a message speaks of is found when it is stored, and marked for them alone when it is read."""

import re
from html import unescape

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from chat import actions, fragments, mentions
from chat.actions import Post, post_messages
from chat.fragments import Changes
from chat.models import Kind, Membership, Mention, Message, Participant, Role, Room
from chat.names import handle

MARKED = re.compile(r'<span class="mention" data-mention="([^"]*)">([^<]*)</span>')


@pytest.fixture
def people(db):
    """`people("Ann Bell", "bob")` have accounts."""

    def make(*names: str, **more) -> list[Participant]:
        made = []
        for name in names:
            user = get_user_model().objects.create_user(f"user{get_user_model().objects.count()}", **more)
            one = Participant(key=Participant.key_of(user), kind=Participant.Kind.MEMBER, user=user, name=name)
            made.append(actions.rename(actions.enrol(one), name) if name != user.username else actions.enrol(one))
        return made

    return make


def said(message: Message) -> list[tuple[str, str]]:
    """[(the keys, the words)] of what is marked in it, as everybody reads it."""
    return [
        (unescape(keys), unescape(words))
        for keys, words in MARKED.findall(fragments.message(message, fragments.Where.of(message.room)))
    ]


def meant(message: Message) -> set[str | None]:
    return {row.participant and row.participant.name for row in Mention.objects.filter(message=message)}


def test_it_works(lobby, ann, people):
    bob, carl = people("Bob", "Carl Otto")
    message = actions.post_message(lobby, ann, "hi @bob, and @carl otto!")
    assert said(message) == [(bob.key, "@bob"), (carl.key, "@carl otto")]
    assert meant(message) == {"Bob", "Carl Otto"}
    assert said(Message.objects.for_page().get(pk=message.pk)) == said(message)


# --- What is one -----------------------------------------------------------------------------------

NAMES = ["Ann", "Ann Bell", "J. R. Smith", "Zoë", "O'Brien", "山田", "Ивáн", "😀", "अनिल", "x"]
KNOWN = {
    name: [f"u{number}"]
    for number, name in enumerate(map(handle, NAMES))
}  # fmt: skip
UNDERSTOOD = [
    ("@Ann", ["@Ann"]),
    ("@ann.", ["@ann"]),
    ("(@ANN)", ["@ANN"]),
    ("@Ann's", ["@Ann"]),
    ("@ann bell", ["@ann bell"]),
    ("@ann  bell?", ["@ann  bell"]),
    ("@ann bellow", ["@ann"]),
    ("@Annabel", []),
    ("@ann_", ["@ann_"]),
    ("@ann_x", []),
    ("@ann-bell", ["@ann-bell"]),
    ("@j. r. smith, you?", ["@j. r. smith"]),
    ("@j r smith", ["@j r smith"]),
    ("@Zoe", []),
    ("@ZOË", ["@ZOË"]),
    ("@zoe\u0308", ["@zoe\u0308"]),
    ("@x\u0301", []),
    ("@o'brien", ["@o'brien"]),
    ("@山田さん", ["@山田"]),
    ("@ивáн", ["@ивáн"]),
    ("@😀!", ["@😀"]),
    ("@अनिल", ["@अनिल"]),
    ("@अन", []),
    ("ann@ann.example", []),
    ("first.last+@ann", []),
    ("https://example.org/@ann", []),
    ("@@ann", []),
    ("@ ann", []),
    ("@", []),
    ("@\nann", []),
    ("@ann\nbell", ["@ann"]),
    ("@ann@x", ["@ann"]),
    ("@ann @x @ann bell", ["@ann", "@x", "@ann bell"]),
    ("<b>@ann</b>", ["@ann"]),
    ("@nobody", []),
]


@pytest.mark.parametrize(("text", "expected"), UNDERSTOOD)
def test_what_is_a_mention(text, expected):
    made = mentions.marks(mentions.spots(text), KNOWN)
    assert [text[start:end] for start, end, _ in made] == expected


def test_the_longest_name_wins_and_says_who():
    made = mentions.marks(mentions.spots("@ann bell @ann"), KNOWN)
    assert [keys for _, _, keys in made] == ["u1", "u0"]


def test_no_more_than_twenty_count_and_what_is_tried_is_bounded():
    assert len(mentions.marks(mentions.spots("@ann " * 400), KNOWN)) == mentions.MOST == 20
    many = {"ann": [f"u{n}" for n in range(15)], "x": [f"v{n}" for n in range(15)]}
    assert len(mentions.called(mentions.marks(mentions.spots("@ann @x @ann"), many))) == 15
    assert len(mentions.handles(mentions.spots("@" + "a b " * 1000))) <= mentions.ENDS


@given(st.text(alphabet="@ab .,-\n😀\u0301山<&\"'", max_size=40))
def test_whatever_is_typed_is_read_back_as_it_was(text):
    keys = {name: ["u1"] for name in ("a", "b", "a b", "ab", "山")}
    made = mentions.marks(mentions.spots(text), keys)
    html = mentions.html(text, made)
    assert unescape(re.sub(r'<span class="mention" data-mention="u1">|</span>', "", html)) == text
    assert html.count("<") == 2 * len(made)
    assert all(text[start] == "@" and start < end for start, end, _ in made)
    assert [one[0] for one in made] == sorted(one[0] for one in made)


# --- Who can be meant ------------------------------------------------------------------------------


def test_guests_oneself_the_banned_and_closed_accounts_cannot_be(lobby, ann, people):
    bob, eve, zed = people("Bob", "Eve", "Zed")
    actions.ban(eve, True)
    zed.user.is_active = False
    zed.user.save()
    assert meant(actions.post_message(lobby, bob, "@ann @bob @eve @zed")) == set()
    assert meant(actions.post_message(lobby, ann, "@bob")) == {"Bob"}


@pytest.mark.parametrize("kind", [Kind.PRIVATE, Kind.DIRECT])
def test_only_who_can_read_the_room(people, kind):
    ann, bob, _ = people("Ann", "Bob", "Carl")
    room = Room.objects.create(slug="quiet", name="Quiet", kind=kind)
    for one in (ann, bob):
        Membership.objects.create(room=room, participant=one)
    assert meant(actions.post_message(room, ann, "@bob @carl")) == {"Bob"}
    open_one = Room.objects.create(slug="members", name="Members", kind=Kind.MEMBERS)
    assert meant(actions.post_message(open_one, ann, "@bob @carl")) == {"Bob", "Carl"}


def test_who_has_the_same_name_is_meant_as_well(lobby, ann, people):
    one, other = people("Bob", "Bobby")
    Participant.objects.filter(pk=other.pk).update(name="Bob", handle="bob")
    message = actions.post_message(lobby, ann, "@bob")
    assert said(message) == [(f"{one.key} {other.key}", "@bob")]
    assert Mention.objects.filter(message=message).count() == 2


def test_the_name_somebody_has_now_counts(lobby, ann, people):
    (bob,) = people("Bob")
    actions.rename(bob, "Robert Paulson")
    assert meant(actions.post_message(lobby, ann, "@bob")) == set()
    message = actions.post_message(lobby, ann, "@robert paulson")
    assert meant(message) == {"Robert Paulson"}
    actions.rename(bob, "Rob")
    assert said(Message.objects.for_page().get(pk=message.pk)) == [(bob.key, "@robert paulson")]


def test_an_account_that_is_called_otherwise_by_now(lobby, ann, member):
    member.user.username = "maria"
    member.user.save()
    client = Client()
    client.force_login(member.user)
    client.post("/chat/lobby/messages/", {"message": "here I am"})
    assert meant(actions.post_message(lobby, ann, "@maria, @mia")) == {"maria"}


# --- Everybody -------------------------------------------------------------------------------------


def test_room_calls_everybody_and_only_who_keeps_order_may(people, lobby, ann):
    owner, member = people("Olga", "Mia")
    room = Room.objects.create(slug="garden", name="Garden")
    Membership.objects.create(room=room, participant=owner, role=Role.MODERATOR)
    Membership.objects.create(room=room, participant=member)
    message = actions.post_message(room, owner, "@Room: tea! @mia")
    assert said(message) == [("*", "@Room"), (member.key, "@mia")]
    assert meant(message) == {None, "Mia"}
    for somebody in (member, ann):
        assert said(actions.post_message(room, somebody, "@room")) == []
    assert said(actions.post_message(lobby, owner, "@room")) == []


def test_a_staff_member_calls_everybody_but_not_in_a_conversation(lobby, people):
    (boss, ann) = people("Boss", "Ann")
    boss.user.is_staff = True
    boss.user.save()
    boss = Participant.objects.select_related("user").get(pk=boss.pk)
    assert said(actions.post_message(lobby, boss, "@room")) == [("*", "@room")]
    talk = actions.talk(boss, [ann])
    assert said(actions.post_message(talk, boss, "@room")) == []


# --- Changes ---------------------------------------------------------------------------------------


def test_an_edit_brings_and_takes_mentions_and_a_deletion_takes_all(lobby, ann, people):
    people("Bob", "Carl", "Dora")
    message = actions.post_message(lobby, ann, "@bob @carl")
    (kept,) = Mention.objects.filter(message=message, participant__name="Carl").values_list("pk")
    edited = actions.edit_message(message.pk, ann, "@carl @dora")
    assert meant(message) == {"Carl", "Dora"}
    assert [words for _, words in said(edited)] == ["@carl", "@dora"]
    assert Mention.objects.filter(message=message, participant__name="Carl").values_list("pk").get() == kept
    assert said(actions.edit_message(message.pk, ann, "nobody")) == []
    assert meant(message) == set()
    actions.edit_message(message.pk, ann, "@bob")
    assert meant(message) == {"Bob"}
    gone = actions.delete_message(message.pk, ann)
    assert (said(gone), gone.marks, meant(message)) == ([], [], set())


def test_a_repeat_mentions_nobody_again(lobby, ann, people):
    people("Bob")
    for _ in range(2):
        actions.post_message(lobby, ann, "@bob", "nonce")
    assert Mention.objects.count() == 1


def test_many_are_stored_with_two_queries_more_and_with_no_at_with_none(lobby, people):
    authors = people(*(f"Author {number}" for number in range(30)))

    def queries(text: str, count: int) -> int:
        with CaptureQueriesContext(connection) as asked:
            outcomes = post_messages([Post(lobby, one, text) for one in authors[:count]])
        assert all(isinstance(one, Message) for one in outcomes)
        return len(asked)

    without = queries("nobody", 30)
    assert queries("@nobody", 30) == without + 1
    assert queries("@author 0 @author 1", 30) == queries("@author 0 @author 1", 3) == without + 2
    assert queries("@author 0 @room", 30) == without + 3


def test_reading_costs_no_query_for_a_mention(lobby, ann, people, django_assert_num_queries):
    people("Bob", "Carl")
    for _ in range(3):
        actions.post_message(lobby, ann, "nobody")
    with CaptureQueriesContext(connection) as before:
        Changes.since(lobby, 0).frames_after(0)
    marked = [actions.post_message(lobby, ann, "@bob @carl") for _ in range(10)]
    with django_assert_num_queries(len(before)):
        read = Changes.since(lobby, 3).frames_after(3)
    with django_assert_num_queries(0):
        stored = Changes.of(marked).frames_after(3)
    assert read == stored  # the same bytes, whether they come from the rows just stored or are read anew
    assert "".join(read).count("data-mention") == 20


# --- What is shown ---------------------------------------------------------------------------------

HOSTILE = [
    '<img src=x onerror="go()">',
    '"><b hx-get="/x" hx-trigger="load">',
    "<hx-a>' ws-send data-mention='*",
    "</span></p><script>go()</script>",
    "&lt;b&gt;",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_typed_becomes_markup(lobby, ann, people, text):
    people("Bob")
    html = fragments.message(actions.post_message(lobby, ann, f"{text} @bob {text}"), fragments.Where.of(lobby))
    body = re.search(r'<section class="message-body" dir="auto">(.*)</section>', html)[1]
    bare = re.sub(r'<span class="mention" data-mention="u\d+">@bob</span>', "@bob", body)
    assert bare != body
    assert not {"<", ">", '"', "'"} & {*bare}
    assert unescape(bare) == f"{text} @bob {text}"


@pytest.mark.parametrize("name", [*HOSTILE, "O'Brien <hx-get>"])
def test_a_hostile_name_is_only_a_name(lobby, ann, people, name):
    (bob,) = people("Bob")
    Participant.objects.filter(pk=bob.pk).update(name=name, handle=handle(name))
    message = actions.post_message(lobby, ann, f"@{name}")
    html = fragments.message(message, fragments.Where.of(message.room))
    assert {*re.findall(r"</?([^\s>]*)", html)} <= {"article", "header", "bdi", "span", "time", "section", "a", "p"}
    assert re.findall(r'<a (?:href="[^"]*day=[^"]*"|([^ ]*))', html) == ["", 'class="message-more"']
    assert {keys for keys, _ in said(message)} <= {bob.key}


def test_the_viewer_s_own_style_marks_what_speaks_of_them(client):
    style = client.get("/chat/viewer/u7.css").text
    assert '.message:has([data-mention~="u7"]) { --message-mark' in style
    assert '[data-mention~="u7"] { --mention-surface' in style
    for key in ('u7"]){}*{', "u7 *", "é", "a" * 41):
        assert client.get(f"/chat/viewer/{key}.css").status_code == 404


def test_everybody_gets_the_same_page(lobby, ann, people):
    (bob,) = people("Bob")
    actions.post_message(lobby, ann, "@bob")
    client = Client()
    client.force_login(bob.user)
    pages = [one.get("/chat/lobby/").text for one in (Client(), client)]
    articles = [re.findall(r"<article.*?</article>", page, re.DOTALL) for page in pages]
    assert articles[0] == articles[1]
    assert f'data-mention="{bob.key}"' in articles[0][0]


def test_handles_are_given_to_who_was_there_before(db, people):
    from importlib import import_module

    from django.apps import apps

    people("Ann Bell", "Иван")
    Participant.objects.update(handle="")
    import_module("chat.migrations.0005_mentions").give_handles(apps, None)
    assert set(Participant.objects.values_list("handle", flat=True)) == {"ann bell", "иван"}
