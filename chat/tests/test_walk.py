"""The walk in docs/architecture.md, from a frame to the bytes at the other sockets, is the one that a message takes."""

import importlib
import inspect
import re
import sys
from functools import wraps

from chat.tests.test_docs import document, section

STATION = re.compile(r"^\d\. `(chat/[\w/]+)\.py::(\w+(?:\.\w+)?)` ", re.MULTILINE)


def stations() -> list[tuple[str, str]]:
    """[(module, function or method)], as the page has them."""
    return [(path.replace("/", "."), name) for path, name in STATION.findall(section(walk_page(), "The walk"))]


def walk_page() -> str:
    return document("docs/architecture.md")


def watch(monkeypatch, module: str, name: str, seen: list[str]) -> None:
    """Have `name` written down whenever it is called, under whatever name a module of the chat has it."""
    owner = importlib.import_module(module)
    *of, last = name.split(".")
    for part in of:
        owner = getattr(owner, part)
    function = getattr(owner, last)

    @wraps(function)
    def watched(*arguments, **named):
        seen.append(name)
        return function(*arguments, **named)

    assert inspect.isfunction(function), f"{module}.{name}"
    for known in [owner, *(known for path, known in sys.modules.items() if path.startswith("chat."))]:
        for alias, value in [*vars(known).items()]:
            if value is function:
                monkeypatch.setattr(known, alias, watched)


async def test_it_works(connect, lobby, ann, monkeypatch):
    seen: list[str] = []
    for module, name in stations():
        watch(monkeypatch, module, name, seen)
    socket, other = await connect(guest=ann), await connect()
    seen.clear()
    await socket.say(message="hello", nonce="n-1")
    await socket.hears("hello")
    await other.hears("hello")
    assert seen[:6] == [name for _, name in stations()]


def test_it_has_six_stations_at_most():
    assert 1 < len(stations()) <= 6
