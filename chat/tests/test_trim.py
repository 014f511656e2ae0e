"""A page that stays open does not grow for ever: now and then a frame takes what is far up out of the log."""

import re

import pytest
from django.utils import timezone

from chat import actions, fragments
from chat.fragments import LOG_LENGTH, TRIM_EVERY, Changes
from chat.models import Message, Participant, Room
from chat.tests.page import Page


@pytest.fixture(autouse=True)
def _fast(settings):
    settings.CHAT_RATE_LIMITS = False


def fill(room: Room, author: Participant, count: int, step: int = 1) -> None:
    """So many messages; `step` - 1 changes that left no trace between each and the next."""
    common = {"room": room, "author": author, "author_name": author.name, "sent": timezone.now()}
    places = range(step, count * step + 1, step)
    Message.objects.bulk_create(Message(body=f"message {seq}", seq=seq, changed=seq, **common) for seq in places)
    Room.objects.filter(pk=room.pk).update(seq=count * step)


def frames(room: Room, after: int) -> list[str]:
    return Changes.since(room, after).frames_after(after)


def trims(frame: str) -> bool:
    """And when it does, at its end, before the cursor."""
    assert frame.count("delete:#log-lobby") == frame.count(":nth-last-child(301 of .message)") <= 1
    found = re.search(r"(<div hx-swap-oob=\"innerHTML:#log-lobby:has.*)<input id=\"cursor", frame, re.DOTALL)
    assert not found or "<article" not in found[1]
    return bool(found)


def keeps(room: Room, after: int) -> int | None:
    return Changes.since(room, after).keep


def open_page(client, room: Room) -> Page:
    page = Page.load(client.get(f"/chat/{room.slug}/").text)
    assert page.cursor <= Room.objects.get(pk=room.pk).seq
    return page


def hear(page: Page, room: Room) -> None:
    for frame in frames(room, page.cursor):
        page.apply(frame)
    assert page.faults == []


def test_it_comes_exactly_when_the_room_crosses_a_multiple_of_fifty(lobby, ann):
    fill(lobby, ann, 330)
    told = []
    for seq in range(331, 461):
        actions.post_message(lobby, ann, "hello")
        (frame,) = frames(lobby, seq - 1)
        if trims(frame):
            told.append(seq)
    assert told == [350, 400, 450]


@pytest.mark.parametrize(
    ("after", "told"), [(298, True), (299, True), (301, True), (349, True), (350, False), (351, False), (399, False)]
)
def test_it_comes_to_who_was_on_the_other_side_of_it(lobby, ann, after, told):
    fill(lobby, ann, 399)
    found = frames(lobby, after)
    assert [trims(frame) for frame in found] == [False] * (len(found) - 1) + [told] * bool(found)


@pytest.mark.parametrize(("count", "told"), [(200, False), (299, False), (300, False), (301, True), (350, True)])
def test_it_comes_only_when_there_are_more_than_a_page_keeps(lobby, ann, count, told):
    fill(lobby, ann, count)
    message = Message.objects.order_by("seq").last()
    while Room.objects.get(pk=lobby.pk).seq % TRIM_EVERY:  # edits bring the room to the next multiple
        actions.edit_message(message.pk, ann, f"edited after {Room.objects.get(pk=lobby.pk).seq}")
    head = Room.objects.get(pk=lobby.pk).seq
    (frame,) = frames(lobby, head - 1) if head > count else frames(lobby, count - 1)
    assert trims(frame) == told
    assert (keeps(lobby, head - 1) is not None) == told


def test_what_is_kept_are_the_newest_messages_whatever_their_numbers(lobby, ann):
    fill(lobby, ann, 320, step=5)  # up to 1600
    assert keeps(lobby, 1599) == 5 * (320 - 300 + 1)
    assert f'name="before" value="{5 * 21}"' in frames(lobby, 1599)[0]
    actions.delete_message(Message.objects.get(seq=1500).pk, ann)  # a tombstone is a message too
    assert keeps(lobby, 1599) == 5 * 21


def test_it_comes_with_an_edit_as_well(lobby, ann):
    fill(lobby, ann, 349)
    actions.edit_message(Message.objects.get(seq=340).pk, ann, "edited")
    (frame,) = frames(lobby, 349)
    assert trims(frame)
    assert keeps(lobby, 349) == 349 - 299


