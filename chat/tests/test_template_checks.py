"""`manage.py check` says which template of a project's own fails, or lacks what a page of the chat relies on."""

from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.template import Template
from django.template.autoreload import reset_loaders
from django.utils.autoreload import file_changed

from chat.checks.templates import check_templates
from chat.fragments import lookup
from chat.fragments.lookup import names
from chat.samples import samples


def said() -> list[tuple[str, str]]:
    return [(message.id, message.msg) for message in check_templates()]


def own(name: str) -> str:
    return lookup().own.get_template(name).source


def test_it_works(override):
    """No database is asked: this test is marked for none, so a query would fail it."""
    path = override("chat/_message.html", own("chat/_message.html").replace("message-{{ message.pk }}", ""))
    ((number, text),) = said()
    assert number == "chat.E012"
    assert str(path) in text
    needed = '#message-{{ message.pk }}.message[data-seq="{{ message.seq }}"][data-author="{{ message.author.key }}"]'
    assert text.endswith(f"lacks {needed}")


def test_copies_of_the_app_s_own_are_good(override):
    for name in names():
        override(name, own(name))
        override(name.replace("chat/", "chat/auth/group/", 1), own(name))
    assert said() == []


def test_to_find_them_nothing_else_is_compiled(override, monkeypatch):
    """It is asked for at each start of a server in development."""
    override("chat/_message.html", own("chat/_message.html"))
    override("chat/public/room.html", own("chat/room.html"))
    lookup().places()
    compiled, compile_nodelist = [], Template.compile_nodelist

    def counted(template):
        compiled.append(template.name)
        return compile_nodelist(template)

    monkeypatch.setattr(Template, "compile_nodelist", counted)
    found = ["chat/_message.html", "chat/page.html"]  # the site has one of its own
    everywhere = {place: [*lookup().overrides(place)] for place in lookup().places()}
    assert everywhere == {"": found, "public": [*found, "chat/room.html"]}
    assert {*compiled} == {*everywhere["public"]}


def test_empty_ones_lack_something(override):
    fragments = [name for name in names() if name.startswith("chat/_")]
    paths = {str(override(name, "")): name for name in fragments}
    found = {paths[path]: number for number, text in said() for path in paths if path in text}
    relied_on = {one.template for one in samples() if one.needs}
    assert found == {name: "chat.E012" for name in fragments if name in relied_on}
    assert len(found) > 40


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{% if %}", "can't be read"),
        ("{% load nowhere %}", "can't be read"),
        ('{% include "nowhere.html" %}', "fails: TemplateDoesNotExist: nowhere.html"),
        ('{% include "chat/_cursor.html" %}', "fails: RecursionError"),
        ("{% url 'nowhere' %}", "fails: NoReverseMatch"),
    ],
)
def test_one_that_fails(override, text, expected):
    path = override("chat/_cursor.html", text)
    ((number, words),) = said()
    assert number == "chat.E011"
    assert str(path) in words
    assert expected in words


@pytest.mark.parametrize("folder", ["private", "public", "auth/group"])
def test_special_ones(override, folder):
    paths = [
        override(f"chat/{folder}/{name}", text) for name, text in (("_cursor.html", "{% if %}"), ("_away.html", ""))
    ]
    (away, cursor) = sorted(said(), reverse=True)
    assert (cursor[0], str(paths[0]) in cursor[1]) == ("chat.E011", True)
    assert (away[0], str(paths[1]) in away[1]) == ("chat.E012", True)


def test_one_that_includes_what_fails(override):
    override("chat/_pulse.html", '{% include "chat/own/mine.html" %}')
    path = override("chat/own/mine.html", "{% url 'nowhere' %}")
    ((number, words),) = said()
    assert (number, str(path) in words) == ("chat.E011", True)


def test_a_project_without_templates_of_its_own(settings):
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": []}]
    assert said() == []


@pytest.mark.parametrize(("name", "block"), [("base", "content"), ("base", "head"), ("page", "chat_main")])
def test_a_page_around_all_others_without_a_block(override_alone, name, block):
    path = override_alone(f"chat/{name}.html", own(f"chat/{name}.html").replace(f"block {block} ", "block other "))
    ((number, words),) = said()
    assert (number, str(path) in words) == ("chat.E012", True)
    assert ("link#icon" if block == "head" else "#room-{{ room.slug }}") in words


def test_a_base_page_that_looks_at_its_request(override_alone):
    override_alone("chat/base.html", own("chat/base.html").replace("<title>", "<title>{% url 'nowhere' %}"))
    assert [number for number, _ in said()] == ["chat.E011"]
    asks = "{% if not request.path or not user.is_anonymous or not csrf_token %}{% url 'nowhere' %}{% endif %}<title>"
    override_alone("chat/base.html", own("chat/base.html").replace("<title>", asks))
    file_changed.send(sender=None, file_path=Path("base.html"))
    reset_loaders()
    assert said() == []


def test_it_is_one_of_the_checks(override, db):
    override("chat/_cursor.html", "{% if %}")
    assert "chat.E011" in {message.id for message in run_checks()}
