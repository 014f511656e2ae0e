"""Small templates of which all pages are made: to override one of them restyles everything that is made of it."""

import pytest
from django.template import Context, Template, TemplateSyntaxError

from chat import actions, fragments

pytestmark = pytest.mark.django_db


def draw(text, **context):
    return Template("{% load chat_elements %}" + text).render(Context(context))


def test_it_works():
    html = draw('{% element "button" type="submit" %}Save{% endelement %}')
    assert html.strip() == '<button class="button" type="submit">Save</button>'
    html = draw('{% element "button" kind="quiet" href=there hx_get="x" %}Go{% endelement %}', there="/a?b&c")
    assert html.strip() == '<a href="/a?b&amp;c" class="button button-quiet" hx-get="x">Go</a>'


def test_an_unknown_one_is_named():
    with pytest.raises(TemplateSyntaxError, match="no element 'botton'"):
        draw('{% element "botton" %}{% endelement %}')


def test_what_is_said_of_it_is_escaped():
    evil = '"><script>'
    html = draw('{% element "button" title=evil extra=evil href=evil %}{{ evil }}{% endelement %}', evil=evil)
    html += draw('{% element "field" label=evil id=evil help=evil errors=evil %}{{ evil }}{% endelement %}', evil=evil)
    html += draw('{% element "panel" title=evil %}{{ evil }}{% endelement %}', evil=evil)
    assert "<script>" not in html


def test_a_field_of_several_inputs_has_a_legend():
    html = draw('{% element "field" label="For whom" %}…{% endelement %}')
    assert "<fieldset" in html
    assert "<legend>For whom</legend>" in html


PAGES = {
    "button": ("/chat/", "/chat/rooms/", "/chat/rooms/new/", "/chat/talk/", "/chat/lobby/about/", "/chat/me/"),
    "field": ("/chat/", "/chat/rooms/", "/chat/rooms/new/", "/chat/me/", "/accounts/password_change/"),
    "panel": ("/chat/",),
    "avatar": ("/chat/", "/chat/lobby/about/", "/chat/me/", "/chat/mentions/"),
    "time": ("/chat/", "/chat/mentions/"),
    "icon": ("/chat/",),
}


@pytest.mark.parametrize("name", PAGES)
def test_to_override_one_restyles_everything_that_is_made_of_it(name, lobby, member, ann, client, tmp_path, settings):
    actions.join_room(member, lobby)
    actions.post_message(lobby, ann, f"@{member.name}")
    client.force_login(member.user)
    before = {path: client.get(path).text for path in PAGES[name]}
    (tmp_path / "chat/elements").mkdir(parents=True)
    (tmp_path / f"chat/elements/{name}.html").write_text("<i>another look</i>{{ content }}")
    (engine,) = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "DIRS": [tmp_path, *engine["DIRS"]]}]
    fragments.forget_logs()
    for path, text in before.items():
        other = client.get(path).text
        assert ("another look" in text, "another look" in other) == (False, True), path
        left = [part for part in DRAWN[name] if part in other]
        assert left == [], f"{path} still draws {left} by itself"


DRAWN = {
    "button": ('class="button',),
    "field": ('class="form-field',),
    "panel": ('class="panel',),
    "avatar": ('class="avatar',),
    "time": ("<time",),
    "icon": ("<svg",),
}
"""What only the element's own template may say."""
