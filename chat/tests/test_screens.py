"""In Chromium: every screen there is, as guest, member, owner and staff, in both colour schemes, wide and narrow.

The list of screens is held to the addresses of the site: a new one that is not looked at here fails.
"""

from collections.abc import Iterator

import pytest
from django.template.loader import render_to_string
from django.urls import URLPattern, get_resolver
from playwright.sync_api import expect

from chat.tests import servers
from chat.tests.databases import fresh_database
from chat.tests.test_accessibility import LOOKS, THOROUGH, is_for_everybody
from chat.tests.test_without_javascript import forgive_refusal

SMALL = {"width": 320, "height": 640}
SECRET = {"SECRET_KEY": "of-this-test-only" * 4}
EARNEST = {"DEBUG": "0", "HTTPS": "0", "CHAT_RATE_LIMITS": "off", **SECRET}

ALL = ("guest", "member", "owner", "staff")
MEMBERS = ALL[1:]
SCREENS = {
    "chat:default_room": {"/chat/": ALL},
    "chat:room": {"/chat/garden/": ALL, "/chat/closed/": ("guest", "member"), "/chat/garden/?plain=1": ("member",)},
    "chat:message": {"/chat/garden/1/": ("owner", "guest")},
    "chat:edit": {"/chat/garden/1/edit/": ("owner",)},
    "chat:me": {"/chat/me/": ALL, "/chat/me/?saved": ("member",)},
    "chat:mentions": {"/chat/mentions/": ALL},
    "chat:rooms": {"/chat/rooms/": ALL, "/chat/rooms/?q=nothing": ("guest", "member")},
    "chat:search": {
        "/chat/search/": ALL,
        "/chat/search/?q=e": ALL,
        "/chat/search/?q=rain": ALL,
        "/chat/search/?q=on:soon": ("guest",),
        "/chat/search/?q=nothing": ("guest", "member"),
    },
    "chat:new_room": {"/chat/rooms/new/": ALL},
    "chat:talk": {"/chat/talk/": ALL, "/chat/talk/?q=nobody": ("member",)},
    "chat:about": {"/chat/garden/about/": ALL, "/chat/closed/about/": ALL},
    "chat:invited": {"/chat/garden/join/LINK/": ("guest", "member")},
    "login": {"/accounts/login/?next=/chat/me/": ("guest",)},
    "password_change": {"/accounts/password_change/": MEMBERS},
    "password_change_done": {"/accounts/password_change/done/": MEMBERS},
    "password_reset": {"/accounts/password_reset/": ("guest",)},
    "password_reset_done": {"/accounts/password_reset/done/": ("guest",)},
    "password_reset_confirm": {"/accounts/reset/MQ/used-up/": ("guest",), "/accounts/reset/RESET/": ("guest",)},
    "password_reset_complete": {"/accounts/reset/done/": ("guest",)},
    "logout": {"/accounts/logout/": ALL},
    "chat_accounts:sign_up": {"/accounts/sign-up/": ("guest",)},
    "chat_accounts:sign_up_invited": {"/accounts/sign-up/anything/": ("guest",)},
    "chat_accounts:invitations": {"/accounts/invitations/": ALL},
}
NO_SCREENS = {
    *("health", "chat:manifest", "chat:viewer_style", "chat:composer", "chat:composer_lines", "chat:connection"),
    *("chat:older", "chat:send", "chat:new_line", "chat:menu", "chat:emoji"),  # what a page fetches
    "chat:export",  # a file: test_export.py
    *(
        "chat:act",
        "chat:delete",
        "chat:pin",
        "chat:react",
        "chat:reply",
        "chat:join",
        "chat:leave",
        "chat:messages",
        "chat:name",
        "chat:plain",
    ),  # forms lead to them, and on
    *("chat:gallery", "chat:gallery_sample"),  # for designers, in test_gallery.py
    "chat:embed",  # a room in a frame, nowhere but where a site lets others show it: test_framed.py
}

