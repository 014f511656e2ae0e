"""One participant in one room, seen anew at each command, and what they may ask for by a frame."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chat import actions, fragments, identity, policy
from chat.errors import Ended, Forbidden, Refused
from chat.frames import Command
from chat.models import Message, Participant, Room


@dataclass
class Visit:
    room: Room
    participant: Participant
    scope: Mapping[str, Any]
    """ASGI's: who was signed in when they came, and from which address."""
    discarded: frozenset[str] = frozenset()
    """Nonces that their page gave up while it was away: what comes under one is not stored any more."""

    @classmethod
    def begin(cls, slug: str, scope: Mapping[str, Any]) -> "Visit":
        """Forbidden when there is no such room, or not for them."""
        try:
            room = actions.open_room(slug)
        except Room.DoesNotExist:
            raise Forbidden("There is no such room.") from None
        participant = identity.of_scope(scope)
        if not (verdict := policy.can_read(participant, room)):
            raise Forbidden(verdict.why)
        return cls(room, participant, scope)

    def look(self) -> None:
        """See the participant as they are now; Ended when they may not be here any more."""
        participant = identity.again(self.participant, self.scope)
        if participant is None:
            raise Ended("You have signed out, or in: reload the page to go on.")
        if not Room.objects.filter(pk=self.room.pk).exists():
            raise Ended("This room is gone.")
        if not (verdict := policy.can_read(participant, self.room)):
            raise Ended(verdict.why)
        self.participant = participant

    def act(self, command: Command) -> str:
        """Carry it out, and give the fragment that answers it. Raises Refused, or Ended when they must leave."""
        verb = command.get("do")
        act = VERBS.get(verb) if isinstance(verb, str) else None
        if act is None:
            raise Refused("This server doesn't know that verb.")
        self.look()
        try:
            return act(self, command)
        except Room.DoesNotExist:
            raise Ended("This room is gone.") from None

    def refuse(self, command: Command, refusal: Refused) -> str:
        """The reason, where the person looks for it: at their composer, at their name, or in the room."""
        nonce = command.get("nonce")
        if command.get("do") == "rename":
            return fragments.me(self.room, self.participant, refusal, command.get("name"))
        if Message.is_nonce(nonce):
            return fragments.unsent(nonce, refusal)
        return fragments.refused(self.room, refusal)

    def posting(self, command: Command) -> actions.Post:
        return actions.Post(self.room, self.participant, command.get("message"), command.get("nonce"), self.address)

    def unread(self, after: int) -> int:
        """How many messages came after that seq; not all are counted where there are more than a tab says."""
        news = self.room.messages.filter(seq__gt=after, deleted=False).order_by("seq")
        return news[: fragments.MOST_UNREAD + 1].count()

    @property
    def address(self) -> str | None:
        client = self.scope.get("client")
        return client[0] if client else None


def rename(visit: Visit, command: Command) -> str:
    visit.participant = actions.rename(visit.participant, command.get("name"), visit.address)
    return fragments.me(visit.room, visit.participant)


VERBS: dict[str, Callable[[Visit, Command], str]] = {"rename": rename}
