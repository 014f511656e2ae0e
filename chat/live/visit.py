"""One participant in one room, seen anew at each command, and what they may ask for by a frame."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from chat import actions, fragments, frames, identity, policy
from chat.actions import Post as Post
from chat.errors import NO_COOKIES, SOMEBODY_ELSE, Ended, Forbidden, Refused, Sentence
from chat.frames import Command
from chat.live.composers import Composers, grows
from chat.mentions import EVERYBODY, ROOM, called
from chat.models import Kind, Mention, Message, Participant, Room
from chat.models.participant import Rings
from chat.variant import Variant, asked_by_scope

SUGGESTIONS = 6  # people that are offered at once
WHISPER_SECONDS = 2.0  # from one word that somebody writes to the next; what comes sooner is not passed on


@dataclass
class Visit:
    room: Room
    participant: Participant
    scope: Mapping[str, Any]
    """ASGI's: who was signed in when they came, from which address, and in which language."""
    discarded: frozenset[str] = frozenset()
    """Nonces that their page gave up while it was away: what comes under one is not stored any more."""
    composers: Composers = field(default_factory=Composers)
    writing_said: float | None = None
    """When it was told that they write, by the monotonic clock; None when they have sent that since."""

    @property
    def variant(self) -> Variant:
        """Of what is rendered for them, refusals too."""
        return Variant.of(self.participant, self._asked)

    @cached_property
    def _asked(self) -> str:
        return asked_by_scope(self.scope)

    @classmethod
    def begin(cls, slug: str, scope: Mapping[str, Any]) -> "Visit":
        """Forbidden when there is no such room, or not for them."""
        try:
            room = actions.open_room(slug)
        except Room.DoesNotExist:
            raise Forbidden(_("There is no such room.")) from None
        participant = identity.of_scope(scope, room.slug)
        if not (verdict := policy.can_read(participant, room)):
            raise Forbidden(verdict.why)
        return cls(room, participant, scope)

    def look(self) -> None:
        """See the participant and the room as they are now; Ended when they may not be here any more."""
        participant = identity.again(self.participant, self.scope)
        if participant is None:
            raise Ended(SOMEBODY_ELSE)
        try:
            room = Room.objects.anew(self.room.pk)
        except Room.DoesNotExist:
            raise Ended(_("This room is gone.")) from None
        if not (verdict := policy.can_read(participant, room)):
            raise Ended(verdict.why)
        self.participant, self.room = participant, room

    def recognise(self, key: str | None) -> None:
        """Of whom its page was made; Ended when it is somebody else who looks at it by now."""
        if key is not None and key != self.participant.key:
            raise Ended(SOMEBODY_ELSE if self.scope.get("cookies") else NO_COOKIES)

    def act(self, command: Command) -> str:
        """Carry it out, and give the fragment that answers it. Raises Refused, or Ended when they must leave."""
        verb = command.get("do")
        act = VERBS.get(verb) if isinstance(verb, str) else None
        if act is None:
            raise Refused(_("This server doesn't know that verb."))
        self.look()
        try:
            return self.variant.call(act, self, command)
        except Room.DoesNotExist:
            raise Ended(_("This room is gone.")) from None
        except Message.DoesNotExist:
            raise Refused(_("There is no such message.")) from None

    def refuse(self, command: Command, refusal: Refused) -> str:
        """The reason, where the person looks for it: at their composer, at their name, or in the room."""
        nonce = command.get("nonce")
        with self.variant.active():
            if command.get("do") == "rename":
                return fragments.renamed(self.room, self.participant, refusal)
            if Message.is_nonce(nonce):
                return fragments.unsent(self.room, nonce, refusal)
            return fragments.refused(self.room, refusal)

    def posting(self, command: Command) -> Post:
        """What a frame wants stored; of a composer from which something is stored, what is new in it."""
        nonce, text = command.get("nonce"), self.composers.whole(command)
        name = f"reply-{nonce}" if f"reply-{nonce}" in command else "reply_to"  # as a composer of a page says it
        answers = None if command.get(name) is None else frames.number(command, name)
        if grows(command) and (new := self.composers.new(nonce, text)) is not None:
            return self._post(new.text, nonce, part=new.parts)
        grown = grows(command) and self.composers.was_sent_before(nonce)
        return self._post(text, nonce, grows=grown, reply_to=answers)

    def _post(self, text: Any, nonce: Any, **more: Any) -> Post:
        return Post(self.room, self.participant, text, nonce, self.address, **more)

    def unsaid(self, nonce: str, whole: str) -> str | None:
        """What is not stored of a text that was sent by an earlier connection; None when nothing is. Refused when it
        was another text."""
        rest = actions.unsaid(self._post(whole, nonce))
        following = fragments.next_nonce(nonce)
        if rest and following and actions.begins(self._post(rest, following)):
            return ""  # it was handed on, sent, and only the answer was lost
        return rest

    def is_counted(self, message: Message) -> bool:
        """In their tab, while they look elsewhere."""
        if self.participant.rings == Rings.MENTIONS and self.room.kind != Kind.DIRECT:
            return not {self.participant.key, EVERYBODY}.isdisjoint(called(message.marks))
        return self.participant.rings != Rings.NOTHING

    def why_not(self, room: Room) -> Sentence:
        """Why they may not write in their room as it stands now; nothing when they may."""
        return policy.can_post(self.participant, room).why

    def closed(self) -> str:
        """What the page shows of that."""
        room = Room.objects.anew(self.room.pk)
        return fragments.closed(room, self.why_not(room))

    def suggest(self, command: Command, unfinished: str | None) -> str:
        """Buttons for those whom an @ in a draft may mean; without one, none. Ended when they may not be here."""
        names: list[str] = []
        if unfinished is not None:
            self.look()
            names = self._to_mention(unfinished)
        return fragments.suggestions(self.room, command["nonce"], names, command.get("lines") == "1")

    def _to_mention(self, beginning: str) -> list[str]:
        if not policy.can_post(self.participant, self.room):
            return []
        people = policy.readers(self.room).called_like(beginning).exclude(pk=self.participant.pk)
        names = [*people.order_by("handle", "pk").values_list("name", flat=True)[:SUGGESTIONS]]
        if ROOM.startswith(beginning.casefold()) and policy.can_mention_room(self.participant, self.room):
            names = [ROOM, *names][:SUGGESTIONS]
        return [*dict.fromkeys(names)]

    def message(self, command: Command) -> Message:
        """That of the room which it names. Raises Message.DoesNotExist."""
        return self.room.messages.get(seq=frames.number(command, "seq"))

    def say_written(self) -> None:
        """They have sent what they were writing: nobody is to be told any more that they write."""
        if self.writing_said is not None:
            self.writing_said = None
            actions.say_written(self.participant, self.room)

    def unread(self, after: int) -> int:
        """How many messages came after that seq; not all are counted where there are more than a tab says."""
        news = self.room.messages.filter(seq__gt=after, deleted=False).order_by("seq")
        rings = self.participant.rings
        if rings == Rings.NOTHING:
            return 0
        if rings == Rings.MENTIONS and self.room.kind != Kind.DIRECT:
            theirs = Mention.objects.filter(
                Q(participant=self.participant.pk) | Q(participant=None), message=OuterRef("pk")
            )
            news = news.filter(Exists(theirs))
        return news[: fragments.MOST_UNREAD + 1].count()

    @property
    def address(self) -> str | None:
        client = self.scope.get("client")
        return client[0] if client else None