FILL = """
from importlib import import_module
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.auth.tokens import default_token_generator as tokens
from django.contrib.sessions.backends.db import SessionStore
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from chat import actions, identity
from pathlib import Path
people = {}
for name in ("member", "owner", "staff"):
    staff = name == "staff"
    user = get_user_model().objects.create_user(
        name, f"{name}@example.org", "a-long-word-1", is_staff=staff, is_superuser=staff)
    people[name] = actions.enrol(identity.of_user(user))
    store = SessionStore()
    store[SESSION_KEY], store[BACKEND_SESSION_KEY] = str(user.pk), "django.contrib.auth.backends.ModelBackend"
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store._session_key = f"{name}-session"
    store.save(must_create=True)
actions.open_room("lobby")
garden = actions.make_room(people["owner"], "Garden", "public", "What grows, and who waters it")
actions.join_room(people["member"], garden)
actions.post_message(garden, people["owner"], "Has it rained, @member?")
closed = actions.make_room(people["owner"], "Closed", "public", "")
actions.archive_room(people["owner"], closed, True)
link = actions.invitation_token(actions.invite_to_room(people["owner"], garden))
made = f"{urlsafe_base64_encode(force_bytes(user.pk))}/{tokens.make_token(user)}"
Path({told!r}).write_text(f"{link} {made}")
"""


def named(patterns=None, within: str = "") -> Iterator[str]:
    for one in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(one, URLPattern):
            if one.name:
                yield within + one.name
        elif one.namespace != "admin":
            yield from named(one.url_patterns, f"{within}{one.namespace}:" if one.namespace else within)


