"""Rooms of people's own: made, changed, joined, left, invited to; conversations. By forms, as without JavaScript."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat import actions, policy
from chat.errors import Forbidden, Refused, TooFast
from chat.models import Invitation, Membership, Message, Participant, Role, Room

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    """`person("ann")` has an account, and a browser that is signed in: (participant, client)."""

    def make(name: str, **more) -> tuple[Participant, Client]:
        user = get_user_model().objects.create_user(name, password=f"{name}-has-a-password", **more)
        member = actions.enrol(Participant(key=f"u{user.pk}", kind=Participant.Kind.MEMBER, user=user, name=name))
        client = Client()
        client.force_login(user)
        return Participant.objects.select_related("user").get(pk=member.pk), client

    return make


def again(participant: Participant) -> Participant:
    return Participant.objects.select_related("user").get(pk=participant.pk)


def make(client: Client, name: str, **more) -> Room:
    answer = client.post("/chat/rooms/new/", {"name": name, "kind": "public", **more})
    assert answer.status_code == 303, answer.content.decode()
    return Room.objects.get(slug=re.fullmatch(r"/chat/([\w-]+)/", answer["Location"])[1])


def test_it_works(person):
    ann, browser = person("ann")
    room = make(browser, "Tea and biscuits", topic="What goes with what", guests_write="on")
    assert (room.slug, room.kind, room.topic, room.guests_write) == (
        "tea-and-biscuits",
        "public",
        "What goes with what",
        True,
    )
    assert ann.role_in(room) == Role.OWNER
    assert "Tea and biscuits" in browser.get(room.get_absolute_url()).content.decode()
    assert "Tea and biscuits" in Client().get("/chat/rooms/").content.decode()


# --- Making ----------------------------------------------------------------------------------------


def test_a_guest_is_asked_to_sign_in_and_makes_nothing(client):
    for path in ("/chat/rooms/new/", "/chat/talk/"):
        answer = client.get(path)
        assert answer.status_code == 403
        assert "?next=" in answer.content.decode()
    assert client.post("/chat/rooms/new/", {"name": "Mine", "kind": "public"}).status_code == 403
    assert client.post("/chat/talk/", {"key": ["u1"]}).status_code in (400, 403)
    assert not Room.objects.filter(name="Mine").exists()


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ({"name": "", "kind": "public"}, "needs a name"),
        ({"name": "\u200b \u3164", "kind": "public"}, "needs a name"),
        ({"name": "x" * 2000, "kind": "public"}, "too long"),
        ({"name": "Fine", "kind": "direct"}, "for whom"),
        ({"name": "Fine", "kind": "<b>"}, "for whom"),
        ({"name": "Fine", "kind": "public", "topic": "y" * 201}, "too long"),
        ({"name": "Fi\x00ne", "kind": "public"}, "NUL"),
    ],
)
def test_what_is_unfit_is_said_and_kept(person, typed, why):
    _, browser = person("ann")
    answer = browser.post("/chat/rooms/new/", typed)
    assert answer.status_code == 400
    page = answer.content.decode()
    assert why in page
    assert f'name="topic" value="{typed.get("topic", "")}"' in page
    assert not Room.objects.exists()


def test_names_may_be_the_same_addresses_never(person):
    _, browser = person("ann")
    slugs = [make(browser, "Tea").slug for _ in range(6)]
    assert len({*slugs}) == 6
    assert slugs[:2] == ["tea", "tea-2"]
    assert make(browser, "房间").slug.startswith("room")
    assert make(browser, "me").slug != "me"
    assert make(browser, "Rooms").slug not in ("rooms", "talk")


def test_a_private_rooms_address_cannot_be_guessed_nor_shows_by_being_taken(person):
    _, browser = person("ann")
    secret = make(browser, "Takeover", kind="private")
    assert re.fullmatch(r"takeover-[0-9a-f]{10}", secret.slug)
    assert make(browser, "Takeover").slug == "takeover"


def test_staff_alone_make_rooms_where_the_site_says_so(person, settings):
    settings.CHAT_MAKE_ROOMS = "staff"
    _, browser = person("ann")
    assert browser.post("/chat/rooms/new/", {"name": "Tea", "kind": "public"}).status_code == 403
    _, staff = person("stella", is_staff=True)
    make(staff, "Tea")


def test_too_many_rooms_are_refused(person, settings):
    settings.CHAT_ROOM_RATE = "2/hour"
    ann, browser = person("ann")
    make(browser, "One")
    make(browser, "Two")
    answer = browser.post("/chat/rooms/new/", {"name": "Three", "kind": "public"})
    assert answer.status_code == 429
    assert "too many" in answer.content.decode()
    with pytest.raises(TooFast):
        actions.invite_to_room(again(ann), Room.objects.first())


# --- Who sees it -----------------------------------------------------------------------------------


def test_lists_show_what_one_may_read_and_nothing_else(person):
    _, ann = person("ann")
    _, bob = person("bob")
    for name, kind in (("Open", "public"), ("House", "members"), ("Secret", "private")):
        make(ann, name, kind=kind)
    seen = {
        who: re.findall(r"card-title[^>]*><bdi>(\w+)", c.get("/chat/rooms/").content.decode())
        for who, c in (("ann", ann), ("bob", bob), ("guest", Client()))
    }
    assert {who: {*names} for who, names in seen.items()} == {
        "ann": {"Open", "House", "Secret"},
        "bob": {"Open", "House"},
        "guest": {"Open"},
    }
    assert "Secret" not in bob.get("/chat/rooms/?q=Secr").content.decode().replace('value="Secr"', "")


def test_the_query_of_known_rooms_says_what_the_policy_says(person):
    ann, browser = person("ann")
    bob, _ = person("bob")
    for kind in ("public", "members", "private"):
        make(browser, kind, kind=kind)
    actions.talk(ann, [bob])
    guest = Participant(key="gx", kind=Participant.Kind.GUEST, name="X")
    for who in (again(ann), again(bob), guest):
        assert {*policy.known_rooms(who)} == {room for room in Room.objects.all() if policy.can_know(who, room)}


def test_searching_finds_names_and_topics(person):
    _, browser = person("ann")
    make(browser, "Tea", topic="hot drinks")
    make(browser, "Chess")
    find = lambda q: re.findall(r"card-title[^>]*><bdi>(\w+)", browser.get("/chat/rooms/", {"q": q}).content.decode())  # noqa: E731
    assert find("DRINK") == ["Tea"]
    assert find("che") == ["Chess"]
    assert find("%") == find("\x00%") == []


def test_a_list_of_hundreds_has_pages_and_a_constant_number_of_queries(person, django_assert_max_num_queries):
    _, browser = person("ann")
    Room.objects.bulk_create(Room(slug=f"r{n}", name=f"Room {n}") for n in range(120))
    with django_assert_max_num_queries(8):
        page = browser.get("/chat/rooms/?page=2").content.decode()
    assert page.count("card-title") == 50
    assert "Page 2 of 3" in page


@pytest.mark.parametrize("path", ["about/", "about/?page=2", "../talk/", "../talk/?q=crowd"])
def test_pages_of_people_ask_as_often_however_many_there_are(person, path):
    _, browser = person("ann")
    room = make(browser, "Tea")
    address = f"{room.get_absolute_url()}{path}".replace(f"{room.slug}/../", "")

    def ask() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(address).status_code == 200
        return len(asked)

    def crowd(count: int) -> None:
        people = Participant.objects.bulk_create(
            Participant(key=f"crowd{count}-{n}", kind="member", name=f"Crowd {n}") for n in range(count)
        )
        Membership.objects.bulk_create(Membership(room=room, participant=one) for one in people)

    crowd(60)
    few = ask()
    crowd(150)
    assert ask() == few


# --- Joining, leaving, roles -----------------------------------------------------------------------


def test_joining_and_leaving(person):
    _, ann = person("ann")
    bob, browser = person("bob")
    room = make(ann, "Tea")
    assert browser.post(f"/chat/{room.slug}/join/")["Location"] == room.get_absolute_url()
    browser.post(f"/chat/{room.slug}/join/")
    assert Membership.objects.filter(room=room, participant=bob).count() == 1
    assert "Leave" in browser.get(f"/chat/{room.slug}/about/").content.decode()
    browser.post(f"/chat/{room.slug}/leave/")
    assert again(bob).role_in(room) is None
    answer = browser.post(f"/chat/{room.slug}/leave/")
    assert answer.status_code == 403
    assert "not a member" in answer.content.decode()


def test_what_was_said_before_one_joined_is_not_unread(person, lobby, ann):
    actions.post_message(lobby, ann, "old news")
    bob, browser = person("bob")
    browser.post("/chat/lobby/join/")
    assert Membership.objects.get(participant=bob).read_seq == 1


def test_an_owner_hands_the_room_over_before_leaving(person):
    ann, browser = person("ann")
    bob, other = person("bob")
    room = make(browser, "Tea")
    other.post(f"/chat/{room.slug}/join/")
    assert "yours" in browser.post(f"/chat/{room.slug}/leave/").content.decode()
    assert browser.post(f"/chat/{room.slug}/about/role/", {"key": bob.key, "role": "owner"}).status_code == 303
    assert (again(ann).role_in(room), again(bob).role_in(room)) == (Role.MODERATOR, Role.OWNER)
    assert browser.post(f"/chat/{room.slug}/leave/").status_code == 303
    assert Membership.objects.filter(room=room, role=Role.OWNER).count() == 1


@pytest.mark.parametrize("role", ["", "king", "OWNER"])
def test_a_role_that_is_none_is_refused(person, role):
    _, browser = person("ann")
    bob, other = person("bob")
    room = make(browser, "Tea")
    other.post(f"/chat/{room.slug}/join/")
    assert browser.post(f"/chat/{room.slug}/about/role/", {"key": bob.key, "role": role}).status_code == 400
    assert again(bob).role_in(room) == Role.MEMBER


def test_a_member_can_do_nothing_of_an_owners(person):
    ann, browser = person("ann")
    _bob, other = person("bob")
    cy, third = person("cy")
    room = make(browser, "Tea")
    other.post(f"/chat/{room.slug}/join/")
    third.post(f"/chat/{room.slug}/join/")
    link = actions.invite_to_room(again(ann), room)
    for verb, data in (
        ("role", {"key": cy.key, "role": "moderator"}),
        ("remove", {"key": cy.key}),
        ("archive", {}),
        ("invite", {}),
        ("withdraw", {"invitation": link.pk}),
    ):
        assert other.post(f"/chat/{room.slug}/about/{verb}/", data).status_code == 403, verb
    assert other.post(f"/chat/{room.slug}/about/", {"name": "Bob's"}).status_code == 403
    room.refresh_from_db()
    link.refresh_from_db()
    assert (room.name, room.archived, link.withdrawn, again(cy).role_in(room)) == ("Tea", False, False, Role.MEMBER)
    page = other.get(f"/chat/{room.slug}/about/").content.decode()
    assert not re.search("Put out|Archive|Make a link|Save", page)


def test_who_is_put_out_of_a_private_room_finds_nothing_there(person):
    _ann, browser = person("ann")
    bob, other = person("bob")
    room = make(browser, "Secret", kind="private")
    Membership.objects.create(room=room, participant=bob)
    assert other.get(room.get_absolute_url()).status_code == 200
    browser.post(f"/chat/{room.slug}/about/remove/", {"key": bob.key})
    for path in ("", "about/", "join/"):
        assert other.get(f"/chat/{room.slug}/{path}").status_code == 404
    with pytest.raises(Forbidden, match="no such room"):
        actions.post_message(room, again(bob), "still here")


@pytest.mark.parametrize("verb", ["", "make", "join/x", "__init__"])
def test_an_unknown_verb_is_not_found(person, verb):
    _, browser = person("ann")
    room = make(browser, "Tea")
    assert browser.post(f"/chat/{room.slug}/about/{verb}/").status_code == 404


def test_somebody_who_is_not_there_can_not_be_put_out(person):
    _, browser = person("ann")
    room = make(browser, "Tea")
    for key in ("u99", "", "\x00", "'; --"):
        assert browser.post(f"/chat/{room.slug}/about/remove/", {"key": key}).status_code == 404


# --- Changing --------------------------------------------------------------------------------------


def test_a_room_is_renamed_described_archived_and_opened_again(person):
    _, browser = person("ann")
    room = make(browser, "Tea", guests_write="on")
    assert browser.post(f"/chat/{room.slug}/about/", {"name": "Coffee", "topic": "Black"}).status_code == 303
    room.refresh_from_db()
    assert (room.name, room.topic, room.guests_write, room.slug) == ("Coffee", "Black", False, "tea")
    browser.post(f"/chat/{room.slug}/about/archive/")
    assert "archived" in browser.get(room.get_absolute_url()).content.decode()
    assert browser.post(f"/chat/{room.slug}/messages/", {"message": "late"}).status_code == 403
    browser.post(f"/chat/{room.slug}/about/reopen/")
    assert browser.post(f"/chat/{room.slug}/messages/", {"message": "again"}).status_code == 303


def test_a_refused_change_is_said_and_what_was_typed_stands_there(person):
    _, browser = person("ann")
    room = make(browser, "Tea")
    answer = browser.post(f"/chat/{room.slug}/about/", {"name": "", "topic": "kept <here>"})
    assert answer.status_code == 400
    assert 'value="kept &lt;here&gt;"' in answer.content.decode()


def test_guests_write_only_where_they_may(person, as_guest, ann):
    _, browser = person("bea")
    room = make(browser, "Tea")  # the box isn't ticked
    guest = as_guest(ann)
    assert "sign in first" in guest.get(room.get_absolute_url()).content.decode()
    assert guest.post(f"/chat/{room.slug}/messages/", {"message": "hello"}).status_code == 403
    assert not Message.objects.exists()


# --- Links -----------------------------------------------------------------------------------------


def link_of(browser: Client, room: Room) -> str:
    browser.post(f"/chat/{room.slug}/about/invite/")
    return re.search(
        r'value="http://testserver(/[^"]+/join/[^"]+)"', browser.get(f"/chat/{room.slug}/about/").content.decode()
    )[1]


def test_a_link_leads_into_a_private_room(person):
    _, ann = person("ann")
    bob, browser = person("bob")
    room = make(ann, "Secret", kind="private")
    link = link_of(ann, room)
    page = browser.get(link).content.decode()
    assert "Secret" in page
    assert again(bob).role_in(room) is None  # looking is not joining
    assert browser.post(link)["Location"] == room.get_absolute_url()
    assert again(bob).role_in(room) == Role.MEMBER
    guest = Client().get(link).content.decode()
    assert "Sign in" in guest
    assert Client().post(link).status_code == 200
    assert Membership.objects.filter(room=room).count() == 2


def test_a_link_that_is_withdrawn_expired_forged_or_of_another_room_is_none(person):
    _ann, browser = person("ann")
    _, other = person("bob")
    room, second = make(browser, "Secret", kind="private"), make(browser, "Second", kind="private")
    link = link_of(browser, room)
    assert other.get(link).status_code == 200
    assert other.get(link.replace(room.slug, second.slug)).status_code == 404
    assert other.get(link[:-2] + "xx/").status_code == 404
    assert other.get(f"/chat/{room.slug}/join/{room.pk}/").status_code == 404
    invitation = Invitation.objects.get()
    Invitation.objects.update(expires=timezone.now() - timedelta(seconds=1))
    assert other.get(link).status_code == 404
    Invitation.objects.update(expires=timezone.now() + timedelta(days=1))
    assert browser.post(f"/chat/{room.slug}/about/withdraw/", {"invitation": invitation.pk}).status_code == 303
    assert other.get(link).status_code == 404
    assert other.post(link).status_code == 404


def test_a_link_is_worth_nothing_once_its_maker_has_no_say(person):
    _ann, browser = person("ann")
    bob, second = person("bob")
    _, third = person("cy")
    room = make(browser, "Secret", kind="private")
    Membership.objects.create(room=room, participant=bob, role=Role.MODERATOR)
    link = link_of(second, room)
    assert third.get(link).status_code == 200
    browser.post(f"/chat/{room.slug}/about/remove/", {"key": bob.key})
    assert third.get(link).status_code == 404


@pytest.mark.parametrize("number", ["", "x", "9" * 30, "-1", "٣"])
def test_withdrawing_what_is_none_is_not_found(person, number):
    _, browser = person("ann")
    room = make(browser, "Tea")
    assert browser.post(f"/chat/{room.slug}/about/withdraw/", {"invitation": number}).status_code == 404


# --- Conversations ---------------------------------------------------------------------------------


def test_the_same_people_have_one_conversation(person):
    ann, browser = person("ann")
    bob, other = person("bob")
    cy, _ = person("cy")
    first = browser.post("/chat/talk/", {"key": [bob.key]})["Location"]
    assert other.post("/chat/talk/", {"key": [ann.key, ann.key, bob.key]})["Location"] == first
    assert browser.post("/chat/talk/", {"key": [bob.key, cy.key]})["Location"] != first
    assert Room.objects.filter(kind="direct").count() == 2
    assert browser.get(first).status_code == other.get(first).status_code == 200


def test_a_conversation_is_for_its_people_alone(person):
    _ann, browser = person("ann")
    bob, _ = person("bob")
    _, staff = person("stella", is_staff=True)
    path = browser.post("/chat/talk/", {"key": [bob.key]})["Location"]
    assert staff.get(path).status_code == Client().get(path).status_code == 404
    for verb in ("leave", "invite", "archive"):
        assert browser.post(f"{path}about/{verb}/").status_code == 403
    assert browser.post(f"{path}about/", {"name": "Mine"}).status_code == 403


def test_one_talks_to_somebody_and_not_to_too_many(person, settings, ann):
    settings.CHAT_CONVERSATION_SIZE = 3
    _, browser = person("ben")
    keys = [person(name)[0].key for name in ("cy", "dot", "eve")]
    for wrong in ([], ["nobody"], [ann.key], ["\x00"], keys):
        answer = browser.post("/chat/talk/", {"key": wrong})
        assert answer.status_code == 400, wrong
    banned, _ = person("fay")
    actions.ban(banned, True)
    assert browser.post("/chat/talk/", {"key": [banned.key]}).status_code == 400
    assert not Room.objects.filter(kind="direct").exists()
    with pytest.raises(Refused):
        actions.talk(ann, [Participant.objects.get(key=keys[0])])


# --- Muting ----------------------------------------------------------------------------------------


def test_muting_is_for_members(person):
    _, ann = person("ann")
    bob, browser = person("bob")
    room = make(ann, "Tea")
    assert browser.post(f"/chat/{room.slug}/about/mute/").status_code == 403
    browser.post(f"/chat/{room.slug}/join/")
    browser.post(f"/chat/{room.slug}/about/mute/")
    assert Membership.objects.get(participant=bob).muted
    browser.post(f"/chat/{room.slug}/about/unmute/")
    assert not Membership.objects.get(participant=bob).muted


# --- Whoever calls the actions, by whatever door ------------------------------------------------------


def test_the_actions_ask_the_policy_themselves(person, ann, lobby):
    with pytest.raises(Forbidden, match="Sign in"):
        actions.make_room(ann, "Mine", "public")
    with pytest.raises(Forbidden, match="Sign in"):
        actions.join_room(ann, lobby)
    assert not Membership.objects.exists()


def test_who_joins_leaves_or_hands_over_knows_it_at_once(person):
    owner, browser = person("olive")
    bob, _ = person("bob")
    room = make(browser, "Tea")
    assert bob.role_in(room) is None
    membership = actions.join_room(bob, room)
    assert bob.role_in(room) == Role.MEMBER
    assert owner.role_in(room) == Role.OWNER
    actions.set_role(owner, membership, Role.OWNER)
    assert owner.role_in(room) == Role.MODERATOR
    with pytest.raises(Forbidden):
        actions.set_role(owner, membership, Role.MEMBER)
    actions.leave_room(owner, room)
    assert owner.role_in(room) is None


def test_an_owner_who_is_none_any_more_by_now_can_make_nobody_owner(person):
    """Two of their pages are open: the second one still believes what the first one gave away."""
    owner, browser = person("olive")
    bob, cy = (person(name)[0] for name in ("bob", "cy"))
    room = make(browser, "Tea")
    first, second = (actions.join_room(one, room) for one in (bob, cy))
    stale = again(owner)
    assert stale.role_in(room) == Role.OWNER
    actions.set_role(owner, first, Role.OWNER)
    with pytest.raises(Forbidden):
        actions.set_role(stale, second, Role.OWNER)


def test_conversations_are_counted_as_rooms_are(person, settings):
    settings.CHAT_ROOM_RATE = "1/hour"
    ann, _ = person("ann")
    bob, cy = (person(name)[0] for name in ("bob", "cy"))
    room = actions.talk(ann, [bob])
    assert actions.talk(ann, [bob]) == room  # there already: nothing is made
    with pytest.raises(TooFast):
        actions.talk(ann, [cy])


def test_a_conversation_is_not_in_the_list_of_rooms(person):
    ann, browser = person("ann")
    bob, _ = person("bob")
    actions.talk(ann, [bob])
    assert "ann, bob" not in browser.get("/chat/rooms/").content.decode()


def test_no_other_site_can_post_for_somebody(person):
    _, browser = person("ann")
    room = make(browser, "Tea")
    browser.handler.enforce_csrf_checks = True
    for path in ("rooms/new/", "talk/", f"{room.slug}/about/", f"{room.slug}/about/archive/", f"{room.slug}/leave/"):
        assert browser.post(f"/chat/{path}", {"name": "Theirs", "kind": "public"}).status_code == 403, path


def test_what_belongs_to_another_room_is_not_found_in_this_one(person):
    ann, browser = person("ann")
    bob, _ = person("bob")
    here, there = make(browser, "Here"), make(browser, "There")
    actions.join_room(bob, there)
    link = actions.invite_to_room(ann, there)
    assert browser.post(f"/chat/{here.slug}/about/remove/", {"key": bob.key}).status_code == 404
    assert browser.post(f"/chat/{here.slug}/about/withdraw/", {"invitation": link.pk}).status_code == 404
    link.refresh_from_db()
    assert not link.withdrawn
    assert again(bob).role_in(there) == Role.MEMBER
