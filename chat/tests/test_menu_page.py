"""In Chromium: the menu at each message, and what two people do to each other's pages with it."""

import re

import pytest
from playwright.sync_api import expect

from chat.tests.people import Raw, at, bodies, forgive_outage, go_live, say, until
from chat.tests.test_accessibility import LOOKS, PHONE, is_for_everybody
from chat.tests.test_browser import away, fill_room, is_not_wide
from chat.tests.test_states import turn_clock, way_out

EDITED = ".message-edited"


def visit(browser, site, slug, **options):
    return browser(site, f"/chat/{slug}/", **options)


def message(page, text: str):
    return page.locator(".message", has=page.locator(".message-body").get_by_text(text, exact=True))


def open_menu(page, text: str):
    """As one does with a pointer."""
    one = message(page, text)
    one.hover()
    one.locator(".message-more").click()
    expect(one.locator(".message-items")).to_be_visible()
    return one


def begin_edit(page, text: str):
    """The field, which has the focus."""
    open_menu(page, text).get_by_role("link", name="Edit").click()
    field = page.locator(".edit[open] textarea").last
    expect(field).to_be_focused()
    return field


def save(page) -> None:
    page.get_by_role("button", name="Save").last.click()


def test_it_works(busy_site, room, browser):
    """One changes what they wrote and deletes it; another sees it, and neither loses what they are typing."""
    ann, bob = visit(browser, busy_site, room), visit(browser, busy_site, room)
    say(ann, "helo there")
    expect(bob.locator(".message-body")).to_have_text("helo there")
    for page in (ann, bob):
        at(page).fill("a draft")
    field = begin_edit(ann, "helo there")
    expect(at(ann)).to_be_hidden()
    expect(ann.locator(".message-items")).to_have_count(0)
    field.fill("hello there")
    save(ann)
    for page in (ann, bob):
        expect(page.locator(".message-body")).to_have_text("hello there")
        expect(page.locator(EDITED)).to_have_text("edited")
    expect(ann.locator(".edit")).to_have_count(0)
    open_menu(ann, "hello there").get_by_text("Delete", exact=True).click()
    ann.get_by_role("button", name="Delete it").click()
    for page in (ann, bob):
        expect(page.locator(".message-body")).to_have_text("This message was deleted.")
        expect(page.locator(".message-more")).to_have_count(0)
        expect(at(page)).to_have_value("a draft")
        expect(at(page)).to_be_visible()
    expect(at(bob)).to_be_focused()


def test_by_the_keyboard_alone(busy_site, room, browser):
    page = visit(browser, busy_site, room)
    for text in ("first", "second"):
        say(page, text)
        expect(page.locator(".message-body").last).to_have_text(text)
    expect(page.locator("form.composer")).to_have_count(1)
    page.keyboard.press("Shift+Tab")  # from where one types to what was said last
    expect(message(page, "second").locator(".message-more")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(message(page, "first").locator(".message-more")).to_be_focused()
    expect(message(page, "first").locator(".message-more")).to_have_css("opacity", "1")
    page.keyboard.press("Enter")
    expect(message(page, "first").locator(".message-menu")).to_be_focused()
    page.keyboard.press("Tab")
    expect(message(page, "first").locator("summary.message-more")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Reply")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Edit")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".edit textarea")).to_be_focused()
    page.keyboard.type("the ")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".message-body").first).to_have_text("the first")
    expect(page.locator(".edit")).to_have_count(0)
    page.keyboard.press("Tab")
    expect(at(page)).to_be_focused()
    begin_edit(page, "second")
    page.keyboard.press("Escape")
    expect(page.locator(".edit")).to_have_count(0)
    expect(at(page)).to_be_visible()
    expect(begin_edit(page, "second")).to_have_value("second")
    page.get_by_role("button", name="Cancel").click()
    expect(at(page)).to_be_visible()


