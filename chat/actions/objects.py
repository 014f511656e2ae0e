"""Rooms that a page of the host's shows before anybody has said a word in them: of its objects, or at an address.

Looking makes none; the first message does. The page holds a promise of the room, signed, so that nobody makes others.
"""

import hashlib
import logging
from collections.abc import Callable
from copy import copy
from datetime import datetime

from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.text import slugify
from django.utils.timezone import get_default_timezone, is_naive, make_aware
from django.utils.translation import gettext_lazy as _

from chat import bus
from chat.actions.posting import post_message
from chat.conf import conf
from chat.errors import Refused
from chat.models import Participant, Room
from chat.models.room import fit_moment, no_other_address

logger = logging.getLogger("chat.actions")

SALT = "chat.promise"
TIMES = "get_chat_times"
"""The method of an object that gives when its room opens and closes: two moments, either may be None."""
LONGEST_NAME = 80


def room_of(thing: models.Model | str) -> Room:
    """That of the object, or at this slug; one that is not stored while nobody has written in it."""
    if isinstance(thing, models.Model):
        label, key = thing._meta.concrete_model._meta.label_lower, str(thing.pk)  # type: ignore[union-attr]
        return _stored(label, key) or _unsaved_of(thing)
    return _stored("", thing) or _unsaved("", thing, _name_of_slug(thing))


def promise(room: Room) -> str:
    """What a page says to have this room made: of an unsaved one that `room_of` gave."""
    label = f"{room.content_type.app_label}.{room.content_type.model}" if room.content_type else ""
    return signing.dumps([label, room.object_id or room.slug], salt=SALT)


def promised_room(token: str) -> Room:
    """The room that was promised, stored or not. Raises Refused when it is no promise, or when its object is gone."""
    try:
        label, key = signing.loads(token, salt=SALT)
        if found := _stored(label, key):
            return found
        if not label:
            return _unsaved("", key, _name_of_slug(key))
        thing = apps.get_model(label)._base_manager.filter(pk=key).first()
    except (signing.BadSignature, LookupError, ObjectDoesNotExist, ValueError, TypeError, ValidationError):
        raise Refused(_("That page can't begin a room. Reload it.")) from None
    if thing is None:
        raise Refused(_("What this was about is gone."))
    return _unsaved_of(thing)


def post_first(room: Room, author: Participant, body: object, nonce: object = None, address: str | None = None) -> Room:
    """The message, in a promised room that is made for it, or was meanwhile for another's; none for a refused one."""
    with transaction.atomic():
        made = _made(room)
        post_message(made, author, body, nonce, address)
    made.refresh_from_db()
    return made


def object_deleted(thing: models.Model) -> None:
    """What becomes of its room, as CHAT_OBJECT_DELETED says."""
    meta = thing._meta.concrete_model._meta  # type: ignore[union-attr]
    room = _stored(meta.label_lower, str(thing.pk))
    if room is not None:
        _bereave(room)


def object_saved(thing: models.Model) -> None:
    """Its room opens and closes when it says so now. Open pages hear of it at once."""
    meta = thing._meta.concrete_model._meta  # type: ignore[union-attr]
    room = _stored(meta.label_lower, str(thing.pk))
    times = _times_of(thing)
    if room is None or (room.opens_at, room.closes_at) == times:
        return
    with transaction.atomic():
        room.opens_at, room.closes_at = times
        room.save(update_fields=["opens_at", "closes_at"])
        bus.changed(room.pk)


def has_times(room: Room) -> bool:
    """When it opens and closes its object says: nobody else."""
    model = ContentType.objects.get_for_id(room.content_type_id).model_class() if room.content_type_id else None
    return hasattr(model, TIMES)


def in_order(opens: datetime | None, closes: datetime | None) -> tuple[datetime | None, datetime | None]:
    """The two, fit to store. Raises Refused."""
    if opens and closes and closes <= opens:
        raise Refused(_("A room closes after it has opened: choose a later time to close it."))
    return opens, closes


def is_of_nothing(room: Room) -> bool:
    """Its object was deleted, perhaps where nobody told us; then it has become of the room what is to become of it."""
    if room.content_type_id is None or room.archived:
        return False
    model = ContentType.objects.get_for_id(room.content_type_id).model_class()
    if model is None or model._base_manager.filter(pk=room.object_id).exists():
        return False
    _bereave(room)
    return conf.object_deleted == "delete"


def _bereave(room: Room) -> None:
    if conf.object_deleted == "keep":
        return
    if conf.object_deleted == "delete":
        room.delete()  # with all that was said; whoever is in it finds it gone
        return
    with transaction.atomic():
        room.archived = True
        room.save(update_fields=["archived"])
        bus.changed(room.pk)


def _stored(label: str, key: str) -> Room | None:
    if not label:
        return Room.objects.filter(slug=key).first()
    return Room.objects.filter(content_type=_content_type(label), object_id=key).first()


def _content_type(label: str) -> ContentType:
    return ContentType.objects.get_by_natural_key(*label.split("."))


def _unsaved(label: str, key: str, name: str) -> Room:
    """Under an address made of what it is for, and of a digest besides when somebody's room is there already."""
    if not label:
        no_other_address(key)
        return Room(slug=key, name=name)
    kind = _content_type(label)
    first, digest = f"{kind.model[:20]}-{slugify(key)[:20]}", hashlib.sha256(f"{label}:{key}".encode()).hexdigest()
    taken = slugify(key) != key.lower() or len(key) > 20 or Room.objects.filter(slug=first).exists()
    return Room(slug=f"{first}-{digest[:8]}" if taken else first, name=name, content_type=kind, object_id=key)


def _unsaved_of(thing: models.Model) -> Room:
    label, key = thing._meta.concrete_model._meta.label_lower, str(thing.pk)  # type: ignore[union-attr]
    room = _unsaved(label, key, _name_of(thing))
    room.opens_at, room.closes_at = _times_of(thing)
    return room


def _times_of(thing: models.Model) -> tuple[datetime | None, datetime | None]:
    """When its room opens and closes, by its method. Times that can't be are none, and logged: what the host stores is
    not for us to forbid."""
    if not hasattr(thing, TIMES):
        return None, None
    try:
        opens, closes = (moment and _aware(moment) for moment in getattr(thing, TIMES)())
        return in_order(opens, closes)
    except (Refused, ValidationError, TypeError, ValueError, AttributeError, OverflowError) as error:
        logger.warning("%r has no times for its room: %s", thing, error)
        return None, None


def _aware(moment: datetime) -> datetime:
    """In the site's time zone if it names none."""
    fit_moment(moment)
    if settings.USE_TZ and is_naive(moment):
        return make_aware(moment, get_default_timezone())
    return moment


def _made(room: Room) -> Room:
    room = copy(room)  # should all of it be undone, whoever asked still has a room that is not stored
    try:
        with transaction.atomic():
            room.save(force_insert=True)
    except IntegrityError:
        label = f"{room.content_type.app_label}.{room.content_type.model}" if room.content_type else ""
        found = _stored(label, room.object_id or room.slug)
        if found is None:  # somebody made a room at its address meanwhile
            raise Refused(_("Somebody was quicker: reload the page and try again.")) from None
        return found
    return room


def _name_of(thing: models.Model) -> str:
    """What it calls its room, or itself."""
    name: Callable[[], str] = getattr(thing, "get_chat_name", thing.__str__)
    return " ".join(name().split())[:LONGEST_NAME] or str(thing._meta.verbose_name)


def _name_of_slug(slug: str) -> str:
    return slug.replace("-", " ").capitalize()
