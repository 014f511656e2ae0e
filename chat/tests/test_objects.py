"""`{% chat_room article %}` gives an object of the host's a room: promised by each page, made by the first message."""

import re

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import AnonymousUser, Group
from django.core import signing
from django.template import RequestContext, Template

from chat import actions
from chat.models import Message, Participant, Room
from chat.tests.test_embedding import HTMX, PATH, fields


@pytest.fixture
def cats(db) -> Group:
    """An object of some model that knows nothing of the chat."""
    return Group.objects.create(name="Of <b>Cats</b>")


@pytest.fixture
def draw(rf):
    def draw(thing) -> str:
        request = rf.get(PATH)
        request.user = AnonymousUser()
        return Template("{% load chat %}{% chat_room thing %}").render(RequestContext(request, {"thing": thing}))

    return draw


@pytest.fixture
def say(draw, client):
    """`say(thing, text)` posts the form that its page has, as a browser without JavaScript does, or as htmx does."""

    def say(thing, text: str, headers=None):
        page = draw(thing)
        path = re.search(r'<form class="composer"[^>]*action="([^"]+)"', page)[1]
        return client.post(path, {**fields(page, 'class="composer"'), "message": text}, headers=headers or {})

    return say


def slug_of(thing) -> str:
    return f"group-{thing.pk}"


def test_it_works(draw, say, cats):
    page = draw(cats)
    assert f'id="room-{slug_of(cats)}"' in page
    assert "Of &lt;b&gt;Cats&lt;/b&gt;" in page
    assert not Room.objects.exists()
    answer = say(cats, "the first word")
    assert (answer.status_code, answer["Location"]) == (303, f"{PATH}#room-{slug_of(cats)}")
    room = Room.objects.get()
    assert (room.slug, room.name, room.kind, room.guests_write) == (slug_of(cats), "Of <b>Cats</b>", "public", True)
    page = draw(cats)
    assert "the first word" in page
    assert "ws-connect" in page


def test_looking_writes_nothing_and_holds_no_line(draw, cats, django_assert_num_queries):
    draw(cats)
    with django_assert_num_queries(4):  # a savepoint, is there a room, is its address free, and the savepoint's end
        page = draw(cats)
    assert "ws-connect" not in page
    assert not Room.objects.exists()


def test_the_room_takes_the_place_of_its_promise(say, cats):
    answer = say(cats, "the first word", HTMX)
    assert answer.status_code == 200
    assert answer.text.startswith(f'<section class="chat-room" id="room-{slug_of(cats)}"')
    assert "ws-connect" in answer.text
    assert "the first word" in answer.text
    assert "autofocus" in answer.text  # they have just written here


def asked(page: str) -> tuple[str, dict[str, str]]:
    """What the page of a promise asks now and then."""
    place = re.search(r'<fieldset id="place-[^>]*>(.*?)</fieldset>', page)[1]
    return re.search(r'class="awaiting" hx-get="([^"]+)"', page)[1], dict(
        re.findall(r'name="(\w+)" value="([^"]*)"', place)
    )


def test_a_page_that_waits_hears_that_somebody_has_begun(draw, say, client, cats):
    path, sent = asked(draw(cats))
    assert client.get(path, sent, headers=HTMX).status_code == 204
    say(cats, "the first word")
    answer = client.get(path, sent, headers=HTMX)
    assert "the first word" in answer.text
    assert "autofocus" not in answer.text


def test_two_who_are_first_write_in_one_room(draw, client, cats):
    pages = [draw(cats), draw(cats)]
    for number, page in enumerate(pages):
        client.post(
            f"/chat/{slug_of(cats)}/messages/", {**fields(page, 'class="composer"'), "message": f"word {number}"}
        )
    assert Room.objects.count() == 1
    assert [*Message.objects.order_by("seq").values_list("body", flat=True)] == ["word 0", "word 1"]


def test_what_is_refused_makes_no_room_and_keeps_its_text(say, cats):
    answer = say(cats, "x" * 5000)
    assert answer.status_code == 400
    assert "x" * 5000 in answer.text
    assert f'href="{PATH}#room-{slug_of(cats)}"' in answer.text
    answer = say(cats, "y" * 5000, HTMX)
    assert (answer.status_code, "y" * 5000 in answer.text) == (200, True)
    assert 'name="promise"' in answer.text  # so that what is sent next begins the room
    assert "ws-connect" not in answer.text
    assert not Room.objects.exists()


