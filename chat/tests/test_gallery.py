"""The gallery shows every template in every state, by the templates that are used here, and nothing in it is live."""

import re
from collections import Counter

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.http import Http404
from django.urls import resolve

from chat.samples import samples
from chat.tests.test_accessibility import DESK, every_look, is_for_everybody

GALLERY = "/chat/gallery/"
NAMED = [(one.template.removeprefix("chat/"), one.state) for one in samples()]


@pytest.fixture
def staff(client, member, lobby):
    member.user.is_staff = True
    member.user.save()
    client.force_login(member.user)
    return client


def test_it_works(staff):
    page = staff.get(GALLERY).text
    for name, state in NAMED:
        assert f'href="{GALLERY}{name}/{state}/"' in page
    assert page.count("The tomatoes are coming up!") > 4
    assert page.count("chat/templates/chat/_message.html") == 1
    assert "relies on what is missing" not in page
    assert '<pre class="gallery-source" dir="ltr">&lt;input' in page  # nothing else is to be seen of it
    assert "&lt;svg" not in page  # a picture is looked at


def test_each_by_itself(staff):
    """In one of its states: in all of them it stands in the gallery."""
    for name, state in dict(NAMED).items():
        answer = staff.get(f"{GALLERY}{name}/{state}/")
        assert answer.status_code == 200, (name, state)
        assert "<script" not in answer.text
    assert "<script" not in staff.get(GALLERY).text


@pytest.mark.parametrize("path", ["", "_message.html/plain/", "room.html/member/"])
def test_others_find_nothing_there(client, as_guest, ann, olive, member, path, settings):
    answers = [client.get(GALLERY + path), as_guest(ann).get(GALLERY + path)]
    client.force_login(olive.user)
    answers.append(client.get(GALLERY + path))
    assert [answer.status_code for answer in answers] == [404] * 3
    assert answers[2].text == client.get("/chat/nowhere/").text
    member.user.is_staff = True
    member.user.save()
    member.banned = True
    member.save()
    client.force_login(member.user)
    assert client.get(GALLERY + path).status_code == 404


def test_everybody_sees_it_in_development(client, lobby, settings):
    settings.DEBUG = True
    assert client.get(GALLERY).status_code == 200


@pytest.mark.parametrize("path", ["_message.html/none/", "none.html/plain/", "../base.html/x/", "%2e%2e/base.html/x/"])
def test_what_is_no_sample(staff, path):
    assert staff.get(GALLERY + path).status_code == 404


def test_it_takes_no_room_its_address():
    assert resolve("/chat/gallery/").url_name == "gallery"
    assert resolve("/chat/gallery/about/").url_name == "about"
    with pytest.raises(Http404):
        resolve("/chat/gallery/_message.html/")


@pytest.fixture
def override(tmp_path, settings):
    """`override(name, text)` puts a template of the project's own before the app's."""

    def override(name: str, text: str) -> str:
        path = tmp_path / "chat" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        first = settings.TEMPLATES[0]
        settings.TEMPLATES = [first | {"DIRS": [tmp_path, *first["DIRS"]]}]
        return str(path)

    return override


def test_it_says_which_template_it_is_and_what_it_lacks(staff, override):
    path = override("_message.html", '<p id="message-{{ message.pk }}" class="message">my own {{ body }}</p>')
    page = staff.get(GALLERY).text
    assert f"{path}</code> <span" in page
    assert "my own The tomatoes are coming up!" in page
    assert page.count("relies on what is missing") >= sum(name == "_message.html" for name, _ in NAMED)
    assert "[data-author=&quot;sample-you&quot;]" in page
    alone = staff.get(f"{GALLERY}_message.html/mine/").text
    assert "my own Already?" in alone
    assert "relies on what is missing" in alone


def test_it_says_what_is_wrong_with_one_that_fails(staff, override):
    path = override("_message.html", "{% if %}")
    page = staff.get(GALLERY).text
    assert path in page
    assert "TemplateSyntaxError" in page
    assert "The tomatoes are coming up!" in page  # by the app's own


