"""`{% chat_room "lobby" %}` draws a room, with all it needs, in a page that is otherwise none of the chat's affair."""

import contextvars
import re

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.template import Context, RequestContext, Template, TemplateSyntaxError
from django.urls import set_script_prefix
from django.utils import translation

from chat import actions, fragments, identity
from chat.models import Message, Participant, Room
from chat.tests.test_docs import blocks, document, section
from chat.variant import Variant

HTMX = {"HX-Request": "true"}
PATH = "/articles/17/?page=2"


@pytest.fixture
def draw(rf, lobby):
    """`draw(template)` renders it as a page of the host's, for this user and with these cookies."""

    def draw(body: str = '{% chat_room "lobby" %}', user=None, cookies=None, path=PATH) -> str:
        request = rf.get(path)
        request.user = user or AnonymousUser()
        request.COOKIES.update(cookies or {})
        return Template("{% load chat %}" + body).render(RequestContext(request))

    return draw


@pytest.fixture
def side_room(db) -> Room:
    room = Room(slug="news", name="News")
    actions.save_room(room)
    return room


@pytest.fixture
def before_migrate(monkeypatch):
    """A table is not there that is asked for messages."""

    def missing(room):
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM chat_before_migrate")

    monkeypatch.setattr(fragments, "log", missing)


def test_a_page_stands_and_asks_what_it_likes_where_the_tables_are_missing(draw, before_migrate, caplog):
    page = draw('<h1>Ours</h1>{% chat_room "lobby" %}{% chat_room "news" %}')
    assert page.startswith("<h1>Ours</h1>")
    assert page.count("The chat can&#x27;t reach its messages just now") == 1
    assert 'id="room-news"' in page  # the other one has all it needs
    assert [page.count(needed) for needed in ("chat/chat.css", "/hx-ws")] == [1, 1]
    assert "manage.py migrate" in caplog.text
    assert Room.objects.exists()  # on PostgreSQL not even that could be asked, had the transaction been broken


@pytest.mark.django_db(transaction=True)
def test_the_log_says_of_the_chats_own_pages_as_well_what_is_to_be_done(client, before_migrate, caplog):
    assert client.get("/chat/").status_code == 503
    assert "manage.py migrate" in caplog.text


def test_what_comes_along_may_stand_in_the_head(draw):
    (head,) = blocks(section(document("docs/embedding.md"), "What comes along"), "html")
    page = draw(head.replace("{% load chat %}", "") + '<body>{% chat_room "lobby" %}')
    above, below = page.split("<body>")
    for needed in ("chat/chat.css", "/viewer/", "/hx-ws", "htmx-config"):
        assert (needed in above, needed in below) == (True, False), needed


def test_so_it_does_for_whoever_is_signed_in(draw, member, monkeypatch):
    def missing(user):
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM chat_before_migrate")

    monkeypatch.setattr(identity, "of_user", missing)
    page = draw('{% chat_styles %}<h1>Ours</h1>{% chat_room "lobby" %}', user=member.user)
    assert "<h1>Ours</h1>" in page
    assert "The chat can&#x27;t reach its messages just now" in page
    assert Room.objects.exists()


def test_it_works(draw, lobby, ann):
    actions.post_message(lobby, ann, "hello <world>")
    page = draw()
    assert 'id="room-lobby"' in page
    assert 'ws-connect="/ws/chat/lobby/?sync=1"' in page
    assert "hello &lt;world&gt;" in page
    assert '<form class="composer"' in page


def test_what_a_page_needs_comes_along_once(draw, side_room):
    page = draw('{% chat_room "lobby" %}{% chat_room "news" %}')
    for once in ("htmx-2.min.js", "ext/hx-ws-2.min.js", "chat/chat.css", "/chat/viewer/", 'name="htmx-config"'):
        assert page.count(once) == 1, once
    assert page.index("chat/chat.css") < page.index("<section")
    assert (page.count('id="room-lobby"'), page.count('id="room-news"')) == (1, 1)


def test_the_head_may_have_it_before(draw):
    page = draw('{% chat_styles %}{% chat_scripts %}</head>{% chat_room "lobby" %}')
    head, body = page.split("</head>")
    assert "hx-ws-2.min.js" in head
    assert "chat/chat.css" in head
    assert "<script" not in body
    assert "stylesheet" not in body


def test_a_host_that_has_htmx_keeps_its_own(draw, settings):
    settings.CHAT_SCRIPTS = False
    page = draw("{% chat_scripts %}{% chat_room 'lobby' %}")
    assert "<script" not in page
    assert "chat/chat.css" in page


