"""What messages are found by, stored in the transaction that stores or changes them."""

from collections.abc import Iterable

from chat.models import Message, SearchEntry
from chat.models.composed import ComposedInsert

_insert = ComposedInsert(lambda: SearchEntry)


def index(messages: Iterable[Message]) -> None:
    """These are stored, and were not before."""
    _insert([SearchEntry.of(message) for message in messages])


def index_anew(message: Message) -> None:
    """What it says is something else now, or nothing any more."""
    if message.deleted:
        SearchEntry.objects.filter(pk=message.pk).delete()
    else:
        SearchEntry.of(message).save()
