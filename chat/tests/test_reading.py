"""In Chromium: reading. What one looks at stays where it is, whatever comes, further up and at the end of the log."""

import re

import pytest
from playwright.sync_api import expect

from chat.tests import servers
from chat.tests.people import Raw, at, bodies, forgive_outage, go_live, say, until

NEWS = 2000
KEPT = 350
"""Messages that an open page keeps at most: 300, and those up to the next trimming."""


def fill(site, slug: str, count: int, text: str = "earlier", lines: int = 1) -> None:
    """Post them as fast as they are taken, at most a few on the way."""
    with Raw(site, slug) as raw:
        for start in range(0, count, 25):
            numbers = range(start, min(start + 25, count))
            for n in numbers:
                raw.send(message="\n".join([f"{text} {n}", *["more"] * (lines - 1)]))
            raw.hear(len(numbers))


def message(page, text: str):
    return page.locator(".message", has=page.get_by_text(re.compile(f"^{text}(\n|$)")))


def scroll(page, to: int) -> None:
    """So many pixels up from the end; a reversed column counts them as negative."""
    page.locator(".room-scroller").evaluate("(box, to) => { box.scrollTop = -to }", to)


def from_end(page) -> float:
    return -page.locator(".room-scroller").evaluate("box => box.scrollTop")


def in_sight(page) -> dict[str, float]:
    """{id: top} of the messages that can be seen."""
    tops = """all => all.map(one => [one.id, one.getBoundingClientRect()])
        .filter(([_, box]) => box.top > 100 && box.bottom < innerHeight - 100).map(([id, box]) => [id, box.top])"""
    return dict(page.locator(".message").evaluate_all(tops))


def stays(before: dict[str, float], after: dict[str, float]) -> bool:
    common = before.keys() & after.keys()
    return len(common) == len(before) > 2 and all(abs(before[one] - after[one]) <= 1 for one in common)


# --- Further up ----------------------------------------------------------------------------------


def test_back_to_the_beginning_and_to_the_end_again(busy_site, room, browser):
    fill(busy_site, room, 230)
    page = browser(busy_site, f"/chat/{room}/")
    expect(page.locator(".message")).to_have_count(50)
    page.keyboard.type("a draft")
    began = page.get_by_text("Here it began.")
    for pages in (100, 150, 200, 230):
        expect(began).to_have_count(0)
        page.locator(".older-ask").scroll_into_view_if_needed()
        seen = in_sight(page)
        expect(page.locator(".message")).to_have_count(pages)
        assert stays(seen, in_sight(page)), (seen, in_sight(page))
    page.locator(".older-ask").scroll_into_view_if_needed()
    expect(began).to_be_in_viewport()
    assert bodies(page) == [f"earlier {n}" for n in range(230)]
    seen = in_sight(page)
    fill(busy_site, room, 3, "new", lines=2)
    expect(page.locator(".message")).to_have_count(233)
    assert stays(seen, in_sight(page)), (seen, in_sight(page))

    scroll(page, 0)
    expect(page.locator(".message")).to_have_count(53)
    expect(page.locator(".message").last).to_be_in_viewport()
    assert from_end(page) < 2
    expect(at(page)).to_have_value("a draft")
    expect(at(page)).to_be_focused()
    page.locator(".older-ask").scroll_into_view_if_needed()  # and back once more
    expect(page.locator(".message")).to_have_count(103)
    assert bodies(page) == [f"earlier {n}" for n in range(130, 230)] + [f"new {n}\nmore" for n in range(3)]


def test_at_the_very_top_one_page_comes_at_a_time(busy_site, room, browser):
    fill(busy_site, room, 200)
    page = browser(busy_site, f"/chat/{room}/")
    scroll(page, 1_000_000)
    expect(page.locator(".message")).to_have_count(100)
    expect(page.locator(".older-ask")).not_to_be_in_viewport()
    with Raw(busy_site, room) as raw:
        raw.post("a while later")
    expect(page.locator(".message-body").last).to_have_text("a while later")
    expect(page.locator(".message")).to_have_count(101)


