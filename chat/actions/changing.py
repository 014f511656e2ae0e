"""What becomes of a message after it was posted."""

from collections.abc import Callable

from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat import bus, events, policy, rules
from chat.actions import limits
from chat.actions.indexing import index_anew
from chat.actions.mentioning import renew_mentions, spell_out
from chat.actions.people import enrol
from chat.actions.permission import demand
from chat.conf import conf
from chat.errors import Forbidden, Refused, sentence
from chat.formatting import first_line
from chat.markup import message_body
from chat.models import Message, Participant, Room, Version

Rule = Callable[[Participant, Message], policy.Verdict]
CHANGED = ["body", "html", "html_version", "edited", "deleted", "marks", "pinned", "reactions", "changed"]
MOST_PINS = 20  # in a room
GONE = _("This message has been deleted.")
TOO_MANY = _("At most {most} messages can be pinned: unpin another one first.")


def edit_message(message_id: int, editor: Participant, body: object, address: str | None = None) -> Message:
    """Put another text in place of the message's, and keep that; the same one again changes nothing. `address` is the
    network address it came from. Raises Message.DoesNotExist.
    """
    text = message_body(body, conf.message_length)
    message = asked(message_id, editor, policy.can_edit)
    demand(rules.can_say(editor, message.room, text))
    limits.count(editor, address)
    editor = enrol(editor)
    with transaction.atomic():
        message = locked(message_id, editor, policy.can_edit)
        if message.deleted:  # whatever a host's rule says
            raise Forbidden(GONE)
        if text != message.body:
            written = message.edited or message.sent
            Version.objects.create(message=message, body=message.body, marks=message.marks, written=written)
            message.body, message.edited = text, timezone.now()
            _store(message, editor, events.message_edited)
    return message


def delete_message(message_id: int, deleter: Participant) -> Message:
    """Leave a tombstone: what was there is nowhere any more. No limit counts it, as there is no more to delete than was
    written, and a moderator may have much to do. Raises Message.DoesNotExist.
    """
    asked(message_id, deleter, policy.can_delete)
    deleter = enrol(deleter)
    with transaction.atomic():
        message = locked(message_id, deleter, policy.can_delete)
        if not message.deleted:
            message.versions.all().delete()
            message.reacted.all().delete()
            message.reactions = []
            message.body, message.edited, message.deleted = "", None, True
            _store(message, deleter, events.message_deleted)
    return message


def pin_message(message_id: int, actor: Participant, pinned: bool | None = None, address: str | None = None) -> Message:
    """Keep it in view at the room's head, or no longer; None: whichever it is not. Raises Message.DoesNotExist."""
    asked(message_id, actor, policy.can_pin)
    limits.count(actor, address)
    actor = enrol(actor)
    with transaction.atomic():
        message = locked(message_id, actor, policy.can_pin)
        wanted = message.pinned is None if pinned is None else pinned
        if wanted and message.deleted:
            raise Forbidden(GONE)
        if wanted != (message.pinned is not None):
            if wanted and message.room.messages.pinned().count() >= MOST_PINS:
                raise Refused(sentence(TOO_MANY, most=MOST_PINS))
            message.pinned, message.changed = timezone.now() if wanted else None, message.room.next_seq()
            message.save(update_fields=["pinned", "changed"])
            message.room.note_pins()
            bus.ring(message.room_id, message.changed)
    return message


def asked(message_id: int, actor: Participant, allowed: Rule) -> Message:
    """As it stands now. Raises Forbidden where they may not, before anything is stored or locked for them."""
    message = Message.objects.select_related("room").get(pk=message_id)
    demand(allowed(actor, message))
    return message


def locked(message_id: int, actor: Participant, allowed: Rule) -> Message:
    """As it stands, and will until the transaction is over. Raises Forbidden where they may not."""
    message = Message.objects.get(pk=message_id)
    message.room = Room.objects.locked(message.room_id)
    message.refresh_from_db(fields=CHANGED)
    demand(allowed(actor, message))
    return message


def _store(message: Message, actor: Participant, signal: Signal) -> None:
    """With all that says how it begins, should that be another now: replies, and the pins."""
    message.changed = message.room.next_seq()
    begun, had, was_pinned = first_line(message.html), message.marks, message.pinned is not None
    mentions = spell_out(message.room, [message])
    if message.deleted:
        message.pinned = None
    message.save(update_fields=CHANGED)
    index_anew(message)
    if had or mentions:
        renew_mentions(message, mentions)
    if message.deleted or first_line(message.html) != begun:
        if was_pinned:
            message.room.note_pins()
        _renew_replies(message)
    bus.ring(message.room_id, message.changed)
    events.tell(signal, Message, message=message, actor=actor)


def _renew_replies(message: Message) -> None:
    """The newest come anew with it; more of them would be more than a page is told without getting its log anew. All
    others say it when they are shown the next time."""
    most = min(conf.page_size, conf.catch_up_limit - 1)
    newest = message.replies.order_by("-seq").values_list("pk", flat=True)[:most]
    Message.objects.filter(pk__in=[*newest]).update(changed=message.changed)