def test_every_address_is_looked_at():
    assert {*named()} - NO_SCREENS == {*SCREENS}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A site with rooms and people; `place.made`: what stands for LINK and RESET in addresses."""
    folder = tmp_path_factory.mktemp("screens")
    with fresh_database(folder) as url:
        fill = FILL.replace("{told!r}", repr(str(folder / "told")))
        servers.manage(url, "shell", "--verbosity", "0", "--command", fill, **EARNEST)
        with servers.Site(**EARNEST, DATABASE_URL=url) as site:
            site.made = dict(zip(("LINK", "RESET"), (folder / "told").read_text().split(), strict=True))
            yield site


def visit(browser, place, who: str, path: str = "/health/", **options):
    """A page of theirs, at this address."""
    session = {"name": "sessionid", "value": f"{who}-session", "domain": servers.HOST, "path": "/", "expires": -1}
    session |= {"httpOnly": True, "secure": False, "sameSite": "Lax"}
    state = {"cookies": [session] if who != "guest" else [], "origins": []}
    return browser(place, path, expect_live=False, storage_state=state, **options)


def screens(browser, place, who: str, paths: list[str], **options):
    """Their page at each of these addresses, one after the other."""
    page = visit(browser, place, who, **options)
    for path in paths:
        for name, value in place.made.items():
            path = path.replace(name, value)
        is_an_error = page.goto(path).status >= 400
        if who != "guest":
            expect(page.locator(".bar-name, .me-name bdi").first).to_have_text(who)
        yield page
        # Chromium writes a page of an error into the console; of what any other page fetches nothing may fail.
        said = [line for line in browser.said if not is_an_error or "responded with a status of 4" not in line]
        assert said == [], path
        browser.said.clear()


def paths_of(who: str) -> list[str]:
    return [path for paths in SCREENS.values() for path, people in paths.items() if who in people]


SMALL_TARGETS = """() => {
  const shown = one => one.checkVisibility({visibilityProperty: true}) && one.getBoundingClientRect().width > 1
  const inText = one => getComputedStyle(one).display === 'inline'
  const all = 'a[href], button, input:not([type=hidden]), select, textarea, summary, label:has(input)'
  return [...document.querySelectorAll(all)].filter(shown).filter(one => !inText(one) || one.tagName === 'LABEL')
    .filter(one => !one.matches('label :is([type=checkbox], [type=radio])'))
    .map(one => [one, one.getBoundingClientRect()]).filter(([one, box]) => box.width < 43.9 || box.height < 43.9)
    .map(([one, box]) => `${one.outerHTML.slice(0, 120)}: ${box.width} x ${box.height}`)
}"""
LONG = """() => {
  const long = 'm'.repeat(1000) + '\\u05d0'.repeat(1000)
  for (const one of document.querySelectorAll('bdi, [dir=auto]'))
    if (one.value === undefined) one.textContent = long; else one.value = long
}"""
WIDE = """() => [document.documentElement.scrollWidth, innerWidth, ...[...document.querySelectorAll('main *')]
  .filter(one => one.getBoundingClientRect().right > innerWidth + 1 && one.checkVisibility())
  .map(one => one.outerHTML.slice(0, 100)).slice(0, 3)]"""


def is_sound(page, looks=LOOKS) -> None:
    expect(page.locator("h1")).to_have_count(1)
    expect(page.locator("main")).to_have_count(1)
    for size, scheme in looks:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        is_for_everybody(page)
    assert page.evaluate(SMALL_TARGETS) == [], page.url


def looks_of(who: str, path: str) -> list:
    """Those in which their page there is looked at: the first of its people sees it in all, and the others, whose page
    differs by a form or two, in one each."""
    (people,) = (paths[path] for paths in SCREENS.values() if path in paths)
    return LOOKS if THOROUGH or who == people[0] else [LOOKS[people.index(who) % len(LOOKS)]]


@pytest.mark.parametrize("who", ALL)
def test_a_screen_is_for_everybody(place, browser, who):
    paths = paths_of(who)
    for path, page in zip(paths, screens(browser, place, who, paths), strict=True):
        expect(page.locator("html[lang=en][dir=ltr]")).to_have_count(1)
        is_sound(page, looks_of(who, path))


@pytest.mark.parametrize("path", ["/chat/rooms/", "/chat/me/", "/accounts/password_reset/done/"])
def test_the_first_tab_leads_past_the_bar(place, browser, path):
    page = visit(browser, place, "member", path)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    expect(page.locator(".skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_the_admin_is_called_after_the_chat_and_looks_as_it_should(place, browser):
    page = visit(browser, place, "staff", "/admin/")
    expect(page).to_have_title("Site administration | Parley administration")
    expect(page.locator("#site-name")).to_have_text("Parley administration")
    for path in ("/admin/chat/room/", "/admin/chat/room/add/", "/admin/login/"):
        page.goto(path)
        assert page.locator("#header").evaluate("head => getComputedStyle(head).backgroundColor") != "rgba(0, 0, 0, 0)"


OWN = {"owner": paths_of("owner"), "guest": [path for path in paths_of("guest") if path.startswith("/accounts/")]}


@pytest.mark.parametrize("who", OWN)
def test_nothing_is_too_wide(place, browser, who):
    """Not for a name of 2,000 characters of two directions either, on the smallest of phones."""
    for page in screens(browser, place, who, OWN[who], viewport=SMALL):
        page.evaluate(LONG)
        for direction in ("ltr", "rtl"):
            page.evaluate("direction => { document.documentElement.dir = direction }", direction)
            width, room, *wide = page.evaluate(WIDE)
            assert width <= room, (page.url, direction, wide)


ERRORS = {
    "400.html": {},
    "403.html": {},
    "403_csrf.html": {},
    "404.html": {},
    "500.html": {},
    "registration/locked_out.html": {"cooloff_timedelta": None},
    "registration/logged_out.html": {},
    "chat/away.html": {"fields": {"message": "What I wrote", "name": "", "next": "", "nonce": "a-0"}},
}


@pytest.mark.parametrize("template", ERRORS)
def test_what_is_said_of_errors_is_for_everybody(place, browser, template):
    """As they are: no server need fail for it."""
    html = render_to_string(template, ERRORS[template])
    page = browser(place, "/health/", expect_live=False)
    page.route("**/it-failed/", lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8"))
    page.goto("/it-failed/")
    expect(page.locator(".bar")).to_be_visible()
    is_sound(page)


def test_a_form_comes_back_at_its_first_fault(place, browser):
    page = visit(browser, place, "owner", "/chat/rooms/new/")
    page.get_by_label("Name").fill("   ")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("alert")).to_have_text("A room needs a name.")
    expect(page.get_by_label("Name")).to_be_focused()
    expect(page.get_by_label("Name")).to_have_accessible_description("A room needs a name.")
    is_sound(page)
    page.goto("/accounts/password_change/")
    page.get_by_label("Old password").fill("a-long-word-1")
    page.get_by_label("New password", exact=True).fill("short")
    page.get_by_label("New password confirmation").fill("other")
    page.get_by_role("button", name="Change it").click()
    expect(page.get_by_label("New password confirmation")).to_be_focused()
    is_sound(page)
    forgive_refusal(browser)
