from dataclasses import replace

from chat import policy
from chat.conf import conf
from chat.errors import Refused
from chat.markup import participant_name
from chat.models import Participant
from chat.tickets import Ticket, handed_over


def welcome_visitor(said: str, room: str) -> Ticket:
    """Whom another site says its visitor is, under a name that a guest may have. Stores nothing. Raises Refused."""
    ticket = handed_over(said, room)
    name = participant_name(ticket.name, conf.name_length)
    if not (verdict := policy.can_be_called(Participant.guest(ticket.key, name), name)):
        raise Refused(verdict.why)
    return replace(ticket, name=name)
