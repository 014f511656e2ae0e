"""Databases for live processes. Migrating takes seconds: it is done once in a run of tests, and then copied."""

import atexit
import fcntl
import hashlib
import os
import shutil
import sqlite3
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg

from chat.tests import servers

ROOMS = tuple(f"room-{n}" for n in range(1, 41))
"""For sites that the tests of a module share, to give each a room of its own."""


MODELS = "PARLEY_TEST_MODELS"
"""The variable of the environment that says where they are."""


@contextmanager
def fresh_database(folder: Path, *rooms: str) -> Iterator[str]:
    """The URL of a migrated database with these rooms, on the same kind of server as the suite's; its files go to the
    folder."""
    server = os.environ.get("DATABASE_URL", "")
    if not server.startswith("postgres"):
        path = folder / "live.sqlite3"
        shutil.copyfile(sqlite_model(rooms), path)
        yield f"sqlite:///{path}"
        return
    name = make_database(server, model=postgres_model(server, rooms))
    yield url_of(server, name)
    drop(server, name)


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Meanwhile nothing is stored in any room: whoever tries waits."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None, timeout=30)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield
            connection.execute("ROLLBACK")
        return
    with psycopg.connect(url) as connection:
        connection.execute("SELECT 1 FROM chat_room FOR UPDATE")
        yield


def models() -> Path:
    """The folder of what is copied. Whoever asks first makes it, shares it with the processes that it begins, and takes
    all of it away in the end."""
    if MODELS not in os.environ:
        os.environ[MODELS] = tempfile.mkdtemp(prefix="parley-models-")
        atexit.register(remove_models, Path(os.environ[MODELS]))
    return Path(os.environ[MODELS])


def remove_models(folder: Path) -> None:
    try:
        for made in folder.glob("*.postgres"):
            drop(*made.read_text().split())
    finally:
        shutil.rmtree(folder)


@contextmanager
def to_make(path: Path) -> Iterator[bool]:
    """Whether it is not there yet, so that it is to be made; one process does so while all others wait."""
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield not path.exists()


def _named(server: str, rooms: tuple[str, ...]) -> str:
    return hashlib.sha256(repr((server, rooms)).encode()).hexdigest()[:16]


def sqlite_model(rooms: tuple[str, ...]) -> Path:
    path = models() / f"{_named('', rooms)}.sqlite3"
    with to_make(path) as missing:
        if missing:
            unfinished = path.with_suffix(".unfinished")
            if rooms:
                shutil.copyfile(sqlite_model(()), unfinished)
            fill(f"sqlite:///{unfinished}", rooms)  # its process has ended, so what SQLite keeps beside is gone
            unfinished.rename(path)
    return path


def postgres_model(server: str, rooms: tuple[str, ...]) -> str:
    path = models() / f"{_named(server, rooms)}.postgres"
    with to_make(path) as missing:
        if missing:
            name = make_database(server, model=postgres_model(server, ()) if rooms else "template1")
            fill(url_of(server, name), rooms)
            path.write_text(f"{server} {name}")
    return path.read_text().split()[1]


def fill(url: str, rooms: tuple[str, ...]) -> None:
    if rooms:
        servers.make_rooms(url, *rooms)
    else:
        servers.migrate(url)


def url_of(server: str, name: str) -> str:
    return f"{server.rsplit('/', 1)[0]}/{name}"


def make_database(server: str, model: str) -> str:
    name = f"live_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {model}")
    return name


def drop(server: str, name: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
