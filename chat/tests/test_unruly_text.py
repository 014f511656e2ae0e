"""In Chromium: letters that pile up or never end stay where they were said, and paint over nothing else."""

from unicodedata import normalize

import pytest
from playwright.sync_api import expect

from chat.tests.people import Raw, rename, say

PILED = "e" + "".join(chr(0x300 + number % 16) for number in range(60))
"""An e with sixty accents, one above the other."""
ENDLESS = "\U0001f468\u200d" * 400
"""One emoji after the other, joined: nowhere may a line be broken."""

both_widths = pytest.mark.parametrize("width", [1280, 390])

CLIPS = """selector => {
  const spot = document.querySelector(selector)
  if (!spot) return false
  const style = getComputedStyle(spot)
  return ["hidden", "clip"].includes(style.overflowX) && ["hidden", "clip"].includes(style.overflowY)
}"""
"""Whether it shows nothing of what it says beyond its own box."""


def is_as_wide_as_the_screen(page) -> bool:
    return page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


@both_widths
@pytest.mark.parametrize("text", [PILED, ENDLESS, "W" * 400], ids=["piled", "endless", "long"])
def test_a_message(busy_site, room, browser, text, width):
    page = browser(busy_site, f"/chat/{room}/", viewport={"width": width, "height": 844})
    with Raw(busy_site, room) as ann:
        for said in ("above", text, "below"):
            ann.post(said)
    expect(page.locator(".message")).to_have_count(3)
    page.wait_for_function(CLIPS, arg=".message:nth-of-type(2) .message-body")
    body = page.locator(".message-body").nth(1)
    assert body.evaluate("body => body.getBoundingClientRect().right <= innerWidth")
    assert page.locator(".room-scroller").evaluate("box => box.scrollWidth <= box.clientWidth")
    assert is_as_wide_as_the_screen(page)


@both_widths
@pytest.mark.parametrize("name", [PILED[:40], "\U0001f468\u200d" * 13], ids=["piled", "endless"])
def test_a_name(busy_site, room, browser, name, width):
    page = browser(busy_site, f"/chat/{room}/", viewport={"width": width, "height": 844})
    rename(page, name)
    expect(page.locator(".me-name bdi")).to_have_text(normalize("NFKC", name))
    page.locator(".me-name").click()
    say(page, "above")
    expect(page.locator(".message")).to_have_count(1)
    page.locator(".people-head").click()
    expect(page.locator(".people-panel bdi")).to_have_count(1)
    for spot in (".message-author", ".me-name bdi", ".people-panel bdi"):
        page.wait_for_function(CLIPS, arg=spot)
    assert is_as_wide_as_the_screen(page)
