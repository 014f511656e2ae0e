"""Which pages may open a socket: our own and those we trust, and whatever is no browser."""

import pytest
from channels.testing import WebsocketCommunicator

from chat.origin import is_allowed
from site_config.asgi import application


def handshake(*origins: str, host="chat.example.org", scheme="ws", **headers: str):
    names = {"host": host, **headers} if host else headers
    return {
        "type": "websocket",
        "scheme": scheme,
        "server": ("127.0.0.1", 8000),
        "headers": [
            *((name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in names.items()),
            *((b"origin", origin.encode("latin-1")) for origin in origins),
        ],
    }


@pytest.fixture(autouse=True)
def _hosts(settings):
    settings.ALLOWED_HOSTS = ["chat.example.org", ".example.com", "127.0.0.1"]
    settings.CSRF_TRUSTED_ORIGINS = []


def test_it_works():
    assert is_allowed(handshake("http://chat.example.org"))
    assert not is_allowed(handshake("http://evil.example"))


def test_who_names_no_origin_is_no_browser_and_may_come_in():
    assert is_allowed(handshake())
    assert is_allowed(handshake(host=""))  # named by the server's own address


def test_scheme_and_port_are_part_of_it():
    assert is_allowed(handshake("https://chat.example.org", scheme="wss"))
    assert is_allowed(handshake("http://chat.example.org:8000", host="chat.example.org:8000"))


@pytest.mark.parametrize(
    "origin",
    [
        "https://chat.example.org",
        "ws://chat.example.org",
        "http://chat.example.org:8000",
        "http://chat.example.org:80",
        "http://example.org",
        "http://www.chat.example.org",
        "http://chat.example.org.evil.example",
        "http://evilchat.example.org",
        "http://chat.example.org@evil.example",
        "http://chat.example.org/",
        "http://chat.example.org\x00",
        "HTTP://chat.example.org",
        "chat.example.org",
        "//chat.example.org",
        "http://",
        "http://[",
        "http://[::1",
        "file://",
        "null",
        "",
        "*",
        "\xff",
    ],
    ids=ascii,
)
def test_anything_else_is_turned_away(origin, settings):
    assert not is_allowed(handshake(origin))
    settings.CSRF_TRUSTED_ORIGINS = ["https://*.trusted.example"]
    assert not is_allowed(handshake(origin))


@pytest.mark.parametrize(
    "origins",
    [
        ("http://chat.example.org", "http://evil.example"),
        ("http://evil.example", "http://chat.example.org"),
        ("http://chat.example.org", "http://chat.example.org"),
        ("null", "http://chat.example.org"),
        ("", "http://chat.example.org"),
        ("https://evil.example", "https://a.trusted.example"),
        ("https://a.trusted.example", "https://evil.example"),
    ],
)
def test_two_origins_are_one_too_many(origins, settings):
    settings.CSRF_TRUSTED_ORIGINS = ["https://*.trusted.example", "https://trusted.example"]
    assert not is_allowed(handshake(*origins))


def test_a_trusted_origin_may_come_in(settings):
    settings.CSRF_TRUSTED_ORIGINS = ["https://other.example", "https://other.example:8443"]
    assert is_allowed(handshake("https://other.example"))
    assert is_allowed(handshake("https://other.example:8443"))
    for origin in ("http://other.example", "https://other.example:9000", "https://a.other.example"):
        assert not is_allowed(handshake(origin))


def test_a_trusted_family_of_origins_may_come_in(settings):
    settings.CSRF_TRUSTED_ORIGINS = ["https://*.trusted.example"]
    for origin in ("https://a.trusted.example", "https://a.b.trusted.example"):
        assert is_allowed(handshake(origin))
    for origin in ("http://a.trusted.example", "https://a.trusted.example:8443", "https://eviltrusted.example"):
        assert not is_allowed(handshake(origin))


@pytest.mark.parametrize(
    "host", ["evil.example", "chat.example.org.evil.example", "", " ", "chat.example.org, x", "a_b"]
)
def test_a_host_that_is_not_ours_is_turned_away(host):
    scope = handshake(f"http://{host}")
    scope["headers"][0] = (b"host", host.encode())
    assert not is_allowed(scope)


def test_no_origin_does_not_excuse_a_foreign_host():
    assert not is_allowed(handshake(host="evil.example"))


def test_behind_a_proxy_the_scheme_is_the_one_that_the_browser_used(settings):
    asking = handshake("https://chat.example.org", x_forwarded_proto="https")
    assert not is_allowed(asking)
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert is_allowed(asking)
    assert not is_allowed(handshake("http://chat.example.org", x_forwarded_proto="https"))


def test_any_host_means_any_host_but_still_the_same_origin(settings):
    settings.ALLOWED_HOSTS = ["*"]
    assert is_allowed(handshake("http://some.example", host="some.example"))
    assert not is_allowed(handshake("http://evil.example", host="some.example"))


@pytest.mark.parametrize(
    ("origin", "welcome"), [("http://testserver", True), ("http://evil.example", False), ("null", False)]
)
async def test_the_site_asks_it_of_every_socket(connect, lobby, settings, origin, welcome):
    settings.ALLOWED_HOSTS = ["testserver"]
    headers = [(b"host", b"testserver"), (b"origin", origin.encode())]
    socket = WebsocketCommunicator(application, "/ws/chat/", headers=headers)
    connected, _ = await socket.connect(timeout=30)
    assert connected is welcome
    await socket.disconnect(timeout=30)