def test_without_javascript_older_messages_are_pages(busy_site, room, browser):
    fill(busy_site, room, 70)
    page = browser(busy_site, f"/chat/{room}/", java_script_enabled=False)
    page.get_by_role("link", name="Older messages").click()
    assert bodies(page) == [f"earlier {n}" for n in range(20)]
    expect(page.get_by_text("Here it began.")).to_have_count(1)
    page.get_by_role("link", name="To the latest messages").click()
    assert bodies(page) == [f"earlier {n}" for n in range(20, 70)]


# --- What comes disturbs nobody --------------------------------------------------------------------

NEWCOMERS = {"pushed": 5, "caught up with": 5, "with the whole log": 320}


@pytest.mark.parametrize("how", NEWCOMERS)
def test_nothing_that_one_is_at_is_disturbed(relay, room, browser, how):
    fill(relay.site, room, 60)
    page = browser(relay, f"/chat/{room}/")
    page.keyboard.type("a draft to go on with")
    at(page).evaluate("field => field.setSelectionRange(2, 7, 'backward')")
    page.locator(".me-name").evaluate("name => { name.parentElement.open = true }")
    scroll(page, 700)
    place, seen = from_end(page), in_sight(page)
    if how != "pushed":
        page.locator(".new-line").wait_for(state="attached")  # what was asked for by scrolling has come
        relay.down()
        page.locator(".connection[data-state=reconnecting]").wait_for()
    fill(relay.site, room, NEWCOMERS[how], "new")
    if how != "pushed":
        relay.up()
        go_live(page)
    expect(page.locator(".message-body").last).to_have_text(f"new {NEWCOMERS[how] - 1}")
    if how == "with the whole log":
        assert bodies(page) == [f"new {n}" for n in range(270, 320)]
        assert from_end(page) == pytest.approx(place, abs=1), "the same way from the end, as nothing else is left"
    else:
        assert stays(seen, in_sight(page)), (seen, in_sight(page))
    expect(at(page)).to_be_focused()
    expect(at(page)).to_have_value("a draft to go on with")
    selection = "field => [field.selectionStart, field.selectionEnd, field.selectionDirection]"
    assert at(page).evaluate(selection) == [2, 7, "backward"]
    expect(page.locator(".me-panel")).to_be_visible()
    forgive_outage(browser)


# --- What is new -----------------------------------------------------------------------------------


def test_each_day_opens_with_its_name(busy_site, room, browser):
    fill(busy_site, room, 3)
    earlier = f"""from datetime import timedelta
from chat.models import Message
for one, days in zip(Message.objects.filter(room__slug={room!r}).order_by("seq"), (2, 2, 0)):
    one.sent -= timedelta(days=days)
    one.save()"""
    servers.manage(busy_site.environment["DATABASE_URL"], "shell", "--verbosity", "0", "--command", earlier)
    page = browser(busy_site, f"/chat/{room}/")
    say(page, "today as well")
    expect(page.locator(".message")).to_have_count(4)
    assert page.locator(".message").evaluate_all("all => all.map(one => !!one.querySelector('.day'))") == [
        *(True, False, True, False)
    ]
    days = page.locator(".day time").evaluate_all("all => all.map(one => one.dateTime)")
    assert days == sorted(days)
    assert len(set(days)) == 2
    expect(page.locator(".day").first).to_have_text(re.compile(r"^\s*\w+day, \d+ \w+ 20\d\d UTC\s*$"))


def test_the_pill_leads_to_what_is_new(busy_site, room, browser):
    fill(busy_site, room, 45)
    page = browser(busy_site, f"/chat/{room}/")
    pill, line = page.locator(".latest"), page.locator(".new-line")
    expect(pill).to_be_hidden()
    scroll(page, 1500)
    expect(pill).to_be_visible()
    expect(pill).to_have_text(re.compile("Latest messages"), use_inner_text=True)
    expect(line).to_have_count(1)
    expect(line).to_be_hidden()
    fill(busy_site, room, 2, "new")
    expect(pill).to_have_text(re.compile("New messages"), use_inner_text=True)
    expect(line).to_be_visible()
    expect(page.locator(".message + .new-line + .message .message-body")).to_have_text("new 0")
    pill.click()
    until(lambda: from_end(page) < 2, "it leads to the end")
    expect(pill).to_be_hidden()
    expect(message(page, "new 1")).to_be_in_viewport(ratio=1)
    expect(line).to_be_in_viewport()


