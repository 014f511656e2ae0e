"""Who and what stands in the samples: rows that are stored nowhere, and share no id."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from chat.models import Membership, Message, Participant, Role, Room

NOW = datetime(2026, 5, 14, 14, 5, tzinfo=UTC)
TOKEN = "sample"  # noqa: S105  # of no session, so that a form of a sample does nothing
CSRF = f'[name="csrfmiddlewaretoken"][value="{TOKEN}"]'

MEMBER, GUEST = Participant.Kind.MEMBER, Participant.Kind.GUEST

AMARA = Participant(pk=1, key="sample-amara", kind=MEMBER, name="Amara Okafor", colour="teal", named=True)
BEN = Participant(pk=2, key="sample-ben", kind=MEMBER, name="Ben Halloran", colour="orange", named=True)
LIOR = Participant(pk=3, key="sample-lior", kind=MEMBER, name="ליאור כהן", colour="violet", named=True)
LONG = Participant(pk=4, key="sample-long", kind=MEMBER, name="W" * 80, named=True)
FARID = Participant(pk=5, key="sample-farid", kind=GUEST, name="Quiet Heron 27")
YOU = Participant(pk=6, key="sample-you", kind=MEMBER, name="Chiara Rossi", colour="blue", named=True)
"""Who looks at the samples."""
VISITOR = Participant(pk=7, key="sample-visitor", kind=GUEST, name="Amber Otter 41")
"""The same as a guest."""

for one in (AMARA, BEN, LIOR, LONG, YOU):
    one.created = one.joined = NOW - timedelta(days=400)


class Sample(NamedTuple):
    """A template in one of its states."""

    template: str
    """As the loaders know it: chat/_message.html."""
    state: str
    """Lower-case letters and hyphens; with the template it names the sample."""
    context: dict[str, Any]
    needs: tuple[str, ...] = ()
    """What the page relies on in it, as selectors: see chat/samples/needs.py."""


@dataclass
class Scene:
    """Hands out rooms, messages and composers, each under a number of its own."""

    number: int
    """The last one given."""

    def next(self) -> int:
        self.number += 1
        return self.number

    def room(self, **said: Any) -> Room:
        number = self.next()
        told = {"name": "Garden", "topic": "What grows, and who waters it", "seq": 42, "epoch": "5a3b1e", **said}
        return Room(pk=number, slug=f"sample-{number}", created=NOW - timedelta(days=30), **told)

    def message(self, body: str, author: Participant = AMARA, **said: Any) -> Message:
        """As `for_page` reads it; one that opens no day, unless `previous_sent` says so."""
        number = self.next()
        minute = NOW + timedelta(minutes=number % 40)
        told = {"room": said.pop("room", None) or self.room(), "author_name": author.name, "sent": minute, **said}
        previous = told.pop("previous_sent", told["sent"])
        message = Message(pk=number, author=author, body=body, seq=number, changed=number, **told)
        message.previous_sent = previous
        return message

    def chain(self) -> str:
        """Of composers."""
        return f"5a{self.next():04x}"

    def member(self, room: Room, participant: Participant, role: Role = Role.MEMBER, **said: Any) -> Membership:
        return Membership(pk=self.next(), room=room, participant=participant, role=role, joined=NOW, **said)
