"""Below ASGI, for Daphne: what its `send` cannot tell or do, and a chat on open sockets must.

ASGI has no word for "this client does not read", "stop reading from it", or "close so that it comes back". So we
reach through Daphne's `send` for its protocol and that one's transport. What this relies on, held to the pinned
version by tests/test_wire.py:

- Channels' session middleware keeps the `send` it wraps as `real_send`;
- Daphne's `send` is `partial(server.handle_reply, protocol)`, and `protocol.transport` is a Twisted TCP connection;
- what it has not yet sent is `len(dataBuffer) - offset + _tempDataLen`, in bytes;
- a server's frame is the same bytes for all, so once the protocol is open, if it compresses nothing, it may go to
  `protocol.transport.socket` while nothing waits in the transport and that one is not `disconnecting`. (Daphne cuts no
  frame in pieces, which is all that autobahn's own queue is for, and sends a goodbye only for us or in answer to one);
- one in which something waits, or that is `disconnecting`, is among its `reactor.getWriters()`: no idle one is asked;
- the socket's own `send` fails once that socket is closed. (Its number would by then be another's.) The transport is
  not `connected` then, and has no `socket` any more; its consumer is told later;
- one that is wrapped, as by TLS, has no `_tempDataLen` in its own `__dict__`, but passes all it is asked for on;
- what we have not yet taken is in `protocol.application_queue`, an `asyncio.Queue` filled by `put_nowait`;
- after its `loseConnection()` and `abortConnection()` the browser sees 1006, so htmx returns (autobahn has no 1012).

Under another server, or over TLS in Daphne itself, a Connection knows nothing and guards nothing, and says so once.
"""

import asyncio
import logging
import signal
import threading
from collections.abc import Awaitable, Callable
from functools import partial
from itertools import repeat
from operator import call, length_hint
from typing import Any, Generic, TypeVar

from chat.errors import Gone

logger = logging.getLogger("chat.wire")

OPEN, ENDED = 3, (0, 2)  # autobahn's STATE_OPEN; STATE_CLOSED and STATE_CLOSING, in which its `send` raises
QUEUED_FRAMES = 32  # frames of one client that wait for us before we stop reading from it
QUEUED_BYTES = 4 * 1024 * 1024  # what may come in all the same, read already when we stopped, before it is dropped
END_SECONDS = 5  # to a client that reads nothing any more; then it is cut off

_said: set[str] = set()


class Connection:
    """The connection below one websocket's `send`."""

    def __init__(self, send: Any):
        protocol = _protocol_below(send)
        queue: Any = getattr(protocol, "application_queue", None)
        transport: Any = getattr(protocol, "transport", None)
        self._protocol, self._queue, self._transport = protocol, queue, transport
        self.guarded: bool = "_tempDataLen" in getattr(transport, "__dict__", ()) and hasattr(queue, "put_nowait")
        self._paused = False
        self.received = 0
        """Frames that have come in, so that none is forgotten on its way from the queue to its answer."""
        if self.guarded:
            self._queued_bytes = 0
            self._put = queue.put_nowait
            queue.put_nowait = self._take
        else:
            _say_once("This server is not Daphne on plain TCP: slow readers and flooders are not dropped.")

    def writer(self) -> Callable[[bytes], int] | None:
        """Once the connection is open: what sends a prepared frame at once and gives the bytes that are unsent then.
        None when only ASGI's `send` can send to it.
        """
        if not self.guarded or self._protocol.state != OPEN or self._protocol._perMessageCompress:
            return None
        self._send = self._transport.socket.send
        return self._write

    def _write(self, frame: bytes) -> int:
        """Straight to the socket while nothing waits before it: Twisted's own write would wait for the next turn of its
        reactor, and wake it once for each socket. Raises when the connection is lost.
        """
        transport = self._transport
        sent = 0
        if not (transport._tempDataLen or transport.dataBuffer or transport.disconnecting):
            try:
                sent = self._send(frame)
            except OSError:  # full, which the transport waits for, or gone, which it then finds out itself
                sent = 0
            if sent == len(frame):
                return 0
        self.check()
        transport.write(frame[sent:])
        return self.unsent

    def check(self) -> None:
        """Raises when it is lost or closing, which its consumer may not have been told yet."""
        if getattr(self._protocol, "state", OPEN) in ENDED or (self.guarded and not self._transport.connected):
            raise Gone("it is lost")

    @property
    def unsent(self) -> int:
        """Bytes that wait for the client to read; 0 when we can't know."""
        if not self.guarded:
            return 0
        return len(self._transport.dataBuffer) - self._transport.offset + self._transport._tempDataLen

    @property
    def waiting(self) -> int:
        """Frames that wait for us."""
        return self._queue.qsize() if self.guarded else 0

    def pause(self) -> None:
        """Stop reading: TCP tells the client to wait."""
        if self.guarded and not self._paused:
            self._paused = True
            self._transport.pauseProducing()

    def resume(self) -> None:
        """Read on, once what was read is worked off."""
        if self.guarded and self._paused and self.waiting <= QUEUED_FRAMES // 2:
            self._paused = False
            self._transport.resumeProducing()

    def end(self) -> bool:
        """Close after what is unsent, without the websocket's own goodbye. False when it can't be done."""
        if not hasattr(self._transport, "loseConnection"):
            return False
        self._transport.loseConnection()
        asyncio.get_running_loop().call_later(END_SECONDS, self.drop)  # for one that doesn't read
        return True

    def drop(self) -> bool:
        """Cut the connection at once: what is unsent is lost, and htmx comes back. False when it can't be done."""
        if not hasattr(self._transport, "abortConnection"):
            return False
        if self._transport.connected:  # of a lost one TLS has nothing left that could be aborted
            self._transport.abortConnection()
        return True

    def _take(self, event: dict[str, Any]) -> None:
        """In place of the queue's own put_nowait, which has no bound."""
        self._put(event)
        self._queued_bytes += _size(event)
        if event["type"] == "websocket.receive":
            self.received += 1
            if self._queued_bytes > QUEUED_BYTES:  # if none was worked off since it was counted last
                self._queued_bytes = sum(map(_size, self._queue._queue))
            if self._queued_bytes > QUEUED_BYTES:
                logger.warning("A client was dropped that sent faster than it can be heard")
                self.drop()
            elif self.waiting > QUEUED_FRAMES:
                self.pause()