def test_another_rooms_messages_are_not_in_the_way(lobby, ann):
    other = Room.objects.create(slug="other", name="Other")
    fill(other, ann, 400)
    fill(lobby, ann, 100)
    assert keeps(lobby, 99) is None


def test_who_missed_nothing_gets_no_frame_and_who_gets_the_log_anew_no_trimming(lobby, ann, settings):
    fill(lobby, ann, 350)
    changes = Changes.since(lobby, 349)
    assert trims(changes.frames_after(349)[0])
    assert changes.frames_after(350) == []
    settings.CHAT_CATCH_UP_LIMIT = 10
    anew = Changes.since(lobby, 300)
    assert (anew.whole, anew.keep) == (True, None)
    assert not any(trims(frame) for frame in anew.frames_after(300))


def test_it_fits_into_the_frame_and_comes_in_the_last_one(lobby, ann, settings):
    fill(lobby, ann, 350)
    for limit in range(2048, 6000, 83):
        settings.CHAT_FRAME_LIMIT = limit
        found = frames(lobby, 343)
        assert max(len(frame.encode()) for frame in found) <= limit
        assert [trims(frame) for frame in found] == [False] * (len(found) - 1) + [True]


def test_asking_where_to_cut_costs_one_query_now_and_then(lobby, ann, django_assert_num_queries):
    fill(lobby, ann, 350)
    with django_assert_num_queries(3):
        Changes.since(lobby, 349).frames_after(349)
    actions.post_message(lobby, ann, "hello")
    with django_assert_num_queries(2):
        Changes.since(lobby, 350).frames_after(350)


# --- What becomes of a page ----------------------------------------------------------------------


def test_a_page_that_stays_open_keeps_the_newest_and_asks_for_the_rest(lobby, ann, client):
    fill(lobby, ann, 40)
    page, longest = open_page(client, lobby), 0
    for _ in range(500):
        actions.post_message(lobby, ann, "hello")
        hear(page, lobby)
        longest = max(longest, len(page.log))
    assert longest == LOG_LENGTH + TRIM_EVERY - 1
    assert [seq for _, seq, _ in page.rows()] == [*range(201, 541)]  # cut at 500, and 40 since
    assert (page.ask, page.home, page.trimmed) == (201, 201, 200)
    while page.ask is not None:
        page.apply(fragments.older(lobby, page.ask))
    assert page.faults == []
    assert [seq for _, seq, _ in page.rows()] == [*range(1, 541)]


def test_a_page_where_somebody_reads_further_up_is_left_alone_until_they_are_back(lobby, ann, client):
    fill(lobby, ann, 380)
    page = open_page(client, lobby)
    page.apply(fragments.older(lobby, page.ask))
    for _ in range(330):
        actions.post_message(lobby, ann, "hello")
        hear(page, lobby)
    assert (page.trimmed, page.ask, page.home) == (0, 281, 331)
    assert [seq for _, seq, _ in page.rows()] == [*range(281, 711)]
    page.reach_the_end()
    assert ([seq for _, seq, _ in page.rows()], page.ask) == ([*range(331, 711)], 331)
    for _ in range(40):
        actions.post_message(lobby, ann, "hello")
        hear(page, lobby)
    assert ([seq for _, seq, _ in page.rows()], page.ask) == ([*range(451, 751)], 451)
    page.apply(fragments.older(lobby, 451))
    page.reach_the_end()
    assert page.ask == 451


def test_a_page_that_is_not_long_is_left_as_it_is(lobby, ann, client):
    fill(lobby, ann, 345)
    page = open_page(client, lobby)
    for _ in range(10):
        actions.post_message(lobby, ann, "hello")
        hear(page, lobby)
    assert (len(page.log), page.ask, page.trimmed) == (60, 296, 0)


def test_the_log_anew_leaves_nothing_of_before(lobby, ann, client):
    fill(lobby, ann, 200)
    page = open_page(client, lobby)
    page.apply(fragments.older(lobby, page.ask))
    assert len(page.rows()) == 100
    actions.renew_epochs()
    for frame in Changes.since(lobby, page.cursor, page.epoch).frames_after(page.cursor):
        page.apply(frame)
    assert (page.replaced, page.older, page.ask, page.home) == (1, {}, 151, 151)
    assert [seq for _, seq, _ in page.rows()] == [*range(151, 201)]
    assert page.days == {}