def rename(visit: Visit, command: Command) -> str:
    visit.participant = actions.rename(visit.participant, command.get("name"), visit.address)
    return fragments.renamed(visit.room, visit.participant)


def read(visit: Visit, command: Command) -> str:
    """A client says itself what was read; a page need not."""
    actions.read_room(visit.participant, visit.room, frames.number(command, "seq"))
    return ""


def edit(visit: Visit, command: Command) -> str:
    actions.edit_message(visit.message(command).pk, visit.participant, command.get("message"), visit.address)
    return ""


def delete(visit: Visit, command: Command) -> str:
    actions.delete_message(visit.message(command).pk, visit.participant)
    return ""


def pin(visit: Visit, command: Command) -> str:
    """Or unpin; without `pinned` whichever it is not."""
    said = frames.text(command, "pinned")
    wanted = None if said is None else said != "0"
    actions.pin_message(visit.message(command).pk, visit.participant, wanted, visit.address)
    return ""


def react(visit: Visit, command: Command) -> str:
    """Or take it back: whichever it is not."""
    emoji = frames.text(command, "emoji")
    actions.react(visit.message(command).pk, visit.participant, emoji, address=visit.address)
    return ""


def typing(visit: Visit, command: Command) -> str:
    now = time.monotonic()
    if visit.writing_said is None or now - visit.writing_said >= WHISPER_SECONDS:
        actions.say_writing(visit.participant, visit.room)
        visit.writing_said = now
    return ""


VERBS: dict[str, Callable[[Visit, Command], str]] = {
    "delete": delete,
    "edit": edit,
    "pin": pin,
    "react": react,
    "read": read,
    "rename": rename,
    "typing": typing,
}
