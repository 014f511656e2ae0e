"""In Chromium: messages that can't go out, or are refused. None is lost or doubled, and none goes out once given up."""

import json

import pytest
from playwright.sync_api import expect

from chat.tests import servers
from chat.tests.people import Raw, at, bodies, forgive_outage, go_live, say, until
from chat.tests.test_states import turn_clock, way_out

WAITING = "form.composer:not(:last-child)"


@pytest.fixture
def offline(relay, room, browser):
    """A page that has come, and whose server nobody reaches any more."""
    page = browser(relay, f"/chat/{room}/")
    tenth = "() => performance.getEntriesByType('resource').some(entry => entry.name.endsWith('/10/'))"
    until(lambda: page.evaluate(tenth), "ten composers are fetched ahead")
    page.sent = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda text: page.sent.append(json.loads(text))))
    relay.down()
    page.locator(".connection[data-state=reconnecting]").wait_for()
    yield page
    forgive_outage(browser)


def waiting(page, text: str):
    """The bubble of a message that is not stored yet."""
    nonces = "forms => forms.map(form => [form.id, form.querySelector('[name=message]').value])"
    return page.locator("#" + {value: name for name, value in page.locator(WAITING).evaluate_all(nonces)}[text])


def texts_sent(page) -> list[str]:
    return [frame["message"] for frame in page.sent if "message" in frame]


def archive(site, slug: str, archived: bool) -> None:
    """By a process that no other hears: it has a layer of its own."""
    action = f"""from chat import actions, models
room = models.Room.objects.get(slug={slug!r})
room.archived = {archived}
actions.save_room(room)"""
    servers.manage(site.environment["DATABASE_URL"], "shell", "--verbosity", "0", "--command", action, REDIS_URL="")


# --- While nobody answers ------------------------------------------------------------------------


def test_ten_messages_wait_and_what_follows_in_the_eleventh_composer(offline, relay):
    page = offline
    texts = [f"off-line {n}" for n in range(10)]
    for text in texts:
        say(page, text)
        expect(at(page)).to_be_focused()
    expect(page.locator(WAITING)).to_have_count(10)
    expect(page.locator(f"{WAITING} .composer-late[data-says='Not sent yet']:visible")).to_have_count(10)
    assert page.locator(f"{WAITING} [name=message]").evaluate_all("all => all.map(one => one.value)") == texts

    expect(page.locator(".composer-wait").last).to_be_visible()
    page.keyboard.type("the eleventh")
    for _ in range(3):
        page.keyboard.press("Enter")
    page.keyboard.type(" and the twelfth\n and a draft")
    expect(page.locator("form.composer")).to_have_count(11)
    expect(at(page)).to_have_value("the eleventh and the twelfth and a draft")
    assert texts_sent(page) == []

    relay.up()
    go_live(page)
    expect(page.locator(".message-body")).to_have_text([*texts, "the eleventh", "and the twelfth"])
    expect(page.locator("form.composer")).to_have_count(1)
    expect(page.locator(".composer-begun")).to_have_value(" and a draft")
    expect(page.locator(".composer-wait")).to_be_hidden()
    expect(at(page)).to_be_focused()
    page.keyboard.type(", sent\n")
    expect(page.locator(".message-body").last).to_have_text("and a draft, sent")
    expect(page.locator(".message")).to_have_count(13)
    expect(page.locator("form.composer")).to_have_count(1)


def test_what_is_discarded_never_goes_out(offline, relay, room):
    page = offline
    for text in ("first", "second", "third"):
        say(page, text)
    given_up = waiting(page, "second")
    given_up.get_by_text("Discard").click()
    expect(given_up).to_be_hidden()
    expect(waiting(page, "third")).to_be_visible()
    relay.up()
    go_live(page)
    expect(page.locator("form.composer")).to_have_count(1)
    say(page, "fourth")
    expect(page.locator(".message-body")).to_have_text(["first", "third", "fourth"])
    page.reload()
    go_live(page)
    assert bodies(page) == ["first", "third", "fourth"]


def test_what_is_discarded_does_not_go_out_without_a_socket_either(relay, room, browser):
    relay.sockets = "refused"
    page = browser(relay, f"/chat/{room}/", expect_live=False)
    for text in ("kept", "given up"):
        say(page, text)
    waiting(page, "given up").get_by_text("Discard").click()
    way_out(page).click()
    page.locator(".connection[data-state=plain]").wait_for()
    forgive_outage(browser)
    expect(page.locator(".message-body")).to_have_text(["kept"])
    expect(page.locator("form.composer")).to_have_count(1)


# --- On a connection that is dead and does not say so ----------------------------------------------------


