"""The line above a day leads to it, and one can go to any day: it begins where the reader's own day does."""

import random
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import expect

from chat import actions
from chat.models import Message, Participant
from chat.tests.bare_sockets import seqs
from chat.tests.people import say
from chat.tests.test_past import ways

BEGIN = datetime(2026, 3, 1, 22, tzinfo=UTC)


@pytest.fixture
def talk(lobby, ann, settings):
    """Twelve messages, six hours from one to the next, on pages of four."""
    settings.CHAT_PAGE_SIZE, settings.CHAT_RATE_LIMITS = 4, False
    for number in range(12):
        message = actions.post_message(lobby, ann, f"hello {number}")
        Message.objects.filter(pk=message.pk).update(sent=BEGIN + timedelta(hours=6 * number))
    return lobby


def shown(client, day: str) -> list[int]:
    return seqs([client.get("/chat/lobby/", {"day": day}).text])


def test_it_works(talk, client):
    page = client.get("/chat/lobby/?day=2026-03-03").text
    assert seqs([page]) == [6, 7, 8, 9]
    assert ways(page)["Older messages"] == "/chat/lobby/?before=6"
    assert 'type="date"' in page


def test_the_line_of_a_day_leads_to_it(talk, client):
    page = client.get("/chat/lobby/?day=2026-03-02").text
    assert re.findall(r'<p class="day"><a href="([^"]*)"><time datetime="([\d-]+)"', page) == [
        ("/chat/lobby/?day=2026-03-02", "2026-03-02")
    ]


def test_a_day_begins_where_the_readers_does(talk, as_guest, ann):
    assert shown(as_guest(ann), "2026-03-02") == [2, 3, 4, 5]  # from 4 o'clock on
    Participant.objects.filter(pk=ann.pk).update(time_zone="Asia/Tokyo")
    assert shown(as_guest(ann), "2026-03-02") == [1, 2, 3, 4]  # it was 7 o'clock there


@pytest.mark.parametrize(
    ("day", "first"),
    [("2020-01-01", 1), ("0001-01-01", 1), ("2026-03-01", 1), ("2026-03-04", 10), ("2026-03-05", None)],
)
def test_before_the_first_and_after_the_last(talk, client, day, first):
    assert shown(client, day)[0] == (first or 9)  # after the last it is the room as it stands now


@pytest.mark.parametrize("day", ["", "today", "2026-13-01", "9999-12-31", "<b>", "2026-03-02\x00", "1" * 5000])
def test_what_is_no_day_shows_the_room(talk, client, day):
    page = client.get("/chat/lobby/", {"day": day})
    assert (page.status_code, seqs([page.text])) == (200, [9, 10, 11, 12])


def test_a_room_without_messages(lobby, client):
    assert client.get("/chat/lobby/?day=2026-03-02").status_code == 200


def test_it_is_found_wherever_it_is(lobby, ann, settings):
    settings.CHAT_RATE_LIMITS = False
    rows = [actions.post_message(lobby, ann, f"{number}") for number in range(40)]
    random.seed(7)
    gaps = [random.choice([0, 0, 1, 5]) for _ in rows]
    for number, row in enumerate(rows):
        Message.objects.filter(pk=row.pk).update(sent=BEGIN + timedelta(hours=sum(gaps[: number + 1])))
    for number in range(5):
        actions.edit_message(rows[3].pk, ann, f"changed {number}")  # the room's seq goes on without messages
    lobby.refresh_from_db()
    known = [*Message.objects.order_by("seq")]
    for hour in range(-1, sum(gaps) + 2):
        moment = BEGIN + timedelta(hours=hour)
        found = lobby.messages.first_since(moment, lobby.seq)
        assert found == next((row for row in known if row.sent >= moment), None)


def test_it_asks_few_times_in_a_long_history(lobby):
    with CaptureQueriesContext(connection) as captured:
        lobby.messages.first_since(BEGIN, 1_000_000)
    assert len(captured) <= 20


def test_by_the_form_and_by_the_line(busy_site, room, browser):
    page = browser(busy_site, f"/chat/{room}/")
    say(page, "today")
    page.locator(".day a").click()
    expect(page.locator(".message-body")).to_have_text("today")
    expect(page.get_by_role("link", name="To the latest messages")).to_be_visible()
    page.goto(f"/chat/{room}/about/")
    page.get_by_label("What was said on a day").fill("2020-01-01")
    page.get_by_role("button", name="Go there").click()
    expect(page).to_have_url(re.compile(r"\?day=2020-01-01$"))
    expect(page.locator(".message-body")).to_have_text("today")
