"""In Chromium, axe-core finds nothing to object to: every state of a page is for everybody, in both colour schemes."""

import os

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from chat.models.participant import Colour
from chat.tests import servers
from chat.tests.people import Raw, at, forgive_outage, go_live, say, sign_up

DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}

OPTIONS = {"resultTypes": ["violations"], "preload": False}  # no rule that is on needs the stylesheets fetched again

NO_TIMERS = "() => { window.setTimeout = call => { Promise.resolve().then(call) } }"
"""With JavaScript off no timer fires, and axe would wait for one for ever; promises are kept even there."""

LOOKS = [(DESK, "light"), (PHONE, "dark"), (DESK, "dark"), (PHONE, "light")]
THOROUGH = bool(os.environ.get("THOROUGH"))
LOOKS = LOOKS if THOROUGH else LOOKS[:2]
"""(viewport, scheme) in which a page is looked at: each of either once, and in `make test-all` each with each."""

every_look = pytest.mark.parametrize(
    ("viewport", "scheme"), LOOKS, ids=[f"{'desk' if size is DESK else 'phone'}-{scheme}" for size, scheme in LOOKS]
)
both_schemes = pytest.mark.parametrize("scheme", ["light", "dark"])


@pytest.fixture(scope="module")
def earnest_site(busy_site):
    """The busy site without DEBUG, under which Django shows developers a 404 page of its own."""
    environment = {**busy_site.environment, "DEBUG": "0", "SECRET_KEY": "of-this-test-only" * 4, "HTTPS": "0"}
    with servers.Site(**environment) as site:
        yield site


def faults(page) -> list[str]:
    """What axe objects to: the rule, how bad it is, what it asks for, and where. The page's strict policy can stay on,
    as it does not bind what the browser's own tools evaluate."""
    page.emulate_media(reduced_motion="reduce")  # what axe sees is no colour on its way to another
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found = page.evaluate("options => axe.run(options).then(found => found.violations)", OPTIONS)
    return [
        f"{one['id']} ({one['impact']}): {one['help']}, at "
        + "; ".join(" ".join(map(str, node["target"])) for node in one["nodes"])
        for one in found
    ]


def is_for_everybody(page) -> None:
    found = faults(page)
    assert not found, "\n".join([f"at {page.url} axe objects to", *found])


def visit_a_conversation(browser, site, slug, **options):
    """A room where somebody else has written, and so has the person at the page."""
    page = browser(site, f"/chat/{slug}/", **options)
    with Raw(site, slug) as raw:
        raw.post("Has anyone tried it on a train?")
        raw.post("Tunnels and all.")
    expect(page.locator(".message")).to_have_count(2)
    for text in ("Yesterday.", "It lost the line four times, and no message."):
        say(page, text)
    expect(page.locator(".message")).to_have_count(4)
    expect(page.locator("form.composer")).to_have_count(1)
    return page


@pytest.mark.parametrize("scripts", [True, False])
def test_it_works(busy_site, room, browser, scripts):
    """The silence of the other tests means something: here is a picture that says nothing, and axe tells of it."""
    page = browser(busy_site, f"/chat/{room}/", java_script_enabled=scripts)
    if not scripts:
        page.evaluate(NO_TIMERS)
    page.locator(".log").evaluate("log => log.append(document.createElement('img'))")
    told = [fault for fault in faults(page) if fault.startswith("image-alt")]
    assert told == [f"image-alt (critical): Images must have alternative text, at #log-{room} > img"]


@every_look
def test_the_room(busy_site, room, browser, scheme, viewport):
    is_for_everybody(visit_a_conversation(browser, busy_site, room, color_scheme=scheme, viewport=viewport))


@every_look
def test_the_panel_for_ones_name(busy_site, room, browser, scheme, viewport):
    page = visit_a_conversation(browser, busy_site, room, color_scheme=scheme, viewport=viewport)
    page.locator(".me-name").click()
    expect(page.locator(".me-panel")).to_be_visible()
    is_for_everybody(page)


@both_schemes
def test_the_rooms_on_a_phone(busy_site, room, browser, scheme):
    page = visit_a_conversation(browser, busy_site, room, color_scheme=scheme, viewport=PHONE)
    page.locator(".room-menu").click()
    expect(page.locator(".sidebar")).to_be_in_viewport()
    is_for_everybody(page)


@both_schemes
@pytest.mark.parametrize("query", ["", "?still=1"], ids=["reloading", "still"])
def test_without_javascript(busy_site, room, browser, scheme, query):
    with Raw(busy_site, room) as raw:
        raw.post("from elsewhere")
    page = browser(busy_site, f"/chat/{room}/{query}", color_scheme=scheme, java_script_enabled=False)
    expect(page.locator(".room-hint")).to_be_visible()
    expect(page.locator(".message")).to_have_count(1)
    page.evaluate(NO_TIMERS)
    # The reload has its off switch in the page, which axe cannot know.
    found = [fault for fault in faults(page) if query or not fault.startswith("meta-refresh")]
    assert not found, "\n".join(["axe objects to", *found])