@pytest.mark.parametrize("lost", ["up", "down"], ids=["the message was lost", "the answer was lost"])
def test_trying_again_doubles_nothing(relay, room, browser, lost):
    page = browser(relay, f"/chat/{room}/")
    with Raw(relay.site, room) as raw:
        relay.silence(lost)
        say(page, "once")
        again = page.locator(WAITING).get_by_role("button", name="Try again")
        again.click()
        at(page).fill("a draft")
        turn_clock(page)
        until(lambda: relay.asked >= 2, "there is another socket")
        go_live(page)
        if lost == "up":  # nobody has it, and the page can't know
            again.click()
        expect(page.locator("form.composer")).to_have_count(1)
        assert raw.hear(1) == ["once"]
        expect(page.locator(".message-body")).to_have_text(["once"])
        raw.post("the next")
        expect(page.locator(".message-body")).to_have_text(["once", "the next"])
        expect(at(page)).to_have_value("a draft")


def test_a_connection_that_breaks_after_all_doubles_nothing(relay, room, browser):
    page = browser(relay, f"/chat/{room}/")
    with Raw(relay.site, room) as raw:
        relay.silence("down")
        say(page, "once")
        assert raw.hear(1) == ["once"]
        again = page.locator(WAITING).get_by_role("button", name="Try again")
        again.click()
        relay.cut()
        go_live(page)
        expect(page.locator("form.composer")).to_have_count(1)
        raw.post("the next")
        expect(page.locator(".message-body")).to_have_text(["once", "the next"])


# --- Refused -------------------------------------------------------------------------------------


def is_refused(page, text: str, reason: str):
    """The bubble keeps text and reason, however long one waits: nothing says of it that it is only late."""
    bubble = waiting(page, text)
    expect(bubble.get_by_role("alert")).to_contain_text(reason)
    expect(bubble.locator("[name=message]")).to_have_value(text)
    expect(bubble.get_by_role("button", name="Try again")).to_have_count(1)
    expect(bubble.get_by_text("Discard")).to_be_visible()
    expect(bubble.locator(".composer-late")).to_have_css("display", "none")
    return bubble


def test_too_long_and_discarded(relay, room, browser):
    page = browser(relay, f"/chat/{room}/")
    at(page).evaluate("field => field.removeAttribute('pattern')")  # as the browser itself would not send it
    say(page, "long " * 801)
    bubble = is_refused(page, "long " * 801, "at most 4,000 fit")
    bubble.get_by_text("Discard").click()
    expect(bubble).to_be_hidden()
    say(page, "short")
    expect(page.locator(".message-body")).to_have_text(["short"])  # else it is cut off on its way, and waits there
    relay.cut()
    page.locator(".connection[data-state=reconnecting]").wait_for()
    go_live(page)
    expect(page.locator(".message-body")).to_have_text(["short"])
    expect(bubble).to_be_hidden()
    forgive_outage(browser)


def test_in_an_archived_room(database_url, browser):
    """Whose page does not know yet: once it does, there is no composer to write in."""
    with servers.Site(DATABASE_URL=database_url, CHAT_TICK_SECONDS="600") as site:
        page = browser(site)
        archive(site, "lobby", archived=True)
        say(page, "to the archive")
        say(page, "in vain")
        bubble = is_refused(page, "to the archive", "archived")
        is_refused(page, "in vain", "archived").get_by_text("Discard").click()
        archive(site, "lobby", archived=False)
        bubble.locator("[name=message]").fill("to the living")
        bubble.get_by_role("button", name="Try again").click()
        expect(page.locator(".message-body")).to_have_text(["to the living"])
        expect(page.locator("form.composer:visible")).to_have_count(1)
        page.context.close()


def test_too_fast(database_url, browser):
    with servers.Site(DATABASE_URL=database_url, CHAT_PARTICIPANT_RATE="2 per 20 seconds") as site:
        page = browser(site)
        texts = [f"hasty {n}" for n in range(4)]
        for text in texts:
            say(page, text)
        is_refused(page, texts[2], "That was too fast")
        bubble = is_refused(page, texts[3], "That was too fast")
        bubble.locator("[name=message]").fill("with patience")

        def calm() -> bool:
            bubble.evaluate_all("forms => forms.forEach(form => form.requestSubmit())")  # as Enter does
            return page.locator(".message").count() == 3

        until(calm, "what was refused can be sent again", 60)
        expect(page.locator(".message-body")).to_have_text([*texts[:2], "with patience"])
        expect(page.locator(WAITING)).to_have_count(1)
        page.context.close()
        # Sent again before it was acknowledged, it is acknowledged twice, and then there is nothing left to delete.
        browser.said[:] = [line for line in browser.said if "oobErrorNoTarget, #composer-" not in line]
