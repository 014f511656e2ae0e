"""In Chromium: a room opens and closes while its pages are open, and nobody reloads them."""

import pytest
from playwright.sync_api import expect

from chat.tests import servers
from chat.tests.people import at, forgive_outage, go_live, say, settle
from chat.tests.relay import Relay

SET = """
from datetime import timedelta
from django.utils import timezone
from chat import actions
from chat.models import Room
now, room = timezone.now(), Room.objects.get(slug="lobby")
room.opens_at, room.closes_at = {}
actions.save_room(room)
"""


@pytest.fixture
def site(database_url):
    with servers.Site(DATABASE_URL=database_url, CHAT_TICK_SECONDS="0.5") as site:
        yield site


@pytest.fixture
def times(database_url):
    """`times("opens, closes")`, in Python, by another process: `now` is now."""

    def times(said: str) -> None:
        servers.manage(database_url, "shell", "--verbosity", "0", "--command", SET.format(said))

    return times


def closed(page):
    return page.locator("#closed-lobby")


def test_it_works(site, times, browser):
    times("now + timedelta(hours=1), None")
    ann, bob = browser(site), browser(site)
    for page in (ann, bob):
        expect(closed(page)).to_contain_text("This room opens on")
        expect(at(page)).to_be_hidden()
    times("now + timedelta(seconds=1), None")
    for page in (ann, bob):
        expect(closed(page)).to_be_hidden()
        expect(at(page)).to_be_visible()
    say(ann, "good evening")
    expect(bob.locator(".message-body")).to_have_text("good evening")
    at(bob).press_sequentially("what bob was about to say")
    expect(ann.locator(".typing")).to_contain_text("is writing")  # as in a room that never was closed
    times("None, now + timedelta(seconds=1)")
    for page in (ann, bob):
        expect(closed(page)).to_contain_text("This room closed on")
    expect(at(ann)).to_be_hidden()
    expect(at(bob)).to_have_value("what bob was about to say")
    expect(at(bob)).to_be_visible()
    expect(bob.locator(".composer:last-child .composer-send")).to_be_hidden()
    at(bob).press("Enter")
    expect(bob.locator(".refusal:not(:empty)")).to_contain_text("This room closed on")
    expect(bob.locator(".composer [name=message]").first).to_have_value("what bob was about to say")
    times("None, None")
    for page in (ann, bob):
        expect(closed(page)).to_be_hidden()
        expect(at(page)).to_be_visible()
    bob.locator(".refusal button").click()
    expect(ann.locator(".message-body")).to_have_text(["good evening", "what bob was about to say"])


def test_a_page_that_comes_back_shows_that_it_has_closed_meanwhile(site, times, browser):
    with Relay(site) as relay:
        page = browser(relay)
        relay.down()
        page.locator(".connection[data-state=reconnecting]").wait_for()
        times("None, now")
        relay.up()
        go_live(page)
        expect(closed(page)).to_contain_text("This room closed on")
        page.close()
    forgive_outage(browser)


def test_without_javascript_the_next_page_shows_it_and_what_was_typed_is_there(site, times, browser):
    page = browser(site, java_script_enabled=False)
    at(page).fill("too late")
    times("None, now")
    at(page).press("Enter")
    expect(closed(page)).to_contain_text("This room closed on")
    expect(page.locator(".room-kept textarea")).to_have_value("too late")
    browser.said.clear()  # Chromium tells of the 403
    times("None, None")
    page.goto("/chat/")
    expect(at(page)).to_be_visible()
    settle(page)
