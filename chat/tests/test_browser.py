"""In Chromium, against a live Daphne. The `browser` fixture demands that no console said a word in any of it."""

import re
import signal
import threading

import pytest
from playwright.sync_api import expect

from chat.tests import servers
from chat.tests.people import Raw, at, bodies, forgive_outage, rename, say, settle, until

PHONE = {"width": 390, "height": 800}
LOOK = {"light": "rgb(245, 246, 244)", "dark": "rgb(16, 20, 19)"}

HOSTILE = [
    "<b>bold</b> & 'quoted' \"twice\" &lt;b&gt;",
    "<script>document.title = 'owned'</script>",
    "<hx-get x></hx-get><hx-partial>",
    '<div hx-get="/chat/" hx-trigger="load" hx-target="body"></div>',
    '<div hx-swap-oob="innerHTML:title">owned</div><title>owned</title>',
    '</p></article></div><div hx-swap-oob="delete:.chat-room"></div>',
    "{{ 7*7 }} {% now 'Y' %} ${7*7} {# gone #}",
    '"><img src=x onerror="document.title=\'owned\'">',
    "'><svg onload=document.title='owned'>",
    "javascript:document.title='owned'",
    "שלום עולם, 3 < 4 & כן!",
    "مرحبا بالعالم (123) <b>",
    "\u202egnp.exe\u202c override, and zalgo z̸̢̧̛̩̗̱a̷l̴g̵o̶",
    "👩‍👩‍👧‍👦 👩🏽‍💻 🏳️‍🌈 🇺🇦 1️⃣",
    "W" * 3900,
    "漢字かな交じり文" * 200,
]


def visit(browser, site, slug, **options):
    return browser(site, f"/chat/{slug}/", **options)


def is_not_wide(page) -> None:
    """Nothing scrolls sideways: neither the page nor the log."""
    for box in ("html", ".chat", ".room-scroller", ".log", ".composer >> nth=-1"):
        width, shown = page.locator(box).evaluate("box => [box.scrollWidth, box.clientWidth]")
        assert width <= shown, f"{box} is {width} wide where {shown} fit"
    assert page.locator("html").evaluate("box => box.clientWidth") == page.viewport_size["width"]


def away(page) -> float:
    """How far the log is from its end, in pixels."""
    return abs(page.locator(".room-scroller").evaluate("box => box.scrollTop"))


def fill_room(site, slug, count=40):
    with Raw(site, slug) as raw:
        for n in range(count):
            raw.post(f"earlier {n}")


# --- Messages ------------------------------------------------------------------------------------


def test_sixty_messages_between_two_people(busy_site, room, browser):
    people = [visit(browser, busy_site, room) for _ in range(2)]
    said = []
    for n in range(30):
        for number, page in enumerate(people):
            said.append(f"{n} of person {number}")
            say(page, said[-1])
    for page in people:
        expect(page.locator(".message")).to_have_count(60)
    seen = bodies(people[0])
    assert sorted(seen) == sorted(said), "each is there exactly once"
    assert bodies(people[1]) == seen
    for number in range(2):
        own = [text for text in seen if text.endswith(f"of person {number}")]
        assert own == [f"{n} of person {number}" for n in range(30)], "nobody's messages overtake each other"
    for page in people:
        expect(page.locator("form.composer")).to_have_count(1)
        page.reload()
        assert bodies(page) == seen[-50:]
        assert page.locator(".message").first.get_attribute("data-seq") == "11"


def test_hostile_texts_are_only_texts(busy_site, room, browser):
    phone, other = visit(browser, busy_site, room, viewport=PHONE), visit(browser, busy_site, room)
    title = other.title()
    for text in HOSTILE:
        say(phone, text)
    for page in (phone, other):
        expect(page.locator("form.composer")).to_have_count(1)
        for _ in ("pushed", "and as the page comes"):
            expect(page.locator(".message")).to_have_count(len(HOSTILE))
            assert page.locator(".message-body").all_text_contents() == HOSTILE
            expect(page.locator(".message-body *")).to_have_count(0)
            assert page.title() == title
            is_not_wide(page)
            page.reload()
            page.locator(".connection[data-state=live]").wait_for()


