"""Signing up: who may, what a guest keeps, and that nobody goes on as the guest they were."""

import re
import threading
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.utils import timezone

from chat import actions, bus, identity
from chat.errors import Forbidden, Refused
from chat.models import Invitation, Message, Participant
from chat.tests.test_access import ended

SIGN_UP = "/accounts/sign-up/"
INVITATIONS = "/accounts/invitations/"
PASSWORD = "a-long-word-1"
LIKE_MIA = "m\u0456a"  # in its midst a Ukrainian letter


def form(username="nina", **more):
    return {"username": username, "password1": PASSWORD, "password2": PASSWORD, **more}


def say(client, text):
    return client.post("/chat/lobby/messages/", {"message": text})


def articles(page) -> list[str]:
    return re.findall(r"<article.*?</article>", page.text, re.DOTALL)


@pytest.fixture
def staff(db):
    user = get_user_model().objects.create_user("boss", is_staff=True)
    return actions.welcome(user)


def test_it_works(client, lobby):
    say(client, "as a guest")
    answer = client.post(SIGN_UP, form())
    assert (answer.status_code, answer["Location"]) == (303, "/chat/")
    say(client, "as a member")
    author = Participant.objects.get()
    assert (author.kind, author.name, author.user.username) == ("member", "nina", "nina")
    assert [*Message.objects.values_list("author", flat=True)] == [author.pk, author.pk]


def test_passwords_are_hashed_by_argon2(client, lobby):
    client.post(SIGN_UP, form())
    assert get_user_model().objects.get().password.startswith("argon2$")


def test_what_was_written_stays_as_it_was_written(client, lobby):
    """The key is stable, and so open pages and pages loaded anew show the same."""
    say(client, "as a guest")
    before = client.get("/chat/")
    client.post(SIGN_UP, form())
    after = client.get("/chat/")
    assert articles(before) == articles(after)
    assert before.text.split("/viewer/")[1].split(".css")[0] == after.text.split("/viewer/")[1].split(".css")[0]
    assert 'class="badge">guest<' in articles(after)[0]
    say(client, "as a member")
    assert 'class="badge">guest<' not in articles(client.get("/chat/"))[1]


def test_the_name_a_guest_chose_is_offered_and_kept(client, lobby):
    client.post("/chat/lobby/name/", {"name": "Nina of the Hill"})
    assert 'value="Nina of the Hill"' in client.get(SIGN_UP).text
    client.post(SIGN_UP, form(name="Nina of the Hill"))
    assert Participant.objects.get().name == "Nina of the Hill"
    assert "Nina of the Hill" in client.get("/chat/").text


def test_a_name_that_we_gave_is_not_offered(client, lobby):
    say(client, "hello")
    assert f'value="{Participant.objects.get().name}"' not in client.get(SIGN_UP).text


def test_who_never_wrote_is_a_member_all_the_same(client, lobby):
    client.post(SIGN_UP, form())
    member = Participant.objects.get()
    assert member.key == f"u{member.user_id}"
    assert member.joined is None


def test_what_was_chosen_as_a_guest_is_kept(client, lobby):
    client.post("/chat/me/", {"name": "", "colour": "teal", "time_zone": "Asia/Tokyo", "rings": "all"})
    client.post(SIGN_UP, form())
    member = Participant.objects.get()
    assert (member.name, member.colour, member.time_zone, member.rings) == ("nina", "teal", "Asia/Tokyo", "all")


# --- Nobody goes on as the guest -------------------------------------------------------------------


async def test_the_guest_s_sockets_end(connect, ann, lobby):
    other = await connect()
    client = await connect(guest=ann)
    await sync_to_async(actions.sign_up)(get_user_model()(username="nina"), PASSWORD, ann)
    said, code = await ended(client)
    assert "somebody else" in said
    assert code == 4403
    await other.say(message="still here")
    assert "still here" in (await other.hears("still here"))[-1]


def test_whoever_was_the_guest_is_nobody_to_an_open_socket(lobby, ann):
    assert identity.again(ann, {}) == ann
    actions.sign_up(get_user_model()(username="nina"), PASSWORD, ann)
    assert identity.again(ann, {}) is None


async def test_a_socket_that_missed_the_kick_cannot_write_as_the_member(connect, ann, lobby, monkeypatch):
    client = await connect(guest=ann)
    monkeypatch.setattr(bus, "kick", lambda key: None)
    await sync_to_async(actions.sign_up)(get_user_model()(username="nina"), PASSWORD, ann, ann.name)
    await client.say(message="a ghost")
    assert (await ended(client))[1] == 4403
    assert not await Message.objects.aexists()


