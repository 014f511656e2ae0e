from typing import Any

from django.db import transaction

from chat import bus, names, policy
from chat.actions import limits
from chat.conf import conf
from chat.errors import Forbidden, Refused
from chat.markup import participant_name
from chat.models import Participant


def enrol(someone: Participant) -> Participant:
    """The stored row of whoever this is, as it stands now; made when they act for the first time.

    Forbidden when a guest has become a member since.
    """
    row = Participant.objects.filter(user=someone.user).first() if someone.user else None
    if row is None:
        defaults = {"kind": someone.kind, "user": someone.user, "name": someone.name}
        if not someone.is_guest:
            defaults["skeleton"] = names.skeleton(someone.name)
        row, _ = Participant.objects.get_or_create(key=someone.key, defaults=defaults)
    if row.kind != someone.kind:
        raise Forbidden("You have signed in: reload the page to go on.")
    if not row.is_guest and not row.named and row.name != someone.name:  # the account has another name by now
        row.name, row.skeleton = someone.name, names.skeleton(someone.name)
        row.save(update_fields=["name", "skeleton"])
    return row


@transaction.atomic
def rename(someone: Participant, name: object, address: str | None = None) -> Participant:
    """Call somebody otherwise. What they wrote before keeps the name it was written under."""
    name = participant_name(name, conf.name_length)
    limits.count(someone, address)
    participant = enrol(someone)
    _demand_name(participant, name)
    name_after(participant, name)
    participant.save(update_fields=NAME)
    return participant


NAME = ("name", "named", "skeleton")


def name_after(participant: Participant, name: str) -> None:
    """Give them this name, unsaved and unasked; the one they have without choosing when it is empty."""
    participant.named = bool(name) and name != participant.given_name
    participant.name = name or participant.given_name
    participant.skeleton = names.skeleton(participant.name)


def _demand_name(participant: Participant, name: str) -> None:
    if not (verdict := policy.can_rename(participant)):
        raise Forbidden(verdict.why)
    if not (verdict := policy.can_take_name(participant, name or participant.given_name)):
        raise Refused(verdict.why)


@transaction.atomic
def change_person(someone: Participant, name: object, address: str | None = None, **choices: str) -> Participant:
    """Set what a person's page offers: the name, which may be empty, and the choices, which are fit to store."""
    wanted = participant_name(name, conf.name_length) if name != "" else ""
    limits.count(someone, address)
    participant = enrol(someone)
    _demand_name(participant, wanted)
    name_after(participant, wanted)
    for field in CHOICES:
        setattr(participant, field, choices[field])
    participant.save(update_fields=[*NAME, *CHOICES])
    return participant


CHOICES = ("colour", "time_zone", "language", "rings")


def ban(participant: Participant, banned: bool) -> None:
    """Close every room to somebody, or open them again. Their open sockets learn of it at once."""
    participant.banned = banned
    participant.save(update_fields=["banned"])
    _kick(participant)


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
