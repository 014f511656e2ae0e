"""In production, as docs/deploying.md says: two Daphnes, PostgreSQL, Redis, and a real nginx that ends TLS."""

import re
import socket
import ssl
import subprocess
import urllib.error
import urllib.request
from contextlib import ExitStack, contextmanager

import pytest
from playwright.sync_api import expect
from websockets.sync.client import connect

from chat.tests import servers
from chat.tests.people import say, send_form
from chat.tests.test_below_a_path import ADDRESS
from chat.tests.test_docs import blocks, document

pytestmark = pytest.mark.others

HOST = "chat.example.org"
SITE, BELOW = blocks(document("docs/deploying.md"), "nginx")
FLAGS = re.search(r"^daphne -b \S+ -p \d+ (--.*) site_config\.asgi:application$", document("docs/deploying.md"), re.M)[
    1
]


class Nginx(servers.Server):
    """With what the documentation says, but for ports, and a certificate of its own."""

    name = "nginx"
    url = f"https://{HOST}"

    def __init__(self, said: str, *daphnes: servers.Site):
        super().__init__()
        self.plain_port = servers.free_port()
        for number, daphne in enumerate(daphnes, 1):
            said = said.replace(f"127.0.0.1:800{number};", f"{servers.HOST}:{daphne.port};")
        said = said.replace("listen 80;", f"listen {servers.HOST}:{self.plain_port};")
        said = said.replace("listen 443 ssl;", f"listen {servers.HOST}:{self.port} ssl;")
        said = said.replace(f"/etc/letsencrypt/live/{HOST}/", f"{self.folder}/")
        made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={HOST}"]
        keys = ["-keyout", str(self.folder / "privkey.pem"), "-out", str(self.folder / "fullchain.pem")]
        subprocess.run([*made, *keys], check=True, capture_output=True)
        places = [
            f"{kind}_temp_path {self.folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        ]
        html = ["gzip on;", "access_log off;", *places, said]
        main = ["daemon off;", "pid nginx.pid;", "error_log stderr;", "events {}", "http {", *html, "}"]
        (self.folder / "nginx.conf").write_text("\n".join(main))

    def command(self) -> list[str]:
        return [servers.nginx_binary(), "-p", str(self.folder), "-c", "nginx.conf", "-e", "stderr"]


@contextmanager
def production(*flags: str, said: str = SITE, **environment: str):
    with ExitStack() as stack:
        postgres, redis = stack.enter_context(servers.Postgres()), stack.enter_context(servers.Redis())
        given = {"SECRET_KEY": "of-this-test-only" * 4, "DEBUG": "", "ALLOWED_HOSTS": HOST, "BEHIND_PROXY": "on"}
        given |= {"DATABASE_URL": postgres.url, "REDIS_URL": redis.url, **environment}
        servers.migrate(postgres.url)
        daphnes = [stack.enter_context(servers.Site(*FLAGS.split(), *flags, **given)) for _ in range(2)]
        nginx = stack.enter_context(Nginx(said, *daphnes))
        nginx.daphnes = daphnes
        yield nginx


@pytest.fixture(scope="module")
def nginx():
    with production() as nginx:
        yield nginx


@pytest.fixture(scope="module")
def below():
    location = re.search(r"    location / \{.*?\}\n", SITE, re.DOTALL)[0]
    with production("--root-path", "/talk", said=SITE.replace(location, BELOW)) as nginx:
        yield nginx


@pytest.fixture
def visit(chromium, browser, monkeypatch):
    """A page of a new person, whose Chromium finds the name here."""
    opened = []

    def visit(nginx: Nginx, path: str, **options: object):
        if not opened:
            rules = f"MAP {HOST}:443 {servers.HOST}:{nginx.port}, MAP {HOST}:80 {servers.HOST}:{nginx.plain_port}"
            flags = [*servers.CHROMIUM_FLAGS, f"--host-resolver-rules={rules}"]
            here = chromium.browser_type.launch(executable_path=servers.chromium_binary(), args=flags)
            opened.append(here)
            monkeypatch.setattr(chromium, "new_context", here.new_context)
        return browser(nginx, path, ignore_https_errors=True, **options)

    yield visit
    for here in opened:
        here.close()


def anything() -> ssl.SSLContext:
    """Nobody has signed the certificate."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def dial(nginx: Nginx, path: str, **headers: str):
    line = socket.create_connection((servers.HOST, nginx.port))
    address = f"wss://{HOST}{path}"
    return connect(address, sock=line, ssl=anything(), additional_headers=headers, proxy=None)


def get(nginx: Nginx, path: str, port: int | None = None, **headers: str):
    address = f"{'http' if port else 'https'}://{servers.HOST}:{port or nginx.port}{path}"
    request = urllib.request.Request(address, headers={"Host": HOST, **headers})
    handlers = [urllib.request.HTTPSHandler(context=anything()), Stays()]
    return urllib.request.build_opener(*handlers).open(request)


class Stays(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *given):
        return None


def test_people_talk_over_both_processes_and_over_one(nginx, visit):
    ann, bob = visit(nginx, "/"), visit(nginx, "/chat/")
    assert ann.url == f"https://{HOST}/chat/"
    say(ann, "hello")
    expect(bob.locator(".message-body")).to_have_text(["hello"])
    nginx.daphnes[0].stop()
    for page, text in ((ann, "one is gone"), (bob, "and we go on")):
        say(page, text)
    for page in (ann, bob):
        expect(page.locator(".message-body")).to_have_text(["hello", "one is gone", "and we go on"])
    nginx.daphnes[0].start()


def test_a_form_is_taken(nginx, visit):
    page = visit(nginx, "/chat/", java_script_enabled=False)
    send_form(page, "by a form")
    expect(page.locator(".message-body").last).to_have_text("by a form")
    assert page.context.cookies()[0]["secure"]


def test_plain_http_leads_to_https(nginx):
    with pytest.raises(urllib.error.HTTPError) as answer:
        get(nginx, "/chat/?q=1", nginx.plain_port)
    assert (answer.value.code, answer.value.headers["Location"]) == (301, f"https://{HOST}/chat/?q=1")


def test_a_page_is_compressed_once_and_says_that_it_wants_https(nginx):
    with get(nginx, "/chat/", **{"Accept-Encoding": "gzip"}) as page:
        assert page.headers["Content-Encoding"] == "gzip"
        assert "max-age" in page.headers["Strict-Transport-Security"]
        assert page.read()[:2] == b"\x1f\x8b"


@pytest.fixture
def strict():
    with production(CHAT_ADDRESS_RATE="20/day") as nginx:
        yield nginx


def test_a_visitor_says_neither_where_they_come_from_nor_where_the_site_stands(strict):
    """The limit on one address holds, however many they claim to have."""
    forged = {"Daphne-Root-Path": "/evil", "X-Forwarded-Proto": "http"}
    assert b"/evil" not in get(strict, "/chat/", **forged).read()
    answers = []
    for number in range(50):  # 20 for each of two processes that count for themselves, and then no more
        with dial(strict, "/ws/chat/", **forged, **{"X-Forwarded-For": f"203.0.113.{number}"}) as line:
            line.send('{"message": "from afar"}')
            answers.append(line.recv(servers.PATIENCE))
    assert sum("from afar" in answer for answer in answers) <= 40
    assert "from your network" in answers[-1]


def test_below_a_path(below, visit):
    ann, bob = visit(below, "/talk/chat/"), visit(below, "/talk/")
    say(ann, "hello")
    expect(bob.locator(".message-body")).to_have_text(["hello"])
    expect(bob.locator(".room-scroller")).to_have_css("display", "flex")
    addresses = ADDRESS.findall(bob.content())
    assert [one for one in addresses if not one.startswith("/talk/")] == []


def test_below_a_path_without_javascript(below, visit):
    page = visit(below, "/talk/chat/", java_script_enabled=False)
    send_form(page, "by a form")
    expect(page.locator(".message-body").last).to_have_text("by a form")
    assert page.url.startswith(f"https://{HOST}/talk/chat/")
