"""Below ASGI, against the pinned Daphne: readers that don't read, writers that don't stop, ends that lead back."""

import asyncio
import json
import os
import re
import signal
import socket
import threading
import time
import urllib.request
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from twisted.internet.protocol import Protocol
from twisted.internet.tcp import Server
from twisted.protocols.policies import ProtocolWrapper
from websockets.exceptions import ConnectionClosed

from chat.errors import Gone
from chat.tests import servers
from chat.tests.databases import locked
from chat.tests.people import PATIENCE, Raw, forgive_outage, until
from chat.wire import Connection

QUOTES = "'" * 9900  # six bytes each, escaped

HANDSHAKE = (
    "GET /ws/chat/ HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def deaf_socket(site) -> socket.socket:
    """A websocket on plain TCP whose owner reads nothing after the handshake."""
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.connect((servers.HOST, site.port))
    line.sendall(HANDSHAKE.format(host=f"{servers.HOST}:{site.port}").encode())
    assert b"101" in line.recv(64)
    return line


def text_frame(text: str) -> bytes:
    """Masked with zeros, as a client may."""
    data = text.encode()
    length = bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + len(data).to_bytes(2, "big")
    return b"\x81" + length + b"\0\0\0\0" + data


def memory(site) -> int:
    return psutil.Process(site.process.pid).memory_info().rss


def log(site) -> str:
    return Path(site.log).read_text()


def test_daphne_is_as_expected(site):
    with Raw(site) as raw:
        raw.post("hello")
    assert "not Daphne" not in log(site)


def test_another_server_is_left_alone():
    async def send(message): ...

    connection = Connection(send)
    connection.pause()
    connection.resume()
    assert (connection.guarded, connection.unsent, connection.waiting, connection.drop()) == (False, 0, 0, False)


def test_over_tls_nothing_is_written_past_it():
    """What wraps a transport gives away all that the one below has, its socket too."""
    below = Server.__new__(Server)
    below.__dict__.update(socket=socket.socket(), _tempDataLen=0, dataBuffer=b"", offset=0)
    wrapper = ProtocolWrapper(None, Protocol())
    wrapper.transport = below
    assert wrapper.socket is below.socket
    protocol = SimpleNamespace(transport=wrapper, application_queue=asyncio.Queue(), state=3, _perMessageCompress=None)
    with below.socket:
        connection = Connection(partial(print, protocol))
        assert (connection.guarded, connection.writer(), connection.unsent) == (False, None, 0)
        wrapper.connected = 0  # what is lost is not aborted: TLS has nothing left for that
        assert connection.drop()
        protocol.transport = below
        assert Connection(partial(print, protocol)).guarded


@pytest.mark.parametrize(("state", "lost"), [(1, False), (3, False), (2, True), (0, True)])
def test_one_that_is_closing_is_lost(state, lost):
    """autobahn would raise what says nothing of a connection."""
    connection = Connection(partial(print, SimpleNamespace(state=state)))
    with pytest.raises(Gone) if lost else nullcontext():
        connection.check()


def test_who_does_not_read_is_dropped_and_the_others_go_on(database_url):
    with servers.Site(
        DATABASE_URL=database_url, CHAT_RATE_LIMITS="off", CHAT_SEND_BUFFER="65536", CHAT_MESSAGE_LENGTH="10000"
    ) as site:
        deaf = deaf_socket(site)
        with Raw(site) as ann:
            for number in range(400):
                ann.post(f"{number} {QUOTES}")
                if "does not read" in log(site):
                    break
            assert "does not read" in log(site)
            ann.post("and on it goes")
        deaf.close()


def test_a_flood_is_paused_and_memory_stays_flat(database_url):
    with servers.Site(DATABASE_URL=database_url, CHAT_RATE_LIMITS="off") as site, Raw(site) as ann:
        ann.post("before")
        before = memory(site)
        flood = deaf_socket(site)
        flood.settimeout(PATIENCE)
        frame, sent = text_frame(json.dumps({"do": "typing", "x": "y" * 60_000})), 0
        while sent < 64 * 1024 * 1024:  # as fast as it is taken; what is only kept back is never cut off
            flood.sendall(frame * 8)
            sent += len(frame * 8)
        assert memory(site) - before < 32 * 1024 * 1024
        ann.post("after")
        flood.close()


def test_a_flooder_is_closed(site):
    """Not faster than a page ever is: 1,200 frames a minute."""
    with Raw(site) as raw, Raw(site) as ann:
        with pytest.raises(ConnectionClosed) as closed:
            for _ in range(2000):
                raw.send(do="back")
            while True:
                raw.frame()
        assert closed.value.rcvd.code == 4403
        ann.post("and on it goes")


def test_sockets_are_renewed(database_url):
    with servers.Site(DATABASE_URL=database_url, CHAT_SOCKET_SECONDS="1.5") as site:
        with Raw(site) as raw, pytest.raises(ConnectionClosed) as closed:
            raw.post("hello")
            raw.frame()
        assert closed.value.rcvd is None  # 1006 to a browser: htmx comes back


def test_a_page_stays_complete_over_renewals(database_url, browser):
    with servers.Site(DATABASE_URL=database_url, CHAT_SOCKET_SECONDS="4", CHAT_RATE_LIMITS="off") as site:
        page = browser(site)
        said = []
        while log(site).count("WSDISCONNECT") < len(said) + 2:  # each raw client's, and two lives of the page's own
            with Raw(site) as ann:
                ann.post(f"message {len(said)}")
            said.append(f"message {len(said)}")
            page.locator(".message-body").nth(len(said) - 1).wait_for()
            assert len(said) < 300  # beyond that the first ones leave the page
        assert page.locator(".message-body").all_inner_texts() == said
        page.context.close()
        forgive_outage(browser)


def test_held_sockets_that_never_ask_are_let_go(database_url):
    with servers.Site(DATABASE_URL=database_url, CHAT_RECHECK_SECONDS="0.5") as site:
        with Raw(site, held=True) as raw, pytest.raises(ConnectionClosed):
            raw.frame()


def test_sigterm_answers_what_came_in_then_drops_the_lines_spread(database_url):
    with servers.Site(DATABASE_URL=database_url, CHAT_RATE_LIMITS="off", CHAT_DRAIN_SECONDS="20") as site:
        people = [Raw(site) for _ in range(30)]
        for raw in people:
            raw.__enter__()
        ends, acknowledged = {}, set()

        def listen(number):
            try:
                while True:
                    acknowledged.update(re.findall(r"delete:#composer-([\w-]+)", people[number].frame()))
            except ConnectionClosed as closed:
                ends[number] = (time.monotonic(), closed.rcvd)

        threads = [threading.Thread(target=listen, args=(number,)) for number in range(30)]
        for thread in threads:
            thread.start()
        frames = [text_frame(json.dumps({"message": f"m{number}", "nonce": f"n{number}"})) for number in range(20)]
        with locked(database_url):
            people[0].socket.socket.sendall(b"".join(frames))
            urllib.request.urlopen(f"{site.url}/static/chat/icon.svg", timeout=PATIENCE).close()  # they are in by now
            os.kill(site.process.pid, signal.SIGTERM)
            until(lambda: len(ends) == 29, "those who have nothing to wait for are let go")
        for thread in threads:
            thread.join(PATIENCE)
        site.process.wait(PATIENCE)
        assert all(received is None for _, received in ends.values())  # dropped, not closed: htmx comes back
        times = sorted(ends[number][0] for number in range(1, 30))  # of those who had nothing to wait for
        assert times[-1] - times[0] > 0.2, "they are to go one after the other"
        site.start()
        with Raw(site, held=True) as raw:
            raw.send(do="sync", cursor="0")
            stored = set(raw.hear(len(acknowledged)))
        assert {f"m{nonce[1:]}" for nonce in acknowledged} <= stored
        assert len(acknowledged) == 20
