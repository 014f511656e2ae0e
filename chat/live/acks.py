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
        self._awaited: dict[Sending, tuple[Socket, Told]] = {}

    def expect(self, sending: Sending, socket: Socket) -> Told | None:
        """The socket is about to post it. None when that is under way already, and so acknowledged by itself."""
        if sending in self._awaited:
            return None
        told: Told = asyncio.get_running_loop().create_future()
        self._awaited[sending] = (socket, told)
        return told

    def forget(self, sending: Sending) -> None:
        self._awaited.pop(sending, None)

    def take(self, posted: Collection[Sending]) -> dict[Socket, list[str]]:
        """{socket: nonces} of those among `posted` that are awaited, in the order they came in: whoever takes them
        tells these sockets."""
        taken: dict[Socket, list[str]] = {}
        for sending in [one for one in self._awaited if one in posted]:  # as they were sent
            socket, told = self._awaited.pop(sending)
            taken.setdefault(socket, []).append(sending[1])
            if not told.done():  # who waited may be gone
                told.set_result(None)
        return taken


def acknowledging(nonces: Sequence[str], frames: Sequence[str]) -> Sequence[str]:
    """The acknowledgements in the frame with the last of the messages, or by themselves if it is full."""
    said = "".join(map(fragments.acknowledged, nonces))
    if not said or not frames:
        return [said] if said else frames
    together = said + frames[-1]
    return [*frames[:-1], together] if len(together.encode()) <= conf.frame_limit else [*frames, said]
