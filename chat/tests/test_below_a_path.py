"""The site below a path: `daphne --root-path /sub`, with the path handed on by the proxy, or taken away."""

import re
import urllib.request

import pytest
from playwright.sync_api import expect
from websockets.sync.client import connect

from chat import prefix
from chat.origin import SameOrigin
from chat.tests import servers
from chat.tests.people import PATIENCE, at, say, send_form

ADDRESS = re.compile(r'(?:href|src|action|hx-get|hx-post|ws-connect)="(/[^"]*)"')


@pytest.fixture(scope="module")
def below(tmp_path_factory):
    database = f"sqlite:///{tmp_path_factory.mktemp('below')}/db.sqlite3"
    servers.migrate(database)
    with servers.Site("--root-path", "/sub", DATABASE_URL=database) as site:
        yield site


def test_every_address_of_a_page_is_below_it(below):
    for path in ("/sub/", "/sub/chat/rooms/", "/sub/accounts/login/", "/sub/chat/lobby/composer/c0ffee/1/"):
        found = ADDRESS.findall(urllib.request.urlopen(f"{below.url}{path}").read().decode())
        assert len(found) > 3
        assert [one for one in found if not one.startswith("/sub/")] == []


def test_files_are_served(below):
    page = urllib.request.urlopen(f"{below.url}/sub/chat/").read().decode()
    for kind in ("styles.css", "htmx"):
        path = re.search(rf'"(/sub/static/[^"]*{kind}[^"]*)"', page)[1]
        assert urllib.request.urlopen(f"{below.url}{path}").status == 200
    assert urllib.request.urlopen(f"{below.url}/sub/favicon.ico").url == f"{below.url}/sub/static/chat/icon.svg"


@pytest.mark.browser
def test_people_talk(below, browser):
    ann, bob = browser(below, "/sub/chat/"), browser(below, "/sub/")
    say(ann, "hello")
    expect(bob.locator(".message-body")).to_have_text(["hello"])
    say(bob, "and hello")
    expect(ann.locator(".message-body")).to_have_text(["hello", "and hello"])
    expect(at(ann)).to_be_focused()
    expect(bob.locator(".room-scroller")).to_have_css("display", "flex")  # by a stylesheet that was found


@pytest.mark.browser
def test_without_javascript(below, browser):
    page = browser(below, "/sub/chat/", java_script_enabled=False)
    send_form(page, "by a form")
    expect(page.locator(".message-body").last).to_have_text("by a form")
    assert page.url.startswith(f"{below.url}/sub/chat/")


def test_what_is_pushed_leads_below_it(below):
    with connect(f"{below.socket_url}/sub/ws/chat/lobby/?sync=1", proxy=None) as socket:
        socket.send('{"do": "sync", "cursor": "0"}')
        frame = ""
        while "connection-lobby" not in frame:
            frame = socket.recv(PATIENCE)
        assert 'hx-get="/sub/chat/lobby/connection/reconnecting/"' in frame


@pytest.fixture
def _told(monkeypatch):
    monkeypatch.setattr(prefix, "_told", "")


def test_a_client_does_not_say_it(below):
    forged = {"Daphne-Root-Path": "/evil"}
    for path in ("/sub/chat/", "/sub/chat/lobby/composer/c0ffee/2/"):
        page = urllib.request.urlopen(urllib.request.Request(f"{below.url}{path}", headers=forged)).read().decode()
        assert "/evil" not in page
    with connect(f"{below.socket_url}/sub/ws/chat/", additional_headers=forged, proxy=None) as socket:
        socket.send('{"do": "sync", "cursor": "0"}')
        assert "/evil" not in socket.recv(PATIENCE)
        socket.send('{"message": "hello"}')
        assert "hello" in socket.recv(PATIENCE)
    assert "/evil" not in urllib.request.urlopen(f"{below.url}/sub/chat/").read().decode()


@pytest.mark.usefixtures("_told")
@pytest.mark.parametrize(("path", "left"), [("/sub/ws/chat/", "/sub"), ("/ws/chat/", "")])
async def test_a_proxy_may_have_taken_it_away(path, left):
    heard = []

    async def application(scope, receive, send):
        heard.append(scope["root_path"])

    scope = {"type": "websocket", "path": path, "root_path": "/sub", "headers": [(b"host", b"testserver")]}
    await SameOrigin(application)(scope, None, None)
    assert heard == [left]
