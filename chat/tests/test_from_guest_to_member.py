"""In Chromium: somebody writes as a guest, signs up, goes on, and signs out."""

import re

import pytest
from playwright.sync_api import expect

from chat.tests.people import at, bodies, go_live, say

OWN = ".message[data-author='{}']"


def key(page) -> str:
    return re.search(r"/viewer/(\w+)\.css", page.content())[1]


def side(page, text: str) -> str:
    """Where a bubble stands: one's own at the end of the line."""
    bubble = page.locator(".message-body", has_text=text)
    return bubble.evaluate("bubble => getComputedStyle(bubble).justifySelf")


@pytest.mark.parametrize("width", [390, 1280])
def test_it_works(site, browser, width):
    page = browser(site, viewport={"width": width, "height": 800})
    say(page, "as a guest")
    page.locator(".message-body", has_text="as a guest").wait_for()
    guest = key(page)
    other_tab = page.context.new_page()
    other_tab.goto("/chat/")
    go_live(other_tab)
    other_tab.keyboard.type("begun by a guest")

    page.locator(".me-name").click()
    page.get_by_role("link", name="Sign up").click()
    page.get_by_label("Username").fill("nina")
    page.get_by_label("Password", exact=True).fill("a-long-word-1")
    page.get_by_label("Password confirmation").fill("a-long-word-1")
    page.get_by_role("button", name="Sign up").click()
    page.wait_for_url("**/chat/**")
    go_live(page)
    assert page.locator(".me-name bdi").inner_text().strip() == "nina"
    assert key(page) == guest
    assert side(page, "as a guest") == "flex-end"

    other_tab.locator(".connection[data-state=ended]").wait_for()
    assert "somebody else" in other_tab.locator(".connection").inner_text()
    other_tab.get_by_role("button", name="Go on", exact=True).click()
    go_live(other_tab)
    assert other_tab.locator(".me-name bdi").inner_text().strip() == "nina"
    expect(at(other_tab)).to_have_value("begun by a guest")
    at(other_tab).press("End")
    other_tab.keyboard.type(", sent by nina\n")
    expect(page.locator(".message-body").last).to_have_text("begun by a guest, sent by nina")
    assert side(other_tab, "sent by nina") == "flex-end"

    say(page, "as a member")
    page.locator(".message-body", has_text="as a member").wait_for()
    assert side(page, "as a member") == "flex-end"
    badges = page.locator(".message").evaluate_all("all => all.map(one => one.querySelectorAll('.badge').length)")
    assert badges == [1, 0, 0]

    page.locator(".me-name").click()
    page.get_by_role("button", name="Sign out").click()
    go_live(page)
    assert key(page) != guest
    assert bodies(page) == ["as a guest", "begun by a guest, sent by nina", "as a member"]
    other_tab.get_by_role("button", name="Go on", exact=True).click()
    go_live(other_tab)
    say(other_tab, "a guest again")
    expect(page.locator(".message-body").last).to_have_text("a guest again")
    assert side(other_tab, "a guest again") == "flex-end"
    assert side(page, "as a member") == "flex-start"


def test_without_javascript(site, browser):
    page = browser(site, java_script_enabled=False)
    page.locator(".composer [name=message]").fill("as a guest")
    page.locator(".composer [type=submit]:visible").last.click()
    guest = key(page)
    page.goto("/accounts/sign-up/?next=/chat/lobby/")
    page.get_by_label("Username").fill("nora")
    page.get_by_label("Password", exact=True).fill("a-long-word-1")
    page.get_by_label("Password confirmation").fill("a-long-word-1")
    page.get_by_role("button", name="Sign up").click()
    assert page.url.endswith("/chat/lobby/")
    assert key(page) == guest
    page.goto("/chat/me/")
    page.get_by_label("Violet").check()
    page.get_by_role("button", name="Save").click()
    assert "Saved" in page.locator("[role=status]").inner_text()
    page.get_by_role("button", name="Sign out").click()
    assert page.locator(".message-author.colour-violet").inner_text()
    assert key(page) != guest
