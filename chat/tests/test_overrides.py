"""A project's own templates: from special to general, and a broken one never breaks a room."""

import logging
import re

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import AnonymousUser, Group
from django.contrib.contenttypes.models import ContentType
from django.template import RequestContext, Template, TemplateDoesNotExist
from django.utils.autoreload import file_changed

from chat import actions, fragments
from chat.models import Kind, Message, Room
from chat.tests.test_embedding import PATH

MESSAGE = (
    '<article class="message" id="message-{{ message.pk }}" data-seq="{{ message.seq }}">WHICH: {{ body }}</article>'
)


@pytest.fixture
def cats(db) -> Room:
    """A room that belongs to an object of the host's."""
    group = Group.objects.create(name="Cats")
    room = Room(slug="cats", name="Cats", **thing(group))
    actions.save_room(room)
    return room


def thing(instance) -> dict:
    return {"content_type": ContentType.objects.get_for_model(instance), "object_id": str(instance.pk)}


def test_it_works(override, client, lobby, ann):
    override("chat/_message.html", MESSAGE.replace("WHICH", "mine"))
    actions.post_message(lobby, ann, "hello <b>")
    assert "mine: hello &lt;b&gt;" in client.get("/chat/").text


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        ([], {"cats": "", "lobby": "", "yard": ""}),
        (["general"], {"cats": "general", "lobby": "general", "yard": "general"}),
        (["public", "general"], {"cats": "public", "lobby": "public", "yard": "general"}),
        (["auth/group", "general"], {"cats": "auth/group", "lobby": "general", "yard": "general"}),
        (["auth/group", "public", "members"], {"cats": "auth/group", "lobby": "public", "yard": "members"}),
    ],
)
def test_from_special_to_general(override, client, lobby, cats, member, there, expected):
    yard = actions.make_room(member, "Yard", kind=Kind.MEMBERS)
    for which in there:
        folder = "" if which == "general" else f"{which}/"
        override(f"chat/{folder}_message.html", MESSAGE.replace("WHICH", f"[{which}]"))
    client.force_login(member.user)
    for room in (lobby, cats, yard):
        actions.post_message(room, member, "hello")
        page = client.get(room.get_absolute_url()).text
        wanted = expected[room.slug]
        assert (f"[{wanted}]: hello" if wanted else '<section class="message-body" dir="auto">hello</section>') in page
        frame, *_ = fragments.Changes.since(Room.objects.get(pk=room.pk), 0).frames_after(0)
        assert (f"[{wanted}]: hello" if wanted else '<section class="message-body" dir="auto">hello</section>') in frame


def test_what_is_included_is_looked_up_the_same_way(override, client, cats, lobby):
    override("chat/auth/group/_pulse.html", "")
    override("chat/auth/group/_suggest.html", "<b>of cats</b>")
    assert "<b>of cats</b>" in client.get("/chat/cats/").text
    assert "<b>of cats</b>" not in client.get("/chat/").text


def test_a_special_one_may_extend_the_general_one(override, client, cats, lobby):
    override("chat/auth/group/room.html", '{% extends "chat/room.html" %}{% block title %}Of cats{% endblock %}')
    assert "<title>Of cats</title>" in client.get("/chat/cats/").text
    assert "Of cats" not in client.get("/chat/").text


def test_a_room_in_a_page_of_the_host_s_is_of_its_place(override, rf, cats):
    override("chat/auth/group/_room_title.html", "<h2>Of cats</h2>")
    request = rf.get(PATH)
    request.user = AnonymousUser()
    page = Template("{% load chat %}{% chat_room thing %}")
    assert "<h2>Of cats</h2>" in page.render(RequestContext(request, {"thing": Group.objects.get()}))


def test_a_cached_fragment_is_of_the_place_that_its_address_says(override, client, cats, lobby):
    override("chat/auth/group/_composer.html", '<form class="composer">of cats {{ next }}</form>')
    page = client.get("/chat/cats/").text
    following = re.search(r"of cats ([^<]+)<", page)[1].replace("&amp;", "&")
    assert "of cats" in client.get(following).text
    assert "of cats" in client.get(f"{following}&l=de").text
    assert "in=public/auth/group" in page.partition("/connection/silent/")[2].partition('"')[0]  # of a template's tag
    assert "?in=" not in client.get("/chat/").text  # where nothing is special, addresses are as ever
    bare = following.partition("?")[0]
    odd_ones = (
        "",
        "../public",
        "public/auth/nobody",
        "public/auth/group/x",
        "secret/auth/group",
        "public/",
        "/",
        "x" * 99,
    )
    for odd in odd_ones:
        assert "of cats" not in client.get(bare, {"in": odd}).text


