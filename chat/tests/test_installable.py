"""In Chromium: the chat can be installed as an app, and its icons are what the manifest says."""

import re
import struct

import pytest
from django.test.utils import override_script_prefix
from django.urls import reverse

from chat.tests import icons
from chat.tests.servers import ROOT
from chat.views.shown import CANVAS


def test_it_works(client, lobby):
    answer = client.get("/chat/manifest.webmanifest")
    assert answer.headers["Content-Type"] == "application/manifest+json"
    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    assert not answer.cookies
    said = answer.json()
    assert (said["name"], said["short_name"], said["display"]) == ("Parley", "Parley", "standalone")
    assert said["id"] == said["start_url"] == said["scope"] == "/chat/"
    assert {"maskable", "any"} == {icon["purpose"] for icon in said["icons"]}


def test_under_another_name_and_below_a_prefix(client, settings):
    settings.CHAT_SITE_NAME = 'The "Quiet" Corner'
    said = client.get("/chat/manifest.webmanifest").json()
    assert (said["name"], said["short_name"]) == ('The "Quiet" Corner', 'The "Quiet" ')
    with override_script_prefix("/talk/"):
        said = client.get("/chat/manifest.webmanifest").json()
    assert said["id"] == said["start_url"] == said["scope"] == "/talk/chat/"


@pytest.mark.parametrize("path", ["/chat/", "/chat/rooms/", "/chat/nowhere/", "/accounts/login/"])
def test_every_page_names_it(client, lobby, path):
    head = client.get(path).text.split("</head>")[0]
    assert f'<link rel="manifest" href="{reverse("chat:manifest")}">' in head
    assert head.count('name="theme-color"') == 2
    assert 'name="color-scheme" content="light dark"' in head


def test_the_browsers_frame_has_the_pages_colour(client, lobby):
    """In both schemes, as the stylesheet says it."""
    tokens = (ROOT / "theme/static_src/src/tokens.css").read_text()
    [(light, dark)] = re.findall(r"--color-canvas: light-dark\((#\w+), (#\w+)\);", tokens)
    head = client.get("/chat/").text.split("</head>")[0]
    assert re.findall(r'name="theme-color" media="\(prefers-color-scheme: (\w+)\)" content="(#\w+)"', head) == [
        ("light", light),
        ("dark", dark),
    ]
    assert light == CANVAS


def test_icons_are_small_and_of_the_size_they_say():
    for name, (source, width, height) in icons.PICTURES.items():
        picture = (icons.ICONS / name).read_bytes()
        assert struct.unpack(">II", picture[16:24]) == (width, height), name
        assert len(picture) < 40_000, name
        assert len(source.read_bytes()) < 4_000, source


def test_chromium_installs_it(browser, busy_site):
    page = browser(busy_site)
    devtools = page.context.new_cdp_session(page)
    found = devtools.send("Page.getAppManifest")
    assert found["url"] == f"{busy_site.url}/chat/manifest.webmanifest"
    assert found["errors"] == []
    missing = devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [one["errorId"] for one in missing if one["errorId"] != "in-incognito"] == []
    for icon in [*client_icons(page), "/static/chat/apple-touch-icon.png", "/static/chat/share.png"]:
        answer = page.request.get(icon)
        assert (answer.status, answer.headers["content-type"].split("/")[0]) == (200, "image"), icon


def client_icons(page) -> list[str]:
    return [icon["src"] for icon in page.request.get("/chat/manifest.webmanifest").json()["icons"]]
