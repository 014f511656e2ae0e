"""What is to be stored, and what became of it."""

from dataclasses import dataclass
from typing import Any

from chat.models import Message, Participant, Room


@dataclass(frozen=True)
class Post:
    """A message somebody wants stored."""

    room: Room
    author: Participant
    body: object
    nonce: Any = None
    address: str | None = None
    """The network address it came from, for the limit on all who share it."""
    grows: bool = False
    """What it says beyond what is stored under its nonce is a message of its own: it was typed after that was sent."""
    reply_to: int | None = None
    """The seq of what it answers."""
    part: int = 0
    """So many messages came from its composer before this one, which is what that says more."""

    @property
    def sending(self) -> str | None:
        """What it is stored under."""
        return Message.sending(self.nonce, self.part) if self.part else self.nonce

    @property
    def answers(self) -> int | None:
        """The seq of what it answers, of the first message of its composer alone."""
        return None if self.part else self.reply_to

    @property
    def before(self) -> str | None:
        """Under what it, or its beginning, is stored if it was sent before."""
        return self.nonce if self.grows else self.sending


Ready = tuple[Post, str]
"""A post, and its text as it will be stored; of one that grew, what is new in it."""

Outcome = Message | Exception
"""What became of a post: most of what is no message is Refused."""
