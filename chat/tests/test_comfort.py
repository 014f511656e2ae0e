"""In Chromium: small screens, paper, colours that the system chooses, and a list of rooms that does not end."""

import pytest
from playwright.sync_api import expect

from chat.tests import servers
from chat.tests.people import Raw, go_live, sign_up

MANY = """from chat import actions, models
ann = models.Participant.objects.get(name="ann")
for number in range(120):
    room = models.Room(slug=f"many-{number}", name=f"Room {number}")
    actions.save_room(room)
    models.Membership.objects.create(room=room, participant=ann)
room = models.Room(kind="direct", slug="ann-and-bob", name="ann, bob", people="ann and bob")
actions.save_room(room)
for one in (ann, actions.enrol(models.Participant(key="bob", name="bob"))):
    models.Membership.objects.create(room=room, participant=one)
"""
TOPS = "all => all.map(one => one.getBoundingClientRect().top)"


def fits(page, selector: str) -> bool:
    """It ends within the window, and all that stands in it can be reached."""
    return page.locator(selector).evaluate(
        """spot => {
          const box = spot.getBoundingClientRect()
          const last = [...spot.querySelectorAll("a, button")].pop()
          last.scrollIntoView()
          const end = last.getBoundingClientRect()
          return box.bottom <= innerHeight && box.right <= innerWidth && end.bottom <= innerHeight && end.top >= box.top
        }"""
    )


@pytest.mark.parametrize("viewport", [{"width": 320, "height": 256}, {"width": 1280, "height": 300}], ids=str)
def test_what_opens_in_a_low_window_can_be_reached(busy_site, room, browser, viewport):
    page = browser(busy_site, f"/chat/{room}/", viewport=viewport)
    page.locator(".me-name").click()
    assert fits(page, ".me-panel")


@pytest.mark.parametrize("width", [1280, 390])
def test_on_paper_there_is_all_that_was_said_and_nothing_to_press(busy_site, room, browser, width):
    with Raw(busy_site, room) as ann:
        for number in range(40):
            ann.post(f"message {number}")
    page = browser(busy_site, f"/chat/{room}/", viewport={"width": width, "height": 700}, color_scheme="dark")
    page.emulate_media(media="print")
    tops = page.locator(".message").evaluate_all(TOPS)
    assert len(tops) == 40
    assert tops == sorted(tops)
    whole = page.evaluate("() => document.documentElement.scrollHeight")
    assert 0 <= tops[0] < tops[-1] < whole
    assert whole > 2 * 700
    for control in (".composer", ".sidebar", ".connection", ".people", ".me", ".typing", ".latest"):
        expect(page.locator(control).first).to_be_hidden()
    assert page.locator(".chat-room").evaluate("room => getComputedStyle(room).backgroundColor") == "rgb(255, 255, 255)"


def test_where_the_system_chooses_the_colours_buttons_have_edges_and_the_state_shows(busy_site, room, browser):
    page = browser(busy_site, f"/chat/{room}/", viewport={"width": 390, "height": 700}, forced_colors="active")
    state = page.locator(".connection").evaluate("spot => getComputedStyle(spot, '::before').backgroundColor")
    ground = page.locator(".room-head").evaluate("spot => getComputedStyle(spot).backgroundColor")
    assert state not in (ground, "rgba(0, 0, 0, 0)")
    expect(page.locator(".composer-send").first).to_have_css("border-top-width", "1px")


def test_who_asks_for_more_contrast_gets_it(busy_site, room, browser):
    page = browser(busy_site, f"/chat/{room}/", contrast="more")
    expect(page.locator(".connection")).to_have_css("color", "rgb(43, 52, 50)")


@pytest.mark.parametrize("width", [390, 1280])
def test_without_javascript_nothing_is_said_of_a_connection(busy_site, room, browser, width):
    page = browser(busy_site, f"/chat/{room}/", java_script_enabled=False, viewport={"width": width, "height": 700})
    expect(page.locator(".connection")).to_be_hidden()


@pytest.mark.parametrize(("here", "end"), [("many-60", "first"), ("many-60", "last"), ("ann-and-bob", "first")])
def test_the_room_one_is_in_is_in_view_however_many_there_are(site, browser, here, end):
    page = sign_up(browser(site, viewport={"width": 1280, "height": 600}), "ann")
    servers.manage(site.environment["DATABASE_URL"], "shell", "--verbosity", "0", "--command", MANY)
    page.goto(f"/chat/{here}/")
    go_live(page)
    page.locator(".sidebar-room").nth(100).wait_for()
    here = page.locator(".sidebar-room[aria-current]")
    expect(here).to_be_in_viewport(ratio=1)
    getattr(page.locator(".sidebar-room"), end).scroll_into_view_if_needed()
    expect(here).to_be_in_viewport(ratio=1)