def test_it_speaks_german(staff):
    page = staff.get(GALLERY, headers={"accept-language": "de"}).text
    assert "Galerie" in page
    assert "Schreib eine Nachricht" in page


# --- In Chromium -----------------------------------------------------------------------------------


def visit(browser, site, path=GALLERY, **options):
    """The page, and what it asked for."""
    page = browser(site, "/chat/me/", expect_live=False, **options)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: asked.append(socket.url))
    page.goto(path)
    return page, asked


def test_nothing_in_it_is_live(busy_site, browser):
    """Of all that would send, fetch or open a socket nothing does, whatever is done to the page."""
    page, asked = visit(browser, busy_site)
    assert page.locator("[ws-connect]").count() > 4
    assert page.locator('[hx-trigger*="load"]').count() > 10
    page.evaluate("""for (const one of document.querySelectorAll('[hx-trigger]'))
        for (const what of ['load', 'input', 'intersect', 'animationend', 'submit'])
            one.dispatchEvent(new Event(what, {bubbles: true}))""")
    page.mouse.wheel(0, 20_000)
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    paths = [re.sub(r"https?://[^/]+", "", url) for url in asked]
    around = ("/static/", "/chat/viewer/", "/chat/manifest")
    assert [path for path in paths if not path.startswith(around)] == [GALLERY]
    assert page.evaluate("typeof htmx") == "undefined"
    assert page.evaluate("document.activeElement.tagName") == "BODY"  # nothing in it takes the focus
    twice = Counter(page.evaluate("[...document.querySelectorAll('[id]')].map(one => one.id)"))
    assert {
        name for name, number in twice.items() if number > 1 and not name.startswith(("sidebar", "id_", "room-"))
    } == set()


def test_a_page_by_itself_opens_no_socket(busy_site, browser):
    page, asked = visit(browser, busy_site, f"{GALLERY}room.html/member/")
    assert page.locator("[ws-connect]").count() == 1
    assert not any("/ws/" in url or "htmx" in url for url in asked)


@every_look
def test_it_is_for_everybody(busy_site, browser, scheme, viewport):
    page, _ = visit(browser, busy_site, color_scheme=scheme, viewport=viewport)
    is_for_everybody(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


def test_what_it_shows_can_be_read(busy_site, browser):
    """Every fragment in every state has the contrast that it needs, in light and in dark, which stand side by side."""
    page, _ = visit(browser, busy_site, viewport=DESK)
    page.evaluate("document.querySelectorAll('[inert]').forEach(one => one.removeAttribute('inert'))")
    options = {"runOnly": ["color-contrast"], "resultTypes": ["violations"], "preload": False}
    found = Axe().run(page, options=options).response["violations"]
    assert [node["target"] for one in found for node in one["nodes"]] == []


def test_light_and_dark_stand_side_by_side(busy_site, browser):
    page, _ = visit(browser, busy_site)
    looks = "e => [getComputedStyle(e).backgroundColor, getComputedStyle(e).color]"
    light, dark = (page.locator(f".gallery-{scheme}").first for scheme in ("light", "dark"))
    assert light.evaluate(looks) == ["rgb(255, 255, 255)", "rgb(27, 33, 31)"]
    assert dark.evaluate(looks) == ["rgb(23, 27, 26)", "rgb(232, 236, 234)"]
    assert light.bounding_box()["y"] == dark.bounding_box()["y"]
    page.get_by_label("Dark", exact=True).check()
    assert not light.is_visible()
    page.get_by_label("Phone", exact=True).check()
    assert dark.bounding_box()["width"] == 390


def test_by_keyboard(busy_site, browser):
    page, _ = visit(browser, busy_site)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "_message.html"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/#_composer.html")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{GALLERY}_composer.html/empty/")
    field = page.locator("form.composer [name=message]").first
    field.press_sequentially("by itself one can write")
    assert field.input_value() == "by itself one can write"
