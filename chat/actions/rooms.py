import secrets

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from chat import bus, policy
from chat.actions import limits
from chat.actions.objects import has_times, in_order, is_of_nothing
from chat.actions.people import enrol
from chat.actions.permission import demand
from chat.conf import conf
from chat.errors import Refused
from chat.markup import moment, room_name, room_topic
from chat.models import Kind, Membership, Participant, Role, Room
from chat.models.room import fit_moment, new_epoch, no_other_address

OFFERED = (Kind.PUBLIC, Kind.MEMBERS, Kind.PRIVATE)
"""The kinds that one chooses from; a direct one comes by beginning a conversation."""


def open_room(slug: str) -> Room:
    """The room at this slug. The default room is made when first asked for; any other raises Room.DoesNotExist."""
    try:
        room = Room.objects.at(slug)
        if is_of_nothing(room):
            raise Room.DoesNotExist
        return room
    except Room.DoesNotExist:
        if slug != conf.default_room:
            raise
    room, _made = Room.objects.get_or_create(slug=slug, defaults={"name": slug.replace("-", " ").capitalize()})
    return room


def make_room(maker: Participant, name: object, kind: str, topic: object = "", guests_write: bool = True) -> Room:
    """A new room, whose owner is its maker. Raises Refused."""
    if kind not in OFFERED:
        refusal = Refused(_("Choose for whom the room is."))
        refusal.field = "kind"
        raise refusal
    said = {"name": room_name(name), "topic": room_topic(topic)}
    demand(policy.can_make_room(maker))
    limits.count_room(maker)
    with transaction.atomic():
        room = at_free_address(Room(kind=kind, guests_write=guests_write, **said))
        owner = Membership.objects.create(room=room, participant=enrol(maker), role=Role.OWNER)
        bus.listed([owner.participant_id])
    return room


def change_room(
    actor: Participant,
    room: Room,
    name: object,
    topic: object = "",
    guests_write: bool | None = None,
    times: tuple[object, object] | None = None,
) -> None:
    """Call it otherwise, say something else of it, let guests write in it or not, open and close it at times. Open
    pages show it at once. `times`: as texts, in the time zone that is active; an empty one is none."""
    said: dict[str, object] = {"name": room_name(name), "topic": room_topic(topic)}
    if guests_write is not None:
        said["guests_write"] = guests_write
    if times is not None and not has_times(room):
        said["opens_at"], said["closes_at"] = in_order(*(moment(text, fit_moment) for text in times))
    _change(actor, room, **said)


def archive_room(actor: Participant, room: Room, archived: bool) -> None:
    """Nobody can write in it any more; or open it again."""
    _change(actor, room, archived=archived)


def _change(actor: Participant, room: Room, **values: object) -> None:
    demand(policy.can_change_room(actor, room))
    for field, value in values.items():
        setattr(room, field, value)
    with transaction.atomic():
        room.save(update_fields=[*values])
        bus.changed(room.pk)


def at_free_address(room: Room) -> Room:
    """Stored, under an address made of its name. A private one's can't be guessed, nor does it show by being taken."""
    base = slugify(room.name)[:36] or "room"
    ends = ["", "-2", "-3", "-4"] if room.kind in (Kind.PUBLIC, Kind.MEMBERS) else []
    for end in [*ends, *(f"-{secrets.token_hex(5)}" for _number in range(3))]:
        room.slug = base + end
        try:
            no_other_address(room.slug)
            with transaction.atomic():
                room.save(force_insert=True)
        except (ValidationError, IntegrityError):
            continue
        return room
    raise Refused(_("No address could be found for this name: choose another one."))


def save_room(room: Room) -> None:
    """Make a room, or change what is said of it, as the admin does. Its seq belongs to those who post."""
    if room.pk is None:
        _demand_free_address(room.slug)
        room.save()
        return
    with transaction.atomic():
        room.save(update_fields=["name", "topic", "archived", "guests_write", "opens_at", "closes_at"])
        bus.changed(room.pk)


def _demand_free_address(slug: str) -> None:
    try:
        no_other_address(slug)
    except ValidationError as error:
        raise Refused(error.messages[0]) from None


def renew_epochs() -> int:
    """Begin another life of every room's seq, after a backup was restored: open pages then fetch their log anew.

    Gives the number of rooms.
    """
    rooms = list(Room.objects.all())
    for room in rooms:
        room.epoch = new_epoch()
    Room.objects.bulk_update(rooms, ["epoch"], batch_size=500)
    return len(rooms)