def test_scripts_bear_the_nonce_of_the_pages_policy(rf, lobby):
    request = rf.get(PATH)
    request.user = AnonymousUser()
    page = Template("{% load chat %}{% chat_scripts %}").render(RequestContext(request, {"csp_nonce": "c0ffee"}))
    assert page.count("<script") == page.count('nonce="c0ffee"') > 1


def test_two_rooms_share_no_id(draw, side_room):
    page = draw('{% chat_room "lobby" %}{% chat_room "news" %}')
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) > 20
    assert len(ids) == len({*ids})


def test_it_takes_nothing_of_the_page_that_is_the_hosts(draw):
    page = draw()
    assert "autofocus" not in page
    assert "<title" not in page
    assert 'id="icon"' not in page
    assert "popovertarget" not in page
    assert "<h1" not in page
    assert '"do" value="away"' not in page  # which is what the title of the tab is counted by
    assert "http-equiv" not in page


def test_looking_writes_nothing(draw):
    before = Participant.objects.count(), Room.objects.count()
    draw()
    assert (Participant.objects.count(), Room.objects.count()) == before


def test_without_a_request_it_says_what_is_missing(lobby):
    with pytest.raises(ImproperlyConfigured, match=r"context_processors\.request"):
        Template('{% load chat %}{% chat_room "lobby" %}').render(Context())


@pytest.mark.parametrize("guilty", ["'no room'", "'me'", "nothing", "7"])
def test_what_can_be_no_room_is_a_mistake_of_the_template(draw, guilty):
    with pytest.raises(TemplateSyntaxError, match="room"):
        draw(f"{{% chat_room {guilty} %}}")


def test_what_is_not_for_them_is_not_drawn(draw, member):
    actions.make_room(member, "Cellar", "private")
    cellar = Room.objects.get(name="Cellar")
    assert draw(f'{{% chat_room "{cellar.slug}" %}}') == ""
    assert "Cellar" in draw(f'{{% chat_room "{cellar.slug}" %}}', user=member.user)


def test_who_is_banned_is_told_so(draw, ann):
    actions.ban(ann, True)
    page = draw(cookies={identity.COOKIE: identity._signer().sign(ann.key)})
    assert "A moderator has closed this room to you." in page
    assert "ws-connect" not in page


def test_it_stands_below_the_prefix_of_the_site_and_where_the_sockets_are_said_to_be(draw, settings):
    settings.CHAT_SOCKET_PATH = "live/talk/"
    try:
        set_script_prefix("/sub/")
        page = draw()
    finally:
        set_script_prefix("/")
    assert 'ws-connect="/sub/live/talk/lobby/?sync=1"' in page
    assert {
        path.partition("?")[0].split("/")[1] for path in re.findall(r'(?:action|hx-get|hx-post)="(/[^"]*)"', page)
    } == {"sub"}


def test_what_is_pushed_stands_below_it_as_well(lobby, settings):
    settings.FORCE_SCRIPT_NAME = "/sub"
    pushed = contextvars.Context().run(Variant("en", "UTC").call, fragments.connection, lobby, "live")  # as a socket's
    addresses = re.findall(r'hx-get="([^"]+)"', pushed)
    assert len(addresses) > 1
    assert [one for one in addresses if not one.startswith("/sub/chat/lobby/")] == []


# --- Who it is -------------------------------------------------------------------------------------------


def style_of(page: str) -> str:
    return re.search(r'href="(/chat/viewer/[^"]+)"', page)[1]


def test_a_new_guest_is_introduced_by_their_stylesheet(draw, client):
    page = draw()
    answer = client.get(style_of(page))
    key = identity._signer().unsign(answer.cookies[identity.COOKIE].value)
    assert f'data-author="{key}"' in answer.text
    assert Participant(key=key, kind="guest").given_name in page
    assert answer["Cache-Control"] == "private, no-store"


def test_who_is_known_has_a_stylesheet_that_is_kept(draw, client, ann):
    address = style_of(draw(cookies={identity.COOKIE: identity._signer().sign(ann.key)}))
    assert address == f"/chat/viewer/{ann.key}.css"
    assert "immutable" in client.get(address)["Cache-Control"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "style"},
        {"Sec-Fetch-Site": "none", "Sec-Fetch-Dest": "document"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Dest": "style"},
    ],
)
def test_nobody_becomes_a_guest_by_a_link_of_somebody_else(draw, client, headers):
    assert identity.COOKIE not in client.get(style_of(draw()), headers=headers).cookies


