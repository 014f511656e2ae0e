"""People as the live tests know them: one who sits at a page, and one who speaks to the socket directly."""

import json
import re
import time
from html import unescape

from django.test import Client
from playwright.sync_api import FrameLocator, Page
from websockets.sync.client import connect

from chat.models import Participant

PATIENCE = 30  # seconds; what takes longer has not happened, even on a machine that has much else to do


def at(page: Page):
    """The field one types in: that of the last composer."""
    return page.locator("form.composer").last.locator("[name=message]")


def say(page: Page, text: str) -> None:
    """Type and press Enter, and see that the next composer is there, as somebody who types does before they go on."""
    settle(page)
    used = page.locator("form.composer").last.get_attribute("id")
    at(page).fill(text)
    page.keyboard.press("Enter")
    page.locator(f"form.composer:last-child:not(#{used})").wait_for()


def send_form(page: Page, text: str) -> None:
    """As one sends it who has no JavaScript."""
    at(page).fill(text)
    page.get_by_role("button", name="Send").click()


def bodies(page: Page) -> list[str]:
    return page.locator(".message-body").all_inner_texts()


def cookies_of(participant: Participant) -> dict[str, str]:
    """Those of a browser in which this member is signed in, for a socket that is opened without one."""
    browser = Client()
    browser.force_login(participant.user)
    return {name: cookie.value for name, cookie in browser.cookies.items()}


def go_live(page: Page | FrameLocator) -> None:
    """Wait until the page is live, and it rests. From then on htmx comes back soon when it loses the connection: by
    itself it would rest between its trials, by chance and for up to a minute."""
    page.locator(".connection[data-state=live]").wait_for(timeout=100_000)
    page.locator("html").evaluate("() => { htmx.config.wsReconnectDelay = () => 300 }")
    settle(page)


def settle(page: Page) -> None:
    """Wait until Enter sends: until the composer that follows is in the browser's cache. On a loaded machine that takes
    longer than the test's fingers, and what then goes on in the page would also cut a smooth scroll short."""
    page.locator("html:not(:has(.composer-hold, .htmx-request))").wait_for(timeout=30_000)


def rename(page: Page, name: str) -> None:
    page.locator(".me-name").click()
    page.locator(".me-panel [name=name]").fill(name)
    page.locator(".me-panel button").click()


def sign_up(page: Page, name: str) -> Page:
    """Make an account, and be signed in to it."""
    page.goto("/accounts/sign-up/")
    page.locator("[name=username]").fill(name)
    for field in ("password1", "password2"):
        page.locator(f"[name={field}]").fill("a-very-good-password")
    page.get_by_role("button", name="Sign up").click()
    page.wait_for_url("**/chat/")
    return page


def until(true, what: str, patience: float = PATIENCE) -> None:
    """Look until it is so, more and more seldom. For what has no locator to wait for."""
    end, pause = time.monotonic() + patience, 0.01
    while not true():
        assert time.monotonic() < end, what
        time.sleep(pause)
        pause = min(1.2 * pause, 0.25)


def forgive_outage(browser):
    """Take what Chromium and htmx say of a server that does not answer from the console, and nothing else; what comes
    of it by the end of the test as well."""
    browser.forgiven = re.compile(
        "WebSocket connection to|ERR_CONNECTION_(REFUSED|RESET|CLOSED|ABORTED)|ERR_INTERNET_DISCONNECTED"
        "|ERR_EMPTY_RESPONSE|htmx:afterRequest|htmx:sendError|error: .object Event."
    )
    browser.said[:] = [line for line in browser.said if not browser.forgiven.search(line)]


class Raw:
    """A guest without a browser, to be used in a `with`. `page`: the person whose cookies it has."""

    def __init__(
        self, site, slug: str | None = "lobby", page: Page | None = None, held: bool = False, language: str = ""
    ):
        cookies = page.context.cookies(site.url) if page else []
        cookie = "; ".join(f"{one['name']}={one['value']}" for one in cookies)
        headers = {"Cookie": cookie, "Accept-Language": language}
        self._dial = connect(
            f"{site.socket_url}/ws/chat/{f'{slug}/' if slug else ''}{'?sync=1' if held else ''}",
            additional_headers={name: value for name, value in headers.items() if value},
            proxy=None,
            open_timeout=PATIENCE,
        )

    def __enter__(self):
        self.socket = self._dial.__enter__()
        return self

    def __exit__(self, *exception) -> None:
        self._dial.__exit__(*exception)

    def send(self, **frame) -> None:
        self.socket.send(json.dumps(frame))

    def frame(self) -> str:
        return self.socket.recv(PATIENCE)

    def hear(self, count: int) -> list[str]:
        """The texts of the next so many messages."""
        heard = []
        while len(heard) < count:
            heard += [unescape(body) for body in re.findall(r'class="message-body"[^>]*>([^<]*)<', self.frame())]
        return heard

    def post(self, text: str) -> None:
        """Post it, and hear it: from here on it is stored and sent out."""
        self.send(message=text)
        assert text in self.hear(1)
