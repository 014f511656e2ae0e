"""Digests: one e-mail to whoever chose it, of what spoke of them and they have not seen; then not again."""

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from chat import actions
from chat.models import Kind, Membership, Participant, Role, Room

SITE = "https://chat.example.org"


class Refusing(EmailBackend):
    """Takes what is for nobody called `bad`."""

    def send_messages(self, messages):
        if any("bad" in to for one in messages for to in one.to):
            raise OSError("the server says no")
        return super().send_messages(messages)


@pytest.fixture(autouse=True)
def _site(settings, db):
    settings.CHAT_SITE_URL = f"{SITE}/"


def somebody(name: str, email: str | None = None, digest: bool = True) -> Participant:
    address = f"{name}@example.org" if email is None else email
    user = get_user_model().objects.create_user(name, address)
    member = actions.welcome(user)
    Participant.objects.filter(pk=member.pk).update(digest=digest)
    return Participant.objects.select_related("user").get(pk=member.pk)


def send(**options) -> str:
    said = StringIO()
    call_command("send_digests", stdout=said, **options)
    return said.getvalue()


def test_it_works(lobby, ann):
    bob = somebody("bob")
    garden = Room.objects.create(slug="garden", name="Garden & <pond>")
    actions.post_message(lobby, ann, "hi @bob <b>")
    message = actions.post_message(garden, ann, "@bob the roses")
    actions.post_message(lobby, ann, "@bob again")
    assert "1 letters were sent." in send()
    (letter,) = mail.outbox
    (html,) = [text for text, kind in letter.alternatives if kind == "text/html"]
    assert (letter.to, letter.subject) == (["bob@example.org"], "You were mentioned 3 times")
    assert "hi @bob <b>" in letter.body
    assert "hi <span" in html
    assert "<b>Ann</b>" in html
    assert "&lt;b&gt;" in html
    assert f"{SITE}/chat/garden/#message-{message.pk}" in letter.body
    assert f'href="{SITE}/chat/garden/#message-{message.pk}"' in html
    assert letter.body.count("Lobby\n") == letter.body.count("Garden & <pond>\n") == 1
    assert html.count("<h2>") == 2
    assert letter.extra_headers["List-Unsubscribe"] == f"<{SITE}/chat/me/>"
    bob.refresh_from_db()
    assert timezone.now() - bob.digested < timedelta(minutes=5)


def test_the_same_is_not_written_of_twice_and_what_comes_later_is(lobby, ann):
    somebody("bob")
    old = actions.post_message(lobby, ann, "nobody")
    actions.post_message(lobby, ann, "@bob one")
    send()
    send()
    assert len(mail.outbox) == 1
    actions.edit_message(old.pk, ann, "@bob two")
    send()
    assert len(mail.outbox) == 2
    assert "two" in mail.outbox[1].body
    assert "one" not in mail.outbox[1].body


def test_what_they_have_read_is_not_news(lobby, ann):
    bob = somebody("bob")
    actions.join_room(bob, lobby)
    actions.post_message(lobby, ann, "@bob seen")
    Membership.objects.filter(participant=bob).update(read_seq=1)
    send()
    assert mail.outbox == []
    actions.post_message(lobby, ann, "@bob unseen")
    send()
    assert ("unseen" in mail.outbox[0].body, "@bob seen" in mail.outbox[0].body) == (True, False)


def test_only_who_chose_it_has_an_address_and_may_come_in(lobby, ann):
    somebody("one", digest=False)
    somebody("two", email="")
    actions.ban(somebody("three"), True)
    gone = somebody("four")
    gone.user.is_active = False
    gone.user.save()
    actions.post_message(lobby, ann, "@one @two @three @four")
    send()
    assert mail.outbox == []


def test_rooms_they_may_no_longer_read_are_left_out():
    bob, olga = somebody("bob"), somebody("olga")
    room = Room.objects.create(slug="quiet", name="Quiet", kind=Kind.PRIVATE)
    Membership.objects.create(room=room, participant=olga, role=Role.OWNER)
    there = Membership.objects.create(room=room, participant=bob)
    actions.post_message(room, olga, "@bob secret @room")
    actions.remove_member(olga, there)
    send()
    assert mail.outbox == []


def test_a_backend_that_fails_leaves_that_letter_for_the_next_run(lobby, ann, settings):
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"
    bad, bob = somebody("bad"), somebody("bob")
    actions.post_message(lobby, ann, "@bob @bad")
    with pytest.raises(CommandError, match="1 letters could not be sent"):
        send()
    assert [one.to for one in mail.outbox] == [["bob@example.org"]]
    assert Participant.objects.get(pk=bad.pk).digested is None
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    send()
    assert [one.to for one in mail.outbox] == [["bob@example.org"], ["bad@example.org"]]
    assert bob.pk != bad.pk


def test_a_dry_run_says_to_whom_and_changes_nothing(lobby, ann):
    bob = somebody("bob")
    actions.post_message(lobby, ann, "@bob")
    said = send(dry_run=True)
    assert (f"{bob.key}: 1 mentions" in said, "Nothing was sent." in said, mail.outbox) == (True, True, [])
    assert Participant.objects.get(pk=bob.pk).digested is None


@pytest.mark.parametrize("site", ["", "chat.example.org", "ftp://chat.example.org", "https://"])
def test_without_the_site_s_address_it_says_what_to_set(settings, site):
    settings.CHAT_SITE_URL = site
    with pytest.raises(CommandError, match="Set CHAT_SITE_URL"):
        send()


def test_a_long_absence_makes_one_letter_that_says_there_is_more(lobby, ann, monkeypatch):
    monkeypatch.setattr("chat.management.commands.send_digests.MOST", 2)
    somebody("bob")
    for number in range(3):
        actions.post_message(lobby, ann, f"@bob {number}")
    assert "2+ mentions" in send()
    assert "There is more" in mail.outbox[0].body
    assert "@bob 2" not in mail.outbox[0].body


def test_it_is_in_their_language(lobby, ann):
    bob = somebody("bob")
    Participant.objects.filter(pk=bob.pk).update(language="de")
    actions.post_message(lobby, ann, "@bob")
    send()
    assert (mail.outbox[0].subject, "Hallo bob," in mail.outbox[0].body) == ("Du wurdest 1-mal erwähnt", True)


# --- Choosing it -----------------------------------------------------------------------------------


def test_it_is_chosen_on_ones_page_and_begins_then(lobby, ann):
    bob = somebody("bob", digest=False)
    actions.post_message(lobby, ann, "@bob before")
    client = Client()
    client.force_login(bob.user)
    assert 'name="digest"' in client.get("/chat/me/").text
    form = {"name": "", "colour": "", "time_zone": "", "language": "", "rings": "all"}
    client.post("/chat/me/", {**form, "digest": "on"})
    actions.post_message(lobby, ann, "@bob after")
    send()
    assert ("after" in mail.outbox[0].body, "before" in mail.outbox[0].body) == (True, False)
    began = Participant.objects.get(pk=bob.pk).digested
    client.post("/chat/me/", {**form, "digest": "on"})
    assert Participant.objects.get(pk=bob.pk).digested == began
    client.post("/chat/me/", form)
    assert not Participant.objects.get(pk=bob.pk).digest


def test_nobody_is_offered_it_without_an_address(ann, as_guest):
    client = Client()
    client.force_login(somebody("bob", email="").user)
    for one in (client, as_guest(ann)):
        assert 'name="digest"' not in one.get("/chat/me/").text
