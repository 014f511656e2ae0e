"""A pushed frame is made into bytes once and written straight to the sockets; it arrives as if sent one by one."""

import re
import socket

import pytest
from websockets.frames import Frame as Wire
from websockets.streams import StreamReader
from websockets.sync.client import connect

from chat.frames import Frame
from chat.tests import servers
from chat.tests.people import PATIENCE, Raw


def parsed(data: bytes) -> Wire:
    """By another's reading of RFC 6455, which demands that nothing is left over."""
    reader = StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    steps = Wire.parse(reader.read_exact, mask=False)
    with pytest.raises(StopIteration) as end:
        while True:
            next(steps)
    assert not reader.buffer
    return end.value.value


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 70_000])
def test_it_works(size):
    frame = parsed(Frame("x" * size).prepared)
    assert (frame.fin, frame.opcode, frame.data) == (True, 1, b"x" * size)


def test_the_length_is_that_of_the_bytes():
    assert parsed(Frame("é" * 100).prepared).data.decode() == "é" * 100


def test_it_is_prepared_once():
    frame = Frame("hello")
    assert frame.prepared is frame.prepared


def test_one_who_pauses_gets_every_byte_in_order(database_url):
    texts = [f"{number} " + "🦆" * 3900 for number in range(400)]  # 6 MB: the kernel does not hold that much
    environment = {"CHAT_RATE_LIMITS": "off", "CHAT_SEND_BUFFER": str(2**25)}
    # While one pauses no ping is answered, and that is not what ends it here.
    with servers.Site("--ping-timeout", "300", DATABASE_URL=database_url, **environment) as site:
        line = socket.socket()
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.connect((servers.HOST, site.port))
        with connect(f"{site.socket_url}/ws/chat/", sock=line, proxy=None, max_queue=1, ping_interval=None) as pausing:
            with Raw(site) as writer:
                for first in range(0, len(texts), 20):
                    some = texts[first : first + 20]
                    for text in some:
                        writer.send(message=text)
                    assert writer.hear(len(some)) == some
            heard = []
            while len(heard) < len(texts):
                heard += re.findall(r'class="message-body"[^>]*>([^<]*)<', pausing.recv(PATIENCE))
        assert heard == texts


def test_answers_and_pushes_keep_their_order(busy_site, room):
    with Raw(busy_site, room) as ann:
        for number in range(50):
            ann.send(message=f"m{number}")
            ann.send(message="")  # refused by an answer of its own
        assert ann.hear(50) == [f"m{number}" for number in range(50)]
