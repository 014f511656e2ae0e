"""What is pinned at a room's head."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from django.utils.safestring import SafeString
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import get_language

from chat.fragments.lookup import lookup
from chat.fragments.messages import Where, begins
from chat.fragments.templates import render
from chat.models import Message, Room

ROOMS = 256  # whose pins are kept rendered


class Pins(NamedTuple):
    """In their two places in the page. What holds these stays, and so whoever opened it has it open."""

    number: SafeString
    messages: SafeString


def pins_of(room: Room) -> Pins:
    """For a page: read and rendered once while they stay the same, and never in a room that had none. The room is to be
    fresh."""
    while_the_same = (Where.of(room), room.epoch, get_language(), get_current_timezone_name(), lookup())
    return _pins_of(room, room.pins_seq, *while_the_same)


@lru_cache(maxsize=ROOMS)
def _pins_of(room: Room, pins_seq: int, *while_the_same: object) -> Pins:
    return pins(room, [*room.messages.pinned()] if pins_seq else [])


def pins(room: Room, messages: Sequence[Message]) -> Pins:
    context = pins_context(room, messages)
    return Pins(render("chat/_pins_count.html", context), render("chat/_pins_list.html", context))


def pins_context(room: Room, messages: Sequence[Message]) -> dict[str, Any]:
    """What _pins_count.html and _pins_list.html ask for."""
    address = room.get_absolute_url()
    told = [(one, begins(one), f"{address}{one.seq}/") for one in messages]
    return {"room": room, "pinned": told}
