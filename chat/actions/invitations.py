"""Links for whoever has them: into a room, or to an account. Each is a row, so that it can be withdrawn."""

from datetime import timedelta

from django.core import signing
from django.utils import timezone

from chat import policy
from chat.actions import limits
from chat.actions.people import enrol
from chat.actions.permission import demand
from chat.conf import conf
from chat.models import Invitation, Participant, Room

SALT = "chat.invitation"


def invite(inviter: Participant) -> Invitation:
    """To sign up, until it expires or is withdrawn."""
    demand(policy.can_invite(inviter))
    limits.count_room(inviter)
    return _made(inviter, None, conf.invitation_days)


def invite_to_room(inviter: Participant, room: Room) -> Invitation:
    """To join the room, until it expires or is withdrawn."""
    demand(policy.can_invite_to(inviter, room))
    limits.count_room(inviter)
    return _made(inviter, room, conf.invitation_to_room_days)


def _made(inviter: Participant, room: Room | None, days: float) -> Invitation:
    return Invitation.objects.create(room=room, inviter=enrol(inviter), expires=timezone.now() + timedelta(days=days))


def withdraw_invitation(actor: Participant, invitation: Invitation) -> None:
    demand(_may(actor, invitation.room))
    invitation.withdrawn = True
    invitation.save(update_fields=["withdrawn"])


def invitation_token(invitation: Invitation) -> str:
    """What stands in the link: the invitation's number, signed."""
    return signing.Signer(salt=SALT).sign_object(invitation.pk)


def find_invitation(token: str, room: Room | None) -> Invitation | None:
    """The one that this token stands for, if it leads into this room, or without one to an account, and is good still,
    as is its inviter's say."""
    try:
        pk = signing.Signer(salt=SALT).unsign_object(token)
    except (signing.BadSignature, ValueError):
        return None
    found = Invitation.objects.open().select_related("inviter__user").filter(pk=pk, room=room).first()
    return found if found is not None and _may(found.inviter, room) else None


def is_invitation(token: str) -> bool:
    """Does it let its holder sign up?"""
    return bool(token) and find_invitation(token, None) is not None


def _may(someone: Participant, room: Room | None) -> policy.Verdict:
    return policy.can_invite(someone) if room is None else policy.can_invite_to(someone, room)