def test_a_menu_that_is_open_stays_so_when_its_message_changes(busy_site, room, browser):
    ann, bob = visit(browser, busy_site, room), visit(browser, busy_site, room)
    say(ann, "one")
    expect(bob.locator(".message-body")).to_have_text("one")
    bob.locator(".message-more").focus()
    bob.keyboard.press("Enter")
    expect(bob.locator(".message-menu")).to_be_focused()
    for _ in range(3):
        bob.keyboard.press("Tab")
    expect(bob.get_by_role("link", name="Link to it")).to_be_focused()
    begin_edit(ann, "one").fill("two")
    save(ann)
    expect(bob.locator(".message-body")).to_have_text("two")
    expect(bob.locator(".message-menu[open]")).to_have_count(1)
    expect(bob.get_by_role("link", name="Link to it")).to_be_focused()
    bob.locator("summary.message-more").click()
    expect(bob.locator(".message-items")).to_be_hidden()
    bob.locator("summary.message-more").click()
    expect(bob.locator(".message-items")).to_be_visible()
    at(bob).focus()
    begin_edit(ann, "two").fill("three")
    save(ann)
    expect(bob.locator(".message-body")).to_have_text("three")
    expect(at(bob)).to_be_focused()  # nothing takes it from whoever types
    open_menu(ann, "three").get_by_text("Delete", exact=True).click()
    ann.get_by_role("button", name="Delete it").click()
    expect(bob.locator(".message-menu")).to_have_count(0)


def test_what_is_typed_stays_whatever_happens(busy_site, room, browser):
    """Messages come, the one that is being changed is changed elsewhere and deleted, its log is replaced."""
    page = visit(browser, busy_site, room)
    say(page, "mine")
    field = begin_edit(page, "mine")
    field.fill("what I have in mind")
    with Raw(busy_site, room, page) as me, Raw(busy_site, room) as other:
        for number in range(3):
            other.post(f"meanwhile {number}")
        me.send(do="edit", seq="1", message="from another tab")
        expect(page.locator(".message-body").first).to_have_text("from another tab")
        save(page)
        expect(page.locator(".message-body").first).to_have_text("what I have in mind")
        field = begin_edit(page, "what I have in mind")
        field.fill("and more")
        me.send(do="delete", seq="1")
        expect(page.locator(".message-body").first).to_have_text("This message was deleted.")
        save(page)
        expect(page.locator(".edit-why")).to_have_text("This message has been deleted.")
        expect(page.locator(".edit textarea")).to_have_value("and more")
    expect(page.locator("[id^=spare]")).to_be_empty()


def test_two_messages_are_changed_at_a_time(busy_site, room, browser):
    page = visit(browser, busy_site, room)
    for text in ("one", "two"):
        say(page, text)
        expect(page.locator(".message-body").last).to_have_text(text)
    begin_edit(page, "one").fill("one, changed")
    begin_edit(page, "two").fill("two, changed")
    open_menu(page, "one").get_by_role("link", name="Edit").click()  # it is there already, with what was typed
    expect(page.locator(".message-items")).to_have_count(0)
    expect(page.locator(".edit")).to_have_count(2)
    expect(page.locator(".edit textarea").last).to_have_value("one, changed")
    for _ in range(2):
        count = page.locator(".edit").count()
        save(page)
        expect(page.locator(".edit")).to_have_count(count - 1)
    expect(page.locator(".message-body")).to_have_text(["one, changed", "two, changed"])


@pytest.mark.parametrize("text", [" ", "x" * 4001], ids=["blank", "long"])
def test_a_refused_text_is_kept(busy_site, room, browser, text):
    page = visit(browser, busy_site, room)
    say(page, "mine")
    field = begin_edit(page, "mine")
    field.fill(text)
    save(page)
    expect(page.locator(".edit-why")).to_have_text(re.compile("is empty|is too long"))
    expect(field).to_have_value(text)
    field.fill("better")
    save(page)
    expect(page.locator(".message-body")).to_have_text("better")
    expect(page.locator(".edit")).to_have_count(0)


def test_what_cant_be_saved_stays_until_it_can(relay, room, browser):
    page, other = visit(browser, relay, room), visit(browser, relay.site, room)
    say(page, "one")
    expect(other.locator(".message-body")).to_have_text("one")
    field = begin_edit(page, "one")
    field.fill("one, from the train")
    expect(page.locator(".edit .unsaved")).to_be_hidden()
    relay.down()
    page.locator(".connection[data-state=reconnecting]").wait_for()
    save(page)
    expect(page.locator(".edit .unsaved")).to_be_visible()
    expect(field).to_have_value("one, from the train")
    expect(field).to_be_enabled()
    relay.up()
    go_live(page)
    save(page)
    for one in (page, other):
        expect(one.locator(".message-body")).to_have_text("one, from the train")
    expect(page.locator(".edit")).to_have_count(0)
    forgive_outage(browser)


