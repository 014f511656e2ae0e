"""Databases for live processes. Migrating takes seconds: it is done once in each process of tests, and then copied."""

import atexit
import os
import shutil
import sqlite3
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path

import psycopg

from chat.tests import servers

ROOMS = tuple(f"room-{n}" for n in range(1, 41))
"""For sites that the tests of a module share, to give each a room of its own."""


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


@cache
def sqlite_model(rooms: tuple[str, ...]) -> Path:
    folder = tempfile.mkdtemp(prefix="parley-model-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = Path(folder) / "model.sqlite3"
    if rooms:
        shutil.copyfile(sqlite_model(()), path)
    fill(f"sqlite:///{path}", rooms)  # its process has ended, and so has gone what SQLite keeps beside the file
    return path


@cache
def postgres_model(server: str, rooms: tuple[str, ...]) -> str:
    name = make_database(server, model=postgres_model(server, ()) if rooms else "template1")
    atexit.register(drop, server, name)
    fill(url_of(server, name), rooms)
    return name


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
