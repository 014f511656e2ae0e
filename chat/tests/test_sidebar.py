"""The sidebar of a page: one's own rooms with what is new in them, and what counts as read. By HTTP alone."""

import re

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from chat import actions, bus, fragments
from chat.models import Membership, Participant, Role, Room
from chat.tests.sidebars import joined, lists, person, said

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_limits(settings):
    settings.CHAT_RATE_LIMITS = False


def browser(participant: Participant) -> Client:
    client = Client()
    client.force_login(participant.user)
    return client


def sidebar(client: Client, path: str = "/chat/", **headers) -> dict[str, list[str]]:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200
    return lists(answer.text)


def say(room: Room, author: Participant, *texts: str):
    return [actions.post_message(room, author, text) for text in texts][-1]


def test_it_works(lobby, olive, gina):
    garden, tea = joined(olive, gina), joined(olive, gina, name="Tea", kind="public")
    talk = actions.talk(olive, [gina])
    say(garden, gina, "one", "two")
    say(tea, gina, "three")
    say(talk, gina, "psst")
    html = browser(olive).get("/chat/").text
    assert lists(html) == {
        "visited": ["Lobby"],
        "rooms": ["Tea 1 unread", "Garden 2 unread"],
        "direct": ["gina 1 unread"],
    }
    assert re.search(r'href="/chat/lobby/" aria-current="page"', html)
    assert said(re.search(r'id="news-lobby">(.*?)</button>', html, re.DOTALL)[1]) == "3 with news"


# --- Which rooms -----------------------------------------------------------------------------------


def test_a_guest_has_the_default_room_and_the_one_on_the_page(client, lobby, olive):
    joined(olive, name="Secret garden")
    tea = joined(olive, name="Tea", kind="public")
    joined(olive, name="Coffee", kind="public")
    assert sidebar(client) == {"visited": ["Lobby"]}
    assert sidebar(client, tea.get_absolute_url()) == {"visited": ["Lobby", "Tea"]}
    html = client.get("/chat/").text
    assert 'href="/chat/rooms/"' in html
    assert 'id="sidebar-direct"' not in html
    assert 'id="shows-' not in html
    assert '?next=/chat/lobby/"' in html  # what the sidebar is told leaves what the rest of the page is told alone


def test_nobody_reads_of_a_room_that_is_not_theirs(lobby, olive, gina):
    joined(olive, name="Secret garden")
    room = joined(olive, gina, name="Once ours")
    assert sidebar(browser(gina))["rooms"] == ["Once ours"]
    actions.remove_member(olive, Membership.objects.get(room=room, participant=gina))
    html = browser(gina).get("/chat/").text
    assert "Once ours" not in html
    assert "Secret garden" not in html


def test_a_default_room_that_is_not_for_everybody_is_not_named(client, lobby, olive):
    tea = joined(olive, name="Tea", kind="public")
    Room.objects.filter(pk=lobby.pk).update(kind="members")
    assert sidebar(client, tea.get_absolute_url()) == {"visited": ["Tea"]}


def test_the_latest_word_comes_first_and_muted_rooms_last(lobby, olive, gina):
    one, two, three = (joined(olive, gina, name=name) for name in ("One", "Two", "Three"))
    for room in (three, one, two):
        say(room, gina, "hello")
    actions.mute_room(olive, two, True)
    assert sidebar(browser(olive)) == {
        "visited": ["Lobby"],
        "rooms": ["One 1 unread", "Three 1 unread"],
        "rooms_muted": ["Two"],
    }


def test_rooms_in_which_nobody_spoke_yet_come_last_by_name(lobby, olive):
    for name in ("Zoo", "Attic", "Middle"):
        joined(olive, name=name)
    say(Room.objects.get(name="Zoo"), olive, "hello")
    assert sidebar(browser(olive))["rooms"] == ["Zoo", "Attic", "Middle"]


def test_no_more_than_a_hundred_of_a_list_are_shown_the_latest(lobby, olive, monkeypatch):
    monkeypatch.setattr("chat.fragments.sidebar.MOST_LISTED", 2)
    for name in ("One", "Two", "Three"):
        say(joined(olive, name=name), olive, "hello")
    assert sidebar(browser(olive))["rooms"] == ["Three", "Two"]
    assert sidebar(browser(olive), "/chat/" + Room.objects.get(name="One").slug + "/")["visited"] == ["Lobby", "One"]


