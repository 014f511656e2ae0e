from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from chat import bus, names, policy
from chat.actions import limits
from chat.actions.permission import demand
from chat.actions.presence import look_again
from chat.conf import conf
from chat.errors import SOMEBODY_ELSE, Forbidden, Refused
from chat.markup import participant_name
from chat.models import Kind, Membership, Participant


def enrol(someone: Participant) -> Participant:
    """The stored row of whoever this is, as it stands now; made when they act for the first time.

    Forbidden when a guest has become a member since.
    """
    row = Participant.objects.filter(user=someone.user).first() if someone.user else None
    if row is None:
        defaults: dict[str, Any] = {"kind": someone.kind, "user": someone.user, "name": someone.name}
        if not someone.is_guest or someone.handed:
            defaults |= {
                "named": someone.handed,
                "skeleton": names.skeleton(someone.name),
                "handle": names.handle(someone.name),
            }
        row, _made = Participant.objects.get_or_create(key=someone.key, defaults=defaults)
    if row.kind != someone.kind:
        raise Forbidden(SOMEBODY_ELSE)
    is_theirs = someone.handed if row.is_guest else not row.named
    if is_theirs and row.name != someone.name:  # their account, or the site around them, calls them otherwise by now
        row.name, row.skeleton, row.handle = someone.name, names.skeleton(someone.name), names.handle(someone.name)
        row.named = row.is_guest
        row.save(update_fields=NAME)
    row.visits, row.handed = someone.visits, someone.handed
    return row


def rename(someone: Participant, name: object, address: str | None = None) -> Participant:
    """Call somebody otherwise. What they wrote before keeps the name it was written under."""
    name = participant_name(name, conf.name_length)
    limits.count(someone, address)
    return _rename(someone, name)


@transaction.atomic
def _rename(someone: Participant, name: str) -> Participant:
    participant = enrol(someone)
    _demand_name(participant, name)
    name_after(participant, name)
    participant.save(update_fields=NAME)
    _tell_partners(participant)
    look_again(participant)
    return participant


NAME = ("name", "named", "skeleton", "handle")


def name_after(participant: Participant, name: str) -> None:
    """Give them this name, unsaved and unasked; the one they have without choosing when it is empty."""
    participant.named = bool(name) and name != participant.given_name
    participant.name = name or participant.given_name
    participant.skeleton, participant.handle = names.skeleton(participant.name), names.handle(participant.name)


def _demand_name(participant: Participant, name: str) -> None:
    demand(policy.can_rename(participant))
    if not (verdict := policy.can_take_name(participant, name or participant.given_name)):
        raise Refused(verdict.why)


def change_person(someone: Participant, name: object, address: str | None = None, **choices: str | bool) -> Participant:
    """Set what a person's page offers: the name, which may be empty, and the choices, which are fit to store."""
    wanted = participant_name(name, conf.name_length) if name != "" else ""
    limits.count(someone, address)
    return _change_person(someone, wanted, choices)


@transaction.atomic
def _change_person(someone: Participant, wanted: str, choices: dict[str, str | bool]) -> Participant:
    participant = enrol(someone)
    read = (participant.language, participant.time_zone)
    _demand_name(participant, wanted)
    name_after(participant, wanted)
    given = [field for field in CHOICES if field in choices]
    if choices.get("digest") and not participant.digest:
        participant.digested = timezone.now()  # who begins with it has not asked for what was before
    for field in given:
        setattr(participant, field, choices[field])
    participant.save(update_fields=[*NAME, *given, "digested"])
    if read != (participant.language, participant.time_zone):
        _kick(participant)  # so that their open pages go on in the new one
    _tell_partners(participant)
    look_again(participant)
    return participant


def _tell_partners(participant: Participant) -> None:
    """Conversations are called after their people."""
    rooms = Membership.objects.filter(participant=participant, room__kind=Kind.DIRECT).values("room")
    partners = Membership.objects.filter(room__in=rooms).exclude(participant=participant)
    if people := [*partners.order_by("participant").values_list("participant", flat=True).distinct()]:
        bus.listed(people)


CHOICES = ("colour", "time_zone", "language", "rings", "shows_typing", "digest")


def note_digest(participant: Participant, when: datetime) -> None:
    """They were written to of all that spoke of them up to then."""
    Participant.objects.filter(pk=participant.pk).update(digested=when)


def ban(participant: Participant, banned: bool) -> None:
    """Close every room to somebody, or open them again. Their open sockets learn of it at once."""
    participant.banned = banned
    participant.save(update_fields=["banned"])
    _kick(participant)
    look_again(participant)


def signed_out(request: Any = None, user: Any = None, **signal: Any) -> None:
    """Receives Django's user_logged_out: the sockets that were opened with this session are to end as well."""
    if request is None or user is None:
        return
    request.session.delete()  # Django does so after this signal, when the kick may have looked already
    _kick(Participant.objects.filter(user=user).first() or Participant(key=Participant.key_of(user)))


def _kick(participant: Participant) -> None:
    """Whoever has become a member as a guest has that guest's key; a socket may be older than that."""
    keys = {participant.key, Participant.key_of(participant.user)} if participant.user else {participant.key}
    for key in keys:
        bus.kick(key)
