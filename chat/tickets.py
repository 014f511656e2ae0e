"""Who somebody in a frame of another site is: by a ticket that we signed, or by a name that the other site signs. Pure.

A browser sends no cookie of ours there, or one that is not to count. So each form, request and socket of such a page
brings the ticket itself, and nobody else's page can know it.
"""

import hashlib
import hmac
import json
import secrets
import time
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from urllib.parse import parse_qs

from django.core import signing
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from chat.conf import conf
from chat.errors import Refused

SALT = "chat.ticket"
SECONDS = 7 * 24 * 3600
"""So long an open page goes on."""

FIELD = "ticket"
LONGEST = 4000  # characters of a name that is handed over, signature and all


@dataclass(frozen=True)
class Ticket:
    """Good for one room."""

    room: str
    """Its slug."""
    key: str
    """The guest's."""
    name: str = ""
    """As the other site calls them; empty when it does not."""

    def __str__(self) -> str:
        return signing.dumps([self.room, self.key, self.name], salt=SALT)


def new(room: str, key: str = "", name: str = "") -> Ticket:
    return Ticket(room, key or f"g{secrets.token_hex(8)}", name)


def read(said: str, room: str) -> Ticket | None:
    """None when it is none, or too old, or of another room."""
    try:
        ticket = Ticket(*signing.loads(said, salt=SALT, max_age=SECONDS))
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return ticket if ticket.room == room else None


def said_by(query: bytes) -> str | None:
    """What the address of a socket says; None when it says nothing of a ticket."""
    return parse_qs(query.decode("latin-1"), keep_blank_values=True).get(FIELD, [None])[0]


def handed_over(said: str, room: str) -> Ticket:
    """Of what the other site signed: `payload.signature`, as docs/embedding.md tells. Raises Refused."""
    payload, _dot, signature = said.rpartition(".")
    key = conf.frame_secret.encode()
    right = hmac.new(key, payload.encode(errors="replace"), hashlib.sha256).hexdigest()
    if not key or len(said) > LONGEST or not hmac.compare_digest(signature.encode(errors="replace"), right.encode()):
        raise Refused(_("The name that the page around has for you is not signed as agreed: you are here as a guest."))
    try:
        about = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        visitor, name, until = about["id"], about["name"], float(about["exp"])
        if about["room"] != room or not (isinstance(visitor, str) and isinstance(name, str) and visitor):
            raise ValueError
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        raise Refused(
            _("The name that the page around has for you is not for this room: you are here as a guest.")
        ) from None
    if not time.time() < until:
        raise Refused(_("The name that the page around has for you is too old: reload that page to have it here."))
    return Ticket(room, f"g{salted_hmac('chat.visitor', visitor, algorithm='sha256').hexdigest()[:32]}", name)
