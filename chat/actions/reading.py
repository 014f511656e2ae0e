"""What was read: how far each member has seen their rooms. It moves forward, never back."""

from collections.abc import Mapping
from functools import reduce
from operator import or_

from django.db import transaction
from django.db.models import Case, Q, Value, When
from django.utils.translation import gettext_lazy as _

from chat import bus
from chat.errors import Forbidden
from chat.models import Membership, Participant, Room

AT_ONCE = 100  # places in rooms that one statement moves members to, however many members


def mark_read(reads: Mapping[tuple[int, int], int]) -> None:
    """{(participant, room): the seq up to which they have seen it}; who is not a member, or past it, stays so.

    One statement for all who stand at the same hundred places, and one ring for all of them.
    """
    places: dict[tuple[int, int], list[int]] = {}
    for (participant, room), seq in reads.items():
        places.setdefault((room, seq), []).append(participant)
    ordered = sorted(places.items())
    for start in range(0, len(ordered), AT_ONCE):
        _move(dict(ordered[start : start + AT_ONCE]))


def _move(places: Mapping[tuple[int, int], list[int]]) -> None:
    cases = [
        (Q(room=room, participant__in=people, read_seq__lt=seq), Value(seq)) for (room, seq), people in places.items()
    ]
    behind = reduce(or_, (who for who, seq in cases))
    moved: dict[int, list[int]] = {}
    for room, participant in Membership.objects.filter(behind).order_by().values_list("room", "participant"):
        moved.setdefault(room, []).append(participant)
    if not moved:  # as mostly, and then nobody waits for a lock
        return
    with transaction.atomic():
        Membership.objects.filter(behind).update(read_seq=Case(*(When(who, then=seq) for who, seq in cases)))
        bus.read(moved)


def read_room(someone: Participant, room: Room, seq: int) -> None:
    """They have seen the room up to this seq, which may be beyond what there is. Forbidden when it is not theirs."""
    if someone.pk is None or not Membership.objects.filter(room=room, participant=someone).exists():
        raise Forbidden(_("What you have read is kept of rooms that you have joined: join this one first."))
    head = Room.objects.values_list("seq", flat=True).get(pk=room.pk)
    mark_read({(someone.pk, room.pk): min(seq, head)})
