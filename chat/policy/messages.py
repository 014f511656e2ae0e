"""Messages: who may change them, and whom they may call."""

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat import rules
from chat.conf import conf
from chat.models import Kind, Message, Participant, Room
from chat.policy.rooms import can_know, can_post, can_read, moderates
from chat.rules import ALLOWED, Verdict


def can_edit(participant: Participant, message: Message) -> Verdict:
    if not (verdict := can_know(participant, message.room)):
        return verdict
    if message.deleted:
        return Verdict(False, _("This message has been deleted."))
    if message.author_id != participant.pk:
        return Verdict(False, _("You can change only what you wrote yourself."))
    if _is_late(message):
        return Verdict(False, _("This message is too old to be changed."))
    return can_post(participant, message.room)


def can_delete(participant: Participant, message: Message) -> Verdict:
    if not (verdict := can_know(participant, message.room)):
        return verdict
    if message.author_id != participant.pk and not moderates(participant, message.room):
        return Verdict(False, _("You can delete only what you wrote yourself."))
    if _is_late(message) and not moderates(participant, message.room):
        return Verdict(False, _("This message is too old to be deleted by you."))
    return can_read(participant, message.room)


def can_see_versions(participant: Participant, message: Message) -> Verdict:
    """What it said before it was changed."""
    if not (verdict := can_read(participant, message.room)):
        return verdict
    if message.author_id != participant.pk and not moderates(participant, message.room):
        return Verdict(False, _("Only who wrote a message, and the moderators, can see what it said before."))
    return ALLOWED


def can_react(participant: Participant, message: Message) -> Verdict:
    """To put an emoji to it, or to take that back."""
    if not (verdict := can_read(participant, message.room)):
        return verdict
    if message.deleted:
        return Verdict(False, _("This message has been deleted."))
    return can_post(participant, message.room)


def can_pin(participant: Participant, message: Message) -> Verdict:
    """To pin it at the room's head, or to take it down from there. In a conversation all are the same."""
    room = message.room
    if not (verdict := can_read(participant, room)):
        return verdict
    if message.deleted:
        return Verdict(False, _("This message has been deleted."))
    if room.archived:
        return Verdict(False, _("This room is archived: open it again first."))
    if room.kind != Kind.DIRECT and not moderates(participant, room):
        return Verdict(False, _("Only the owner and the moderators of a room can pin something in it."))
    return ALLOWED


def _is_late(message: Message) -> bool:
    return bool(conf.edit_seconds) and timezone.now() - message.sent > timedelta(seconds=conf.edit_seconds)


def can_mention_room(participant: Participant, room: Room) -> Verdict:
    """To speak to all by @room."""
    if not (verdict := can_post(participant, room)):
        return verdict
    if not moderates(participant, room):
        return Verdict(False, _("Only the owner and the moderators of a room can call everybody in it."))
    return ALLOWED


def can_search(participant: Participant) -> Verdict:
    """To look for messages, in the rooms they may read."""
    if participant.banned:
        return Verdict(False, _("A moderator has closed this chat to you."))
    return ALLOWED


def can_see_mentions(participant: Participant) -> Verdict:
    """To have a page of what speaks of them."""
    if participant.is_guest:
        return Verdict(False, _("Sign in to be mentioned: guests can't be, as anybody can take a guest's name."))
    if participant.banned:
        return Verdict(False, _("A moderator has closed this chat to you."))
    return ALLOWED


rules.open_to_hosts(globals())  # from here on each is asked by way of CHAT_POLICY
