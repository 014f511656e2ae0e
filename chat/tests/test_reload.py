"""Under `make dev` a page loads itself anew when a template or a style has changed. Elsewhere none does."""

import re
import sys
import urllib.error
import urllib.request

import pytest
from playwright.sync_api import expect

from chat.tests import servers
from chat.tests.people import go_live, say

SETTINGS = """
from pathlib import Path
from site_config.settings import *
HERE = Path(__file__).parent
TEMPLATES[0]["DIRS"] = [HERE / "templates", *TEMPLATES[0]["DIRS"]]
STATICFILES_DIRS = [HERE / "static"]
"""
STYLED = """{% load static %}<link rel="stylesheet" href="{% static 'own.css' %}">"""


class Developing(servers.Site):
    """The site as `make dev` serves it, with templates and styles of its own in front."""

    name = "developing"

    def __init__(self, folder, **environment: str):
        super().__init__(**environment)
        (folder / "developing.py").write_text(SETTINGS)
        self.environment |= {"DJANGO_SETTINGS_MODULE": "developing", "PYTHONPATH": f"{folder}:{servers.ROOT}"}

    def command(self) -> list[str]:
        return [sys.executable, "manage.py", "runserver", f"{servers.HOST}:{self.port}"]


@pytest.fixture
def folder(tmp_path):
    for name in ("templates/chat", "static"):
        (tmp_path / name).mkdir(parents=True)
    in_each_head = "templates/chat/_installable.html"
    (tmp_path / in_each_head).write_text((servers.ROOT / "chat" / in_each_head).read_text() + STYLED)
    (tmp_path / "static/own.css").write_text("body { outline: 1px solid rgb(1, 2, 3) }")
    return tmp_path


def test_it_works(folder, database_url, browser):
    """A template, in the room, with its socket, under the strict policy."""
    with Developing(folder, DATABASE_URL=database_url, RELOAD="on") as site:
        page = browser(site)
        say(page, "hello")
        expect(page.locator(".message-body")).to_have_text("hello")
        template = (servers.ROOT / "chat/templates/chat/_message.html").read_text()
        (folder / "templates/chat/_message.html").write_text(template.replace("{{ body }}", "{{ body }} and more"))
        expect(page.locator(".message-body")).to_have_text("hello and more")
        go_live(page)
        page.context.close()


def test_a_style(folder, database_url, browser):
    with Developing(folder, DATABASE_URL=database_url, RELOAD="on") as site:
        page = browser(site)
        expect(page.locator("body")).to_have_css("outline-color", "rgb(1, 2, 3)")
        (folder / "static/own.css").write_text("body { outline: 1px solid rgb(4, 5, 6) }")
        expect(page.locator("body")).to_have_css("outline-color", "rgb(4, 5, 6)")
        go_live(page)
        page.context.close()


def test_in_the_gallery(folder, database_url, browser):
    with Developing(folder, DATABASE_URL=database_url, RELOAD="on") as site:
        page = browser(site, "/chat/gallery/", expect_live=False)
        assert page.locator("script").count() == 1
        (folder / "templates/chat/_notice.html").write_text('<p class="notice" id="notice-{{ room.slug }}">Mine</p>')
        expect(page.locator(".gallery-light .notice").first).to_have_text("Mine")
        page.context.close()


@pytest.mark.parametrize("environment", [{}, {"RELOAD": "on", "DEBUG": "0", "SECRET_KEY": "x" * 60, "HTTPS": "0"}])
def test_nowhere_else(database_url, environment):
    with servers.Site(DATABASE_URL=database_url, **environment) as site:
        page = urllib.request.urlopen(f"{site.url}/chat/").read().decode()
        assert "reload" not in "".join(re.findall(r"<script[^>]*>", page))
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(f"{site.url}/__reload__/events/")
