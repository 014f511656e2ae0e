"""What stands between a browser and a site: a connection that can be cut, fall silent, or let no socket through."""

import contextlib
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from chat.tests.servers import HOST, Site, free_port


@dataclass
class Carried:
    """One connection of the browser, and the site's end of it."""

    ends: tuple[socket.socket, socket.socket]
    is_socket: bool
    muffled: frozenset[str] = frozenset()
    """The directions, "up" to the site and "down" from it, in which all is lost, and nobody hears of it."""

    replaced: Mapping[bytes, bytes] = field(default_factory=dict)
    """{what stands in an answer: what takes its place on the way, of the same length}"""

    def changed(self, data: bytes) -> bytes:
        for said, instead in self.replaced.items():
            data = data.replace(said, instead)
        return data

    def carry(self, direction: str) -> None:
        source, target = self.ends if direction == "up" else reversed(self.ends)
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                if direction not in self.muffled:
                    target.sendall(self.changed(data) if direction == "down" else data)
        self.cut()

    def cut(self) -> None:
        for end in self.ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


class Relay:
    """A site under another address, to be used in a `with`."""

    def __init__(self, site: Site):
        self.site, self.port = site, free_port()
        self.sockets = "pass"
        """What becomes of new websockets: they "pass", are "refused", or "hang" without an answer."""
        self.replaced: Mapping[bytes, bytes] = {}
        """What of new connections' answers becomes something else, of the same length."""
        self.asked = 0
        """How many websockets were asked for."""
        self.connections: list[Carried] = []
        self._hanging: list[socket.socket] = []

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def socket_url(self) -> str:
        return f"ws://{HOST}:{self.port}"

    def up(self) -> None:
        self._listener = socket.create_server((HOST, self.port))
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def down(self) -> None:
        """Nobody answers here any more, and what was open is cut."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # closing alone would leave accept() waiting
        self._listener.close()
        self.cut(whole=True)

    def cut(self, whole: bool = False) -> None:
        """Break the websockets, or all connections."""
        while self._hanging:
            self._hanging.pop().close()
        for connection in [one for one in self.connections if whole or one.is_socket]:
            self.connections.remove(connection)
            connection.cut()

    def silence(self, *directions: str) -> None:
        """The websockets that are open now carry nothing any more, "up" or "down" or both, and nobody hears of it."""
        for connection in self.connections:
            if connection.is_socket:
                connection.muffled = frozenset(directions or ("up", "down"))

    def __enter__(self):
        self.up()
        return self

    def __exit__(self, *exception) -> None:
        self.down()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                end, _ = listener.accept()
                threading.Thread(target=self._serve, args=(end,), daemon=True).start()

    def _serve(self, end: socket.socket) -> None:
        try:
            first = end.recv(65_536)
        except OSError:
            return
        is_socket = first.startswith(b"GET /ws/")
        self.asked += is_socket
        if is_socket and self.sockets == "hang":
            self._hanging.append(end)
            return
        if not first or (is_socket and self.sockets == "refused"):
            end.close()
            return
        ends = end, socket.create_connection((HOST, self.site.port))
        connection = Carried(ends, is_socket, replaced=self.replaced)
        self.connections.append(connection)
        connection.ends[1].sendall(first)
        threading.Thread(target=connection.carry, args=("down",), daemon=True).start()
        connection.carry("up")
