"""Who may do what: `can_…(participant, thing)` gives a Verdict, the same for every door. It writes nothing."""

from typing import NamedTuple

from chat import names
from chat.conf import conf
from chat.models import Message, Participant, Room


class Verdict(NamedTuple):
    """True when allowed; when not, `why` is a sentence for the person."""

    allowed: bool
    why: str = ""

    def __bool__(self) -> bool:
        return self.allowed


ALLOWED = Verdict(True)


def can_read(participant: Participant, room: Room) -> Verdict:
    if participant.banned:
        return Verdict(False, "A moderator has closed this room to you.")
    return ALLOWED


def can_post(participant: Participant, room: Room) -> Verdict:
    if room.archived:
        return Verdict(False, "This room is archived: it can be read, but nobody can write in it any more.")
    return can_read(participant, room)


def can_edit(participant: Participant, message: Message) -> Verdict:
    if message.deleted:
        return Verdict(False, "This message has been deleted.")
    if message.author_id != participant.pk:
        return Verdict(False, "You can change only what you wrote yourself.")
    return can_post(participant, message.room)


def can_delete(participant: Participant, message: Message) -> Verdict:
    if message.author_id != participant.pk and not participant.is_moderator:
        return Verdict(False, "You can delete only what you wrote yourself.")
    return can_read(participant, message.room)


def can_rename(participant: Participant) -> Verdict:
    if participant.banned:
        return Verdict(False, "You can't change your name: a moderator has closed it.")
    return ALLOWED


def can_take_name(participant: Participant, name: str) -> Verdict:
    """May they change to it? The one they have, and the one we gave a guest, are never refused."""
    if name == participant.name or (participant.is_guest and name == participant.given_name):
        return ALLOWED
    return can_be_called(participant, name)


def can_be_called(participant: Participant, name: str) -> Verdict:
    """Nobody may look like a member, or like somebody who has a say. One query at most."""
    if not participant.is_moderator and names.is_reserved(name, conf.reserved_names.split(",")):
        return Verdict(False, "This name is reserved: it speaks of somebody else. Choose another one.")
    if Participant.objects.members_like(name).exclude(pk=participant.pk).exists():
        return Verdict(False, "A member has this name, or one that looks the same. Choose another one.")
    return ALLOWED


def can_sign_up(participant: Participant, invited: bool = False) -> Verdict:
    if conf.sign_up == "closed":
        return Verdict(False, "New accounts can't be made here.")
    if conf.sign_up == "invitation" and not invited:
        return Verdict(False, "New accounts are by invitation only. Yours may have expired: ask for a new link.")
    if not participant.is_guest:
        return Verdict(False, "You have an account already, and are signed in.")
    if participant.banned:
        return Verdict(False, "A moderator has closed this chat to you.")
    return ALLOWED


def can_invite(participant: Participant) -> Verdict:
    """To sign up."""
    if conf.sign_up == "closed":
        return Verdict(False, "New accounts can't be made here, by nobody.")
    if participant.banned or not participant.is_moderator:
        return Verdict(False, "Only staff members can invite to sign up.")
    return ALLOWED
