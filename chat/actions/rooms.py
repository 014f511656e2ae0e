from django.core.exceptions import ValidationError

from chat.conf import conf
from chat.errors import Refused
from chat.models import Room
from chat.models.room import new_epoch, no_other_address


def open_room(slug: str) -> Room:
    """The room at this slug. The default room is made when first asked for; any other raises Room.DoesNotExist."""
    try:
        return Room.objects.get(slug=slug)
    except Room.DoesNotExist:
        if slug != conf.default_room:
            raise
    room, _ = Room.objects.get_or_create(slug=slug, defaults={"name": slug.replace("-", " ").capitalize()})
    return room


def save_room(room: Room) -> None:
    """Make a room, or change what is said of it. Its seq belongs to those who post."""
    if room.pk is None:
        _demand_free_address(room.slug)
        room.save()
    else:
        room.save(update_fields=["name", "topic", "archived"])


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
