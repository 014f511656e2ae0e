"""People: how they may be called, with whom they may talk, and who may have an account."""

from django.utils.translation import gettext_lazy as _

from chat import names, rules
from chat.conf import conf
from chat.models import Participant
from chat.rules import ALLOWED, Verdict


def can_talk_to(participant: Participant, other: Participant) -> Verdict:
    """To begin a conversation, with them among its people."""
    if participant.is_guest or other.is_guest:
        return Verdict(False, _("Conversations are between people who have an account."))
    if participant.banned or other.banned:
        return Verdict(False, _("A moderator has closed this chat to one of you."))
    return ALLOWED


def can_rename(participant: Participant) -> Verdict:
    if participant.banned:
        return Verdict(False, _("You can't change your name: a moderator has closed it."))
    if participant.handed:
        return Verdict(False, _("Your name comes from the page around, and is changed there."))
    return ALLOWED


def can_take_name(participant: Participant, name: str) -> Verdict:
    """May they change to it? The one they have, and the one we gave a guest, are never refused."""
    if name == participant.name or (participant.is_guest and name == participant.given_name):
        return ALLOWED
    return can_be_called(participant, name)


def can_be_called(participant: Participant, name: str) -> Verdict:
    """Nobody may look like a member, or like somebody who has a say. One query at most."""
    if not participant.is_moderator and names.is_reserved(name, conf.reserved_names.split(",")):
        return Verdict(False, _("This name is reserved: it speaks of somebody else. Choose another one."))
    if Participant.objects.members_like(name).exclude(pk=participant.pk).exists():
        return Verdict(False, _("A member has this name, or one that looks the same. Choose another one."))
    return ALLOWED


def can_sign_up(participant: Participant, invited: bool = False) -> Verdict:
    if conf.sign_up == "closed":
        return Verdict(False, _("New accounts can't be made here."))
    if conf.sign_up == "invitation" and not invited:
        return Verdict(False, _("New accounts are by invitation only. Yours may have expired: ask for a new link."))
    if not participant.is_guest:
        return Verdict(False, _("You have an account already, and are signed in."))
    if participant.banned:
        return Verdict(False, _("A moderator has closed this chat to you."))
    return ALLOWED


def can_invite(participant: Participant) -> Verdict:
    """To sign up."""
    if conf.sign_up == "closed":
        return Verdict(False, _("New accounts can't be made here, by nobody."))
    if participant.banned or not participant.is_moderator:
        return Verdict(False, _("Only staff members can invite to sign up."))
    return ALLOWED


rules.open_to_hosts(globals())  # from here on each is asked by way of CHAT_POLICY
