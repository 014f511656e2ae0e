"""Those of a room to whom the same goes at the same time: written to in one loop that touches none of them.

With a thousand sockets most of what a fan-out costs beside the kernel's part is fetching their objects from memory. So
what would have to be asked of each is true of all who are in here, and whoever is changed steps out first.
"""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from chat.errors import Sentence
from chat.models import Message, Room
from chat.variant import Variant
from chat.wire import Connection, Connections


class Socket(Protocol):
    cursor: int | None
    """What its page has seen; None while it is held and must not hear anything live."""
    room: Room
    key: str
    """Its participant's."""
    variant: Variant
    """The language and time zone of its reader; it may change."""
    unread: int | None
    """How many messages came since nobody looks at the page; None while somebody does."""
    is_page: bool
    """It is told what a page shows beside messages: who is there."""
    grows: bool
    """In its page a composer that was sent may be typed in, until the next one has the focus."""
    connection: Connection
    crowd: "Crowd | None"
    """Those with whom it is written to; what is changed of the above takes it out."""

    write: Callable[[bytes], int] | None
    """Sends a prepared frame at once and gives how many bytes are unsent then, or raises when the connection is gone;
    None when that can't be done."""

    async def send(self, frame: str) -> None:
        """Send it; raises when the connection is gone."""

    def is_counted(self, message: Message) -> bool:
        """In the tab of a page that nobody looks at."""

    def why_not(self, room: Room) -> Sentence:
        """Why its person may not write in its room as it stands now; nothing when they may."""

    def step_out(self) -> None:
        """Of its crowd, if it is in one."""

    def bound(self) -> None:
        """Drop the connection, and raise, when it does not read what it is sent."""

    def acknowledged(self, nonces: Iterable[str]) -> None:
        """What these composers of its page sent has just been sent out."""

    async def recheck(self) -> None:
        """Ask whether it may still be here, and leave when not."""

    async def finish(self) -> None:
        """Work off what came in, then drop the connection so that the page comes back."""


class Standing:
    """Where a socket stands. What is changed about it takes it out of its crowd."""

    connection: Connection
    crowd: "Crowd | None" = None
    grows = False
    _cursor: int | None = None
    _unread: int | None = None
    _variant: Variant

    @property
    def cursor(self) -> int | None:
        """What its page has seen; None while it is held and must not hear anything live."""
        return self._cursor if self.crowd is None else self.crowd.cursor

    @cursor.setter
    def cursor(self, cursor: int | None) -> None:
        self.step_out()
        self._cursor = cursor

    @property
    def unread(self) -> int | None:
        """How many messages came since nobody looks at the page; None while somebody does."""
        return self._unread

    @unread.setter
    def unread(self, unread: int | None) -> None:
        self.step_out()
        self._unread = unread

    @property
    def variant(self) -> Variant:
        """The language and time zone of its reader."""
        return self._variant

    @variant.setter
    def variant(self, variant: Variant) -> None:
        if self.crowd is not None and variant != self._variant:
            self.step_out()
        self._variant = variant

    def acknowledged(self, nonces: Iterable[str]) -> None:
        """There is no page that would have asked more of them."""

    def step_out(self) -> None:
        if self.crowd is not None:
            self.crowd.remove(self)


class Crowd:
    """Open sockets that stand at one cursor, share a variant, and whose pages somebody looks at."""

    def __init__(self, apart: set[Any], cursor: int):
        self.cursor = cursor
        self._apart = apart
        """Those of the room who are in no crowd."""
        self._connections: Connections[Any] = Connections()

    def __len__(self) -> int:
        return len(self._connections)

    def add(self, socket: Any) -> None:
        """Its `cursor` is ours."""
        self._connections.add(socket.connection, socket)
        self._apart.discard(socket)
        socket.crowd = self

    def remove(self, socket: Standing) -> None:
        self._connections.discard(socket.connection)
        self._part(socket)

    def write(self, frames: bytes, cursor: int | None = None) -> list[Any]:
        """To all of them, to whose pages it gives this cursor if it gives one. Gives those for whom something waits
        now: they have stepped out."""
        late = self._connections.write(frames)
        if cursor is not None:
            self.cursor = cursor
        for socket in late:
            self._part(socket)
        return late

    def dissolve(self) -> None:
        for socket in self._connections.owners:
            self.remove(socket)

    def _part(self, socket: Standing) -> None:
        socket.crowd, socket._cursor = None, self.cursor
        self._apart.add(socket)
