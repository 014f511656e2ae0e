"""Who is in which room: joining, leaving, roles, conversations."""

import hashlib
from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from chat import bus, policy
from chat.actions import limits
from chat.actions.invitations import find_invitation
from chat.actions.people import enrol
from chat.actions.permission import demand
from chat.actions.rooms import at_free_address
from chat.conf import conf
from chat.errors import Forbidden, Refused, sentence
from chat.models import Kind, Membership, Participant, Role, Room


def join_room(someone: Participant, room: Room, invitation: str = "") -> Membership:
    """Have the room stand in their list. Twice is once. `invitation` is the token of a link into it."""
    invited = bool(invitation) and find_invitation(invitation, room) is not None
    demand(policy.can_join(someone, room, invited))
    membership, joined = Membership.objects.get_or_create(
        room=room, participant=enrol(someone), defaults={"read_seq": room.seq}
    )
    if joined:
        bus.listed([membership.participant_id])
    someone.roles.pop(room.pk, None)
    return membership


def leave_room(someone: Participant, room: Room) -> None:
    demand(policy.can_leave(someone, room))
    _put_out(Membership.objects.get(room=room, participant=someone))
    someone.roles.pop(room.pk, None)


def remove_member(actor: Participant, membership: Membership) -> None:
    """Put somebody out of the room. Their open pages of it end, if it is not for everybody."""
    demand(policy.can_remove(actor, membership))
    _put_out(membership)


def _put_out(membership: Membership) -> None:
    with transaction.atomic():
        membership.delete()
        bus.kick(membership.participant.key)
        bus.listed([membership.participant_id])


@transaction.atomic
def set_role(actor: Participant, membership: Membership, role: str) -> None:
    """Make somebody owner, moderator or member. A room has one owner: who was it is a moderator then."""
    if role not in Role.values:
        raise Refused(sentence(_("A role is one of: {roles}."), roles=", ".join(Role.values)))
    room = Room.objects.locked(membership.room_id)  # two owners could make two others the owner at once
    actor.roles.pop(room.pk, None)
    membership = Membership.objects.select_related("room", "participant").get(pk=membership.pk)
    demand(policy.can_set_role(actor, membership))
    if role == Role.OWNER:
        Membership.objects.filter(room=room, role=Role.OWNER).update(role=Role.MODERATOR)
        actor.roles.pop(room.pk, None)
    membership.role = role
    membership.save(update_fields=["role"])
    bus.presence(room.pk)


def mute_room(someone: Participant, room: Room, muted: bool) -> None:
    """What comes in it is not counted for them any more, but mentions."""
    if not Membership.objects.filter(room=room, participant=someone.pk).update(muted=muted):
        raise Forbidden(_("You are not a member of this room."))
    bus.listed([someone.pk])


def talk(someone: Participant, others: Iterable[Participant]) -> Room:
    """The conversation of these people: the same ones have one, whoever begins it."""
    people = {one.pk: one for one in others if one.pk is not None and one.pk != someone.pk}
    if not people:
        raise Refused(_("Choose whom to talk to."))
    if len(people) >= conf.conversation_size:
        raise Refused(sentence(_("At most {most} people fit into a conversation."), most=conf.conversation_size))
    for other in people.values():
        demand(policy.can_talk_to(someone, other))
    everybody = sorted([enrol(someone), *people.values()], key=lambda one: one.pk)
    digest = conversation_of(everybody)
    known = Room.objects.filter(people=digest).first()
    if known is not None:
        return known
    limits.count_room(someone)
    names = ", ".join(one.name for one in everybody)
    room = Room(kind=Kind.DIRECT, people=digest, name=names if len(names) <= 80 else f"{names[:79]}…")
    try:
        with transaction.atomic():
            room = at_free_address(room)
            Membership.objects.bulk_create([Membership(room=room, participant=one) for one in everybody])
            bus.listed([one.pk for one in everybody])
    except (IntegrityError, Refused):  # another of them began it in this moment
        room = Room.objects.get(people=digest)
    return room


def conversation_of(everybody: Iterable[Participant]) -> str:
    """What the conversation of these people is found by, in whatever order they come."""
    return hashlib.sha256(" ".join(str(pk) for pk in sorted(one.pk for one in everybody)).encode()).hexdigest()
