"""In Chromium: a room in a frame of a page of another site, which may have it or not, with cookies and without."""

import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from chat.tests import servers
from chat.tests.databases import ROOMS, fresh_database
from chat.tests.people import at, bodies, go_live, say, until
from chat.tests.relay import Relay
from chat.tests.test_docs import blocks, document, section
from chat.tests.test_framed import SECRET, signed

ADDRESS = "https://chat.example.org/chat/lobby/embed/"
(SNIPPET,) = blocks(section(document("docs/embedding.md"), "In a frame of another site"), "html")
"""What the documentation has somebody write into a page of theirs."""


class Blog(BaseHTTPRequestHandler):
    """Somebody else's site, whose one page says what the test wants it to."""

    def __init__(self, pages, *arguments):
        self.pages = pages
        super().__init__(*arguments)

    def do_GET(self):
        body = self.pages.get(self.path, "").encode()
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def pages():
    """{path: its HTML}"""
    return {"/favicon.ico": " "}


@pytest.fixture(scope="module")
def blog(pages):
    """Its port. It is on localhost, and the chat on 127.0.0.1: to a browser these are two sites."""
    server = ThreadingHTTPServer((servers.HOST, 0), partial(Blog, pages))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def chat(tmp_path_factory, blog):
    """The chat that may be on it; each test takes a room of its own."""
    environment = {"CHAT_FRAME_ANCESTORS": f"http://localhost:{blog}", "CHAT_FRAME_SECRET": SECRET}
    with fresh_database(tmp_path_factory.mktemp("framed"), *ROOMS) as url:
        with servers.Site(DATABASE_URL=url, CHAT_RATE_LIMITS="off", **environment) as site:
            site.empty_rooms = iter(ROOMS)
            yield site


@pytest.fixture
def room(chat):
    return next(chat.empty_rooms)


@pytest.fixture
def visit(chat, blog, pages, browser, room):
    """`visit(query)`: somebody opens the blog, in which the room is; gives their page, and the frame in it."""

    def visit(query="", host="localhost", path=f"/chat/{room}/embed/", site=chat, **options):
        frame = SNIPPET.replace(ADDRESS, f"{site.url}{path}{query}")
        assert frame != SNIPPET
        pages["/"] = f"<!doctype html><title>A blog</title>{frame}"
        page = browser(chat, f"http://{host}:{blog}/", expect_live=False, **options)
        return page, page.frame_locator("iframe")

    yield visit
    # htmx gives the next composer the focus; before it does, the browser refuses to by itself, and tells of it.
    browser.said[:] = [line for line in browser.said if "Blocked autofocusing" not in line]


def write(frame, text: str):
    """And no more: without JavaScript nothing comes after it."""
    at(frame).fill(text)
    at(frame).press("Enter")


def name(frame) -> str:
    return frame.locator(".me-name bdi").inner_text()


def test_it_works(visit, chat, browser, room):
    page, frame = visit()
    go_live(frame)
    said = browser(chat, f"/chat/{room}/")
    write(frame, "from a frame")
    expect(said.locator(".message-body")).to_have_text("from a frame")
    say(said, "to a frame")
    expect(frame.locator(".message-body")).to_have_text(["from a frame", "to a frame"])
    expect(at(frame)).to_be_focused()
    own = frame.locator(".message", has_text="from a frame").locator(".message-body")
    assert own.evaluate("e => getComputedStyle(e).justifySelf") == "flex-end"
    cookies = {one["name"]: one for one in page.context.cookies()}
    assert {*cookies} == {"chat_frame"}
    assert (cookies["chat_frame"]["sameSite"], cookies["chat_frame"]["secure"]) == ("None", True)
    assert cookies["chat_frame"].get("partitionKey"), "it is kept for this site around alone"
    who = name(frame)
    page.reload()
    go_live(frame)
    assert name(frame) == who
    frame.locator(".me-name").click()
    with page.context.expect_page() as opened:
        frame.get_by_text("Open this chat in a tab of its own").click()
    expect(opened.value).to_have_url(f"{chat.url}/chat/{room}/")
    assert opened.value.evaluate("window.opener") is None
    expect(opened.value.locator(".message-body")).to_have_count(2)


