"""In Chromium: a page that has ended keeps what is typed, says why, and goes on by one click."""

import re

import pytest
from playwright.sync_api import expect

from chat.tests import servers
from chat.tests.people import at, forgive_outage, go_live, say, send_form, sign_up


class Forgetful(servers.Site):
    """To which no cookie ever comes back."""

    def command(self) -> list[str]:
        return [*super().command()[:-1], "chat.tests.forgetful:application"]


@pytest.fixture(scope="module")
def forgetful(tmp_path_factory):
    database = f"sqlite:///{tmp_path_factory.mktemp('forgetful')}/db.sqlite3"
    servers.migrate(database)
    with Forgetful(DATABASE_URL=database) as site:
        yield site


def ended(page):
    return page.locator(".connection[data-state=ended]")


def go_on(page) -> None:
    page.get_by_role("button", name="Go on", exact=True).click()


@pytest.mark.parametrize("width", [390, 1280])
def test_who_keeps_no_cookies_is_told_what_they_are_for(forgetful, browser, width):
    page = browser(forgetful, expect_live=False, viewport={"width": width, "height": 800})
    expect(ended(page)).to_contain_text("No cookie of this site came along")
    at(page).fill("hello")
    page.keyboard.press("Enter")
    go_on(page)
    expect(ended(page)).to_contain_text("cookie of this site came along")
    expect(page.locator(".composer-text").first).to_have_value("hello")
    expect(page.locator(".message")).to_have_count(0)


def test_without_javascript_the_text_stays(forgetful, browser):
    page = browser(forgetful, java_script_enabled=False)
    browser.forgiven = re.compile("status of 403")
    send_form(page, "hello")
    expect(page.locator(".refusal", has_text="cookie of this site came along")).to_be_visible()
    expect(at(page)).to_have_value("hello")


@pytest.mark.parametrize("kind", ["Members", "Private"])
def test_who_signs_out_elsewhere_finds_it_all_once_they_are_back(busy_site, browser, kind, nth_try):
    name = f"{kind.lower()}-{nth_try}"
    page = sign_up(browser(busy_site), name)
    page.goto("/chat/rooms/new/")
    page.get_by_label("Name").fill(f"Room of {name}")
    page.get_by_label(f"{kind}:").check()
    page.get_by_role("button", name="Make it").click()
    go_live(page)
    say(page, "from the one who is in")
    at(page).fill("half a sentence")

    other = page.context.new_page()
    other.goto("/chat/")
    other.locator(".me-name").click()
    other.get_by_role("button", name="Sign out").click()
    expect(ended(page)).to_contain_text("somebody else")
    go_on(page)
    expect(ended(page)).to_contain_text("it is not for you")
    expect(at(page)).to_have_value("half a sentence")

    other.goto("/accounts/login/")
    other.get_by_label("Username").fill(name)
    other.get_by_label("Password").fill("a-very-good-password")
    other.get_by_role("button", name="Sign in").click()
    other.wait_for_url("**/chat/**")
    go_on(page)
    go_live(page)
    expect(at(page)).to_have_value("half a sentence")
    at(page).press("End")
    page.keyboard.type(", and the rest\n")
    expect(page.locator(".message-body").last).to_have_text("half a sentence, and the rest")


def test_a_page_that_was_cut_off_meanwhile_says_so_when_it_comes_back(relay, room, browser, nth_try):
    """It still shows who one was, and the new connection is somebody else's."""
    page = browser(relay, f"/chat/{room}/")
    was = page.locator(".me-name bdi").inner_text()
    say(page, "as a guest")
    expect(page.locator(".message")).to_have_count(1)  # whoever has written gives their key to their account
    relay.sockets = "refused"
    relay.cut()
    forgive_outage(browser)
    page.locator(".connection[data-state=reconnecting]").wait_for()
    at(page).fill("whose is it")

    other = sign_up(page.context.new_page(), f"otto-{nth_try}")
    other.locator(".me-name").click()
    other.get_by_role("button", name="Sign out").click()
    expect(other.locator(".me-name .badge")).to_have_text("guest")
    other.close()
    relay.sockets = "pass"
    expect(ended(page)).to_contain_text("somebody else")
    go_on(page)
    go_live(page)
    expect(page.locator(".me-name bdi")).not_to_have_text(was)
    expect(at(page)).to_have_value("whose is it")