def test_an_introduction_is_for_one_key_and_for_nobody_who_is_somebody(draw, client, as_guest, ann):
    address = style_of(draw())
    assert identity.COOKIE not in client.get(re.sub(r"viewer/\w+\.css", "viewer/gann.css", address)).cookies
    assert identity.COOKIE not in client.get(address[:-3] + "abc").cookies
    assert identity.COOKIE not in as_guest(ann).get(address).cookies


# --- Its forms -------------------------------------------------------------------------------------------


def fields(page: str, form: str) -> dict[str, str]:
    inside = re.search(rf"<form[^>]*{form}.*?</form>", page, re.DOTALL)[0]
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', inside))


def test_a_form_leads_back_to_the_page_it_was_in(draw, client):
    form = fields(draw(), 'class="composer"')
    answer = client.post("/chat/lobby/messages/", {**form, "message": "from below an article"})
    assert (answer.status_code, answer["Location"]) == (303, f"{PATH}#room-lobby")
    assert Message.objects.get().body == "from below an article"
    answer = client.post("/chat/lobby/name/", {**fields(draw(), "/name/"), "name": "Somebody Else"})
    assert (answer.status_code, answer["Location"]) == (303, f"{PATH}#room-lobby")


@pytest.mark.parametrize(
    "hostile",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "javascript:alert(1)",
        "///evil.example",
        "evil",
        "/a\r\nSet-Cookie: x=1",
        "/" + "a" * 3000,
        "http://testserver@evil.example/",
    ],
)
def test_it_leads_nowhere_else(client, lobby, hostile):
    answer = client.post("/chat/lobby/messages/", {"message": "hello", "next": hostile})
    assert (answer.status_code, answer["Location"]) == (303, "/chat/lobby/")


def test_what_is_refused_keeps_its_text_and_leads_back(draw, client):
    form = fields(draw(), 'class="composer"')
    answer = client.post("/chat/lobby/messages/", {**form, "message": "x" * 5000})
    assert answer.status_code == 400
    assert "x" * 5000 in answer.text
    assert f'href="{PATH}#room-lobby"' in answer.text
    assert fields(answer.text, 'class="composer"')["next"] == PATH


def test_a_room_of_its_own_leads_nowhere_else(client, lobby):
    page = client.get("/chat/lobby/").text
    assert 'name="next"' not in re.search(r'<form class="composer".*?</form>', page, re.DOTALL)[0]
    assert re.search(r'<fieldset id="place-lobby" hidden disabled>', page)
    assert "Back to the page" not in page


def test_it_is_renewed_as_a_part_of_its_page(draw, client):
    place = re.search(r'<fieldset id="place-lobby" hidden><input type="hidden" name="next" value="([^"]*)">', draw())
    answer = client.get("/chat/lobby/", {"next": place[1]}, headers=HTMX)
    assert answer.text.startswith('<section class="chat-room" id="room-lobby"')
    assert "<h1" not in answer.text
    assert "autofocus" not in answer.text
    assert f'value="{PATH}"' in answer.text


def test_it_is_in_the_language_of_its_page_and_stays_so(draw, client):
    with translation.override("de"):
        page = draw()
    assert "Schreib eine Nachricht" in page
    assert "sync=1&amp;l=de" in page
    place = dict(re.findall(r'name="(\w+)" value="([^"]*)"', re.search(r"<fieldset id=.place.*?</fieldset>", page)[0]))
    assert place == {"next": PATH, "l": "de"}
    assert "Schreib eine Nachricht" in client.get("/chat/lobby/", place, headers=HTMX).text


def test_who_writes_several_lines_does_so_here(draw):
    assert "<textarea" not in draw()
    assert "<textarea" in draw(cookies={"chat_lines": "1"})


def test_going_on_without_a_socket_stays_on_its_page(draw, client):
    answer = client.post(
        "/chat/lobby/plain/", {"next": PATH, "nonce": ["a-0", "a-1"], "message": ["said", "half a"]}, headers=HTMX
    )
    assert answer.text.startswith('<section class="chat-room" id="room-lobby"')
    assert "HX-Replace-Url" not in answer
    assert Message.objects.get().body == "said"
    assert 'value="half a"' in answer.text
    assert f'<a class="link" href="{PATH}">Live again</a>' in answer.text


def test_signing_in_is_where_the_host_says_and_leads_back(draw, settings):
    assert "/accounts/login/?next=/articles/17/%3Fpage%3D2" in draw()
    settings.LOGIN_URL = "/nowhere/"
    assert "Sign in" not in draw()
