"""In Chromium: from a room's head to what was said there."""

import pytest
from playwright.sync_api import expect

from chat.tests.people import go_live, say
from chat.tests.test_typing import slow_down


@pytest.mark.parametrize(
    ("width", "javascript", "latency"), [(1280, True, 0), (390, True, 300), (1280, False, 0), (390, False, 0)]
)
def test_from_a_rooms_head_to_where_it_was_said(busy_site, room, browser, width, javascript, latency):
    say(browser(busy_site, f"/chat/{room}/"), "The *rake* is in the shed")
    options = {"viewport": {"width": width, "height": 800}, "java_script_enabled": javascript}
    page = browser(busy_site, f"/chat/{room}/", expect_live=javascript, **options)
    if latency:
        slow_down(page, latency)
    head = page.get_by_role("search")
    if width > 1000:
        head.get_by_role("searchbox").fill("rake shed")
        head.get_by_role("searchbox").press("Enter")
    else:
        head.get_by_role("button", name="Search this room").click()
        field = page.get_by_role("searchbox")
        expect(field).to_have_value(f" in:{room} ")
        expect(field).to_be_focused()
        page.keyboard.type("rake shed")
        page.keyboard.press("Enter")
    expect(page.get_by_role("searchbox")).to_have_value(f"rake shed in:{room}")
    expect(page.locator(".found mark")).to_have_text(["rake", "shed"])
    page.locator(".found .message").hover()
    page.locator(".found .message-more").click()  # a link here, as there is no socket that would tell what became of it
    page.wait_for_url(f"**/chat/{room}/1/")
    page.go_back()
    page.locator(".found-where").click()
    expect(page.locator(".message-found .message-body")).to_have_text("The rake is in the shed")


def test_what_is_typed_in_the_search_field_tells_nobody_that_one_writes(busy_site, room, browser):
    page, sent = browser(busy_site, f"/chat/{room}/"), list[str]()
    with page.expect_websocket() as opened:
        page.reload()
    opened.value.on("framesent", lambda frame: sent.append(frame))
    go_live(page)
    page.get_by_role("searchbox").press_sequentially("secret search")
    with opened.value.expect_event("framesent", lambda frame: "typing" in frame):
        page.locator(".composer-text").last.press_sequentially("x")
    assert len([frame for frame in sent if "typing" in frame]) == 1
    assert "secret" not in "".join(sent)
