"""What becomes of a message after it was posted."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils import timezone

from chat import bus, events, policy, rules
from chat.actions.mentioning import renew_mentions, spell_out
from chat.actions.people import enrol
from chat.actions.permission import demand
from chat.conf import conf
from chat.markup import message_body
from chat.models import Message, Participant, Room

Rule = Callable[[Participant, Message], policy.Verdict]


def edit_message(message_id: int, editor: Participant, body: object) -> Message:
    """Put another text in place of the message's. Raises Message.DoesNotExist."""
    text = message_body(body, conf.message_length)
    demand(rules.can_say(editor, Message.objects.select_related("room").get(pk=message_id).room, text))
    return _change(message_id, enrol(editor), policy.can_edit, body=text, edited=timezone.now())


def delete_message(message_id: int, deleter: Participant) -> Message:
    """Leave a tombstone that says nothing of what was there. Raises Message.DoesNotExist."""
    return _change(message_id, enrol(deleter), policy.can_delete, body="", edited=None, deleted=True)


@transaction.atomic
def _change(message_id: int, actor: Participant, allowed: Rule, **values: Any) -> Message:
    message = Message.objects.get(pk=message_id)
    message.room = room = Room.objects.locked(message.room_id)
    message.refresh_from_db(fields=["deleted", "marks"])  # under the lock, so that nobody deletes it in between
    demand(allowed(actor, message))
    seq = room.next_seq()
    for name, value in values.items():
        setattr(message, name, value)
    message.changed = seq
    had, mentions = message.marks, spell_out(room, [message])
    message.save(update_fields=[*values, "marks", "changed"])
    if had or mentions:
        renew_mentions(message, mentions)
    bus.ring(message.room_id, seq)
    signal = events.message_deleted if message.deleted else events.message_edited
    events.tell(signal, Message, message=message, actor=actor)
    return message
