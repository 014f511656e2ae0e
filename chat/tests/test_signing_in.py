"""Signing in and out, passwords, and what happens to whoever guesses them."""

import re
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from axes.models import AccessAttempt
from django.conf import settings as site_settings
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.core import mail
from django.test import Client
from django.utils import timezone

from chat import actions
from chat.models import Message, Participant
from chat.tests.test_access import ended
from chat.tests.test_settings import run

LOGIN = "/accounts/login/"
PASSWORD = "mia-has-a-password"


def try_to(client, password="wrong", username="mia", **more):
    return client.post(LOGIN, {"username": username, "password": password}, **more)


def lock(client, **more):
    return [try_to(client, **more).status_code for _ in range(5)]


def test_it_works(client, lobby, member):
    answer = client.post(LOGIN, {"username": "mia", "password": PASSWORD, "next": "/chat/lobby/"})
    assert (answer.status_code, answer["Location"]) == (302, "/chat/lobby/")
    client.post("/chat/lobby/messages/", {"message": "hello"})
    assert Message.objects.get().author == member
    answer = client.post("/accounts/logout/")
    assert (answer.status_code, answer["Location"]) == (302, "/chat/")
    assert 'class="badge">guest<' in client.get("/chat/").text


def test_the_room_leads_there_and_back(client, lobby, member):
    assert f'href="{LOGIN}?next=/chat/lobby/"' in client.get("/chat/lobby/").text
    assert 'name="next" value="/chat/lobby/"' in client.get(f"{LOGIN}?next=/chat/lobby/").text
    client.force_login(member.user)
    page = client.get("/chat/lobby/").text
    assert re.search(r'<form method="post" action="/accounts/logout/"><input type="hidden" name="csrf', page)


def test_a_guest_who_signs_in_for_the_first_time_keeps_their_messages(client, lobby):
    get_user_model().objects.create_user("nina", password=PASSWORD)
    client.post("/chat/lobby/messages/", {"message": "as a guest"})
    try_to(client, PASSWORD, "nina")
    client.post("/chat/lobby/messages/", {"message": "as a member"})
    author = Participant.objects.get()
    assert (author.kind, author.name) == ("member", "nina")
    assert Message.objects.filter(author=author).count() == 2


def test_a_name_a_member_came_by_meanwhile_is_not_kept(client, lobby):
    client.post("/chat/lobby/name/", {"name": "Otto"})
    actions.welcome(get_user_model().objects.create_user("otto"))
    get_user_model().objects.create_user("nina", password=PASSWORD)
    try_to(client, PASSWORD, "nina")
    assert Participant.objects.get(user__username="nina").name == "nina"


def test_somebody_who_is_a_member_already_stays_that_one_and_the_guest_a_guest(client, lobby, member):
    client.post("/chat/lobby/messages/", {"message": "as a guest"})
    guest = Participant.objects.get(kind="guest")
    try_to(client, PASSWORD)
    client.post("/chat/lobby/messages/", {"message": "as a member"})
    assert [*Message.objects.order_by("seq").values_list("author", flat=True)] == [guest.pk, member.pk]
    guest.refresh_from_db()
    assert (guest.is_guest, guest.user) == (True, None)


def test_a_ban_goes_along(client, lobby):
    client.post("/chat/lobby/messages/", {"message": "hello"})
    actions.ban(Participant.objects.get(), True)
    get_user_model().objects.create_user("nina", password=PASSWORD)
    try_to(client, PASSWORD, "nina")
    assert Participant.objects.get(user__username="nina").banned
    assert client.get("/chat/").status_code == 403


async def test_signing_out_ends_the_sockets_of_who_had_been_a_guest(connect, ann, lobby, async_client):
    user = await sync_to_async(get_user_model().objects.create_user)("nina")
    await sync_to_async(actions.welcome)(user, ann)
    await async_client.aforce_login(user)
    socket = await connect(cookies={"sessionid": async_client.cookies["sessionid"].value})
    await socket.say(message="hello")
    assert f'data-author="{ann.key}"' in (await socket.hears("hello"))[-1]
    await async_client.post("/accounts/logout/")
    assert (await ended(socket))[1] == 4403


