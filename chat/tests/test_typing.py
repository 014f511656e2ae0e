"""In Chromium: typing. What is typed arrives as it was typed, however slow the line, in one line or several."""

import pytest
from playwright.sync_api import expect

from chat.tests.people import at, bodies, forgive_outage, go_live, say, until

MEASURE = """() => {
  performance.setResourceTimingBufferSize(5000)
  window.shown = []
  const all = () => [...document.querySelectorAll(".message, form.composer:not(:last-child)")]
  const seen = () => all().filter(one => one.checkVisibility()).length
  const note = () => { window.shown.push(seen()); requestAnimationFrame(note) }
  note()
}"""
"""Notes how many messages, sent or on their way, each picture of the page shows."""

ASKED = """() => performance.getEntriesByType("resource")
  .filter(one => one.name.includes("/composer/") && one.transferSize > 0).map(one => one.name)"""
"""Which composers came from the server; the others were in the browser's cache."""


def slow_down(page, latency: int, slowness: int = 1) -> None:
    """`latency`: in milliseconds; `slowness`: so many times as long takes all that the page computes."""
    network = {"offline": False, "latency": latency, "downloadThroughput": -1, "uploadThroughput": -1}
    tools = page.context.new_cdp_session(page)
    tools.send("Network.emulateNetworkConditions", network)
    tools.send("Emulation.setCPUThrottlingRate", {"rate": slowness})


def shape_button(page, name: str):
    return page.locator("form.composer").last.get_by_role("button", name=name)


# --- Too long, and nothing ---------------------------------------------------------------------------


def test_what_is_too_long_is_counted_and_stays(busy_site, room, browser):
    """Pasted text is not cut off; the browser does not send it, and the server says by how much it is too long."""
    page = browser(busy_site, f"/chat/{room}/")
    page.keyboard.insert_text("long " * 821)
    expect(page.locator(".composer-left")).to_have_text("104 characters too many")
    expect(at(page)).to_have_value("long " * 821)
    page.keyboard.press("Enter")
    assert at(page).evaluate("field => field.validity.patternMismatch")
    for _ in range(106):
        page.keyboard.press("Backspace")
    expect(page.locator(".composer-left")).to_have_text("1 character left")
    expect(at(page)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".message-body")).to_have_text(["long " * 799 + "long"])
    expect(page.locator(".composer-left")).to_have_text([""])
    expect(page.locator(".composer-hasty")).to_have_count(0)
    page.keyboard.type("   \n")
    assert at(page).evaluate("field => field.validity.patternMismatch")
    say(page, "short")
    expect(page.locator(".message")).to_have_count(2)


def test_lines_that_are_pasted_into_one_are_not_joined_without_a_word(busy_site, room, browser):
    page = browser(busy_site, f"/chat/{room}/", permissions=["clipboard-read", "clipboard-write"])
    page.evaluate("() => navigator.clipboard.writeText('one\\n  two\\nthree')")
    at(page).press("Control+v")
    expect(page.locator(".composer-left")).to_contain_text("Lines that are pasted here become one")
    at(page).press("Control+a")
    at(page).press("Delete")
    shape_button(page, "Several lines").click()
    expect(page.locator("textarea.composer-text")).to_be_focused()
    expect(page.locator(".composer-left")).to_have_text("")
    at(page).press("Control+v")
    expect(at(page)).to_have_value("one\n  two\nthree")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".message-body")).to_have_text("one\n  two\nthree", use_inner_text=True)


# --- One line ------------------------------------------------------------------------------------


@pytest.mark.timeout(120)
@pytest.mark.parametrize("latency", [0, 300])
@pytest.mark.parametrize("slowness", [1, 6])
def test_thirty_messages_in_one_go(busy_site, room, browser, slowness, latency):
    """With nothing between Enter and the next letter: many are typed before there is a composer to take them."""
    page = browser(busy_site, f"/chat/{room}/")
    slow_down(page, latency, slowness)
    page.evaluate(MEASURE)
    texts = [f"{n} of 30" for n in range(30)]
    page.keyboard.type("".join(f"{text}\n" for text in texts))
    expect(page.locator(".message")).to_have_count(30)
    assert bodies(page) == texts
    expect(page.locator("form.composer")).to_have_count(1)
    expect(at(page)).to_have_value("")
    expect(at(page)).to_be_focused()
    shown = page.evaluate("() => window.shown")
    assert shown == sorted(shown), "at no time a message was there twice, or not at all"
    assert shown[-1] == 30


@pytest.mark.parametrize("elsewhere", [False, True], ids=["waiting", "looking elsewhere"])
def test_letters_that_came_too_early_begin_the_next_message(busy_site, room, browser, elsewhere):
    """Here the next composer comes when it is let."""
    page = browser(busy_site, f"/chat/{room}/")
    waiting = []
    page.route("**/composer/*/1/", lambda route: waiting.append(route))
    page.keyboard.type("first\nsec")
    expect(page.locator(".message-body")).to_have_text(["first"])
    expect(at(page)).to_have_value("firstsec")
    expect(page.locator(".composer-done")).to_have_count(1)
    if elsewhere:
        page.locator(".older-ask").click()
    until(lambda: waiting, "the next one is asked for")
    waiting[0].continue_()
    expect(at(page)).to_be_focused()
    expect(page.locator("form.composer")).to_have_count(1)
    begun = at(page).locator("xpath=..").locator(".composer-begun")
    expect(begun).to_have_value("sec")
    page.keyboard.type("ond")
    expect(at(page)).to_have_value("ond")
    page.keyboard.press("Enter")
    expect(page.locator(".message-body")).to_have_text(["first", "second"])
    expect(begun).to_have_count(0)