def test_own_messages_stand_on_the_other_side(busy_site, room, browser):
    one, other = visit(browser, busy_site, room), visit(browser, busy_site, room)
    say(one, "mine")
    for page, side in ((one, "flex-end"), (other, "flex-start")):
        expect(page.locator(".message-head")).to_have_css("justify-content", side)
        expect(page.locator(".message-body")).to_have_css("justify-self", side)


# --- Names ---------------------------------------------------------------------------------------


def test_a_new_name_shows_at_once_and_on_the_next_message(busy_site, room, browser):
    one, other = visit(browser, busy_site, room), visit(browser, busy_site, room)
    say(one, "before")
    rename(one, "Zoë <b>")
    expect(one.locator(".me-name bdi")).to_have_text("Zoë <b>")
    expect(one.locator(".me-panel").get_by_role("status")).to_have_text("You are Zoë <b> here now.")
    expect(one.locator(".me-panel").get_by_role("button", name="Save")).to_be_focused()
    say(one, "after")
    for page in (one, other):
        expect(page.locator(".message-author")).to_have_count(2)
        assert page.locator(".message-author").last.text_content() == "Zoë <b>"
        assert page.locator(".message-author").first.text_content() != "Zoë <b>"
    one.reload()
    expect(one.locator(".me-name bdi")).to_have_text("Zoë <b>")


def test_a_name_that_is_too_long_is_refused_in_a_sentence(busy_site, room, browser):
    page = visit(browser, busy_site, room, viewport=PHONE)
    before = page.locator(".me-name bdi").text_content()
    rename(page, "N" * 2000)
    reason = page.locator(".me-panel .refusal")
    expect(reason).to_have_text("This name is too long: it has 2,000 characters, and at most 40 fit.")
    expect(reason).to_be_visible()
    is_not_wide(page)
    assert page.locator(".me-name bdi").text_content() == before
    expect(page.locator(".me-panel [name=name]")).to_have_value("N" * 2000)  # as without JavaScript, to be shortened


@pytest.mark.parametrize("name", ["W" * 40, "<img src=x onerror=document.title='o'>", "عبد الرحمن بن محمد بن عبد الله"])
def test_a_long_name_fits_a_phone(busy_site, room, browser, name):
    page = visit(browser, busy_site, room, viewport=PHONE)
    rename(page, name)
    expect(page.locator(".me-name bdi")).to_have_text(name)
    say(page, "short")
    expect(page.locator(".message-author")).to_have_text(name)
    is_not_wide(page)
    for shown in (".message-time", ".me-name", ".message .badge", ".room-menu", ".connection", ".room-title"):
        box = page.locator(shown).bounding_box()
        assert box["x"] >= 0, shown
        assert box["x"] + box["width"] <= PHONE["width"], shown
    title = page.locator(".room-title")
    assert title.evaluate("box => box.scrollWidth <= box.clientWidth"), "the room's name is cut off by the person's"


# --- The composer --------------------------------------------------------------------------------


def test_the_keyboard_alone_sends_one_message_after_another(busy_site, room, browser):
    page = visit(browser, busy_site, room)
    expect(at(page)).to_be_focused()
    for text in ("one", "two", "three"):
        say(page, text)
        expect(at(page)).to_be_focused()
        expect(at(page)).to_have_value("")
    expect(page.locator(".message-body")).to_have_text(["one", "two", "three"])
    expect(page.locator("form.composer")).to_have_count(1)


def test_the_button_sends_and_gives_the_focus_back(busy_site, room, browser):
    page = visit(browser, busy_site, room)
    at(page).fill("by mouse")
    page.get_by_role("button", name="Send").last.click()
    expect(page.locator(".message-body")).to_have_text("by mouse")
    expect(page.locator("form.composer")).to_have_count(1)
    expect(at(page)).to_be_focused()


