"""In Chromium: somebody whose browser is German sees no English, and the one they talk to no German."""

from datetime import datetime
from zoneinfo import ZoneInfo

from chat.tests import catalogues
from chat.tests.people import Raw, at, forgive_outage, go_live, say, settle, until
from chat.tests.test_states import sees

SEEN = """() => [document.body.innerText.split('\\n'), ...['aria-label', 'placeholder', 'title', 'data-says'].map(
  name => [...document.querySelectorAll(`[${name}]`)].map(one => one.getAttribute(name)))].flat()"""

ENGLISH = {
    message.id
    for folder in catalogues.SOURCES
    for message in catalogues.translated(folder, "de")
    if message.id and message.id != message.string
}


def english(page) -> set[str]:
    """What of the page stands in the catalogue as English."""
    return ENGLISH & {text.strip() for text in page.evaluate(SEEN)}


def test_it_works(relay, room, browser):
    german = browser(relay, f"/chat/{room}/", locale="de-AT")
    other = browser(relay, f"/chat/{room}/", locale="en-GB")
    assert {"Send", "Several lines", "guest"} <= english(other)
    say(german, "Hallo")
    other.locator(".message-body").wait_for()
    assert other.locator(".badge").last.inner_text() == "guest"
    german.get_by_text("Gast", exact=True).last.wait_for()
    german.locator(".me-name").click()
    assert english(german) == set()
    german.locator(".composer-shape").click()
    german.locator("textarea.composer-text").wait_for()
    settle(german)
    assert english(german) == set()

    relay.down()  # what is said now comes from the browser's cache
    sees(german, "reconnecting", "Verbindet neu …")
    at(german).fill("Kommt das an?")
    german.locator(".composer-send").last.click()
    german.locator(".composer-late[data-says='Noch nicht gesendet']").first.wait_for()
    assert english(german) == set()
    relay.up()
    sees(german, "live", "Live")
    german.locator(".message-body").get_by_text("Kommt das an?").wait_for()
    assert english(german) == set()
    assert {"Send", "guest"} <= english(other)
    forgive_outage(browser)


def test_a_choice_is_seen_on_an_open_page_and_on_the_next(busy_site, room, browser):
    page = browser(busy_site, f"/chat/{room}/")
    with Raw(busy_site, room) as raw:
        raw.post("before")
        page.locator(".message").wait_for()
        assert page.locator(".message .badge").inner_text() == "guest"
        choosing = page.context.new_page()
        choosing.goto("/chat/me/")
        choosing.locator("[name=language]").select_option("de")
        choosing.locator("[name=time_zone]").select_option("Pacific/Kiritimati")
        choosing.get_by_role("button", name="Save").click()
        choosing.locator(".form-saved").wait_for()
        assert english(choosing) == set()

        def follows() -> bool:
            raw.post("after")
            return page.locator(".message .badge").last.inner_text() == "Gast"

        until(follows, "the open page goes on in German")
    page.reload()
    go_live(page)
    assert page.locator("html").get_attribute("lang") == "de"
    assert english(page) == set()
    shown, sent = page.locator("time.message-time").last.evaluate("time => [time.innerText, time.dateTime]")
    there = datetime.fromisoformat(sent).astimezone(ZoneInfo("Pacific/Kiritimati"))
    assert shown == f"{there:%H:%M}"
