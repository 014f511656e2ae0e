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
MOST = 64  # whose nonces are; an honest page has eleven


class Said(NamedTuple):
    text: str
    parts: int
    """So many messages."""


@dataclass
class Composers:
    said: dict[str, Said] = field(default_factory=dict)
    """By nonce: what is stored of those that may grow."""
    begun: dict[str, None] = field(default_factory=dict)
    """Those that were sent; what comes by one of them once more waits for what came before."""
    sent: dict[str, None] = field(default_factory=dict)
    """Those that their page says it sent before this connection."""
    left: dict[str, None] = field(default_factory=dict)
    """Those that are not typed in any more."""
    refused: dict[str, None] = field(default_factory=dict)
    """Those of which something was refused last: it stands in them, with the reason."""
    unsure: dict[str, Command] = field(default_factory=dict)
    """What those said as they were left of which nothing was stored yet."""
    late: tuple[str, str] | None = None
    """(nonce, letters that begin it), until its page is known to show them."""

    def follow(self, command: Command) -> None:
        """A page that comes back says which it has sent. The last one is typed in, and sent only if it says so."""
        for nonce in [*frames.texts(command, "waiting")[:-1], *frames.texts(command, "sent")]:
            if Message.is_nonce(nonce):
                keep(self.sent, nonce)
        for nonce in filter(Message.is_nonce, frames.texts(command, "refused")):
            keep(self.refused, nonce)

    def again(self, command: Command) -> bool:
        """It was sent before: whatever came by it is waited for."""
        nonce = command.get("nonce")
        if not (grows(command) and Message.is_nonce(nonce)):
            return False
        before = nonce in self.begun
        keep(self.begun, nonce)
        return before

    def whole(self, command: Command) -> Any:
        """All that its composer says: with what stands before the field with the caret, or will soon."""
        nonce, text = command.get("nonce"), command.get("message")
        begun = command.get(f"begun-{nonce}", self._late_of(nonce))
        return begun + text if isinstance(begun, str) and isinstance(text, str) else text

    def _late_of(self, nonce: object) -> str:
        return self.late[1] if self.late and self.late[0] == nonce else ""

    def new(self, nonce: object, whole: object) -> str | None:
        """What it says beyond what is stored; None when nothing is known to be, or it was another text."""
        said = self.said.get(nonce) if isinstance(nonce, str) else None
        if said is None or not isinstance(whole, str) or not whole.startswith(said.text):
            return None
        return whole[len(said.text) :]

    def parts(self, nonce: object) -> int:
        said = self.said.get(nonce) if isinstance(nonce, str) else None
        return said.parts if said else 0

    def stored(self, nonce: str, whole: str, parts: int) -> None:
        self.refused.pop(nonce, None)
        self.said[nonce] = Said(whole, parts)
        while len(self.said) > MOST_GROWING:
            del self.said[next(iter(self.said))]

    def hand_on(self, command: Command, nonce: str, letters: str) -> str:
        """How the composer with this nonce begins from here on: after what begins it already, also where its page has
        not heard of that yet. Refused when it is more than a message may be."""
        begun, known = command.get(f"begun-{nonce}", ""), self._late_of(nonce)
        if not isinstance(begun, str) or known.startswith(begun):
            begun = known
        if len(begun + letters) > conf.message_length:
            raise Refused(_("The next message has no room for what came late."))
        self.late = (nonce, begun + letters)
        return self.late[1]

    def is_sent(self, nonce: object) -> bool:
        """Before this connection, as its page says."""
        return isinstance(nonce, str) and nonce in self.sent

    def doubt(self, nonce: str, command: Command) -> None:
        self.unsure[nonce] = command
        while len(self.unsure) > MOST_GROWING:
            del self.unsure[next(iter(self.unsure))]

    def shown(self, command: Command) -> None:
        """A draft says what stands in the page: from there on it is the page's own."""
        if self.late and self.late[0] == command.get("nonce") and f"begun-{self.late[0]}" in command:
            self.late = None


def keep(nonces: dict[str, None], nonce: str) -> None:
    nonces[nonce] = None
    while len(nonces) > MOST:
        del nonces[next(iter(nonces))]


def grows(command: Command) -> bool:
    """It comes from a composer that may be sent again with more in it, which is another message."""
    return command.get("grows") == "1"