# --- What is wrong ---------------------------------------------------------------------------------


def test_a_wrong_password_is_said_and_the_name_is_kept(client, member):
    page = try_to(client)
    assert page.status_code == 200
    assert 'role="alert"' in page.text
    assert "correct username and password" in page.text
    assert 'value="mia"' in page.text
    assert "wrong" not in page.text.replace("wrong too often", "")


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"])
def test_nobody_is_led_elsewhere(client, lobby, member, to):
    answer = client.post(LOGIN, {"username": "mia", "password": PASSWORD, "next": to})
    assert answer["Location"] == "/chat/"


def test_who_is_signed_in_is_not_asked_again(client, member):
    client.force_login(member.user)
    assert client.get(LOGIN)["Location"] == "/chat/"


def test_without_a_token_of_ours_nothing_happens(member):
    careful = Client(enforce_csrf_checks=True)
    assert try_to(careful, PASSWORD).status_code == 403
    assert "sessionid" not in careful.cookies


# --- Who guesses -----------------------------------------------------------------------------------


def test_five_wrong_passwords_close_the_door_with_a_sentence(client, member):
    assert lock(client) == [200, 200, 200, 200, 429]
    page = try_to(client, PASSWORD)
    assert page.status_code == 429
    assert "Wait 15 minutes, then try again" in page.text
    assert "sessionid" not in client.cookies


def test_the_owner_elsewhere_is_not_kept_out(client, member):
    lock(client)
    assert try_to(Client(), PASSWORD, REMOTE_ADDR="192.0.2.7").status_code == 302


def test_another_account_from_the_same_network_is_not_kept_out(client, member):
    get_user_model().objects.create_user("nina", password=PASSWORD)
    lock(client)
    assert try_to(Client(), PASSWORD, "nina").status_code == 302


def test_the_door_opens_after_a_quarter_of_an_hour(client, member):
    lock(client)
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=14))
    assert try_to(client, PASSWORD).status_code == 429
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    assert try_to(client, PASSWORD).status_code == 302


def test_who_gets_it_right_begins_anew(client, member):
    for _ in range(2):
        assert [try_to(client).status_code for _ in range(4)] == [200] * 4
        assert try_to(client, PASSWORD).status_code == 302
        client.logout()


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Client-IP"])
def test_an_address_that_a_client_claims_does_not_count(client, member, header):
    statuses = [try_to(client, headers={header: f"192.0.2.{number}"}).status_code for number in range(5)]
    assert statuses[-1] == 429


def test_the_admin_s_door_is_guarded_as_well(client, member):
    for _ in range(5):
        answer = client.post("/admin/login/", {"username": "mia", "password": "wrong"})
    assert answer.status_code == 429
    assert try_to(client, PASSWORD).status_code == 429


@pytest.mark.parametrize("username", ["", "x" * 5000, "m\x00ia", "<script>", "\u202e"])
def test_odd_names_are_answered_as_any_other(client, member, username):
    for _ in range(6):
        assert try_to(client, username=username).status_code in (200, 429)


# --- Passwords -------------------------------------------------------------------------------------


def test_argon2_comes_first_and_older_hashes_are_made_anew(client, member):
    assert member.user.password.startswith("argon2$argon2id$")
    user = member.user
    user.password = make_password(PASSWORD, hasher="pbkdf2_sha256")
    user.save()
    assert try_to(client, PASSWORD).status_code == 302
    user.refresh_from_db()
    assert user.password.startswith("argon2$")