def test_a_tab_says_how_much_is_unread(relay, room, browser):
    page = browser(relay, f"/chat/{room}/")
    title, icon = page.title(), page.locator("#icon")
    expect(icon).to_have_attribute("href", re.compile(r"/icon\.svg$"))
    with Raw(relay.site, room) as raw:
        raw.post("seen")
        expect(page.locator(".message-body")).to_have_text("seen")
        page.evaluate("() => window.dispatchEvent(new Event('blur'))")
        until(lambda: page.locator("[name=away]").input_value() == "1", "the page knows what was seen")
        page.locator(".message + .new-line").wait_for(state="attached")
        for n in (1, 2):
            raw.post(f"unseen {n}")
            expect(page).to_have_title(f"({n}) {title}")
        expect(icon).to_have_attribute("href", re.compile(r"/icon-unread\.svg$"))
        expect(page.locator(".message + .new-line + .message .message-body")).to_have_text("unseen 1")
        relay.down()
        page.locator(".connection[data-state=reconnecting]").wait_for()
        raw.post("unseen 3")
        relay.up()
        expect(page).to_have_title(f"(3) {title}", timeout=30_000)
        raw.post("unseen 4")
        expect(page).to_have_title(f"(4) {title}")
        page.evaluate("() => window.dispatchEvent(new Event('focus'))")
        expect(page).to_have_title(title)
        expect(icon).to_have_attribute("href", re.compile(r"/icon\.svg$"))
        raw.post("seen again")
        expect(page.locator(".message")).to_have_count(6)
        assert page.title() == title
    forgive_outage(browser)


# --- For long --------------------------------------------------------------------------------------


@pytest.mark.timeout(240)
def test_two_thousand_messages_in_an_open_tab(busy_site, room, browser, record_property):
    page = browser(busy_site, f"/chat/{room}/")
    page.keyboard.type("a draft")
    devtools, costs, around = page.context.new_cdp_session(page), [], []
    devtools.send("Performance.enable")

    def busy() -> float:
        """Seconds that the page has kept its processor busy."""
        metrics = devtools.send("Performance.getMetrics")["metrics"]
        return next(one["value"] for one in metrics if one["name"] == "TaskDuration")

    for hundreds in range(0, NEWS, 200):
        before = busy()
        fill(busy_site, room, 200, f"{hundreds} and")
        expect(page.locator(".message-body").last).to_have_text(f"{hundreds} and 199", timeout=30_000)
        costs.append((busy() - before) / 200 * 1000)
        assert page.locator(".message").count() <= KEPT
        around.append(page.locator("body :not(.message, .message *, .person, .person *)").count())
    record_property("milliseconds a message", [round(one, 2) for one in costs])
    print("milliseconds a message, for each 200:", " ".join(f"{one:.2f}" for one in costs))
    assert page.locator(".message").count() >= 300
    numbers = [f"{hundreds} and {n}" for hundreds in range(0, NEWS, 200) for n in range(200)]
    assert bodies(page) == numbers[-page.locator(".message").count() :]
    assert around[-1] <= around[1], f"nothing but messages gathers in the page: {around}"
    expect(page.locator(".person")).to_have_count(1)  # nor do those who came and went
    expect(at(page)).to_have_value("a draft")
    shown = bodies(page)
    page.locator(".older-ask").scroll_into_view_if_needed()
    expect(page.locator(".message")).to_have_count(len(shown) + 50)  # what was trimmed comes again, for who reads on
    assert bodies(page) == numbers[-len(shown) - 50 :]
