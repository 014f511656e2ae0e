"""Whatever comes in at any door, by any name: an answer that is none of the server's failing, and nothing half done."""

import json
from urllib.parse import urlencode, urljoin, urlsplit

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver

from chat import actions
from chat.live.verbs import CONNECTION_VERBS
from chat.live.visit import VERBS
from chat.models import Message, Room

HOSTILE = [
    "",
    "\x00",
    "a\x00b",
    "\ufffe\u202e\u0007",
    "'\"><script>alert(1)</script><b hx-get=/ >",
    "../../etc/passwd",
    "{{ conf }}{% url %}",
    "-1",
    "9" * 18,
    "9" * 5000,
    "٣",
    "²",
    "1.5",
    "x" * 5000,
    "\U0001f600" * 300,
    "zh-Hant-" + "x" * 600,
    "%00%ff",
    "//evil.example/",
    "javascript:alert(1)",
]
FIELDS = (
    "message name nonce key role invitation topic kind guests_write q page before after around plain still l next "
    "discard cursor colour time_zone language rings shows_typing digest text username password1 password2 seq saved"
).split()


def addresses() -> list[tuple[str, str]]:
    """(name, route) of every page of the chat."""
    found = []
    for prefix in get_resolver().url_patterns:
        for pattern in getattr(prefix, "url_patterns", []):
            if isinstance(pattern, URLPattern) and prefix.namespace in ("chat", "chat_accounts"):
                found.append((f"{prefix.namespace}:{pattern.name}", f"/{prefix.pattern}{pattern.pattern}"))
    return found


def test_it_works():
    routes = dict(addresses())
    assert routes["chat:room"] == "/chat/<slug:slug>/"
    assert "chat_accounts:sign_up" in routes


@pytest.fixture
def visitors(client, member, lobby):
    actions.join_room(member, lobby)
    signed_in = Client()
    signed_in.force_login(member.user)
    return [client, signed_in]


def paths(route: str) -> list[str]:
    """The route with something fitting in each place, and with hostile things in its free ones."""
    fitting = route
    for part, value in (
        ("<slug:slug>", "lobby"),
        ("<int:number>", "7"),
        ("<int:before>", "7"),
        ("<str:chain>", "c0ffee"),
        ("<str:state>", "silent"),
        ("<str:verb>", "mute"),
        ("<str:key>", "gann"),
    ):
        fitting = fitting.replace(part, value)
    made = [fitting.replace("<str:token>", "x").replace("<str:invitation>", "x")]
    for place in ("<str:chain>", "<str:state>", "<str:verb>", "<str:key>", "<str:token>", "<str:invitation>"):
        if place in route:
            for bad in ("%00", "a%00b", "%22%3E%3Cb%3E", "x" * 3000, "%F0%9F%98%80", "%E2%80%AE", "-1"):
                one = route.replace(place, bad).replace("<slug:slug>", "lobby").replace("<int:number>", "7")
                made.append(one.replace("<str:chain>", "c0ffee"))
    for place in ("<int:number>", "<int:before>"):
        if place in route:
            one = route.replace(place, "9" * 40).replace("<slug:slug>", "lobby").replace("<str:chain>", "c0ffee")
            made.append(one.replace("<int:number>", "7"))
    return made


def test_no_page_fails_over_what_is_asked_of_it(visitors, settings):
    settings.CHAT_RATE_LIMITS = False
    for name, route in addresses():
        for path in paths(route):
            for visitor in visitors:
                assert visitor.get(path).status_code < 500, (name, path)
    for place, (name, route) in enumerate(addresses()):
        for number, bad in enumerate(HOSTILE):
            answer = visitors[(place + number) % 2].get(paths(route)[0], dict.fromkeys(FIELDS, bad))
            assert answer.status_code < 500, (name, bad)
            assert "<script>alert" not in answer.text, (name, bad)
            assert "hx-get=/ >" not in answer.text, (name, bad)


