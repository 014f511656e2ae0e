"""In Chromium: a room's first page is light, with all it fetches, and brings no script of ours."""

import gzip
import re
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import expect

from chat.tests import servers
from chat.tests.people import go_live, sign_up

MOST = 100 * 1024  # bytes on the wire, of everything until the page is live and at rest
GZIP = {"Accept-Encoding": "gzip"}
SCRIPTS = re.compile(r"/static/django_htmx/[\w./-]+\.js")


@pytest.fixture(scope="module")
def lively_site(busy_site):
    """Weeks of messages, so that a page is full."""
    servers.manage(busy_site.environment["DATABASE_URL"], "seed_demo", "--force", "--messages", "600")
    return busy_site


def weigh(page, path: str) -> dict[str, int]:
    """{address: bytes that came for it, headers included}, from an empty cache until the page rests."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.clearBrowserCache")
    addresses: dict[str, str] = {}
    weights: dict[str, int] = {}

    def asked(event):
        addresses[event["requestId"]] = event["request"]["url"]

    def came(event):
        address = addresses.get(event["requestId"])
        if address:  # else it is the end of what the page before has asked for
            weights[address] = weights.get(address, 0) + event["encodedDataLength"]

    devtools.on("Network.requestWillBeSent", asked)
    devtools.on("Network.loadingFinished", came)
    page.goto(path)
    go_live(page)
    expect(page.locator(".message").last).to_be_visible()
    page.wait_for_load_state("networkidle")
    return weights


@pytest.mark.parametrize("who", ["guest", "member"])
def test_it_works(browser, lively_site, who, nth_try):
    page = browser(lively_site, "/health/", expect_live=False)
    if who == "member":
        sign_up(page, f"mo-{nth_try}")
        go_live(page)
    weights = weigh(page, "/chat/")
    assert page.locator(".message").count() == 50
    kinds = ("/composer/", "htmx-2.min.js", "hx-ws", "styles.css", "/chat/")
    assert all(any(kind in address for address in weights) for kind in kinds), weights
    assert sum("/composer/" in address for address in weights) == 10
    assert all(weight for address, weight in weights.items() if "/static/" in address), weights
    assert sum(weights.values()) <= MOST, sorted(weights.items(), key=lambda one: -one[1])


def test_no_script_is_ours(browser, lively_site):
    page = browser(lively_site)
    sources = page.evaluate("() => [...document.scripts].map(script => script.src || script.text)")
    assert sources
    assert [source for source in sources if not SCRIPTS.search(source)] == []
    assert page.locator("[onclick], [onload], [hx-on], [style]").count() == 0


def ask(site, path: str, method: str = "GET", **headers: str):
    """(status, headers, body) as the site gives them."""
    asked = Request(site.url + path, method=method, headers=headers)
    with urlopen(asked) as answer:
        return answer.status, answer.headers, answer.read()


@pytest.mark.parametrize(
    "path", ["/chat/", "/chat/manifest.webmanifest", "/static/chat/chat.css", "/static/chat/icon.svg"]
)
def test_what_is_text_is_compressed(busy_site, path):
    (plain, as_it_is, whole), (small, compressed, short) = ask(busy_site, path), ask(busy_site, path, **GZIP)
    assert (plain, small) == (200, 200)
    assert (as_it_is["Content-Encoding"], compressed["Content-Encoding"]) == (None, "gzip")
    assert "Accept-Encoding" in compressed["Vary"]
    assert len(short) < len(whole)
    assert gzip.decompress(short)[:20] == whole[:20]


def test_what_is_not_stays_as_it_is(busy_site):
    status, headers, _ = ask(busy_site, "/static/chat/icon-512.png", **GZIP)
    assert (status, headers["Content-Encoding"]) == (200, None)
    status, headers, part = ask(busy_site, "/static/chat/chat.css", **GZIP, Range="bytes=10-19")
    assert (status, headers["Content-Encoding"], len(part)) == (206, None, 10)
    _, headers, nothing = ask(busy_site, "/static/chat/chat.css", "HEAD", **GZIP)
    assert int(headers["Content-Length"]) > 1000
    assert nothing == b""


def test_how_long_a_page_becomes_tells_little(client, lobby):
    """The same page has another length each time, and another token."""
    pages = [client.get("/chat/me/", headers={"accept-encoding": "gzip"}) for _ in range(12)]
    tokens = {re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', gzip.decompress(body(page)))[1] for page in pages}
    assert len(tokens) == 12
    assert len({len(body(page)) for page in pages}) > 3


def body(answer) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content