def _size(event: dict[str, Any]) -> int:
    return len(event.get("text") or event.get("bytes") or "")


Owner = TypeVar("Owner")


class Connections(Generic[Owner]):
    """Connections with a writer, to which the same goes in one loop with as little Python for each as there can be."""

    def __init__(self) -> None:
        self._places: dict[Any, int] = {}  # by transport: where it stands in each of these
        self._transports: list[Any] = []
        self._sends: list[Callable[[bytes], int]] = []
        self._owners: list[Owner] = []

    def __len__(self) -> int:
        return len(self._owners)

    @property
    def owners(self) -> list[Owner]:
        return [*self._owners]

    def add(self, connection: Connection, owner: Owner) -> None:
        connection.check()
        transport = connection._transport
        self._places[transport] = len(self._owners)
        self._transports.append(transport)
        self._sends.append(transport.socket.send)
        self._owners.append(owner)

    def discard(self, connection: Connection) -> None:
        if connection._transport in self._places:
            self._remove(connection._transport)

    def write(self, data: bytes) -> list[Owner]:
        """Send it to all. Gives the owners of lines for which something waits now: these are in here no more."""
        late = [(self._remove(transport), transport, 0) for transport in self._busy()]
        behind: dict[Any, int] = {}
        rest = iter(self._sends)
        short = filter(len(data).__ne__, map(call, rest, repeat(data)))
        while True:
            try:
                sent = next(short, None)
            except OSError:  # full, which the transport waits for, or gone, which it then finds out itself
                sent = 0
            if sent is None:
                break
            behind[self._transports[len(self._sends) - length_hint(rest) - 1]] = sent
        late += [(self._remove(transport), transport, sent) for transport, sent in behind.items()]
        for _, transport, sent in late:
            transport.write(data[sent:])
        return [owner for owner, _, _ in late]

    def _busy(self) -> list[Any]:
        if not self._transports:
            return []
        return [transport for transport in self._transports[0].reactor.getWriters() if transport in self._places]

    def _remove(self, transport: Any) -> Owner:
        """The last one takes its place."""
        place = self._places.pop(transport)
        owner = self._owners[place]
        last, send, last_owner = self._transports.pop(), self._sends.pop(), self._owners.pop()
        if place < len(self._owners):
            self._transports[place], self._sends[place], self._owners[place] = last, send, last_owner
            self._places[last] = place
        return owner


def on_terminate(drain: Callable[[], Awaitable[None]]) -> None:
    """On the first SIGTERM run `drain()` on this loop, then do what the server would have done at once."""
    if threading.current_thread() is not threading.main_thread():
        return  # the development server's, which is not told to end politely
    server_handler = signal.getsignal(signal.SIGTERM)
    if not callable(server_handler):
        _say_once("This server does not handle SIGTERM in a way we can wait for: sockets end abruptly.")
        return
    loop = asyncio.get_running_loop()

    def terminate(number: int, frame: Any) -> None:
        signal.signal(signal.SIGTERM, server_handler)  # a second one is not made to wait
        loop.call_soon_threadsafe(partial(_drain, number, frame))

    def _drain(number: int, frame: Any) -> None:
        task = asyncio.ensure_future(drain())
        task.add_done_callback(lambda _: server_handler(number, frame))

    signal.signal(signal.SIGTERM, terminate)


def _protocol_below(send: Any) -> Any:
    while inner := getattr(getattr(send, "__self__", None), "real_send", None):
        send = inner
    return send.args[0] if isinstance(send, partial) and send.args else None


def _say_once(what: str) -> None:
    if what not in _said:
        _said.add(what)
        logger.warning(what)
