"""Who is in a room, and who is writing there."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from django.utils.safestring import SafeString
from django.utils.translation import get_language

from chat.fragments.freshness import period
from chat.fragments.templates import render
from chat.frames import Frame
from chat.models import Presence, Room
from chat.models.presence import Person, Seats, names_of
from chat.models.presence import people as people_of
from chat.variant import Variant

MOST_PEOPLE = 48  # that a list names; of the others it says how many they are
MOST_NAMED = 2  # who are writing; more of them are "several"
PAGES = 256  # rooms whose list is kept for pages
PAGE_SECONDS = 1.0


class Gathering(NamedTuple):
    """Who is in a room, in its two places in the page."""

    number: SafeString
    names: SafeString


def gathering(room: Room, count: int, people: list[Person]) -> Gathering:
    context = gathering_context(room, count, people)
    return Gathering(render("chat/_people_count.html", context), render("chat/_people_list.html", context))


def gathering_context(room: Room, count: int, people: list[Person]) -> dict[str, Any]:
    """What _people_count.html and _people_list.html ask for: the first of `count` people."""
    return {"room": room, "people": people, "count": count, "more": max(0, count - MOST_PEOPLE)}


def people(room: Room, seats: Seats, variants: Iterable[Variant]) -> dict[Variant, Frame]:
    """The same as a frame for each of these. What holds the two places stays, and so whoever opened it has it open."""
    found = people_of(room, seats, MOST_PEOPLE)
    return {variant: Frame("".join(variant.call(gathering, room, len(seats), found))) for variant in variants}


def gathered(room: Room) -> Gathering:
    """For a page: read and rendered once a second, however many come."""
    return _gathered(room, get_language(), period(PAGE_SECONDS))


def forget_gatherings() -> None:
    _gathered.cache_clear()


@lru_cache(maxsize=PAGES)
def _gathered(room: Room, *while_fresh: object) -> Gathering:
    seats = Presence.objects.seats([room.pk])[room.pk]
    return gathering(room, len(seats), people_of(room, seats, MOST_PEOPLE))


def writing(room: Room, keys: list[str], variants: Iterable[Variant]) -> dict[Variant, Frame]:
    """As a frame for each of these. What is not for somebody, as that they write themselves, their own style hides."""
    named = names_of(keys) if 0 < len(keys) <= MOST_NAMED else {}
    context = writing_context(room, named, len(keys))
    return {variant: Frame(variant.call(render, "chat/_writing.html", context)) for variant in variants}


def writing_context(room: Room, named: dict[str, str], count: int) -> dict[str, Any]:
    """What _writing.html asks for: `count` people write; {key: name} of them, if they are few."""
    return {"room": room, "writers": [*named.items()], "several": count > MOST_NAMED}