def test_a_conversation_is_called_after_the_others_as_they_are_called_now(lobby, olive, gina):
    carl = person("carl")
    two, three = actions.talk(olive, [gina]), actions.talk(olive, [gina, carl])
    say(two, olive, "hello")
    actions.rename(gina, "Gina <b>G</b>")
    assert sidebar(browser(olive))["direct"] == ["Gina <b>G</b>", "carl, Gina <b>G</b>"]
    assert sidebar(browser(carl))["direct"] == ["Gina <b>G</b>, olive"]
    assert "<b>G" not in browser(olive).get("/chat/").text
    assert three != two


# --- What is new -----------------------------------------------------------------------------------


def test_ones_own_messages_and_deleted_ones_and_changes_are_not_new(lobby, olive, gina):
    room = joined(olive, gina)
    say(room, olive, "mine", "mine too")
    gone, kept = say(room, gina, "gone"), say(room, gina, "kept")
    actions.delete_message(gone.pk, gina)
    actions.edit_message(kept.pk, gina, "kept, better")
    assert sidebar(browser(olive))["rooms"] == ["Garden 1 unread"]


@pytest.mark.parametrize(("number", "text"), [(99, "99 unread"), (100, "99+ unread"), (130, "99+ unread")])
def test_it_is_exact_up_to_99(lobby, olive, gina, number, text):
    room = joined(olive, gina)
    say(room, gina, *map(str, range(number)))
    assert sidebar(browser(olive))["rooms"] == [f"Garden {text}"]


def test_mentions_have_a_mark_of_their_own(lobby, olive, gina):
    room, other = joined(olive, gina), joined(olive, gina, name="Other")
    Membership.objects.filter(participant=gina).update(role=Role.MODERATOR)
    say(room, gina, "@olive", "@room", "I, @gina", "@olive, @olive and @room")
    say(room, olive, "@room, I say")
    actions.delete_message(say(room, gina, "@olive").pk, gina)
    say(other, gina, "nobody")
    assert sidebar(browser(olive))["rooms"] == ["Other 1 unread", "Garden @3 mentions 4 unread"]


def test_a_mention_that_was_read_has_no_mark_beside_what_is_new(lobby, olive, gina, garden):
    say(garden, gina, "@olive")
    sidebar(browser(olive), garden.get_absolute_url())
    say(garden, gina, "anybody?")
    assert sidebar(browser(olive))["rooms"] == ["Garden 1 unread"]


def test_a_muted_room_counts_its_mentions_alone(lobby, olive, gina):
    room, quiet = joined(olive, gina), joined(olive, gina, name="Quiet")
    for one in (room, quiet):
        actions.mute_room(olive, one, True)
    say(room, gina, "@olive")
    say(quiet, gina, "nothing for anybody")
    assert sidebar(browser(olive))["rooms_muted"] == ["Quiet", "Garden @1 mentions"]


# --- What is read ------------------------------------------------------------------------------------


def read_seq(room: Room, participant: Participant) -> int:
    return Membership.objects.get(room=room, participant=participant).read_seq


def test_opening_the_page_reads_it(lobby, olive, gina):
    room = joined(olive, gina)
    say(room, gina, "one", "two")
    assert sidebar(browser(olive), room.get_absolute_url())["rooms"] == ["Garden"]
    assert (read_seq(room, olive), read_seq(room, gina)) == (2, 0)
    say(room, gina, "three")
    assert sidebar(browser(olive))["rooms"] == ["Garden 1 unread"]


@pytest.mark.parametrize(
    "headers",
    [
        {"purpose": "prefetch"},
        {"sec-purpose": "prefetch;prerender"},
        {"x-moz": "prefetch"},
        {"hx-request": "true"},
    ],
    ids=str,
)
def test_a_browser_that_fetches_ahead_reads_nothing(lobby, olive, gina, headers):
    room = joined(olive, gina)
    say(room, gina, "one")
    client = browser(olive)
    client.get(room.get_absolute_url(), headers=headers)
    client.head(room.get_absolute_url())
    client.get(f"{room.get_absolute_url()}?before=1")
    assert read_seq(room, olive) == 0
    client.get(f"{room.get_absolute_url()}?plain=1", headers=headers if "hx-request" in headers else {})
    assert read_seq(room, olive) == 1