def test_a_room_of_people_at_its_address_is_another_one(draw, say, member, cats):
    squatted = actions.make_room(member, f"Group {cats.pk}", "public")
    assert squatted.slug == slug_of(cats)
    say(cats, "about cats")
    room = Room.objects.get(object_id=str(cats.pk))
    assert room.slug.startswith(f"{slug_of(cats)}-")
    assert f'id="room-{room.slug}"' in draw(cats)
    assert not squatted.messages.exists()


def test_an_address_alone_can_be_promised_as_well(say, db):
    assert say("green-tea", "hot").status_code == 303
    assert Room.objects.get().name == "Green tea"


@pytest.mark.parametrize(
    "forged",
    [
        "x",
        (["auth.group", "1"], "chat.other"),
        (["auth.group", "999"], "chat.promise"),
        (["no.model", "1"], "chat.promise"),
        (7, "chat.promise"),
    ],
)
def test_nobody_makes_a_room_without_a_promise(client, cats, forged):
    token = forged if isinstance(forged, str) else signing.dumps(forged[0], salt=forged[1])
    answer = client.post(f"/chat/{slug_of(cats)}/messages/", {"message": "hello", "promise": token})
    assert answer.status_code == 404
    assert client.post(f"/chat/{slug_of(cats)}/messages/", {"message": "hello"}).status_code == 404
    assert not Room.objects.exists()


@pytest.mark.parametrize("path", ["plain/", "name/", "about/", "join/", "leave/"])
def test_a_promise_is_good_for_reading_and_writing_alone(draw, client, cats, path):
    promise = fields(draw(cats), 'class="composer"')["promise"]
    sent = {"promise": promise, "message": ["one", "two"], "nonce": ["a-0", "a-1"], "name": "Ann"}
    assert client.post(f"/chat/{slug_of(cats)}/{path}", sent, headers=HTMX).status_code == 404
    assert client.get(f"/chat/{slug_of(cats)}/{path}", {"promise": promise}).status_code in (404, 405)
    assert not Room.objects.exists()


@pytest.mark.parametrize("query", [{}, {"before": "3"}, {"plain": "1"}])
def test_a_room_that_is_promised_has_no_page_of_its_own(draw, client, cats, query):
    promise = fields(draw(cats), 'class="composer"')["promise"]
    assert client.get(f"/chat/{slug_of(cats)}/", {"promise": promise, **query}).status_code == 204
    assert client.get(f"/chat/{slug_of(cats)}/messages/", {"promise": promise}).status_code == 303


# --- When the object is deleted --------------------------------------------------------------------------


def test_its_room_is_archived(draw, say, cats, client):
    say(cats, "the first word")
    cats.delete()
    room = Room.objects.get()
    assert room.archived
    assert client.get(room.get_absolute_url()).status_code == 200


def test_or_kept(say, settings, cats):
    settings.CHAT_OBJECT_DELETED = "keep"
    say(cats, "the first word")
    cats.delete()
    assert not Room.objects.get().archived


def test_or_deleted(say, settings, cats):
    settings.CHAT_OBJECT_DELETED = "delete"
    say(cats, "the first word")
    cats.delete()
    assert not Room.objects.exists()
    assert not Message.objects.exists()


async def test_who_is_in_it_is_told_that_it_is_gone(transactional_db, settings, connect):
    settings.CHAT_OBJECT_DELETED = "delete"
    cats = await Group.objects.acreate(name="Of Cats")
    guest = Participant(key="gann", kind="guest", name="Ann")
    room = await sync_to_async(lambda: actions.post_first(actions.room_of(cats), guest, "the first word"))()
    socket = await connect(f"/ws/chat/{room.slug}/")
    await sync_to_async(actions.object_deleted)(cats)
    await socket.say(message="the last word")
    assert "This room is gone." in (await socket.hears("This room is gone."))[-1]


def test_one_that_was_deleted_elsewhere_is_noticed_by_who_opens_its_room(say, settings, cats, client):
    say(cats, "the first word")
    Group.objects.filter(pk=cats.pk)._raw_delete("default")  # as where no signal is sent
    room = Room.objects.get()
    assert "archived" in client.get(room.get_absolute_url()).text
    Room.objects.update(archived=False)
    settings.CHAT_OBJECT_DELETED = "delete"
    assert client.get(room.get_absolute_url()).status_code == 404
