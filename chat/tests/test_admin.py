"""The admin: what it may change it changes by the actions, and nothing can be deleted there."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chat import actions
from chat.models import Message, Participant, Room


@pytest.fixture
def message(lobby, ann) -> Message:
    return actions.post_message(lobby, ann, "hello <b>")


def form_of(page) -> dict:
    """What the page's form would send, as it stands."""
    form = page.context["adminform"].form
    return {
        name: value
        for name in form.fields
        if (value := form.get_initial_for_field(form.fields[name], name)) is not None
    }


def test_it_works(admin_client, message):
    page = admin_client.get("/admin/chat/message/")
    assert page.status_code == 200
    assert "hello &lt;b&gt;" in page.text


@pytest.mark.parametrize("model", [Room, Participant, Message])
def test_every_list_search_and_form_loads(admin_client, message, model):
    name = model._meta.model_name
    for path in ("", "?q=hello", f"{model.objects.earliest('pk').pk}/change/"):
        assert admin_client.get(f"/admin/chat/{name}/{path}").status_code == 200
    assert admin_client.get("/admin/chat/message/?sent__year=2020").status_code == 200
    assert admin_client.get("/admin/").status_code == 200


def test_the_list_of_messages_begins_with_the_newest_and_asks_for_no_more_than_it_shows(admin_client, message, ann):
    last = actions.post_message(message.room, ann, "later")
    with CaptureQueriesContext(connection) as asked:
        page = admin_client.get("/admin/chat/message/")
    assert list(page.context["cl"].result_list) == [last, message]
    count, shown = [query["sql"] for query in asked if 'FROM "chat_message"' in query["sql"]]
    assert "COUNT(*)" in count
    assert 'ORDER BY "chat_message"."id" DESC' in shown


@pytest.mark.parametrize("model", [Room, Participant, Message])
def test_nothing_can_be_deleted(admin_client, message, model):
    name, pk = model._meta.model_name, model.objects.earliest("pk").pk
    assert admin_client.post(f"/admin/chat/{name}/{pk}/delete/", {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [pk], "post": "yes"}
    admin_client.post(f"/admin/chat/{name}/", chosen)
    assert model.objects.filter(pk=pk).exists()


def test_a_message_can_be_neither_added_nor_changed(admin_client, message):
    assert admin_client.get("/admin/chat/message/add/").status_code == 403
    page = admin_client.get(f"/admin/chat/message/{message.pk}/change/")
    assert "<textarea" not in page.text
    assert admin_client.post(f"/admin/chat/message/{message.pk}/change/", {"body": "other"}).status_code == 403
    message.refresh_from_db()
    assert message.body == "hello <b>"


def test_chosen_messages_become_tombstones(admin_client, message, ann):
    other = actions.post_message(message.room, ann, "stays")
    chosen = {"action": "delete_messages", "_selected_action": [message.pk]}
    assert 'value="delete_messages"' in admin_client.get("/admin/chat/message/").text
    admin_client.post("/admin/chat/message/", chosen)
    message.refresh_from_db()
    other.refresh_from_db()
    assert (message.deleted, message.body, message.seq, message.changed) == (True, "", 1, 3)
    assert (other.deleted, other.body) == (False, "stays")
    admin_client.post("/admin/chat/message/", chosen)  # again: there is nothing left to do
    assert Room.objects.get().seq == 3


def test_who_may_only_look_deletes_nothing(client, message, django_user_model):
    looker = django_user_model.objects.create_user("looker", is_staff=True)
    looker.user_permissions.set(Permission.objects.filter(codename="view_message"))
    client.force_login(looker)
    page = client.get("/admin/chat/message/")
    assert page.status_code == 200
    assert "delete_messages" not in page.text
    client.post("/admin/chat/message/", {"action": "delete_messages", "_selected_action": [message.pk]})
    message.refresh_from_db()
    assert not message.deleted


def test_a_room_is_made(admin_client, db):
    admin_client.post(
        "/admin/chat/room/add/", {"name": "Tea Room", "slug": "tea", "kind": "public", "topic": "", "seq": 7}
    )
    room = Room.objects.get()
    assert (room.slug, room.name, room.seq, room.archived) == ("tea", "Tea Room", 0, False)
    assert room.epoch
    assert LogEntry.objects.count() == 1


def test_a_slug_is_taken_once(admin_client, lobby):
    page = admin_client.post("/admin/chat/room/add/", {"name": "Lobby", "slug": "lobby"})
    assert page.status_code == 200
    assert "already exists" in page.text


def test_what_is_said_of_a_room_can_change_but_neither_its_address_nor_its_place(admin_client, message):
    room = message.room
    path = f"/admin/chat/room/{room.pk}/change/"
    page = admin_client.get(path)
    assert "slug" not in form_of(page)
    answer = admin_client.post(path, {"name": "Hall", "topic": "Tea", "archived": "on", "slug": "hall", "seq": 99})
    assert answer.status_code == 302
    room = Room.objects.get()
    assert (room.name, room.topic, room.archived, room.slug, room.seq) == ("Hall", "Tea", True, "lobby", 1)
    assert room.epoch == message.room.epoch


def test_saving_a_room_does_not_undo_what_was_posted_meanwhile(admin_client, message, ann, monkeypatch):
    save_room = actions.save_room

    def somebody_posts_and_then(room):
        actions.post_message(Room.objects.get(pk=room.pk), ann, "meanwhile")
        save_room(room)

    monkeypatch.setattr(actions, "save_room", somebody_posts_and_then)
    admin_client.post(f"/admin/chat/room/{message.room.pk}/change/", {"name": "Hall", "topic": ""})
    room = Room.objects.get()
    assert (room.name, room.seq) == ("Hall", 2)


def test_a_ban_is_set_and_lifted_and_nothing_else_of_a_participant(admin_client, ann):
    path = f"/admin/chat/participant/{ann.pk}/change/"
    assert set(form_of(admin_client.get(path))) == {"banned"}
    admin_client.post(path, {"banned": "on", "name": "Other", "key": "gother"})
    ann.refresh_from_db()
    assert (ann.banned, ann.name, ann.key) == (True, "Ann", "gann")
    admin_client.post(path, {})
    ann.refresh_from_db()
    assert not ann.banned


def test_saving_goes_through_the_actions(admin_client, lobby, ann, monkeypatch):
    called = []
    monkeypatch.setattr(actions, "ban", lambda participant, banned: called.append(("ban", participant.key, banned)))
    monkeypatch.setattr(actions, "save_room", lambda room: called.append(("save_room", room.slug)))
    admin_client.post(f"/admin/chat/participant/{ann.pk}/change/", {"banned": "on"})
    admin_client.post(f"/admin/chat/room/{lobby.pk}/change/", {"name": "Hall", "topic": ""})
    assert called == [("ban", "gann", True), ("save_room", "lobby")]


def test_participants_are_not_made_by_hand(admin_client, db):
    assert admin_client.get("/admin/chat/participant/add/").status_code == 403


def test_others_are_sent_to_sign_in(client, lobby, member):
    client.force_login(member.user)
    assert client.get("/admin/chat/room/").status_code == 302