def test_no_form_fails_over_what_is_sent_by_it(visitors, settings):
    settings.CHAT_RATE_LIMITS = False
    for place, (name, route) in enumerate(addresses()):
        for number, bad in enumerate(HOSTILE):
            headers = {"HX-Request": "true"} if number % 2 else {}
            answer = visitors[(place + number // 2) % 2].post(
                paths(route)[0], dict.fromkeys(FIELDS, bad), headers=headers
            )
            assert answer.status_code < 500, (name, bad)
            assert "<script>alert" not in answer.text, (name, bad)
            if answer.status_code in (302, 303):
                to = urlsplit(urljoin("http://testserver/", answer["Location"]))
                assert (to.scheme, to.netloc) == ("http", "testserver"), (name, bad)
    assert Room.objects.filter(slug="lobby").exists()


def test_no_header_makes_a_page_fail(visitors):
    for bad in HOSTILE:
        value = bad.replace("\x00", "").replace("\r", "").encode("ascii", "ignore").decode()
        for header in ("Accept-Language", "Cookie", "HX-Request", "HX-Current-URL", "Referer", "Purpose", "User-Agent"):
            answer = visitors[0].get("/chat/", headers={header: value})
            assert answer.status_code == 200, (header, bad)


async def test_no_verb_fails_over_what_is_sent_with_it(connect, lobby, ann, settings):
    """One answer at most, as HTML, and the connection lives."""
    settings.CHAT_RATE_LIMITS = False
    values = [*HOSTILE, None, True, 0, -1, 1e300, [], [None], {}, {"a": []}, ["x"] * 3000]
    keys = ("message", "nonce", "cursor", "epoch", "before", "name", "seq", "discard", "away", "room", "shows")
    socket, rounds = await connect(guest=ann), 0
    for verb in ("post", *VERBS, *CONNECTION_VERBS):
        for number, value in enumerate(values):
            for only in keys:
                command = {only: value} if verb == "post" else {"do": verb, only: value}
                await socket.send_input({"type": "websocket.receive", "text": json.dumps(command)})
            mark = f"mark-{verb}-{number}"
            await socket.say(message="here", nonce=mark)
            frames = await socket.hears(f"delete:#composer-{mark}")
            assert all(frame.lstrip().startswith("<") for frame in frames), (verb, value)
            assert not any("<script>alert" in frame for frame in frames), (verb, value)
            rounds += 1
    assert await Message.objects.filter(body="here").acount() == rounds


@pytest.mark.django_db
@pytest.mark.parametrize("charset", ["utf-7", "utf-16", "idna", "punycode", "undefined", "hex", "ascii", "none", ""])
@pytest.mark.parametrize("path", ["/chat/lobby/messages/", "/chat/lobby/name/", "/accounts/login/", "/admin/login/"])
def test_a_form_in_any_other_encoding_than_utf_8_is_refused_in_a_sentence(lobby, charset, path):
    sender = Client(enforce_csrf_checks=True)
    for field in (b"+2AA-x", b"\xff\xfe", b"hello"):
        parts = b'--x\r\nContent-Disposition: form-data; name="message"\r\n\r\n' + field + b"\r\n--x--\r\n"
        for kind, body in (("multipart/form-data; boundary=x", parts), ("application/x-www-form-urlencoded", field)):
            answer = sender.generic("POST", path, body, content_type=f"{kind}; charset={charset}")
            assert answer.status_code == 400
            assert answer.content.decode().startswith("A form is UTF-8")


def test_a_form_that_says_it_is_utf_8_is_taken(client, lobby):
    for number, charset in enumerate(("utf-8", "UTF-8")):
        said = {"message": f"message {number}"}
        kind = f"application/x-www-form-urlencoded; charset={charset}"
        client.generic("POST", "/chat/lobby/messages/", urlencode(said), content_type=kind)
    assert Message.objects.count() == 2
