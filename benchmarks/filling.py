"""A long history in no time: rooms full of messages, by SQL alone, as they would stand there had they been posted.

The rows of all rooms are mixed, so that those of one are as far apart in the table as in a site that grew.
"""

import sqlite3
import sys
import time

import psycopg

from chat.formatting import VERSION
from chat.tests import servers

ROOMS = ["lobby", *(f"room-{number}" for number in range(1, 5))]
"""The default room, and those whose messages stand between its own."""
AUTHORS = 1000
APART = 10  # seconds from one message of a room to the next
PIECE = 20_000  # messages of each room, after which to say how far it is

PARTICIPANTS = """
    INSERT INTO chat_participant
        (key, kind, name, named, skeleton, handle, colour, time_zone, language, rings, shows_typing, digest, banned,
        created)
    SELECT 'gfilled' || n, 'guest', 'Filled Guest ' || n, {false}, '', '', '', '', '', 'mentions', {true}, {false},
        {false}, {now}
    FROM {series}"""

MESSAGES = """
    INSERT INTO chat_message
        (room_id, author_id, author_name, body, html, html_version, marks, reactions,
        nonce, seq, changed, sent, deleted, goes_on)
    SELECT room.id, author.id, author.name, 'message ' || n || ' of many, and so on in words of a message',
        'message ' || n || ' of many, and so on in words of a message', {{version}}, '[]', '[]',
        CASE WHEN n % 10 = 0 THEN NULL ELSE 'filled' || room.id || '-' || n END,
        n, n, {sent}, {false}, {false}
    FROM {series} CROSS JOIN chat_room AS room
    JOIN chat_participant AS author ON author.key = 'gfilled' || (1 + (n * 389 + room.id * 57) % {{authors}})
    ORDER BY n, room.id"""

SQLITE = {
    "series": "(WITH RECURSIVE series(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM series WHERE n < {last})"
    " SELECT n FROM series) AS series",
    "now": "strftime('%Y-%m-%d %H:%M:%f', 'now')",
    "sent": "strftime('%Y-%m-%d %H:%M:%S', {begin} + n * {apart}, 'unixepoch')",
    "false": "0",
    "true": "1",
}
POSTGRES = {
    "series": "generate_series({first}, {last}) AS series(n)",
    "now": "now()",
    "sent": "to_timestamp({begin} + n * {apart})",
    "false": "false",
    "true": "true",
}

ENTRIES = """
    INSERT INTO chat_searchentry (message_id, words)
    SELECT id, 'message ' || seq || ' of many and so on in words of a message _a' || author_id || ' _r' || room_id
    FROM chat_message WHERE seq BETWEEN {{first}} AND {{last}}"""
"""What they are found by, as posting them would have stored it, but for the month."""


class Table:
    """A connection that knows its dialect; what it ran is committed when it is left without an error."""

    def __init__(self, database_url: str):
        kind, _, place = database_url.partition("://")
        if kind == "sqlite":
            self.words = SQLITE
            self.connection = sqlite3.connect(place, timeout=20)
            self.connection.execute("PRAGMA synchronous = OFF")  # of this connection alone, as are the 200 MB of cache
            self.connection.execute("PRAGMA cache_size = -200000")
            self.rest = ["PRAGMA wal_checkpoint(TRUNCATE)"]  # and no ANALYZE: nobody does that to a site's SQLite
        else:
            self.words = POSTGRES
            self.connection = psycopg.connect(database_url)
            self.rest = ["VACUUM ANALYZE", "CHECKPOINT"]  # what PostgreSQL does by itself, only not just then

    def run(self, statement: str, **values: int) -> None:
        """With the dialect's words in it first, and then the values, which they ask for too."""
        self.connection.execute(statement.format(**self.words).format(apart=APART, authors=AUTHORS, **values))

    def settle(self) -> None:
        """Have the database do now what it would else do while something is measured."""
        self.connection.commit()
        if isinstance(self.connection, psycopg.Connection):
            self.connection.autocommit = True
        for statement in self.rest:
            self.connection.execute(statement)

    def __enter__(self) -> "Table":
        return self

    def __exit__(self, *exception: object) -> None:
        if not any(exception):
            self.connection.commit()
        self.connection.close()


def fill(database_url: str, each: int, label: str) -> None:
    """Give each of the rooms so many messages, the newest of them sent just now, to a database that is migrated."""
    servers.make_rooms(database_url, *ROOMS)
    start, begin = time.monotonic(), int(time.time()) - each * APART
    with Table(database_url) as table:
        table.run(PARTICIPANTS, first=1, last=AUTHORS)
        for first in range(1, each + 1, PIECE):
            last = min(first + PIECE - 1, each)
            table.run(MESSAGES, first=first, last=last, begin=begin, version=VERSION)
            table.run(ENTRIES, first=first, last=last)
            took = time.monotonic() - start
            say(f"{label}: {last * len(ROOMS):,} of {each * len(ROOMS):,} messages are there ({took:.0f} s)")
        table.run("UPDATE chat_room SET seq = {{each}}", each=each)
        table.settle()


def cut_back(database_url: str, each: int) -> None:
    """Take out what was posted since, so that each run begins with the table that the others began with."""
    with Table(database_url) as table:
        since = "SELECT id FROM chat_message WHERE seq > {{each}}"
        table.run(f"DELETE FROM chat_searchentry WHERE message_id IN ({since})", each=each)
        table.run("DELETE FROM chat_message WHERE seq > {{each}}", each=each)
        table.run("UPDATE chat_room SET seq = {{each}}", each=each)
        table.settle()


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
