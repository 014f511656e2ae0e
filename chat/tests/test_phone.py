"""On a phone: what one touches is large enough, the room fills the screen, and who speaks is said once in a row."""

import pytest
from playwright.sync_api import expect

from chat.tests.people import at, say, settle, sign_up

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
TOUCH = 44  # CSS pixels, as Apple's guidelines and WCAG's AAA have it

SMALL = """least => {
    const seen = [];
    const touched = 'a, button, summary, select, textarea, input:not([type=hidden]), label:has(input)';
    for (const one of document.querySelectorAll(touched)) {
        const area = one.closest('label') ?? one, box = area.getBoundingClientRect();
        if (!one.checkVisibility({visibilityProperty: true, opacityProperty: true})) continue;
        if (one.matches('.sr-only')) continue;
        if (box.right <= 0 || box.left >= innerWidth || !box.width) continue;
        seen.push([one.outerHTML.slice(0, 90), Math.round(box.width * 10) / 10, Math.round(box.height * 10) / 10]);
    }
    return [seen.length, seen.filter(([, width, height]) => width < least || height < least)];
}"""


def small(page) -> list:
    count, found = page.evaluate(SMALL, TOUCH)
    assert count > 3
    return found


def is_large_enough(page) -> None:
    """Once the page rests: a composer that is on its way in or out has no size to speak of."""
    settle(page)
    assert small(page) == []


@pytest.fixture
def page(busy_site, room, browser):
    return browser(busy_site, f"/chat/{room}/", **PHONE)


def test_it_works(page):
    """What one touches in a room is 44 pixels high and wide, as it is and with all that opens in it."""
    say(page, "hello")
    expect(page.locator("form.composer")).to_have_count(1)
    is_large_enough(page)
    page.locator(".people-head").click()
    expect(page.locator(".people-panel")).to_be_visible()
    is_large_enough(page)
    page.locator(".people-head").click()
    page.locator(".me-name").click()
    expect(page.locator(".me-panel")).to_be_visible()
    is_large_enough(page)
    page.locator(".me-name").click()
    page.get_by_role("button", name="Several lines").click()
    expect(page.locator("textarea.composer-text")).to_be_visible()
    is_large_enough(page)


def test_the_sidebar_slides_in_and_out(busy_site, room, browser):
    page = sign_up(browser(busy_site, f"/chat/{room}/", **PHONE), f"p{room.replace('-', '')}"[:20])
    page.goto(f"/chat/{room}/")
    sidebar = page.locator(".sidebar")
    expect(sidebar).to_be_hidden()
    page.locator(".room-menu").click()
    expect(sidebar).to_be_in_viewport()
    page.wait_for_function("() => document.querySelector('.sidebar').getBoundingClientRect().left === 0")
    assert small(page) == []
    page.locator(".sidebar-close").click()
    expect(sidebar).to_be_hidden()


def test_a_small_one_is_caught(page):
    page.evaluate("() => { document.querySelector('.composer:last-child .composer-send').className = '' }")
    assert any("submit" in html for html, _, _ in small(page))


def test_the_room_fills_the_screen_and_nothing_is_wider(page):
    say(page, "x" * 300)
    sizes = page.evaluate(
        """() => { const box = document.querySelector('.chat-room').getBoundingClientRect();
        return [box.top, box.left, box.width - innerWidth, box.height - innerHeight, document.body.scrollWidth] }"""
    )
    assert sizes == [0, 0, 0, 0, 390]
    assert "viewport-fit=cover" in page.locator("meta[name=viewport]").get_attribute("content")
    box = at(page).bounding_box()
    assert box["y"] + box["height"] < 844


def test_who_speaks_is_shown_once_in_a_row_and_below_a_line_again(page, room):
    for text in ("one", "two", "three"):
        say(page, text)
    heads = page.locator(".message-head")
    expect(heads).to_have_count(3)
    page.mouse.move(1, 1)
    for n, opacity in enumerate("100"):
        expect(heads.nth(n)).to_have_css("opacity", opacity)
    page.evaluate("() => document.querySelector('.message').remove()")  # as the trimming of a log does
    for n, opacity in enumerate("10"):
        expect(heads.nth(n)).to_have_css("opacity", opacity)
    names = page.get_by_role("log").aria_snapshot()
    assert names.count("article") == 2