@pytest.mark.parametrize("verb", ["rename", "change_person", "post_message"])
def test_nothing_is_done_for_the_guest_any_more(lobby, ann, verb):
    stale = Participant.objects.get(pk=ann.pk)
    actions.sign_up(get_user_model()(username="nina"), PASSWORD, ann, ann.name)
    do = {
        "rename": lambda: actions.rename(stale, "Ghost"),
        "change_person": lambda: actions.change_person(
            stale, "Ghost", colour="", time_zone="", language="", rings="all"
        ),
        "post_message": lambda: actions.post_message(lobby, stale, "boo"),
    }
    with pytest.raises(Forbidden, match="somebody else"):
        do[verb]()


def test_after_signing_out_the_old_cookie_is_a_new_guest(client, lobby):
    say(client, "as a guest")
    cookie = client.cookies[identity.COOKIE].value
    client.post(SIGN_UP, form())
    client.post("/accounts/logout/")
    client.cookies[identity.COOKIE] = cookie
    say(client, "after all that")
    first, last = Message.objects.order_by("seq")
    assert first.author_id != last.author_id
    assert last.author.is_guest


# --- Who may ---------------------------------------------------------------------------------------


def test_where_it_is_closed_nobody_signs_up(client, lobby, settings):
    settings.CHAT_SIGN_UP = "closed"
    for answer in (client.get(SIGN_UP), client.post(SIGN_UP, form())):
        assert answer.status_code == 403
        assert "New accounts can&#x27;t be made here." in answer.text
    assert not get_user_model().objects.exists()
    assert SIGN_UP not in client.get("/chat/").text


def token(staff) -> str:
    return actions.invitation_token(actions.invite(staff))


def links(client) -> list[str]:
    """Those to sign up that the page shows, the newest first."""
    return re.findall(r'value="http://testserver(/accounts/sign-up/[^"]+)"', client.get(INVITATIONS).text)


def test_by_invitation(client, lobby, staff, settings):
    settings.CHAT_SIGN_UP = "invitation"
    assert client.post(SIGN_UP, form()).status_code == 403
    path = f"{SIGN_UP}{token(staff)}/"
    assert client.get(path).status_code == 200
    assert client.post(path, form()).status_code == 303
    assert get_user_model().objects.filter(username="nina").exists()


def test_a_staff_member_makes_a_link(client, staff):
    assert client.get(INVITATIONS).status_code == 403
    client.force_login(staff.user)
    assert links(client) == []
    assert client.post(INVITATIONS).status_code == 303
    (link,) = links(client)
    assert Client().get(link).status_code == 200


def test_an_invitation_expires(client, lobby, staff, settings):
    settings.CHAT_SIGN_UP = "invitation"
    made = actions.invite(staff)
    path = f"{SIGN_UP}{actions.invitation_token(made)}/"
    assert abs(made.expires - timezone.now() - timedelta(days=7)) < timedelta(minutes=1)
    assert client.get(path).status_code == 200
    Invitation.objects.update(expires=timezone.now())
    answer = client.post(path, form())
    assert answer.status_code == 403
    assert "may have expired" in answer.text


def test_an_invitation_of_somebody_who_is_no_longer_of_the_staff_is_none(client, lobby, staff, settings):
    settings.CHAT_SIGN_UP = "invitation"
    path = f"{SIGN_UP}{token(staff)}/"
    staff.user.is_staff = False
    staff.user.save()
    assert client.get(path).status_code == 403


@pytest.mark.parametrize(
    "forge", [str.swapcase, lambda token: token[:-1], lambda token: "x", lambda token: f"a{token}"]
)
def test_a_forged_invitation_is_none(client, lobby, staff, settings, forge):
    settings.CHAT_SIGN_UP = "invitation"
    assert client.get(f"{SIGN_UP}{forge(token(staff))}/").status_code == 403


def test_what_leads_into_a_room_is_no_invitation_to_sign_up_nor_the_other_way_round(staff, lobby):
    into_a_room, to_an_account = actions.invite_to_room(staff, lobby), actions.invite(staff)
    tokens = {one: actions.invitation_token(one) for one in (into_a_room, to_an_account)}
    assert actions.is_invitation(tokens[to_an_account])
    assert not actions.is_invitation(tokens[into_a_room])
    assert actions.find_invitation(tokens[into_a_room], lobby) == into_a_room
    assert actions.find_invitation(tokens[to_an_account], lobby) is None


def test_a_withdrawn_invitation_is_none_and_the_others_stay(client, lobby, staff, settings):
    settings.CHAT_SIGN_UP = "invitation"
    client.force_login(staff.user)
    for _ in range(2):
        client.post(INVITATIONS)
    first, second = links(client)
    (withdrawn,) = re.findall(r'name="invitation" value="(\d+)"', client.get(INVITATIONS).text)[:1]
    assert client.post(INVITATIONS, {"invitation": withdrawn})["Location"] == INVITATIONS
    assert links(client) == [second]
    assert (Client().get(first).status_code, Client().get(second).status_code) == (403, 200)
    for bad in (withdrawn + "0", "x", ""):
        assert client.post(INVITATIONS, {"invitation": bad}).status_code == 404
    room = actions.invite_to_room(staff, lobby)
    assert client.post(INVITATIONS, {"invitation": room.pk}).status_code == 404
    assert links(client) == [second]


