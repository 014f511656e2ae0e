"""Accounts: made, and what becomes of the guest somebody was before."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat import bus, policy
from chat.actions import limits
from chat.actions.invitations import is_invitation
from chat.actions.people import NAME, enrol, name_after
from chat.actions.permission import demand
from chat.conf import conf
from chat.errors import Refused
from chat.markup import participant_name
from chat.models import Participant


def sign_up(
    user: Any, password: str, guest: Participant, name: str = "", address: str | None = None, invitation: str = ""
) -> Participant:
    """Store a new account, whose fields are fit to store, and give its member, who goes on as the guest they were.

    `name` is the one to be shown; without it, that of the account is. Raises Refused.
    """
    wanted = participant_name(name, conf.name_length) if name else ""
    demand(policy.can_sign_up(guest, invited=is_invitation(invitation)))
    limits.count_sign_up(address)
    user.set_password(password)  # takes long on purpose, and so no lock is held
    try:
        with transaction.atomic():
            user.save()
            member = welcome(user, guest)
            if not (verdict := policy.can_be_called(member, wanted or member.given_name)):
                raise Refused(verdict.why)
            name_after(member, wanted)
            member.save(update_fields=NAME)
    except IntegrityError:
        raise Refused(_("Somebody has just taken this. Choose another one.")) from None
    return member


def welcome(user: Any, guest: Participant | None = None) -> Participant:
    """The member that this account is. One who is none yet goes on as the guest they were, if that one ever wrote:
    with their messages, their name, what they chose, and their ban. Sockets of that guest end.
    """
    known = Participant.objects.select_related("user").filter(user=user).first()
    if known is None and guest is not None and guest.pk is not None:
        known = _adopt(user, guest)
    if known is not None:
        return known
    member = Participant(key=Participant.key_of(user), kind=Participant.Kind.MEMBER, user=user)
    member.name = member.given_name
    return enrol(member)


@transaction.atomic
def _adopt(user: Any, guest: Participant) -> Participant | None:
    """None when somebody else was faster."""
    guests = Participant.objects.filter(pk=guest.pk, kind=Participant.Kind.GUEST, user=None)
    if not guests.update(kind=Participant.Kind.MEMBER, user=user, joined=timezone.now()):
        return None
    member = Participant.objects.select_related("user").get(pk=guest.pk)
    keeps = member.named and policy.can_be_called(member, member.name)  # another may have come by it meanwhile
    name_after(member, member.name if keeps else "")
    member.save(update_fields=NAME)
    bus.kick(guest.key)
    return member