def test_an_empty_message_is_not_sent(busy_site, room, browser):
    page = visit(browser, busy_site, room)
    page.keyboard.press("Enter")
    page.keyboard.type("then a real one\n")
    expect(page.locator(".message-body")).to_have_text("then a real one")
    expect(page.locator("form.composer")).to_have_count(1)


def test_no_keystroke_is_lost_on_a_slow_line(busy_site, room, browser):
    page = visit(browser, busy_site, room)
    slow = {"offline": False, "latency": 300, "downloadThroughput": -1, "uploadThroughput": -1}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", slow)
    texts = [f"line {n} ends" for n in range(12)]
    page.keyboard.type("".join(f"{text}\n" for text in texts), delay=45)  # twice as fast as a fast typist
    expect(page.locator(".message-body")).to_have_text(texts)
    expect(page.locator("form.composer")).to_have_count(1)
    expect(at(page)).to_have_value("")


def test_no_keystroke_is_lost_while_others_write(busy_site, room, browser):
    page, text = visit(browser, busy_site, room), "the quick brown fox jumps over the lazy dog, twice over"

    typed, poured = threading.Event(), []

    def pour():
        with Raw(busy_site, room) as raw:
            while not typed.is_set() or len(poured) < 60:
                raw.post(f"poured {len(poured)}")
                poured.append(raw)

    others = threading.Thread(target=pour)
    others.start()
    expect(page.locator(".message")).not_to_have_count(0)
    before = page.locator(".message").last.text_content()
    page.keyboard.type(text, delay=15)
    typed.set()
    assert page.locator(".message").last.text_content() != before, "the others' messages came while this one typed"
    others.join()
    expect(page.locator(".message-body").last).to_have_text(f"poured {len(poured) - 1}")
    expect(at(page)).to_have_value(text)
    expect(at(page)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".message-body").last).to_have_text(text)


def test_a_text_that_is_too_long_keeps_its_place_and_its_reason(busy_site, room, browser):
    page = visit(browser, busy_site, room, viewport=PHONE)
    at(page).evaluate("field => field.removeAttribute('pattern')")  # as the browser itself would not send it
    long = "much " * 800 + "more"
    say(page, long)
    kept = page.locator("form.composer").first
    expect(kept.get_by_role("alert")).to_contain_text("it has 4,004 characters, and at most 4,000 fit.")
    expect(kept.get_by_role("alert")).to_be_in_viewport()
    expect(kept.locator("[name=message]")).to_have_value(long)
    expect(page.locator(".message")).to_have_count(0)
    expect(page.locator("form.composer")).to_have_count(2)
    is_not_wide(page)

    say(page, "something else")  # it is in nobody's way
    expect(page.locator(".message-body")).to_have_text("something else")
    expect(page.locator("form.composer")).to_have_count(2)

    kept.locator("[name=message]").fill("less")
    kept.get_by_role("button", name="Try again").click()
    expect(page.locator(".message-body")).to_have_text(["something else", "less"])
    expect(page.locator("form.composer")).to_have_count(1)


# --- The log -------------------------------------------------------------------------------------


def test_the_log_sticks_to_its_end(busy_site, room, browser):
    fill_room(busy_site, room)
    page = visit(browser, busy_site, room, viewport=PHONE)
    expect(page.locator(".message").last).to_be_in_viewport(ratio=1)
    with Raw(busy_site, room) as raw:
        for n in range(5):
            raw.post(f"new {n}\nof two lines")
            expect(page.locator(".message").last).to_contain_text(f"new {n}")
            expect(page.locator(".message").last).to_be_in_viewport(ratio=1)
    say(page, "my own")
    expect(page.locator(".message").last).to_contain_text("my own")
    expect(page.locator(".message").last).to_be_in_viewport(ratio=1)
    until(lambda: away(page) < 2, "it stands at its end")


