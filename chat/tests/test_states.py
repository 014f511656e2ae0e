"""In Chromium: what the page says of its connection, in each state it can be in, and how it comes out of it."""

import re
import signal

from playwright.sync_api import expect

from chat.tests import servers
from chat.tests.people import Raw, at, bodies, forgive_outage, say, until

STILL_SECONDS = 4
"""What has not been tried again by then never is: in a page that was seen live htmx does so after a moment."""


def sees(page, state: str, text: str) -> None:
    banner = page.locator(".connection")
    expect(banner).to_have_attribute("data-state", state)
    expect(banner).not_to_have_class(re.compile("htmx-"))  # and hears of what comes next
    expect(banner).to_contain_text(text)
    expect(banner).to_be_in_viewport()


def way_out(page):
    return page.get_by_role("button", name="Go on without a live connection")


def clock(page) -> float:
    """Seconds since the last pulse, as the page sees it; infinite while it is being replaced."""
    elapsed = page.locator(".pulse").evaluate("pulse => pulse.getAnimations()[0]?.currentTime ?? null")
    return float("inf") if elapsed is None else elapsed / 1000


def turn_clock(page, seconds: float = 44.9) -> None:
    """As if the last pulse had come so long ago. At 45 the page takes its connection for dead."""
    turn = """(pulse, now) => {
      const [clock] = pulse.getAnimations()
      if (clock) clock.currentTime = now
      return !!clock
    }"""
    until(lambda: page.locator(".pulse").evaluate(turn, seconds * 1000), "there is a clock")


def ban(site, page) -> None:
    """Closes every room to who wrote the page's last message."""
    key = page.locator(".message").last.get_attribute("data-author")
    action = f"from chat import actions, models; actions.ban(models.Participant.objects.get(key={key!r}), True)"
    servers.manage(site.environment["DATABASE_URL"], "shell", "--verbosity", "0", "--command", action)


# --- Connecting, live, slow, reconnecting ----------------------------------------------------------


def test_connecting_until_the_line_answers(relay, room, browser):
    relay.sockets = "hang"
    page = browser(relay, f"/chat/{room}/", expect_live=False)
    sees(page, "connecting", "")
    expect(page.locator(".connection > [data-says='Connecting…']")).to_be_visible()
    expect(way_out(page)).to_be_hidden()
    say(page, "typed early")
    expect(way_out(page)).to_be_visible()
    assert bodies(page) == []
    relay.sockets = "pass"
    relay.cut()
    sees(page, "live", "Live")
    expect(page.locator(".message-body")).to_have_text("typed early")
    expect(way_out(page)).to_have_count(0)
    forgive_outage(browser)


def test_slow_while_redis_is_away(database_url, redis, browser):
    with servers.Site(DATABASE_URL=database_url, REDIS_URL=redis.url, CHAT_TICK_SECONDS="0.3") as site:
        page = browser(site)
        sees(page, "live", "Live")
        redis.signal(signal.SIGKILL)
        redis.process.wait()
        sees(page, "slow", "Slow delivery")
        say(page, "sent all the same")
        expect(page.locator(".message-body")).to_have_text("sent all the same")
        redis.start()
        sees(page, "live", "Live")
        redis.stop()
        sees(page, "slow", "Slow delivery")
        site.signal(signal.SIGKILL)
        sees(page, "reconnecting", "Reconnecting…")
        page.context.close()
        forgive_outage(browser)


def test_reconnecting_is_said_at_once(relay, room, browser):
    """Without the server, which can't be asked; and for long, as nobody answers."""
    page = browser(relay, f"/chat/{room}/")
    page.keyboard.type("half a sen")
    for times in (1, 2):
        relay.down()
        sees(page, "reconnecting", "Reconnecting…")
        expect(way_out(page)).to_be_hidden()
        with Raw(relay.site, room) as raw:
            raw.post(f"missed {times}")
        relay.up()
        sees(page, "live", "Live")
    expect(page.locator(".message-body")).to_have_text(["missed 1", "missed 2"])
    expect(at(page)).to_be_focused()
    page.keyboard.type("tence\n")
    expect(page.locator(".message-body").last).to_have_text("half a sentence")
    forgive_outage(browser)


# --- Silent --------------------------------------------------------------------------------------


def test_each_pulse_starts_the_clock_anew(busy_site, room, browser):
    page = browser(busy_site, f"/chat/{room}/")
    turn_clock(page, 10)
    until(lambda: clock(page) < 5, "a pulse comes every 20 seconds", patience=40)
    sees(page, "live", "Live")


