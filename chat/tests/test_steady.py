"""In Chromium: nothing in a page jumps while it loads and while messages come, which move the log as scrolling does."""

import pytest

from chat.tests.people import Raw

DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}

SHIFTS = """() => new Promise(done => {
    const found = [];
    new PerformanceObserver(list => found.push(...list.getEntries())).observe({type: "layout-shift", buffered: true});
    requestAnimationFrame(() => requestAnimationFrame(() => done(found.map(entry => ({
        value: entry.value,
        moved: entry.sources.map(source => source.node && (source.node.id || source.node.className)),
    })))));
})"""


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_it_works(browser, busy_site, room, viewport):
    """From the first paint on, as the browser itself counts layout shifts, in a room that fills its window."""
    with Raw(busy_site, room) as raw:
        for n in range(30):
            raw.post(said(n))
        page = browser(busy_site, f"/chat/{room}/", viewport=viewport)
        assert page.locator(".message").count() == 30
        for n in range(30, 60):
            raw.post(said(n))
    page.locator(".message").nth(59).wait_for()
    assert page.evaluate(SHIFTS) == []


def said(n: int) -> str:
    return f"Number {n}, " + "and so on, " * (n % 7) + "."