def test_the_log_stays_put_for_who_reads_further_up(busy_site, room, browser):
    fill_room(busy_site, room)
    page = visit(browser, busy_site, room)
    reading = page.locator(".message", has_text="earlier 12")
    reading.scroll_into_view_if_needed()
    expect(reading).to_be_in_viewport(ratio=1)
    assert away(page) > 500
    place = reading.bounding_box()
    with Raw(busy_site, room) as raw:
        for n in range(8):
            raw.post(f"new {n}\nof two lines")
    expect(page.locator(".message")).to_have_count(48)
    assert reading.bounding_box() == place


def test_the_keyboard_scrolls_the_log(busy_site, room, browser):
    fill_room(busy_site, room)
    page = visit(browser, busy_site, room)
    expect(page.locator(".message")).to_have_count(40)
    expect(at(page)).to_be_focused()
    settle(page)

    def goes_up() -> bool:
        page.keyboard.press("PageUp")  # once more if need be: what else moves in the page ends a smooth scroll
        return away(page) > 300

    until(goes_up, "PageUp in the composer scrolls up")
    expect(at(page)).to_be_focused()


# --- The connection ------------------------------------------------------------------------------


def test_an_outage_is_said_and_made_good(site, database_url, browser):
    """Messages of before, during and after, of others and of one's own: all there once, and no reload."""
    page = browser(site)
    state = page.locator(".connection")
    expect(state).to_have_text("Live")
    say(page, "before")
    expect(page.locator(".message-body")).to_have_text("before")

    with servers.Site(DATABASE_URL=database_url) as elsewhere:
        site.stop()
        expect(state).to_have_attribute("data-state", "reconnecting")
        expect(state).to_be_visible()
        with Raw(elsewhere) as raw:
            raw.post("missed")
    for text in ("written", "while", "away"):
        say(page, text)
    expect(page.locator("form.composer")).to_have_count(4)
    assert bodies(page) == ["before"]

    site.start()
    expect(state).to_have_text("Live", timeout=30_000)
    expect(page.locator(".message-body")).to_have_text(["before", "missed", "written", "while", "away"])
    expect(page.locator("form.composer")).to_have_count(1)
    with Raw(site) as raw:
        raw.post("after")
    expect(page.locator(".message-body").last).to_have_text("after")
    assert len(bodies(page)) == 6
    forgive_outage(browser)


def test_many_messages_written_during_an_outage_are_not_lost(site, browser):
    """More than there are composers kept ahead: what did not go out stays in sight, and one can go on afterwards."""
    page = browser(site)
    site.stop()
    expect(page.locator(".connection")).to_have_attribute("data-state", "reconnecting")
    texts = [f"off {n}." for n in range(8)]
    page.keyboard.type("".join(f"{text}\n" for text in texts), delay=1000 / 11)
    site.start()
    expect(page.locator(".connection")).to_have_text("Live", timeout=30_000)
    expect(page.locator(".message-body").first).to_have_text(texts[0])
    forgive_outage(browser)
    expect(page.locator("form.composer:not(:last-child)")).to_have_count(0)
    expect(at(page)).to_be_editable()
    unsent = page.locator("[name=message]").evaluate_all("fields => fields.map(field => field.value)")
    everything = " ".join([*bodies(page), *unsent])
    assert [everything.count(text) for text in texts] == [1] * len(texts), everything
    say(page, "and on")
    expect(page.locator(".message-body").last).to_contain_text("and on")


def test_a_message_that_went_down_with_the_server_can_be_sent_again(site, browser):
    """Frozen, the server is sent the message; killed, it never reads it. The page must say so and offer to repeat."""
    page = browser(site)
    site.signal(signal.SIGSTOP)
    page.keyboard.type("into the void\n", delay=10)
    site.signal(signal.SIGKILL)
    site.process.wait()
    expect(page.locator(".connection")).to_have_attribute("data-state", "reconnecting")
    site.start()
    expect(page.locator(".connection")).to_have_text("Live", timeout=30_000)
    forgive_outage(browser)
    waiting = page.locator("form.composer:not(:last-child)")
    expect(waiting.locator("[name=message]")).to_have_value("into the void")
    waiting.get_by_role("button", name="Try again").click()
    expect(page.locator(".message-body")).to_have_text("into the void")
    expect(page.locator("form.composer")).to_have_count(1)


