"""Rooms: who knows them, reads and writes there, and who keeps them."""

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from chat import rules
from chat.conf import conf
from chat.models import Kind, Membership, Participant, Role, Room
from chat.models.participant import ParticipantQuerySet
from chat.rules import ALLOWED, Verdict

KEEPERS = (Role.OWNER, Role.MODERATOR)


def can_know(participant: Participant, room: Room) -> Verdict:
    """Does it exist for them? A room that is not for somebody looks like one that is not there."""
    if room.kind == Kind.PUBLIC:
        return ALLOWED
    if not participant.is_guest and (room.kind == Kind.MEMBERS or participant.role_in(room)):
        return ALLOWED
    return Verdict(False, _("There is no such room."))


def known_rooms(participant: Participant) -> QuerySet[Room]:
    """Those that exist for them: can_know as a query, for lists and searches."""
    if participant.is_guest:
        return Room.objects.filter(kind=Kind.PUBLIC)
    theirs = Room.objects.filter(memberships__participant=participant.pk).values("pk")
    return Room.objects.filter(Q(kind__in=(Kind.PUBLIC, Kind.MEMBERS)) | Q(pk__in=theirs))


def can_read(participant: Participant, room: Room) -> Verdict:
    if not (verdict := can_know(participant, room)):
        return verdict
    if participant.banned:
        return Verdict(False, _("A moderator has closed this room to you."))
    return ALLOWED


def readers(room: Room) -> ParticipantQuerySet:
    """The members who may read it: can_read as a query, the other way round."""
    people = Participant.objects.with_account().filter(banned=False)
    return people if room.kind in (Kind.PUBLIC, Kind.MEMBERS) else people.filter(memberships__room=room)


def can_post(participant: Participant, room: Room) -> Verdict:
    if not (verdict := can_know(participant, room)):
        return verdict
    if room.archived:
        return Verdict(False, _("This room is archived: it can be read, but nobody can write in it any more."))
    if participant.is_guest and not room.guests_write:
        return Verdict(False, _("Guests can read this room, but not write in it: sign in first."))
    return can_read(participant, room) and _in_time(room)


def _in_time(room: Room) -> Verdict:
    return Verdict(False, why) if (why := room.door.why) else ALLOWED


def is_shut_to(participant: Participant, room: Room) -> bool:
    """They could write there, if only the room were open."""
    return not room.door.is_open and not can_post(participant, room) and bool(can_post(participant, room.opened()))


def moderates(participant: Participant, room: Room) -> bool:
    """They keep order there: as a staff member of the site, or by their role in the room."""
    if participant.is_guest or room.kind == Kind.DIRECT:
        return False
    return participant.is_moderator or participant.role_in(room) in KEEPERS


def can_make_room(participant: Participant) -> Verdict:
    if participant.is_guest:
        return Verdict(False, _("Sign in to make a room of your own."))
    if participant.banned:
        return Verdict(False, _("A moderator has closed this chat to you."))
    if conf.make_rooms == "staff" and not participant.is_moderator:
        return Verdict(False, _("Only staff members make rooms here."))
    return ALLOWED


def can_change_room(participant: Participant, room: Room) -> Verdict:
    """Its name, what is said of it, who may write in it; also to archive it, and to open it again."""
    if not (verdict := can_read(participant, room)):
        return verdict
    if room.kind == Kind.DIRECT:
        return Verdict(False, _("A conversation is called after its people."))
    if not moderates(participant, room):
        return Verdict(False, _("Only the owner and the moderators of a room can change it."))
    return ALLOWED


def can_export(participant: Participant, room: Room) -> Verdict:
    """To take along all that was said there, as one file."""
    if not (verdict := can_read(participant, room)):
        return verdict
    if room.kind != Kind.DIRECT and not moderates(participant, room):
        return Verdict(False, _("Only the owner and the moderators of a room can download all that was said in it."))
    return ALLOWED


def can_join(participant: Participant, room: Room, invited: bool = False) -> Verdict:
    """Become a member of the room, so that it stands in their list. `invited`: by a link that is good."""
    if participant.is_guest:
        return Verdict(False, _("Sign in first: rooms are kept for accounts."))
    if participant.banned:
        return Verdict(False, _("A moderator has closed this chat to you."))
    if invited and room.kind != Kind.DIRECT:
        return ALLOWED
    return can_know(participant, room)


def can_leave(participant: Participant, room: Room) -> Verdict:
    role = participant.role_in(room)
    if role is None:
        return Verdict(False, _("You are not a member of this room."))
    if room.kind == Kind.DIRECT:
        return Verdict(False, _("A conversation can't be left, only muted."))
    if role == Role.OWNER:
        return Verdict(False, _("The room is yours: make somebody else its owner first, or archive it."))
    return ALLOWED


def can_invite_to(participant: Participant, room: Room) -> Verdict:
    """To make a link into the room, to see those there are, and to withdraw them."""
    if not (verdict := can_read(participant, room)):
        return verdict
    if room.kind == Kind.DIRECT:
        return Verdict(False, _("A conversation is for its people alone: begin another one."))
    if room.archived:
        return Verdict(False, _("This room is archived: open it again first."))
    if not moderates(participant, room):
        return Verdict(False, _("Only the owner and the moderators of a room can invite to it."))
    return ALLOWED


def can_remove(participant: Participant, other: Membership) -> Verdict:
    """To put somebody out of the room."""
    if not (verdict := can_read(participant, other.room)):
        return verdict
    if other.room.kind == Kind.DIRECT:
        return Verdict(False, _("Nobody can be put out of a conversation."))
    if not moderates(participant, other.room):
        return Verdict(False, _("Only the owner and the moderators of a room can put somebody out of it."))
    if other.role == Role.OWNER:
        return Verdict(False, _("The owner of a room can't be put out of it."))
    if other.role == Role.MODERATOR and participant.role_in(other.room) != Role.OWNER and not participant.is_moderator:
        return Verdict(False, _("Only the owner can put a moderator out."))
    return ALLOWED


def can_set_role(participant: Participant, other: Membership) -> Verdict:
    """To make somebody owner, moderator or member. Whoever makes another the owner is none any more."""
    if not (verdict := can_read(participant, other.room)):
        return verdict
    if other.room.kind == Kind.DIRECT:
        return Verdict(False, _("In a conversation all are the same."))
    if participant.role_in(other.room) != Role.OWNER and not participant.is_moderator:
        return Verdict(False, _("Only the owner of a room says who is what in it."))
    if other.role == Role.OWNER:
        return Verdict(False, _("A room has an owner: make somebody else the owner."))
    return ALLOWED


rules.open_to_hosts(globals())  # from here on each is asked by way of CHAT_POLICY