# --- Broken ones ---------------------------------------------------------------------------------

BROKEN = {
    "syntax": '{% if %}<article id="message-{{ message.pk }}">broken</article>',
    "tag": "{% load nowhere %}broken",
    "missing": '{% include "chat/nowhere.html" %}broken',
    "exception": '<article id="message-{{ message.pk }}">broken {{ message.broken }}</article>',
    "included": '{% include "chat/auth/_included.html" %}broken',
    "itself": '{% include "chat/_message.html" %}broken',
    "no id": "<article>broken {{ body }}</article>",
    "other's id": '<article id="message-1{{ message.pk }}">broken {{ body }}</article>',
    "nothing": "",
    "autoescape": "{% autoescape off %}{{ message.author_name }}{{ message.broken }}broken{% endautoescape %}",
}


@pytest.fixture
def told(caplog):
    """What was logged of templates."""
    caplog.set_level(logging.INFO, "chat.templates")
    return lambda: [record for record in caplog.records if record.name == "chat.templates"]


@pytest.fixture
def _trap(monkeypatch):
    monkeypatch.setattr(Message, "broken", property(lambda self: 1 / 0), raising=False)


@pytest.mark.usefixtures("_trap")
@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("folder", ["", "public/", "auth/group/"])
def test_a_broken_one_never_breaks_a_room(override, client, cats, ann, told, text, folder):
    override("chat/auth/_included.html", "{{ message.broken }}")
    path = override(f"chat/{folder}_message.html", text)
    for number in range(4):
        actions.post_message(cats, ann, f"hello {number} <b>")
    page = client.get("/chat/cats/").text
    (frame,) = fragments.Changes.since(Room.objects.get(pk=cats.pk), 0).frames_after(0)
    for html in (page, frame):
        assert html.count('<article class="message') == 4
        assert "hello 3 &lt;b&gt;" in html
        assert "broken" not in html
    (record,) = told()  # one line, whatever the number of messages
    assert record.levelname == "ERROR"
    assert record.exc_info
    innermost = "auth/_included.html" if "_included" in text else path
    assert str(innermost) in record.getMessage()
    assert "manage.py check" in record.getMessage()


@pytest.mark.usefixtures("_trap")
def test_only_where_it_fails(override, client, lobby, ann, told):
    """A message that it can't show is shown by the app's own, and the others are not."""
    override(
        "chat/_message.html",
        MESSAGE.replace("WHICH", "{% if message.body == 'bad' %}{{ message.broken }}{% endif %}mine"),
    )
    for text in ("good", "bad", "better"):
        actions.post_message(lobby, ann, text)
    page = client.get("/chat/").text
    assert re.findall("mine: (\\w+)", page) == ["good", "better"]
    assert '<section class="message-body" dir="auto">bad</section>' in page
    assert len(told()) == 1


@pytest.mark.usefixtures("_trap")
@pytest.mark.parametrize(
    "name", ["_composer.html", "_room.html", "_room_title.html", "room.html", "page.html", "_icon.html"]
)
def test_a_page_with_a_broken_one_is_whole(override, client, lobby, name, told):
    override(f"chat/{name}", "{% load nowhere %}broken")
    answer = client.get("/chat/")
    assert answer.status_code == 200
    for needed in (
        'id="room-lobby"',
        'class="composer"',
        'id="cursor-lobby"',
        "<title>",
        "htmx",
        "csrfmiddlewaretoken",
    ):
        assert needed in answer.text
    assert len(told()) == 1


def scripts(page: str) -> int:
    return len(re.findall(r"<script [^>]*src=", page))


def test_what_a_broken_one_has_brought_comes_with_what_is_shown_in_its_place(override_alone, client, lobby, told):
    override_alone("chat/_room_title.html", "{% url 'nowhere' %}")
    page = client.get("/chat/").text
    assert len(told()) == 1
    assert (scripts(page), page.count("chat/chat.css")) == (2, 1)