def test_a_site_that_is_not_listed_may_not_have_it(visit, chat, browser):
    page, frame = visit(host=servers.HOST)  # the same machine, under another name
    until_blocked(page, browser)
    assert frame.locator(".chat-room").count() == 0


@pytest.mark.parametrize("path", ["/chat/{}/", "/chat/me/", "/chat/{}/about/", "/accounts/login/"])
def test_no_other_page_may_be_framed_even_by_those(visit, browser, room, path):
    page, frame = visit(path=path.format(room))
    until_blocked(page, browser)
    assert frame.locator(".chat-ui, .site").count() == 0


def until_blocked(page, browser):
    """Chromium says on the console why it shows nothing."""
    told = ("frame-ancestors", "X-Frame-Options")
    # What the console says comes with an answer.
    until(lambda: page.evaluate("1") and any(one in line for one in told for line in browser.said), "it is blocked")
    assert all("frame" in line.lower() for line in browser.said)
    browser.said.clear()


def test_where_cookies_are_blocked_it_is_read_and_written_all_the_same(visit, chat):
    with Relay(chat) as relay:
        relay.replaced = {b"\r\nSet-Cookie:": b"\r\nNo-Cookies:"}
        page, frame = visit(site=relay)
        go_live(frame)
        who = name(frame)
        write(frame, "without a cookie")
        expect(frame.locator(".message-body")).to_have_text("without a cookie")
        expect(frame.locator(".message")).to_contain_text(who)
        assert page.context.cookies() == []
        page.context.close()  # before its connection is cut


def test_without_javascript_its_form_leads_back_into_the_frame(visit):
    page, frame = visit(java_script_enabled=False)
    page.context.clear_cookies()
    who = name(frame)
    write(frame, "without a script")
    expect(frame.locator(".message-body")).to_have_text("without a script")
    assert name(frame) == who
    write(frame, "and again")
    expect(frame.locator(".message-body")).to_have_text(["without a script", "and again"])
    assert page.title() == "A blog"
    assert len(page.context.pages) == 1


def test_the_name_that_the_blog_hands_over(visit, room):
    _, frame = visit(f"?name={signed(room=room)}")
    go_live(frame)
    assert name(frame) == "Ann of the blog"
    write(frame, "hello")
    expect(frame.locator(".message")).to_contain_text("Ann of the blog")
    _, forged = visit(f"?name={signed(secret='guessed', room=room)}")
    expect(forged.locator(f"#notice-{room}")).to_contain_text("is not signed as agreed")
    go_live(forged)
    assert name(forged) != "Ann of the blog"
    assert bodies(forged) == ["hello"]


def test_what_one_wrote_there_can_be_changed_there(visit, chat, browser, room):
    """The menu and its forms say who it is by the ticket."""
    page, frame = visit()
    go_live(frame)
    said = browser(chat, f"/chat/{room}/")
    write(frame, "from a fram")
    expect(said.locator(".message-body")).to_have_text("from a fram")
    page.context.clear_cookies()
    frame.locator(".message").hover()
    frame.locator(".message-more").click()
    frame.get_by_role("link", name="Edit").click()
    frame.locator(".edit textarea").fill("from a frame")
    frame.get_by_role("button", name="Save").click()
    expect(said.locator(".message-body")).to_have_text("from a frame")
    expect(frame.locator(".edit")).to_have_count(0)
    frame.locator(".message").hover()
    frame.locator(".message-more").click()
    frame.get_by_text("Delete", exact=True).click()
    form = frame.locator(".message-delete form")
    assert form.locator("[name=ticket]").input_value()
    assert form.get_attribute("target") == "_self"
    frame.get_by_role("button", name="Delete it").click()
    expect(said.locator(".message-body")).to_have_text("This message was deleted.")
