"""An acknowledgement goes out in the frame that brings its message: at any time the page shows the message once."""

import asyncio
from collections.abc import Iterable, Sequence, Set
from typing import Generic, TypeVar

from chat import fragments
from chat.conf import conf

ACK_SECONDS = 2.0
"""No sender waits longer for the fan-out: should it fail, the acknowledgement comes by itself."""

Socket = TypeVar("Socket")
Sending = tuple[str, str]
"""(key of the author, nonce)."""
Told = asyncio.Future[None]
"""Done once the acknowledgement goes out with the message."""


class Acks(Generic[Socket]):
    """Those that the subscribers of one room wait for."""

    def __init__(self) -> None:
        self._awaited: dict[Sending, tuple[Socket, Told | None]] = {}
        """No future where the page alone waits, and no command of its socket."""
        self._of: dict[Socket, set[Sending]] = {}
        """What each of them waits for."""

    def expect(self, sending: Sending, socket: Socket) -> Told | None:
        """The socket is about to post it. None when that is under way already, and so acknowledged by itself."""
        owner, told = self._awaited.get(sending, (socket, None))
        if told or owner is not socket:
            return None
        told = asyncio.get_running_loop().create_future()
        self._put(sending, socket, told)
        return told

    def follow(self, sendings: Iterable[Sending], socket: Socket) -> None:
        """A page that sent these by a connection that broke has come back: what is stored from now on is told here.
        What it said of itself before is forgotten."""
        for sending in [*self._of.get(socket, ())]:
            if self._awaited[sending][1] is None:
                self._pop(sending)
        for sending in sendings:
            told = self._pop(sending)[1] if sending in self._awaited else None
            self._put(sending, socket, told)

    def forget(self, sending: Sending, socket: Socket) -> None:
        """Nothing is sent out for its command, so the socket is told by itself; another, on which its page waits by
        now, goes on waiting."""
        if sending in self._awaited:
            owner, _ = self._pop(sending)
            if owner is not socket:
                self._put(sending, owner, None)

    def leave(self, socket: Socket) -> None:
        for sending in [*self._of.get(socket, ())]:
            _end(self._pop(sending)[1])

    def take(self, posted: Set[Sending]) -> dict[Socket, list[str]]:
        """{socket: nonces} of those among `posted` that are awaited, in the order they came in: whoever takes them
        tells these sockets."""
        found = [*posted & self._awaited.keys()]
        if len(found) > 1:
            found = [one for one in self._awaited if one in posted]  # as they were sent
        taken: dict[Socket, list[str]] = {}
        for sending in found:
            socket, told = self._pop(sending)
            taken.setdefault(socket, []).append(sending[1])
            _end(told)
        return taken

    def _put(self, sending: Sending, socket: Socket, told: Told | None) -> None:
        self._awaited[sending] = (socket, told)
        self._of.setdefault(socket, set()).add(sending)

    def _pop(self, sending: Sending) -> tuple[Socket, Told | None]:
        socket, told = self._awaited.pop(sending)
        self._of[socket].discard(sending)
        if not self._of[socket]:
            del self._of[socket]
        return socket, told


def _end(told: Told | None) -> None:
    if told and not told.done():  # who waited may be gone
        told.set_result(None)


def acknowledging(nonces: Sequence[str], frames: Sequence[str], slug: str | None = None) -> Sequence[str]:
    """The acknowledgements in the frame with the last of the messages, or by themselves if it is full. `slug`: of the
    room in whose page the composers may be typed in still."""
    said = "".join(fragments.acknowledged(nonce, slug) for nonce in nonces)
    if not said or not frames:
        return [said] if said else frames
    together = said + frames[-1]
    return [*frames[:-1], together] if len(together.encode()) <= conf.frame_limit else [*frames, said]
