"""In Chromium with JavaScript switched off, against a live Daphne: a page first."""

import re
from functools import partial

import pytest
from playwright.sync_api import expect

from chat.tests import servers
from chat.tests.databases import ROOMS, fresh_database
from chat.tests.people import Raw, at, bodies, rename, send_form


@pytest.fixture
def plain(browser):
    """Opens a page of somebody without JavaScript."""
    return partial(browser, java_script_enabled=False)


def is_page(answer) -> bool:
    """And not the icon, which Chromium fetches when it likes."""
    return answer.request.resource_type == "document"


def forgive_refusal(browser):
    """Chromium writes every 4xx answer to a form into the console."""
    assert browser.said.pop().endswith("the server responded with a status of 400 (Bad Request)")


@pytest.fixture(scope="module")
def hasty_site(tmp_path_factory):
    """Its pages reload every second."""
    with fresh_database(tmp_path_factory.mktemp("hasty"), *ROOMS) as url:
        with servers.Site(DATABASE_URL=url, CHAT_REFRESH_SECONDS="1") as site:
            site.empty_rooms = iter(ROOMS)
            yield site


def test_reading_and_posting(busy_site, room, plain, browser):
    with Raw(busy_site, room) as raw:
        raw.post("from <b>elsewhere</b>")
    page, scripted = plain(busy_site, f"/chat/{room}/"), browser(busy_site, f"/chat/{room}/")
    expect(page.locator(".message-body")).to_have_text("from <b>elsewhere</b>")
    expect(at(page)).to_be_focused()
    answers = []
    page.on("response", lambda answer: is_page(answer) and answers.append((answer.request.method, answer.status)))
    page.keyboard.type("by form\n")
    expect(page.locator(".message-body")).to_have_text(["from <b>elsewhere</b>", "by form"])
    expect(page).to_have_url(f"{busy_site.url}/chat/{room}/")
    assert answers[:2] == [("POST", 303), ("GET", 200)]
    expect(scripted.locator(".message-body").last).to_have_text("by form")
    page.reload()
    assert len(bodies(page)) == 2, "reloading posts nothing"
    send_form(page, "by button")
    expect(page.locator(".message-body").last).to_have_text("by button")
    assert page.locator(".message-author").all_inner_texts()[1:] == [page.locator(".me-name bdi").inner_text()] * 2


@pytest.mark.parametrize("query", ["", "?plain=1"])
def test_what_was_sent_is_no_draft_when_one_goes_back(busy_site, room, plain, query):
    """The page of before comes with another nonce: sent again from it, it would be another message."""
    page = plain(busy_site, f"/chat/{room}/{query}")
    expect(at(page)).to_be_focused()
    page.keyboard.type("sent\n")
    expect(page.locator(".message-body")).to_have_text("sent")
    page.go_back()
    expect(at(page)).to_have_value("")


def test_hostile_text_without_a_policy_to_lean_on(busy_site, room, plain):
    page = plain(busy_site, f"/chat/{room}/")
    text = '</p><form action="/x"><meta http-equiv="refresh" content="0"></noscript>'
    at(page).fill(text)
    page.keyboard.press("Enter")
    expect(page.locator(".message-body")).to_have_text(text)
    expect(page.locator(".message-body *")).to_have_count(0)


def test_an_empty_message_stays_in_the_page(busy_site, room, plain):
    page = plain(busy_site, f"/chat/{room}/")
    page.keyboard.press("Enter")
    expect(page.locator("[name=message]:invalid")).to_have_count(1)
    expect(page).to_have_url(f"{busy_site.url}/chat/{room}/")


def test_a_refused_message_keeps_its_text(busy_site, room, plain, browser):
    page = plain(busy_site, f"/chat/{room}/")
    at(page).evaluate("field => field.removeAttribute('pattern')")  # as the browser itself would not send it
    text = "much " * 800 + 'mo"re'
    at(page).fill(text)
    answers = []
    page.on("response", lambda answer: is_page(answer) and answers.append(answer.status))
    page.keyboard.press("Enter")
    reason = page.locator(".composer .refusal")
    expect(reason).to_have_text("This message is too long: it has 4,005 characters, and at most 4,000 fit.")
    expect(reason).to_be_in_viewport()
    assert answers[0] == 400
    expect(at(page)).to_have_value(text)
    expect(page.locator("meta[http-equiv=refresh]")).to_have_count(0)  # nothing takes the text away again
    at(page).fill("less")
    page.keyboard.press("Enter")
    expect(page.locator(".message-body")).to_have_text("less")
    expect(page).to_have_url(f"{busy_site.url}/chat/{room}/")
    forgive_refusal(browser)


def test_another_name(busy_site, room, plain):
    page = plain(busy_site, f"/chat/{room}/")
    rename(page, "Plain Jane")
    expect(page.locator(".me-name bdi")).to_have_text("Plain Jane")
    expect(page).to_have_url(f"{busy_site.url}/chat/{room}/")
    at(page).fill("hello")
    page.keyboard.press("Enter")
    expect(page.locator(".message-author")).to_have_text("Plain Jane")


def test_a_refused_name_keeps_its_text(busy_site, room, plain, browser):
    page = plain(busy_site, f"/chat/{room}/")
    rename(page, "N" * 41)
    expect(page.locator(".me-panel .refusal")).to_have_text(re.compile("This name is too long: it has 41 characters"))
    expect(page.locator(".me-panel .refusal")).to_be_visible()
    expect(page.locator(".me-panel [name=name]")).to_have_value("N" * 41)
    forgive_refusal(browser)


def test_the_page_reloads_by_itself(hasty_site, plain):
    slug = next(hasty_site.empty_rooms)
    page = plain(hasty_site, f"/chat/{slug}/")
    expect(page.locator(".room-hint")).to_contain_text("This page reloads every 1 second")
    expect(page.locator(".connection")).to_be_hidden()
    for text in ("first", "second"):
        with Raw(hasty_site, slug) as raw:
            raw.post(text)
        expect(page.locator(".message-body").last).to_have_text(text)


def test_it_holds_still_while_one_writes(hasty_site, plain):
    slug = next(hasty_site.empty_rooms)
    page = plain(hasty_site, f"/chat/{slug}/")
    hold_still = page.get_by_role("link", name="Hold still while I write").get_attribute("href")
    page.goto(f"/chat/{slug}/{hold_still}")
    expect(page.locator(".room-hint")).to_contain_text("This page stands still.")
    expect(at(page)).to_be_focused()
    loads = []
    page.on("framenavigated", lambda frame: loads.append(frame.url))
    other = plain(hasty_site, f"/chat/{slug}/")
    page.keyboard.type("slowly, ", delay=60)
    with Raw(hasty_site, slug) as raw:
        raw.post("news")
    expect(other.locator(".message-body")).to_have_text("news")  # over there it has reloaded
    page.keyboard.type("but surely", delay=60)
    assert loads == []
    expect(at(page)).to_have_value("slowly, but surely")
    page.keyboard.press("Enter")
    expect(page.locator(".message-body")).to_have_text(["news", "slowly, but surely"])
    expect(page.locator("meta[http-equiv=refresh]")).to_have_count(1)  # having written, one reads again