# --- The page ------------------------------------------------------------------------------------


def focused(page) -> str:
    return page.locator(":focus").evaluate("it => it.className || it.name || it.tagName")


def test_the_keyboard_reaches_everything(busy_site, room, browser):
    page = visit(browser, busy_site, room)
    met = []
    while "sidebar-room" not in met:
        page.keyboard.press("Shift+Tab")
        met.append(focused(page))
        assert len(met) < 60, met
    assert met[0] == "me-name", "one step back from the composer"
    while focused(page) != "me-name":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+A")
    page.keyboard.type("Keyboard Only\n")
    expect(page.locator(".me-name bdi")).to_have_text("Keyboard Only")
    expect(page.locator(".me-panel [name=name]")).to_be_focused()
    for _ in range(8):
        page.keyboard.press("Tab")
        if focused(page) == "composer-text":
            break
    page.keyboard.type("without a mouse\n")
    expect(page.locator(".message")).to_contain_text(["without a mouse"])


def test_the_rooms_open_and_close_on_a_phone(busy_site, room, browser):
    page = visit(browser, busy_site, room, viewport=PHONE)
    rooms, button = page.locator(".sidebar"), page.get_by_role("button", name="Rooms")
    expect(rooms).to_be_hidden()
    button.click()
    expect(rooms).to_be_in_viewport()
    expect(rooms.get_by_role("link", name="All rooms")).to_be_visible()
    page.keyboard.press("Escape")
    expect(rooms).to_be_hidden()
    button.press("Enter")
    rooms.get_by_role("link", name="All rooms").click()
    page.get_by_role("link", name="Room 40").click()
    expect(page).to_have_url(re.compile("/chat/room-40/$"))
    expect(page.locator(".room-title")).to_have_text("Room 40")
    expect(rooms).to_be_hidden()
    page.locator(".connection[data-state=live]").wait_for()


def test_rooms_do_not_mix(busy_site, room, browser):
    here, there = visit(browser, busy_site, room), visit(browser, busy_site, next(busy_site.empty_rooms))
    say(here, "only here")
    say(there, "only there")
    expect(here.locator(".message-body")).to_have_text("only here")
    expect(there.locator(".message-body")).to_have_text("only there")


@pytest.mark.parametrize("scheme", LOOK)
def test_light_and_dark(busy_site, room, browser, scheme):
    page = visit(browser, busy_site, room, color_scheme=scheme)
    expect(page.locator("body")).to_have_css("background-color", LOOK[scheme])


def test_everything_the_page_asks_for_is_there(busy_site, room, browser):
    page = visit(browser, busy_site, room)
    answers = []
    page.on("response", lambda answer: answers.append((answer.request.resource_type, answer.status, answer.url)))
    page.reload()
    page.locator(".connection[data-state=live]").wait_for()
    say(page, "hello")
    expect(page.locator(".message")).to_have_count(1)
    assert [answer for answer in answers if answer[1] not in (200, 304)] == []
    for name in ("htmx-2.min.js", "hx-ws-2.min.js", "styles.css", "/chat/viewer/"):
        assert any(name in url for _, _, url in answers), name
    assert all(url.startswith(busy_site.url) for _, _, url in answers), "nothing comes from elsewhere"
    icon = page.locator("link[rel=icon]").get_attribute("href")
    assert page.request.get(icon).status == 200


def test_the_policy_stops_what_would_run(busy_site, room, browser):
    """The silence of the other tests means something: here is a script in the page, and the console speaks."""
    page = visit(browser, busy_site, room)
    page.locator("body").evaluate("body => body.setAttribute('onclick', 'document.title = \"owned\"')")
    page.locator(".room-title").click()
    # What the console says comes with an answer.
    until(lambda: page.evaluate("1") and browser.said, "the console tells of the violation")
    assert all("Content Security Policy" in line for line in browser.said)
    assert "owned" not in page.title()
    browser.said.clear()