def test_a_changed_password_signs_every_other_place_out(client, lobby, member):
    client.force_login(member.user)
    elsewhere = Client()
    elsewhere.force_login(member.user)
    new = "another-word-2"
    form = {"old_password": PASSWORD, "new_password1": new, "new_password2": "different"}
    page = client.post("/accounts/password_change/", form)
    assert 'class="errorlist"' in page.text
    answer = client.post("/accounts/password_change/", {**form, "new_password2": new})
    assert answer["Location"] == "/accounts/password_change/done/"
    assert client.get(answer["Location"]).status_code == 200
    assert 'class="badge">guest<' not in client.get("/chat/").text
    assert 'class="badge">guest<' in elsewhere.get("/chat/").text


async def test_a_socket_elsewhere_writes_nothing_after_the_password_changed(connect, lobby, member, async_client):
    await async_client.aforce_login(member.user)
    socket = await connect(cookies={"sessionid": async_client.cookies["sessionid"].value})
    await sync_to_async(member.user.set_password)("another-word-2")
    await member.user.asave()
    await socket.say(message="a ghost")
    assert (await ended(socket))[1] == 4403
    assert not await Message.objects.aexists()


def test_a_forgotten_password_is_replaced_by_a_letter(client, lobby, member):
    member.user.email = "mia@example.org"
    member.user.save()
    answer = client.post("/accounts/password_reset/", {"email": "mia@example.org"})
    assert client.get(answer["Location"]).status_code == 200
    (letter,) = mail.outbox
    assert letter.subject == "A new password for testserver"
    assert "You sign in as mia." in letter.body
    path = re.search(r"http://testserver(/accounts/reset/\S+)", letter.body)[1]
    page = client.get(path, follow=True)
    assert "Choose a new password" in page.text
    form = {"new_password1": "another-word-2", "new_password2": "another-word-2"}
    answer = client.post(page.redirect_chain[-1][0], form, follow=True)
    assert "Your new password is set" in answer.text
    assert try_to(client, "another-word-2").status_code == 302
    assert "was used already" in Client().get(path, follow=True).text


def test_whether_an_address_has_an_account_is_not_told(client, member):
    known = client.post("/accounts/password_reset/", {"email": "nobody@example.org"}, follow=True)
    assert "If there is an account with this address" in known.text
    assert mail.outbox == []


def test_letters_are_not_sent_without_end(client, db, settings, mailoutbox):
    settings.CHAT_LETTER_RATE = "2/hour"
    get_user_model().objects.create_user("mia", email="mia@example.org", password="mia-has-a-password")
    for _ in range(3):
        answer = client.post("/accounts/password_reset/", {"email": "mia@example.org"})
    assert answer.status_code == 429
    assert "Too many new passwords" in answer.content.decode()
    assert 'value="mia@example.org"' in answer.content.decode()
    assert len(mailoutbox) == 2


@pytest.mark.parametrize("page", ["login", "password_reset", "password_reset/done", "reset/done", "reset/x/y"])
def test_every_page_looks_like_the_rest(client, db, page):
    answer = client.get(f"/accounts/{page}/")
    assert answer.status_code == 200
    assert '<main class="plain' in answer.text
    assert '<header class="bar">' in answer.text
    assert "Django" not in answer.text


def test_letters_go_out_only_where_the_site_says_how():
    ask = "from site_config import settings as s; print(s.EMAIL_BACKEND.split('.')[-2], s.DEFAULT_FROM_EMAIL)"
    assert run("-c", ask).stdout.split() == ["console", "parley@localhost"]
    assert run("-c", ask, SECRET_KEY="x").stdout.split()[0] == "dummy"
    environment = {"EMAIL_URL": "smtp+tls://u:p@mail.example.org:587", "DEFAULT_FROM_EMAIL": "chat@example.org"}
    assert run("-c", ask, SECRET_KEY="x", **environment).stdout.split() == ["smtp", "chat@example.org"]
    assert site_settings.PASSWORD_HASHERS[0].endswith("Argon2PasswordHasher")