def test_what_is_cancelled_without_a_connection_is_gone(relay, room, browser):
    page = visit(browser, relay, room)
    say(page, "one")
    begin_edit(page, "one")
    relay.down()
    page.locator(".connection[data-state=reconnecting]").wait_for()
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".edit")).to_have_count(0)
    expect(at(page)).to_be_visible()
    forgive_outage(browser)


def test_a_form_outlives_its_room(relay, room, browser):
    """The room comes anew, as after a silence: the form is still there, and still does what it is for."""
    page = visit(browser, relay, room)
    for text in ("one", "two"):
        say(page, text)
        expect(page.locator(".message-body").last).to_have_text(text)
    begin_edit(page, "one").fill("one, changed")
    begin_edit(page, "two").fill("two, changed")
    open_menu(page, "one").get_by_text("Delete", exact=True).click()
    page.locator(".edit textarea").last.focus()
    relay.silence()
    asked = relay.asked
    turn_clock(page)
    until(lambda: relay.asked > asked, "the room has a new socket")
    go_live(page)
    expect(page.locator(".edit textarea").last).to_be_focused()
    save(page)
    expect(page.locator(".message-body")).to_have_text(["one", "two, changed"])
    save(page)
    expect(page.locator(".message-body")).to_have_text(["one, changed", "two, changed"])
    expect(page.locator(".edit")).to_have_count(0)
    page.get_by_role("button", name="Delete it").click()
    expect(page.locator(".message-body").first).to_have_text("This message was deleted.")


def test_without_a_live_connection(relay, room, browser):
    """What is being changed goes along, and shows at once."""
    page = visit(browser, relay, room)
    for text in ("one", "two"):
        say(page, text)
        expect(page.locator(".message-body").last).to_have_text(text)
    begin_edit(page, "one").fill("one, changed")
    relay.sockets = "refused"
    relay.cut()
    way_out(page).click()
    page.locator(".connection[data-state=plain]").wait_for()
    expect(page.locator(".edit textarea")).to_have_value("one, changed")
    save(page)
    expect(page.locator(".message-body")).to_have_text(["one, changed", "two"])
    expect(page.locator(".edit")).to_have_count(0)
    open_menu(page, "two").get_by_text("Delete", exact=True).click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.locator(".message-body").last).to_have_text("This message was deleted.")
    expect(page.locator(".connection[data-state=plain]")).to_have_count(1)
    forgive_outage(browser)


def test_who_was_away_for_all_of_it_has_the_same_page(relay, room, browser):
    page, late = visit(browser, relay.site, room), visit(browser, relay, room)
    for text in ("one", "two", "three"):
        say(page, text)
        expect(late.locator(".message-body").last).to_have_text(text)
    relay.down()
    late.locator(".connection[data-state=reconnecting]").wait_for()
    begin_edit(page, "one").fill("one, changed")
    save(page)
    expect(page.locator(EDITED)).to_have_count(1)
    open_menu(page, "two").get_by_text("Delete", exact=True).click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.locator(".message-gone")).to_have_count(1)
    relay.up()
    go_live(late)
    assert bodies(late) == bodies(page) == ["one, changed", "This message was deleted.", "three"]
    expect(late.locator(EDITED)).to_have_count(1)
    forgive_outage(browser)


def test_a_reader_further_up_is_not_moved(busy_site, room, browser):
    page, reader = visit(browser, busy_site, room), None
    fill_room(busy_site, room)
    say(page, "short")
    reader = visit(browser, busy_site, room)
    reader.locator(".room-scroller").evaluate("box => { box.scrollTop = -600 }")
    expect(reader.locator(".latest")).to_be_visible()
    top = "one => one.getBoundingClientRect().top"
    seen = message(reader, "earlier 20")
    before, far = seen.evaluate(top), away(reader)
    begin_edit(page, "short").fill("long\n" * 12 + "end")
    save(page)
    expect(reader.locator(".message-body").last).to_contain_text("end")
    assert abs(seen.evaluate(top) - before) <= 1
    assert away(reader) > far + 100