def test_the_chats_own_pages_have_scripts_whatever_those_of_the_project_load(override_alone, client, lobby, settings):
    settings.CHAT_SCRIPTS = False
    assert scripts(client.get("/chat/").text) == 2


@pytest.mark.parametrize(("chat_scripts", "count"), [(True, 2), (False, 0)])
def test_in_the_base_page_of_a_project_they_have_those_that_it_lacks(
    override_alone, client, lobby, settings, chat_scripts, count
):
    settings.CHAT_SCRIPTS = chat_scripts
    brings = "{% load chat %}<title></title>{% chat_styles %}"
    override_alone("chat/base.html", brings + "{% block head %}{% endblock %}{% block content %}{% endblock %}")
    page = client.get("/chat/").text
    assert (scripts(page), page.count("chat/chat.css")) == (count, 1)


def test_single_quotes_are_as_good(override, client, lobby, ann, told):
    override("chat/_message.html", "<article id='message-{{ message.pk }}'>mine</article>")
    actions.post_message(lobby, ann, "hello")
    assert "mine" in client.get("/chat/").text
    assert told() == []


def test_a_template_mended_is_used_again(override, client, lobby, ann):
    """As the autoreloader of runserver tells, which leaves the process as it is."""
    path = override("chat/_message.html", "{% if %}")
    message = actions.post_message(lobby, ann, "hello")
    assert "message-body" in fragments.message(message, fragments.Where.of(message.room))
    path.write_text(MESSAGE.replace("WHICH", "mended"))
    file_changed.send(sender=None, file_path=path)
    assert "mended: hello" in fragments.message(message, fragments.Where.of(message.room))


def test_the_app_s_own_fail_as_ever(lobby, ann, monkeypatch, told):
    message = actions.post_message(lobby, ann, "hello")
    monkeypatch.setattr(Message, "opens_day", property(lambda self: 1 / 0))
    with pytest.raises(ZeroDivisionError):
        fragments.message(message, fragments.Where.of(message.room))
    with pytest.raises(TemplateDoesNotExist):
        fragments.render("chat/_nowhere.html", {})
    assert told() == []


def test_what_fails_in_both_is_no_fault_of_the_override(override, client, lobby, ann, monkeypatch, told):
    """As when the database goes away in the middle of a page."""
    override("chat/_message.html", MESSAGE.replace("WHICH", "{{ message.opens_day }}"))
    message = actions.post_message(lobby, ann, "hello")
    monkeypatch.setattr(Message, "opens_day", property(lambda self: 1 / 0))
    with pytest.raises(ZeroDivisionError):
        fragments.message(message, fragments.Where.of(message.room))
    assert told() == []


def test_a_project_that_escapes_nothing_by_itself_has_it_escaped_here(settings, lobby, ann):
    (engine,) = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "OPTIONS": {**engine["OPTIONS"], "autoescape": False}}]
    message = actions.post_message(lobby, ann, "hello")
    message.author_name = "<b>Ann</b>"
    assert "<b>Ann" not in fragments.message(message, fragments.Where.of(message.room))


async def test_live(override, connect, lobby, ann, told):
    await sync_to_async(override)("chat/_message.html", MESSAGE.replace("WHICH", "mine"))
    await sync_to_async(override)("chat/public/_pulse.html", "{% if %}")
    socket = await connect("/ws/chat/?sync=1")
    await socket.say(do="sync", cursor="0")
    await socket.hears('data-state="live"')
    await socket.say(message="over the line")
    assert "mine: over the line" in (await socket.hears("over the line"))[-1]
    assert len(told()) == 1


# --- What it costs -------------------------------------------------------------------------------


def test_it_asks_the_database_nothing(override, cats, ann, django_assert_num_queries):
    override("chat/auth/group/_message.html", MESSAGE.replace("WHICH", "mine"))
    messages = [actions.post_message(cats, ann, f"hello {number}") for number in range(5)]
    place = fragments.place_of(cats)  # learns what kind of object that is, once
    assert place == "public/auth/group"
    with django_assert_num_queries(0):
        for message in messages:
            assert "mine" in fragments.message(message, fragments.Where.of(cats))