def test_nobody_else_withdraws_one(client, staff, member):
    made = actions.invite(staff)
    for visitor in (client, Client()):
        assert visitor.post(INVITATIONS, {"invitation": made.pk}).status_code == 403
        client.force_login(member.user)
    assert Invitation.objects.open().count() == 1


def test_who_is_banned_signs_up_for_nothing(as_guest, lobby, ann):
    actions.ban(ann, True)
    answer = as_guest(ann).post(SIGN_UP, form())
    assert answer.status_code == 403
    assert not get_user_model().objects.exists()


def test_who_is_signed_in_goes_back_to_the_chat(client, lobby, member):
    client.force_login(member.user)
    for answer in (client.get(f"{SIGN_UP}?next=/chat/lobby/"), client.post(SIGN_UP, form(next="/chat/lobby/"))):
        assert (answer.status_code, answer["Location"]) == (303, "/chat/lobby/")
    assert get_user_model().objects.count() == 1


def test_only_so_many_accounts_come_from_one_network(client, lobby, settings):
    settings.CHAT_SIGN_UP_RATE = "2/hour"
    statuses = [Client().post(SIGN_UP, form(f"nina{name}")).status_code for name in ("one", "two", "three")]
    assert statuses == [303, 303, 429]
    assert get_user_model().objects.count() == 2


# --- Bad input ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "field", "says"),
    [
        ({"username": ""}, "username", "required"),
        ({"username": "MIA"}, "username", "taken"),
        ({"username": "mia"}, "username", "exists|taken"),
        ({"username": "n\x00"}, "username", "[Nn]ull"),
        ({"username": "<script>"}, "username", "valid"),
        ({"username": "Admin", "name": ""}, "username", "reserved"),
        ({"username": LIKE_MIA, "name": ""}, "username", "looks the same"),
        ({"name": LIKE_MIA}, "name", "looks the same"),
        ({"name": "n" * 41}, "name", "too long"),
        ({"password2": "another-word-2"}, "password2", "match"),
        ({"password1": "nina", "password2": "nina"}, "password2", "similar|short"),
        ({"email": "nowhere"}, "email", "valid"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(client, lobby, member, wrong, field, says):
    answer = client.post(SIGN_UP, form(**{"name": "Kept <b>", **wrong}))
    assert answer.status_code == 400
    assert re.search(rf'for="id_{field}">[^<]*</label>\s*<ul class="errorlist"[^>]*>.*?{says}', answer.text)
    assert re.search(rf'name="{field}"[^>]*aria-invalid="true"', answer.text)
    assert "<b>" not in answer.text
    assert "name" in wrong or 'value="Kept &lt;b&gt;"' in answer.text
    assert PASSWORD not in answer.text
    assert get_user_model().objects.count() == 1
    assert Participant.objects.count() == 1


def test_what_is_refused_in_the_end_stores_nothing(as_guest, lobby, ann, member):
    """The account, the guest and the name change together or not at all."""
    with pytest.raises(Refused, match="looks the same"):
        actions.sign_up(get_user_model()(username="nina"), PASSWORD, ann, "Mia")
    ann.refresh_from_db()
    assert (ann.is_guest, ann.name) == (True, "Ann")
    assert not get_user_model().objects.filter(username="nina").exists()


def test_a_name_taken_in_the_same_moment_is_said_to_be(lobby, ann, member):
    with pytest.raises(Refused, match="just taken"):
        actions.sign_up(get_user_model()(username=member.user.username), PASSWORD, ann)
    assert get_user_model().objects.count() == 1


@pytest.mark.parametrize(
    "to", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example", "\x00"]
)
def test_nobody_is_led_elsewhere(client, lobby, to):
    assert client.post(SIGN_UP, form(next=to))["Location"] == "/chat/"


def test_without_a_token_of_ours_nothing_happens(lobby, staff):
    careful = Client(enforce_csrf_checks=True)
    assert careful.post(SIGN_UP, form()).status_code == 403
    careful.force_login(staff.user)
    assert careful.post(INVITATIONS).status_code == 403
    assert careful.post("/accounts/logout/").status_code == 403
    assert get_user_model().objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_windows_that_sign_up_at_once_share_no_guest(lobby, ann):
    """One goes on as the guest, the other anew; whoever comes second loses nothing but that."""

    def sign_up(name):
        try:
            actions.sign_up(get_user_model()(username=name), PASSWORD, ann)
        finally:
            connection.close()

    windows = [threading.Thread(target=sign_up, args=(name,)) for name in ("nina", "nora")]
    for window in windows:
        window.start()
    for window in windows:
        window.join(30)
    assert get_user_model().objects.count() == 2
    assert sorted(Participant.objects.values_list("key", flat=True))[0] == ann.key
    assert Participant.objects.filter(kind="member", user__isnull=False).count() == 2
