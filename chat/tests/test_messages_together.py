"""In Chromium: all that one can do with messages, by somebody without JavaScript and somebody with a phone on a slow
line, to each other's; and who was away for all of it ends with the same page."""

import re

from playwright.sync_api import expect

from chat.tests.people import at, forgive_outage, go_live, say, send_form, sign_up
from chat.tests.test_accessibility import PHONE
from chat.tests.test_menu_page import begin_edit, message, open_menu, save
from chat.tests.test_typing import slow_down

LOG = """log => [...log.querySelectorAll(".message")].map(one => [
    one.dataset.seq, one.dataset.author, one.querySelector(".message-author").innerText,
    ...[".message-body", ".message-answers", ".message-edited"].map(part => one.querySelector(part)?.innerHTML),
    ...[...one.querySelectorAll(".reaction")].map(each => each.innerText),
])"""
"""All that a log says, in its order."""


def log(page) -> list[list[str]]:
    return page.locator(".log").evaluate(LOG)


def its_page(page, path: str, seq: int):
    """Of a message: where all is done without JavaScript."""
    page.goto(f"{path}{seq}/")
    return page


def test_it_works(relay, browser, nth_try):
    plain = browser(relay.site, "/health/", expect_live=False, java_script_enabled=False)
    sign_up(plain, f"olive-all{nth_try}")
    plain.goto("/chat/rooms/new/")
    plain.get_by_label("Name").fill(f"All of it {nth_try}")
    plain.get_by_role("button", name="Make it").click()
    path = re.sub(r"https?://[^/]+", "", plain.url)
    phone, late = browser(relay.site, path, viewport=PHONE), browser(relay, path)
    slow_down(phone, 300)
    say(phone, "A **bold** idea")
    for page in (phone, late):
        expect(page.locator(".message-body strong")).to_have_text("bold")
    relay.down()
    late.locator(".connection[data-state=reconnecting]").wait_for()

    begin_edit(phone, "A bold idea").fill("A *better* idea for https://example.org/garden")
    save(phone)
    expect(phone.locator(".message-body em")).to_have_text("better")
    its_page(plain, path, 1).get_by_role("link", name="Reply", exact=True).click()
    send_form(plain, "I agree")  # 3: the edit was a change as well
    expect(phone.locator(".message-answers")).to_contain_text("A better idea")
    its_page(plain, path, 1).get_by_role("button", name="👍").click()
    expect(phone.locator(".reaction")).to_have_text("👍 1")
    its_page(plain, path, 1).get_by_role("button", name="Pin", exact=True).click()
    expect(phone.locator(".pins-count [aria-hidden]")).to_have_text("1")

    phone.locator(".reaction").click()
    expect(phone.locator(".reaction")).to_have_text("👍 2")
    open_menu(phone, "I agree").get_by_role("button", name="🎉").click()
    expect(phone.locator(".reaction")).to_have_text(["👍 2", "🎉 1"])
    expect(phone.locator(".message-items")).to_have_count(0)  # closed by the answer, which may come after the news
    open_menu(phone, "I agree").get_by_role("link", name="Reply", exact=True).click()
    expect(phone.locator(".answers-said")).to_contain_text("I agree")
    say(phone, "Then we begin")
    expect(message(phone, "Then we begin").locator(".message-answers")).to_contain_text("I agree")
    expect(phone.locator(".message-items")).to_have_count(0)
    say(phone, "Typed in the wrong room")
    open_menu(phone, "Typed in the wrong room").get_by_text("Delete", exact=True).click()
    phone.get_by_role("button", name="Delete it").click()
    expect(phone.locator(".message-gone")).to_have_count(1)

    plain.goto(path)
    message(plain, "I agree").locator(".message-more").click()
    plain.get_by_role("link", name="Edit").click()
    plain.locator(".edit textarea").fill("I agree ||with half of it||")
    save(plain)
    plain.wait_for_url(f"**{path}#message-*")
    expect(phone.locator(".message-answers").last).to_contain_text("I agree ▒▒▒")
    expect(phone.locator(".message-body summary")).to_have_text("Hidden text")

    plain.get_by_role("search").get_by_role("searchbox").fill("idea has:link")
    plain.keyboard.press("Enter")
    expect(plain.locator(".found mark")).to_have_text(["idea"])
    plain.locator(".found-where").click()
    expect(plain.locator(".message-found > .message .message-body")).to_contain_text("A better")
    other = browser(relay.site, f"/chat/search/?q=from:me+in:{path.split('/')[2]}", expect_live=False, viewport=PHONE)
    expect(other.get_by_text("Nothing was found")).to_be_visible()  # somebody else, who has said nothing

    at(late).fill("while I was away")
    relay.up()
    go_live(late)
    expect(at(late)).to_have_value("while I was away")
    expect(late.locator(".pins-count [aria-hidden]")).to_have_text("1")
    plain.goto(path)
    assert log(late) == log(phone) == log(plain)
    assert len(log(plain)) == 4
    forgive_outage(browser)