@both_schemes
def test_what_waits_what_is_new_and_several_lines(busy_site, room, browser, scheme):
    page = visit_a_conversation(browser, busy_site, room, color_scheme=scheme, viewport=PHONE)
    page.evaluate("window.dispatchEvent(new Event('blur'))")
    expect(page.locator(".new-line")).to_have_count(1)
    with Raw(busy_site, room) as raw:
        raw.post("And while you were away?")
    expect(page.locator(".new-line")).to_be_visible()
    page.locator(".composer-shape").click()
    expect(page.locator("textarea.composer-text")).to_be_focused()
    expect(page.locator(".composer-hold")).to_have_count(0)
    page.context.set_offline(True)
    at(page).fill("This one waits.")
    page.locator(".composer-send").last.click()
    expect(page.locator(".composer-late").first).to_be_visible()
    is_for_everybody(page)
    page.context.set_offline(False)
    expect(page.locator("form.composer")).to_have_count(1)
    forgive_outage(browser)


@every_look
def test_nothing_is_there(earnest_site, browser, scheme, viewport):
    page = browser(earnest_site, "/chat/no-such-room/", expect_live=False, color_scheme=scheme, viewport=viewport)
    expect(page.locator(".plain-title")).to_have_text("There is nothing here")
    assert browser.said.pop().endswith("the server responded with a status of 404 (Not Found)")
    is_for_everybody(page)


@every_look
def test_who_could_not_sign_in(busy_site, browser, scheme, viewport, nth_try):
    page = browser(busy_site, "/accounts/login/", expect_live=False, color_scheme=scheme, viewport=viewport)
    page.get_by_label("Username").fill(f"nobody-{scheme}-{viewport['width']}-{nth_try}")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    is_for_everybody(page)


@both_schemes
def test_every_colour_of_a_name_can_be_read(busy_site, room, browser, scheme):
    """In a room, where names stand on another ground than on their owner's page."""
    page = visit_a_conversation(browser, busy_site, room, color_scheme=scheme)
    author = page.locator(".message-author").first
    for colour in filter(None, Colour.values):
        author.evaluate(f"name => name.className = 'message-author colour-{colour}'")
        is_for_everybody(page)


@every_look
def test_a_room_of_ones_own_and_a_link_into_it(busy_site, browser, scheme, viewport, nth_try):
    page = browser(busy_site, expect_live=False, color_scheme=scheme, viewport=viewport)
    name = f"olive-{scheme}-{viewport['width']}-{nth_try}"
    sign_up(page, name)
    page.goto("/chat/rooms/new/")
    page.get_by_label("Name").fill(f"Room of {name}")
    page.get_by_role("button", name="Make it").click()
    page.locator(".room-title a").click()
    page.get_by_text("Name, topic, times").click()
    page.get_by_role("button", name="Make a link").click()
    expect(page.get_by_label("Link")).to_be_visible()
    is_for_everybody(page)


@both_schemes
def test_mentions(busy_site, room, browser, scheme, nth_try):
    """The room with what is highlighted and offered, the page of mentions, and the way from there, far back."""
    name = f"ilse{scheme}{nth_try}"
    page = sign_up(browser(busy_site, "/chat/", color_scheme=scheme, viewport=PHONE), name)
    with Raw(busy_site, room) as raw:
        raw.send(message=f"Look, @{name}, a <b>", nonce="n")
        for number in range(60):
            raw.send(message=f"{number} more")
        raw.send(message=f"@{name} once more")
        raw.hear(62)
        page.goto(f"/chat/{room}/")
        go_live(page)
        expect(page.locator(".message .mention")).to_have_text([f"@{name}"])
        is_for_everybody(page)
        other = browser(busy_site, f"/chat/{room}/", color_scheme=scheme)
        other.keyboard.insert_text(f"@{name[:6]}")  # in one, so that no later answer comes in between
        expect(other.locator(".suggestion")).not_to_have_count(0)
        is_for_everybody(other)
        other.keyboard.press("Tab")
        other.keyboard.press("Enter")
        expect(other.locator(".composer-begun")).to_be_visible()
        is_for_everybody(other)
    page.goto("/chat/mentions/")
    is_for_everybody(page)
    page.locator(".card-title").last.click()
    expect(page.locator(".message-found")).to_be_in_viewport()
    expect(page.locator(".message-found .message-body")).to_have_text(f"Look, @{name}, a <b>")
    is_for_everybody(page)
