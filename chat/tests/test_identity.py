"""Who is this: a cookie or an account, the same by HTTP and by socket, and nothing stored by looking."""

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings as site_settings
from django.contrib.sessions.models import Session
from django.core import signing

from chat import identity
from chat.models import Message, Participant
from chat.names import guest_name


def cookie_of(client) -> str:
    return client.cookies[identity.COOKIE].value


def shown_key(page) -> str:
    """Whose messages the page colours as one's own."""
    return page.text.split("/viewer/")[1].split(".css")[0]


def test_it_works(client, lobby):
    client.get("/chat/")
    client.post("/chat/lobby/messages/", {"message": "hello"})
    client.post("/chat/lobby/messages/", {"message": "again"})
    author = Participant.objects.get()
    assert Message.objects.filter(author=author).count() == 2
    assert shown_key(client.get("/chat/")) == author.key


def test_looking_at_a_page_stores_neither_row_nor_session(client, lobby):
    for _ in range(2):
        assert client.get("/chat/").status_code == 200
    assert not Participant.objects.exists()
    assert not Session.objects.exists()
    assert site_settings.SESSION_COOKIE_NAME not in client.cookies


def test_the_cookie_names_the_same_guest_next_time(client, lobby):
    first, second = client.get("/chat/"), client.get("/chat/")
    key = shown_key(first)
    assert key == shown_key(second)
    assert guest_name(key) in first.text


def test_without_the_cookie_everybody_is_somebody_else(client, lobby):
    keys = set()
    for _ in range(3):
        client.cookies.clear()
        keys.add(shown_key(client.get("/chat/")))
    assert len(keys) == 3


def test_the_cookie_is_for_the_server_alone(client, lobby):
    client.get("/chat/")
    cookie = client.cookies[identity.COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["secure"]) == (True, "Lax", "/", "")
    assert int(cookie["max-age"]) > 300 * 24 * 3600


def test_over_https_the_cookie_stays_on_https(client, lobby, settings):
    settings.SESSION_COOKIE_SECURE = True
    client.get("/chat/")
    assert client.cookies[identity.COOKIE]["secure"] is True


def test_a_forged_cookie_is_a_new_guest(client, lobby, ann):
    good = identity._signer().sign(ann.key)
    others = [signing.Signer(salt="other").sign(ann.key), ann.key, f"{ann.key}:", good[:-1], good.upper(), "", "a:b:c"]
    for forged in others:
        client.cookies[identity.COOKIE] = forged
        assert shown_key(client.get("/chat/")) != ann.key
    client.cookies[identity.COOKIE] = good
    assert shown_key(client.get("/chat/")) == ann.key


def test_a_guest_cannot_claim_to_be_a_member(client, lobby, member):
    client.get("/chat/")
    signature = cookie_of(client).split(":", 1)[1]
    client.cookies[identity.COOKIE] = f"{member.key}:{signature}"
    client.post("/chat/lobby/messages/", {"message": "hello"})
    assert Message.objects.get().author.is_guest


def test_a_member_is_the_account_and_gets_no_guest_cookie(client, lobby, member):
    client.force_login(member.user)
    assert shown_key(client.get("/chat/")) == member.key
    client.post("/chat/lobby/messages/", {"message": "hello"})
    assert Message.objects.get().author == member
    assert identity.COOKIE not in client.cookies


def test_an_account_becomes_a_member_by_signing_in(client, lobby, django_user_model):
    user = django_user_model.objects.create_user("max", first_name="Max", last_name="Muster")
    client.force_login(user)
    row = Participant.objects.get()
    assert (row.key, row.kind, row.user, row.name) == (f"u{user.pk}", "member", user, "Max Muster")


def test_an_account_that_was_signed_in_before_there_was_a_chat_becomes_a_member_with_its_first_message(
    client, lobby, django_user_model
):
    user = django_user_model.objects.create_user("max", first_name="Max", last_name="Muster")
    client.force_login(user)
    Participant.objects.all().delete()
    client.get("/chat/")
    assert not Participant.objects.exists()
    client.post("/chat/lobby/messages/", {"message": "hello"})
    row = Participant.objects.get()
    assert (row.key, row.kind, row.user, row.name) == (f"u{user.pk}", "member", user, "Max Muster")


def test_an_account_renamed_is_shown_under_its_new_name(client, lobby, member):
    member.user.first_name = "Mia Maria"
    member.user.save()
    client.force_login(member.user)
    assert "Mia Maria" in client.get("/chat/").text


# --- The socket ----------------------------------------------------------------------------------


async def authors(client, *texts):
    """Who the server says wrote these, sent by this socket."""
    keys = set()
    for text in texts:
        await client.say(message=text)
        frame = (await client.hears(text))[-1]
        keys.add(frame.split('data-author="')[1].split('"')[0])
    return keys


async def test_the_page_and_its_socket_are_one_guest(connect, client, lobby):
    page = await sync_to_async(client.get)("/chat/")
    socket = await connect(cookies={identity.COOKIE: cookie_of(client)})
    assert await authors(socket, "one", "two") == {shown_key(page)}


async def test_the_socket_of_a_signed_in_user_is_the_member(connect, client, lobby, member):
    await sync_to_async(client.force_login)(member.user)
    socket = await connect(cookies={"sessionid": client.cookies["sessionid"].value})
    assert await authors(socket, "hello") == {member.key}


async def test_the_first_message_of_an_account_may_come_by_socket(connect, client, lobby, django_user_model):
    user = await sync_to_async(django_user_model.objects.create_user)("max")
    await sync_to_async(client.force_login)(user)
    socket = await connect(cookies={"sessionid": client.cookies["sessionid"].value})
    assert await authors(socket, "hello") == {f"u{user.pk}"}
    assert (await Participant.objects.aget()).user_id == user.pk


@pytest.mark.parametrize("cookies", [{}, {identity.COOKIE: "gann:forged"}])
async def test_a_raw_client_is_a_new_guest_on_each_connection(connect, lobby, ann, cookies):
    one, other = await connect(cookies=cookies), await connect(cookies=cookies)
    first, second = await authors(one, "one", "more"), await authors(other, "other")
    assert len(first) == len(second) == 1
    assert not first & second
    assert ann.key not in first | second


async def test_connecting_stores_nothing(connect, lobby):
    await connect()
    await connect("/ws/chat/lobby/?sync=1")
    assert not await Participant.objects.aexists()
    assert not await Session.objects.aexists()