def test_a_silent_line_is_noticed_and_replaced(relay, room, browser):
    page = browser(relay, f"/chat/{room}/")
    say(page, "before")
    expect(page.locator("form.composer")).to_have_count(1)
    expect(page.locator(".message-body")).to_have_text(["before"])
    page.keyboard.type("half a sen")
    relay.silence()
    with Raw(relay.site, room) as raw:
        raw.post("missed")
    asked = relay.asked
    assert bodies(page) == ["before"]
    turn_clock(page)
    expect(page.locator(".message-body")).to_have_text(["before", "missed"])
    sees(page, "live", "Live")
    assert relay.asked > asked
    expect(at(page)).to_be_focused()
    page.keyboard.type("tence\n")
    expect(page.locator(".message-body")).to_have_text(["before", "missed", "half a sentence"])
    expect(page.locator("form.composer")).to_have_count(1)
    with Raw(relay.site, room) as raw:
        raw.post("after")
    expect(page.locator(".message-body").last).to_have_text("after")


def test_a_frozen_server_is_noticed_and_comes_back(site, database_url, browser):
    """Nothing is closed, and nothing answers, neither socket nor HTTP. Afterwards all is there, the draft as well."""
    page = browser(site)
    page.keyboard.type("half a sentence")
    page.keyboard.press("Home")
    with servers.Site(DATABASE_URL=database_url) as elsewhere:
        site.signal(signal.SIGSTOP)
        turn_clock(page)
        sees(page, "silent", "No sign of life")
        with Raw(elsewhere) as raw:
            raw.post("missed")
    page.keyboard.type("not ")
    site.signal(signal.SIGCONT)
    sees(page, "live", "Live")
    expect(page.locator(".message-body")).to_have_text("missed")
    expect(at(page)).to_be_focused()
    page.keyboard.type("even ")
    expect(at(page)).to_have_value("not even half a sentence")
    page.keyboard.press("Enter")
    expect(page.locator(".message-body")).to_have_text(["missed", "not even half a sentence"])
    expect(page.locator("form.composer")).to_have_count(1)


def test_a_silent_line_that_breaks_is_reconnecting(relay, room, browser):
    page = browser(relay, f"/chat/{room}/")
    relay.site.signal(signal.SIGSTOP)
    try:
        turn_clock(page)
        sees(page, "silent", "No sign of life")
        relay.cut()
        sees(page, "reconnecting", "Reconnecting…")
    finally:
        relay.site.signal(signal.SIGCONT)
    sees(page, "live", "Live")
    forgive_outage(browser)


# --- Ended ---------------------------------------------------------------------------------------


def test_for_who_is_banned_it_ends_for_good(relay, room, browser):
    page = browser(relay, f"/chat/{room}/")
    say(page, "one too many")
    expect(page.locator(".message-body")).to_have_text("one too many")
    ban(relay.site, page)
    say(page, "never stored")
    page.keyboard.type("and a draft")
    sees(page, "ended", "A moderator has closed this room to you.")
    asked = relay.asked
    page.wait_for_timeout(STILL_SECONDS * 1000)
    assert relay.asked == asked
    sees(page, "ended", "A moderator has closed this room to you.")
    assert bodies(page) == ["one too many"]
    values = page.locator("[name=message]").evaluate_all("fields => fields.map(field => field.value)")
    assert values == ["never stored", "and a draft"]


# --- Plain ---------------------------------------------------------------------------------------


def test_plain_where_no_socket_works(relay, room, browser):
    relay.sockets = "refused"
    page = browser(relay, f"/chat/{room}/", expect_live=False)
    for text in ("waits", "waits as well"):
        say(page, text)
    page.keyboard.type("a draft")
    expect(way_out(page)).to_be_visible()
    assert bodies(page) == []
    way_out(page).click()
    sees(page, "plain", "Every 10 seconds")
    forgive_outage(browser)
    expect(page.locator(".message-body")).to_have_text(["waits", "waits as well"])
    expect(page.locator("form.composer")).to_have_count(1)
    expect(at(page)).to_have_value("a draft")
    expect(page).to_have_url(re.compile(r"\?plain=1$"))

    at(page).focus()
    page.keyboard.press("End")
    page.keyboard.type(" no more\n")
    expect(page.locator(".message-body")).to_have_text(["waits", "waits as well", "a draft no more"])
    sees(page, "plain", "Every 10 seconds")
    expect(at(page)).to_be_focused()
    page.wait_for_load_state()
    asked, loads = relay.asked, []  # the page before may have been at one more try
    page.on("domcontentloaded", lambda page: loads.append(page.url))
    page.keyboard.type("another")
    with Raw(relay.site, room) as raw:
        raw.post("of somebody else")
    expect(page.locator(".message-body").last).to_have_text("of somebody else")
    expect(at(page)).to_have_value("another")
    expect(at(page)).to_be_focused()
    assert loads == []
    assert relay.asked == asked
