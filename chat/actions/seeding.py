from collections.abc import Iterator
from datetime import timedelta

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from chat import bus, demo, names
from chat.actions.indexing import index
from chat.actions.members import conversation_of
from chat.actions.mentioning import spell_out
from chat.actions.people import enrol
from chat.conf import conf
from chat.demo import DemoLine, DemoRoom
from chat.models import Kind, Membership, Mention, Message, Participant, Room

PIECE = 500  # messages stored at once
UNREAD = timedelta(days=2)
"""So long somebody who is shown around has not looked in."""


def seed_demo(messages: int, weeks: int, viewer: Participant | None = None) -> Iterator[tuple[Room, int]]:
    """Fill the demo's rooms with people and about so many messages of the last weeks; gives each room and how many.

    A room where something has been said is left as it is. `viewer` becomes a member of all of them, has not read what
    came in the last two days, and has two conversations of their own.
    """
    people = _people()
    if viewer is not None:
        viewer = enrol(viewer)
        people[viewer.name] = viewer
    rooms = demo.rooms_for(viewer.name if viewer else "", conf.default_room)
    share = messages / sum(room.share for room in rooms)
    end = timezone.now()
    for wanted in rooms:
        with transaction.atomic():
            room = _furnished(wanted, [people[name] for name in wanted.people])
            lines = demo.talk(wanted, round(share * wanted.share), end - timedelta(weeks=weeks), end)
            count = 0 if room.seq else _fill(room, people, lines)
            if viewer is not None:
                read = room.messages.filter(sent__lt=end - UNREAD).aggregate(seq=Max("seq"))["seq"] or 0
                Membership.objects.update_or_create(
                    room=room, participant=viewer, defaults={"read_seq": read, "muted": wanted.muted}
                )
                bus.listed([viewer.pk])
        yield room, count


def _people() -> dict[str, Participant]:
    """{name: member}. They have no account, so nobody can sign in as one of them."""
    people = {}
    for number, name in enumerate(demo.PEOPLE):
        looks = {"skeleton": names.skeleton(name), "handle": names.handle(name)}
        looks |= {"name": name, "colour": demo.COLOURS[number % len(demo.COLOURS)]}
        people[name], _made = Participant.objects.get_or_create(
            key=demo.key_of(name), defaults={"kind": Participant.Kind.MEMBER, **looks}
        )
    return people


def _furnished(wanted: DemoRoom, people: list[Participant]) -> Room:
    """The room, locked, with its members."""
    said = {"name": wanted.name, "topic": wanted.topic, "kind": wanted.kind}
    if wanted.kind == Kind.DIRECT:
        said["people"] = conversation_of(people)
    room, _made = Room.objects.get_or_create(slug=wanted.slug, defaults=said)
    members = people[::2] if wanted.kind == Kind.PUBLIC else people
    Membership.objects.bulk_create([Membership(room=room, participant=one) for one in members], ignore_conflicts=True)
    return Room.objects.locked(room.pk)


def _fill(room: Room, people: dict[str, Participant], lines: list[DemoLine]) -> int:
    for first in range(0, len(lines), PIECE):
        piece = lines[first : first + PIECE]
        rows = [_row(room, people[line.author], line, room.seq + number) for number, line in enumerate(piece, 1)]
        speaker, spoken = room.speaker, room.spoken
        for row in rows:
            row.follow(speaker, spoken)
            speaker, spoken = row.speaker, row.sent
        mentions = spell_out(room, rows)
        Message.objects.bulk_create(rows)
        index(rows)
        Mention.objects.bulk_create(mentions)
        room.next_seq(len(rows), spoken, speaker)
    bus.ring(room.pk, room.seq)
    return room.seq


def _row(room: Room, author: Participant, line: DemoLine, seq: int) -> Message:
    said = {"author": author, "author_name": author.name, "body": line.text, "sent": line.sent}
    return Message(room=room, seq=seq, changed=seq, **said)