def test_who_is_no_member_reads_without_a_trace(client, lobby, olive, gina):
    tea = joined(olive, name="Tea", kind="public")
    say(tea, olive, "hello")
    for one in (client, browser(gina)):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert one.get(tea.get_absolute_url()).status_code == 200
        assert [query["sql"] for query in asked if query["sql"].startswith("UPDATE")] == []


def test_a_page_is_shown_even_if_that_cannot_be_stored(lobby, olive, gina, monkeypatch):
    room = joined(olive, gina)
    say(room, gina, "one")

    def away(*arguments):
        raise DatabaseError("read-only")

    monkeypatch.setattr("chat.actions.mark_read", away)
    assert sidebar(browser(olive), room.get_absolute_url())["rooms"] == ["Garden 1 unread"]


def test_reading_moves_forward_never_back_and_nobody_else(lobby, olive, gina):
    rooms = [joined(olive, gina, name=name) for name in ("One", "Two")]
    Membership.objects.filter(participant=olive).update(read_seq=5)
    actions.mark_read({(olive.pk, rooms[0].pk): 7, (olive.pk, rooms[1].pk): 3, (gina.pk, rooms[1].pk): 9, (999, 1): 9})
    assert [(read_seq(room, olive), read_seq(room, gina)) for room in rooms] == [(7, 0), (5, 9)]


def test_all_who_have_read_are_moved_by_one_statement(lobby, olive):
    room = joined(olive)
    people = Participant.objects.bulk_create(
        [Participant(key=f"reader{n}", kind="member", name=str(n)) for n in range(50)]
    )
    Membership.objects.bulk_create([Membership(room=room, participant=one) for one in people])
    with CaptureQueriesContext(connection) as asked:
        actions.mark_read({(one.pk, room.pk): 3 + number % 2 for number, one in enumerate(people)})
    assert len([query for query in asked if query["sql"].startswith("UPDATE")]) == 1
    assert Membership.objects.filter(room=room, read_seq=3).count() == 25
    assert Membership.objects.filter(room=room, read_seq=4).count() == 25


# --- What it costs -----------------------------------------------------------------------------------


def crowd(count: int, rooms: list[Room]) -> None:
    people = Participant.objects.bulk_create(
        [Participant(key=f"crowd{n}", kind="member", name=f"Crowd {n}") for n in range(count)]
    )
    Membership.objects.bulk_create([Membership(room=room, participant=one) for room in rooms for one in people])


def queries(act) -> int:
    with CaptureQueriesContext(connection) as asked:
        act()
    return len(asked)


def test_a_sidebar_is_a_few_queries_however_many_rooms_members_and_messages(lobby, olive, gina):
    def some(number: int) -> None:
        for n in range(number):
            room = joined(olive, gina, name=f"Room {number} {n}")
            say(room, gina, "@olive")
            Membership.objects.create(
                room=Room.objects.create(slug=f"talk-{number}-{n}", kind="direct"), participant=olive
            )

    def look() -> int:
        fragments.forget_logs()
        return queries(lambda: sidebar(browser(olive)))

    some(3)
    assert queries(lambda: fragments.sidebars([olive.pk])) <= 6
    few = look()
    some(60)
    crowd(300, [lobby])
    say(lobby, gina, *map(str, range(60)))
    assert look() == few
    assert queries(lambda: fragments.sidebars([olive.pk, gina.pk])) <= 6


def test_posting_costs_the_same_with_five_members_and_with_five_hundred(lobby, olive, gina):
    small, large = joined(olive, gina, name="Small"), joined(olive, gina, name="Large")
    crowd(500, [large])
    say(small, gina, "so that all is warm")
    assert queries(lambda: say(small, gina, "hello")) == queries(lambda: say(large, gina, "hello"))


def test_a_message_is_one_ring_however_many_members_there_are(
    olive, gina, monkeypatch, django_capture_on_commit_callbacks
):
    rings: list[tuple] = []

    async def ring(*told) -> None:
        rings.append(told)

    monkeypatch.setattr(bus, "_publish", ring)
    large = joined(olive, gina, name="Large")
    crowd(200, [large])
    with django_capture_on_commit_callbacks(execute=True):
        say(large, gina, "hello")
    (told,) = rings
    assert told[0] == bus.group(large.pk)