def test_a_log_with_the_reader_at_its_end_stays_there(busy_site, room, browser):
    fill_room(busy_site, room)
    page = visit(browser, busy_site, room)
    say(page, "short")
    expect(page.locator(".message-body").last).to_have_text("short")
    open_menu(page, "short")
    assert away(page) <= 1
    expect(message(page, "short").locator(".message-items")).to_be_in_viewport()


# --- Others' browsers ------------------------------------------------------------------------------


def test_on_a_phone_one_taps(busy_site, room, browser):
    page = visit(browser, busy_site, room, viewport=PHONE, has_touch=True, is_mobile=True)
    say(page, "a text that is quite a bit longer than a phone is wide, so that its bubble is as wide as it gets")
    more = page.locator(".message-more")
    expect(more).to_have_css("opacity", "1")
    box = more.bounding_box()
    assert min(box["width"], box["height"]) >= 44
    bubble = page.locator(".message-body").bounding_box()
    assert box["x"] + box["width"] <= bubble["x"] + 9 or box["x"] >= bubble["x"] + bubble["width"] - 9
    more.tap()
    page.get_by_text("Delete", exact=True).tap()
    expect(page.get_by_role("button", name="Delete it")).to_be_in_viewport()
    is_not_wide(page)
    page.get_by_role("link", name="Edit").tap()
    expect(page.locator(".edit textarea")).to_be_focused()
    is_not_wide(page)
    page.locator(".edit textarea").fill("שלום " * 700)
    expect(page.get_by_role("button", name="Save")).to_be_in_viewport()
    is_not_wide(page)


def test_without_javascript(busy_site, room, browser):
    plain, live = visit(browser, busy_site, room, java_script_enabled=False), visit(browser, busy_site, room)
    at(plain).fill("helo")
    plain.keyboard.press("Enter")
    expect(live.locator(".message-body")).to_have_text("helo")
    plain.locator(".message").hover()
    plain.locator(".message-more").click()
    plain.wait_for_url(f"**/chat/{room}/1/")
    plain.get_by_role("link", name="Edit").click()
    expect(plain.locator(".edit textarea")).to_be_focused()
    plain.locator(".edit textarea").fill("hello\n  there")
    save(plain)
    plain.wait_for_url(f"**/chat/{room}/#message-*")
    expect(live.locator(".message-body")).to_have_text("hello\n  there")
    plain.goto(f"/chat/{room}/1/edit/")
    plain.get_by_role("link", name="Cancel").click()
    plain.wait_for_url(f"**/chat/{room}/1/")
    plain.get_by_text("Delete", exact=True).click()
    plain.get_by_role("button", name="Delete it").click()
    expect(live.locator(".message-body")).to_have_text("This message was deleted.")


def test_on_its_own_page(busy_site, room, browser):
    """It has no socket: its forms are sent as any page's."""
    page = visit(browser, busy_site, room)
    say(page, "helo")
    expect(page.locator(".message-body")).to_have_text("helo")
    say(page, "another")
    expect(page.locator(".message-body").last).to_have_text("another")
    page.goto(f"/chat/{room}/2/")
    message(page, "helo").hover()
    message(page, "helo").locator(".message-more").click()
    page.wait_for_url(f"**/chat/{room}/1/")
    page.get_by_role("link", name="Edit").click()
    page.wait_for_url(f"**/chat/{room}/1/edit/")
    expect(page.locator(".edit textarea")).to_be_focused()
    page.locator(".edit textarea").fill("hello")
    save(page)
    page.wait_for_url(f"**/chat/{room}/#message-*")
    expect(page.locator(".message-body")).to_have_text(["hello", "another"])
    page.goto(f"/chat/{room}/1/")
    expect(page.locator(".versions .message-body")).to_have_text("helo")


@pytest.mark.parametrize(("viewport", "scheme"), LOOKS)
def test_it_is_for_everybody(busy_site, room, browser, viewport, scheme):
    page = visit(browser, busy_site, room, viewport=viewport, color_scheme=scheme)
    say(page, "mine")
    begin_edit(page, "mine").fill("changed")
    is_for_everybody(page)
    save(page)
    expect(page.locator(EDITED)).to_have_count(1)
    open_menu(page, "changed").get_by_text("Delete", exact=True).click()
    is_for_everybody(page)
    page.goto(f"/chat/{room}/1/")
    is_for_everybody(page)
    page.goto(f"/chat/{room}/1/edit/")
    is_for_everybody(page)
