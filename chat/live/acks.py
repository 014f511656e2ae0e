"""An acknowledgement goes out in the frame that brings its message: at any time the page shows the message once."""

import asyncio
from collections.abc import Collection, Sequence
from typing import Generic, TypeVar

from chat import fragments
from chat.conf import conf

ACK_SECONDS = 2.0
"""No sender waits longer for the hand-out: should it fail, the acknowledgement comes by itself."""

Socket = TypeVar("Socket")
Sending = tuple[str, str]
"""(key of the author, nonce)."""
Told = asyncio.Future[None]
"""Done once the acknowledgement goes out with the message."""


class Acks(Generic[Socket]):
    """Those that the sockets of one audience wait for."""

    def __init__(self) -> None:
        self._awaited: dict[Sending, tuple[Socket, Told | None]] = {}
        """No future where the page alone waits, and no command of its socket."""

    def expect(self, sending: Sending, socket: Socket) -> Told | None:
        """The socket is about to post it. None when that is under way already, and so acknowledged by itself."""
        known = self._awaited.get(sending)
        if known and (known[1] or known[0] is not socket):
            return None
        told: Told = asyncio.get_running_loop().create_future()
        self._awaited[sending] = (socket, told)
        return told

    def follow(self, sendings: Collection[Sending], socket: Socket) -> None:
        """A page that sent these by a connection that broke has come back: what is stored from now on is told here.
        What it said of itself before is forgotten."""
        for sending in [one for one, waits in self._awaited.items() if waits == (socket, None)]:
            del self._awaited[sending]
        for sending in sendings:
            _, told = self._awaited.get(sending, (None, None))
            self._awaited[sending] = (socket, told)

    def forget(self, sending: Sending, socket: Socket) -> None:
        """Nothing is handed out, so the socket is told by itself; unless its page waits on another one by now."""
        if sending in self._awaited and self._awaited[sending][0] is socket:
            del self._awaited[sending]

    def leave(self, socket: Socket) -> None:
        for sending in [one for one, (waits, _) in self._awaited.items() if waits is socket]:
            _end(self._awaited.pop(sending)[1])

    def take(self, posted: Collection[Sending]) -> dict[Socket, list[str]]:
        """{socket: nonces} of those among `posted` that are awaited, in the order they came in: whoever takes them
        tells these sockets."""
        taken: dict[Socket, list[str]] = {}
        for sending in [one for one in self._awaited if one in posted]:  # as they were sent
            socket, told = self._awaited.pop(sending)
            taken.setdefault(socket, []).append(sending[1])
            _end(told)
        return taken


def _end(told: Told | None) -> None:
    if told and not told.done():  # who waited may be gone
        told.set_result(None)


def acknowledging(nonces: Sequence[str], frames: Sequence[str]) -> Sequence[str]:
    """The acknowledgements in the frame with the last of the messages, or by themselves if it is full."""
    said = "".join(map(fragments.acknowledged, nonces))
    if not said or not frames:
        return [said] if said else frames
    together = said + frames[-1]
    return [*frames[:-1], together] if len(together.encode()) <= conf.frame_limit else [*frames, said]
