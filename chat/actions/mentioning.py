"""What a message says is formatted when it is written, under its room's lock, and with that of whom it speaks: among
those who can read it."""

from collections import defaultdict
from collections.abc import Sequence

from chat import policy
from chat.formatting import VERSION, formatted
from chat.mentions import EVERYBODY, ROOM, Mark, called, handles, marks, spots
from chat.models import Membership, Mention, Message, Room


def spell_out(room: Room, rows: Sequence[Message]) -> list[Mention]:
    """Format these messages, with whoever is spoken of marked, and give the rows of that, to be stored after them.

    It costs a query for all of them together, and one more for @room; none while no text has an @.
    """
    found = [(row, spots(row.body)) for row in rows]
    wanted = handles(spot for _, there in found for spot in there)
    if not wanted:
        for row in rows:
            _format(row, [])
        return []
    keys, ids = defaultdict(list), {}
    people = policy.readers(room).filter(handle__in=wanted).order_by("pk")
    for pk, key, handle in people.values_list("pk", "key", "handle"):
        keys[handle].append(key)
        ids[key] = pk
    if ROOM in wanted:
        Membership.objects.tell_roles(room, {row.author for row in rows})
    for row, there in found:
        _format(row, marks(there, _for(row, room, keys, ROOM in wanted)))
    return [Mention(message=row, participant_id=ids.get(key)) for row in rows for key in called(row.marks)]


def _format(row: Message, made: Sequence[Mark]) -> None:
    row.html, called_in = formatted(row.body, made)
    row.marks, row.html_version = [[*mark] for mark in called_in], VERSION


def _for(row: Message, room: Room, keys: dict[str, list[str]], room_called: bool) -> dict[str, list[str]]:
    """Whom this author can mean by each handle: nobody means themselves."""
    own = {handle: [key for key in known if key != row.author.key] for handle, known in keys.items()}
    if room_called and policy.can_mention_room(row.author, room):
        own[ROOM] = [EVERYBODY]
    return own


def renew_mentions(message: Message, wanted: list[Mention]) -> None:
    """What an edit left of them, and what it brought; a deletion leaves none."""
    there = {row.participant_id: row.pk for row in message.mentions.all()}
    mean = {row.participant_id for row in wanted}
    message.mentions.filter(pk__in=[pk for who, pk in there.items() if who not in mean]).delete()
    Mention.objects.bulk_create([row for row in wanted if row.participant_id not in there])