def test_letters_that_came_too_early_are_said_once_more_when_the_connection_was_lost(relay, room, browser):
    page = browser(relay, f"/chat/{room}/")
    waiting = []
    page.route("**/composer/*/1/", lambda route: waiting.append(route))
    page.keyboard.type("first\nsec")
    expect(page.locator(".composer-done")).to_have_count(1)
    until(lambda: waiting, "the next one is asked for")
    relay.silence("up")
    waiting[0].continue_()
    expect(page.locator("form.composer")).to_have_count(2)
    expect(page.locator("form.composer").first).to_be_hidden()
    relay.cut()
    page.locator(".connection[data-state=reconnecting]").wait_for()
    expect(page.locator("form.composer").first).to_be_visible()  # who knows what became of it
    go_live(page)
    expect(page.locator("form.composer")).to_have_count(1)
    page.keyboard.type("ond\n")
    expect(page.locator(".message-body")).to_have_text(["first", "second"])
    forgive_outage(browser)


def test_each_composer_is_asked_for_once_and_ahead(busy_site, room, browser):
    page = browser(busy_site, f"/chat/{room}/")
    slow_down(page, 300)
    for n in range(12):
        say(page, f"message {n}")
    expect(page.locator(".message")).to_have_count(12)
    asked = page.evaluate(ASKED)
    assert len(asked) == len(set(asked)) > 20, "and comes from the cache when it is needed"


def test_two_tabs_of_one_person(busy_site, room, browser):
    one = browser(busy_site, f"/chat/{room}/")
    other = one.context.new_page()
    other.on("console", lambda message: browser.said.append(message.text))
    other.goto(f"/chat/{room}/")
    go_live(other)
    said = []
    for n in range(5):
        for name, page in (("one", one), ("other", other)):
            said.append(f"{name} {n}")
            say(page, f"{name} {n}")
    for page in (one, other):
        expect(page.locator(".message")).to_have_count(10)
        assert sorted(bodies(page)) == sorted(said)
        expect(page.locator("form.composer")).to_have_count(1)
        assert len(set(page.locator(".message").evaluate_all("all => all.map(one => one.dataset.author)"))) == 1
        own = page.locator(".message-body").evaluate_all("all => all.map(it => getComputedStyle(it).justifySelf)")
        assert set(own) == {"flex-end"}
    assert bodies(one) == bodies(other)
    other.keyboard.type("a draft here")
    expect(at(one)).to_have_value("")


# --- Several lines -------------------------------------------------------------------------------


def test_several_lines_and_back(busy_site, room, browser):
    page = browser(busy_site, f"/chat/{room}/")
    page.keyboard.type("begun in one line")
    shape_button(page, "Several lines").click()
    expect(shape_button(page, "One line")).to_be_visible()
    expect(at(page)).to_have_value("begun in one line")
    expect(at(page)).to_be_focused()
    page.keyboard.press("Control+End")
    page.keyboard.type("\nand a second\n\nand a fourth")
    expect(page.locator(".message")).to_have_count(0)
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".message-body")).to_have_text("begun in one line\nand a second\n\nand a fourth")
    assert bodies(page) == ["begun in one line\nand a second\n\nand a fourth"]

    expect(at(page)).to_be_focused()
    page.keyboard.type("the next\nas well")
    expect(at(page)).to_have_value("the next\nas well")
    page.keyboard.press("Tab")  # by the keyboard alone
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".message")).to_have_count(2)
    assert bodies(page)[1] == "the next\nas well"
    expect(page.locator("form.composer")).to_have_count(1)

    page.reload()
    go_live(page)
    expect(at(page)).to_be_focused()
    page.keyboard.type("remembered\nhere")
    expect(at(page)).to_have_value("remembered\nhere")
    shape_button(page, "One line").click()
    expect(shape_button(page, "Several lines")).to_be_visible()
    expect(at(page)).to_have_value("remembered here")
    expect(at(page)).to_be_focused()
    expect(page.locator(".composer-hold")).to_have_count(0)  # until the next one is there, Enter sends nothing
    page.keyboard.press("Enter")
    expect(page.locator(".message").last).to_contain_text("remembered here")
    say(page, "in one line again")
    page.reload()
    go_live(page)
    page.keyboard.type("in one line still\n")
    expect(page.locator(".message-body").last).to_have_text("in one line still")
    expect(page.locator(".message")).to_have_count(5)


def test_a_tall_draft_stays_in_sight(busy_site, room, browser):
    page = browser(busy_site, f"/chat/{room}/", viewport={"width": 390, "height": 600})
    shape_button(page, "Several lines").click()
    expect(shape_button(page, "One line")).to_be_visible()
    page.keyboard.type("\n".join(f"line {n}" for n in range(40)))
    expect(page.get_by_role("button", name="Send")).to_be_in_viewport(ratio=1)
    assert at(page).bounding_box()["height"] <= 0.4 * 600 + 1
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".message")).to_have_count(1)
    assert bodies(page)[0].count("\n") == 39
    assert at(page).bounding_box()["height"] < 120


def test_on_a_slow_line_the_shape_changes_and_loses_nothing(busy_site, room, browser):
    page = browser(busy_site, f"/chat/{room}/")
    slow_down(page, 300)
    page.keyboard.type("typed before")
    shape_button(page, "Several lines").click()
    page.keyboard.type(", typed meanwhile", delay=20)  # nobody takes it: the field is closed for the moment
    expect(shape_button(page, "One line")).to_be_visible()
    kept = at(page).input_value()
    assert "typed before" in kept, kept
    expect(at(page)).to_be_focused()
    page.keyboard.press("Control+End")
    page.keyboard.type("\nand after", delay=20)
    expect(at(page)).to_have_value(f"{kept}\nand after")
