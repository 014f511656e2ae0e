"""Who has which room open, written by each process in batches, never by a socket; and who writes there, which is said
to all and stored nowhere.
"""

from collections.abc import Mapping, Set

from django.db import transaction
from django.db.models.functions import Now

from chat import bus, policy
from chat.actions.permission import demand
from chat.models import Participant, Presence, Room
from chat.models.presence import Seats

BATCH = 500  # rows in one statement


def note_presence(process: str, came: Mapping[int, Seats], gone: Mapping[int, Set[str]]) -> None:
    """Who came to which room by this process, or looks there again or no more; and who is gone. A handful of queries,
    however many they are; each room is told once.
    """
    with transaction.atomic():
        _put_in(process, came)
        _take_out(process, gone)
        for room_id in came.keys() | gone.keys():
            bus.presence(room_id)


def _put_in(process: str, came: Mapping[int, Seats]) -> None:
    keys = {key for seats in came.values() for key in seats}
    if not keys:
        return
    rooms = set(Room.objects.filter(pk__in=came).values_list("pk", flat=True))  # one may be gone by now
    known = dict(Participant.objects.filter(key__in=keys).values_list("key", "pk"))
    rows = [
        Presence(process=process, room_id=room_id, key=key, participant_id=known.get(key), away=away, seen=Now())
        for room_id in sorted(rooms & came.keys())
        for key, away in came[room_id].items()
    ]
    Presence.objects.bulk_create(
        rows,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["process", "room", "key"],
        update_fields=["participant", "away", "seen"],
    )


def _take_out(process: str, gone: Mapping[int, Set[str]]) -> None:
    if not gone:
        return
    rows = Presence.objects.filter(process=process, room__in=gone).values_list("pk", "room", "key")
    Presence.objects.filter(pk__in=[pk for pk, room_id, key in rows if key in gone[room_id]]).delete()


def keep_presence(process: str) -> int:
    """This process lives, and all who came by it are there. Gives how many rows say so; sweeps out expired ones."""
    kept = Presence.objects.filter(process=process).update(seen=Now())
    Presence.objects.expired().delete()
    return kept


def look_again(participant: Participant) -> None:
    """They are called otherwise now, or may not be here any more: the rooms they have open are to show it."""
    rooms = Presence.objects.alive().filter(key=participant.key).values_list("room", flat=True)
    for room_id in rooms.order_by().distinct():
        bus.presence(room_id)


def say_writing(participant: Participant, room: Room) -> None:
    """They are writing. Forbidden when they may not; nothing is said of somebody who wants it so."""
    demand(policy.can_post(participant, room))
    if participant.shows_typing:
        bus.whisper(room.pk, participant.key, "writing")


def say_written(participant: Participant, room: Room) -> None:
    """What they were writing is there. Asks no database."""
    bus.whisper(room.pk, participant.key, "written")
