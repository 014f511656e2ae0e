"""Emoji that people put to a message. Each is a row; what the message shows of them is written into its own row with
each change, so that showing it costs no query."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from chat import bus, policy
from chat.actions import limits
from chat.actions.changing import asked, locked
from chat.actions.people import enrol
from chat.errors import Refused, sentence
from chat.formatting import one_emoji
from chat.models import Message, Participant

MOST_KINDS = 20  # of emoji at one message
MOST_NAMES = 3  # of those who reacted alike, the latest, beside how many they are
MOST_KEYS = 40  # of them, by which their own pages mark it

NO_EMOJI = _("That is no emoji.")
TOO_MANY = _("At most {most} kinds of emoji fit a message: take one that is there.")


def react(
    message_id: int, actor: Participant, said: object, wanted: bool | None = None, address: str | None = None
) -> Message:
    """Put this emoji to a message, or take it back; None: whichever it is not. `said`: it, or its name as in :tada:.
    `address` is the network address it came from. Raises Message.DoesNotExist.
    """
    emoji = one_emoji(said)
    if emoji is None:
        raise Refused(NO_EMOJI)
    asked(message_id, actor, policy.can_react)
    limits.count(actor, address)
    actor = enrol(actor)
    with transaction.atomic():
        message = locked(message_id, actor, policy.can_react)
        there = message.reacted.filter(participant=actor, emoji=emoji)
        stood = there.exists()
        wanted = not stood if wanted is None else wanted
        if wanted and not stood:
            _put(message, actor, emoji)
        elif stood and not wanted:
            there.delete()
        if wanted != stood:
            _tell(message, emoji)
    return message


def _put(message: Message, actor: Participant, emoji: str) -> None:
    kinds = {kind for kind, *_told in message.reactions}
    if emoji not in kinds and len(kinds) >= MOST_KINDS:
        raise Refused(sentence(TOO_MANY, most=MOST_KINDS))
    message.reacted.create(participant=actor, emoji=emoji)


def _tell(message: Message, emoji: str) -> None:
    """What its row says of this one is read anew; each kind keeps its place, in the order in which they came."""
    rows = message.reacted.filter(emoji=emoji).order_by("-pk")
    latest = [*rows.values_list("participant__key", "participant__name")[:MOST_KEYS]]
    keys, names = [key for key, _name in latest], [name for _key, name in latest[:MOST_NAMES]]
    told = [emoji, rows.count(), keys, names]
    kinds = [told if kind[0] == emoji else kind for kind in message.reactions]
    if told not in kinds:
        kinds.append(told)
    message.reactions = [kind for kind in kinds if kind[1]]
    message.changed = message.room.next_seq()
    message.save(update_fields=["reactions", "changed"])
    bus.ring(message.room_id, message.changed, may_wait=True)  # with a thousand others in this minute
