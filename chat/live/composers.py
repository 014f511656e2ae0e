"""What a page has sent by its composers, as far as its socket knows. One that was sent is typed in until the next one
has the focus: what it says more by then is another message, if Enter was pressed again, or goes on in the next one.
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from chat import frames
from chat.conf import conf
from chat.errors import Refused
from chat.frames import Command
from chat.models import Message

MOST_GROWING = 4  # whose texts are kept; an honest page has one
MOST = 64  # whose nonces are; an honest page shows eleven, and comes back with more only where some were refused


class Said(NamedTuple):
    text: str
    parts: int
    """So many messages."""


@dataclass
class Composers:
    said: dict[str, Said] = field(default_factory=dict)
    """By nonce: what is stored, or handed on, of those that may grow."""
    heard: dict[str, None] = field(default_factory=dict)
    """Those that sent something; what comes by one of them once more waits for what came before."""
    sent_before: dict[str, None] = field(default_factory=dict)
    """Those that sent something by a former connection, as their page says."""
    left: dict[str, None] = field(default_factory=dict)
    """Those that are not typed in any more."""
    refused: dict[str, None] = field(default_factory=dict)
    """Those of which something was refused last: it stands in them, with the reason."""
    unsure: dict[str, Command] = field(default_factory=dict)
    """What those said as they were left of which nothing was stored yet."""
    handed_on: tuple[str, str] | None = None
    """(nonce, letters that begin it), until its page is known to show them."""

    def follow(self, command: Command) -> None:
        """A page that comes back says which it has sent. The last one is typed in, and sent only if it says so."""
        for nonce in [*frames.texts(command, "waiting")[:-1], *frames.texts(command, "sent")]:
            if Message.is_nonce(nonce):
                keep(self.sent_before, nonce)
        for nonce in filter(Message.is_nonce, frames.texts(command, "refused")):
            keep(self.refused, nonce)

    def again(self, command: Command) -> bool:
        """It was sent before: whatever came by it is waited for."""
        nonce = command.get("nonce")
        if not (grows(command) and Message.is_nonce(nonce)):
            return False
        before = nonce in self.heard
        keep(self.heard, nonce)
        return before

    def whole(self, command: Command) -> Any:
        """All that its composer says: with what stands before the field with the caret, or will soon."""
        nonce, text = command.get("nonce"), command.get("message")
        begun = command.get(f"begun-{nonce}", self._handed_to(nonce))
        return begun + text if isinstance(begun, str) and isinstance(text, str) else text

    def _handed_to(self, nonce: object) -> str:
        return self.handed_on[1] if self.handed_on and self.handed_on[0] == nonce else ""

    def new(self, nonce: object, whole: object) -> Said | None:
        """What it says beyond what is stored, and how many messages that are; None when nothing is known to be, or it
        was another text."""
        said = self.said.get(nonce) if isinstance(nonce, str) else None
        if said is None or not isinstance(whole, str) or not whole.startswith(said.text):
            return None
        return Said(whole[len(said.text) :], said.parts)

    def note(self, nonce: str, whole: str, parts: int) -> None:
        """All of that is stored, as so many messages, or handed on."""
        self.refused.pop(nonce, None)
        _keep(self.said, nonce, Said(whole, parts), MOST_GROWING)

    def hand_on(self, command: Command, nonce: str, letters: str) -> str:
        """How the composer with this nonce begins from here on: after what begins it already, also where its page has
        not heard of that yet. Refused when it is more than a message may be."""
        begun, known = command.get(f"begun-{nonce}", ""), self._handed_to(nonce)
        if not isinstance(begun, str) or known.startswith(begun):
            begun = known
        if len(begun + letters) > conf.message_length:
            raise Refused(_("The next message has no room for what came late."))
        self.handed_on = (nonce, begun + letters)
        return self.handed_on[1]

    def was_sent_before(self, nonce: object) -> bool:
        return isinstance(nonce, str) and nonce in self.sent_before

    def doubt(self, nonce: str, command: Command) -> None:
        if len(command["message"]) <= conf.frame_limit:  # else it is too long to be stored, and for us to keep
            _keep(self.unsure, nonce, command, MOST_GROWING)

    def shown(self, command: Command) -> None:
        """A draft says what stands in the page: from there on it is the page's own."""
        if self.handed_on and self.handed_on[0] == command.get("nonce") and f"begun-{self.handed_on[0]}" in command:
            self.handed_on = None


def keep(nonces: dict[str, None], nonce: str) -> None:
    _keep(nonces, nonce, None, MOST)


def _keep(table: dict[str, Any], nonce: str, value: Any, most: int) -> None:
    """A client may name as many as it likes: the oldest are forgotten."""
    table[nonce] = value
    while len(table) > most:
        del table[next(iter(table))]


def grows(command: Command) -> bool:
    """It comes from a composer that may be sent again with more in it, which is another message."""
    return command.get("grows") == "1"
