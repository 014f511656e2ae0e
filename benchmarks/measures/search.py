"""Search among a million messages and among few: pages of what was found, asked for one after the other."""

import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import accumulate, islice
from urllib.parse import urlencode

import psycopg

from benchmarks.contest import Contest, Entrant, Figure, Run
from benchmarks.contestants import Parley, target
from benchmarks.filling import AUTHORS, PARTICIPANTS, Table, say
from benchmarks.load.pages import Connection
from benchmarks.stage import Stage
from chat.formatting import VERSION
from chat.searching import has_link, words
from chat.tests import servers

MANY, FEW, ROOMS = 1_000_000, 10_000, 100
VOCABULARY = 60_000  # words, the n-th of which is said as often as 1 / n: so are those of a language
SEARCHES = 300  # of one run
PIECE = 20_000
FIGURES = [Figure(f"search, p{part}", "ms", more_is_better=False) for part in (50, 95, 99)]
BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
APART = timedelta(minutes=1)

MESSAGE = """INSERT INTO chat_message (id, room_id, author_id, author_name, body, html, html_version, marks, reactions,
    seq, changed, sent, deleted, goes_on) VALUES ({holes})"""
ENTRY = "INSERT INTO chat_searchentry (message_id, words) VALUES ({holes})"


def vocabulary(chance: random.Random) -> list[str]:
    """Words of one to four syllables, often with the same beginning and different ends."""
    syllables = [first + vowel for first in "bdfgklmnprstvz" for vowel in "aeiou"]
    found: dict[str, None] = {}
    while len(found) < VOCABULARY:
        word = "".join(chance.choices(syllables, k=chance.choice((1, 2, 2, 3, 3, 4)))) + chance.choice("-nsr")
        found[word.rstrip("-")] = None
    return [*found]


class Speech:
    """What is said, and what of it is searched for: the same each time."""

    def __init__(self) -> None:
        self.chance = random.Random(7)
        self.words = vocabulary(self.chance)
        self.often = [*accumulate(1 / (place + 3) for place in range(VOCABULARY))]
        self.rooms = [*accumulate(1 / place for place in range(1, ROOMS + 1))]

    def some(self, count: int) -> list[str]:
        return self.chance.choices(self.words, cum_weights=self.often, k=count)

    def said(self) -> str:
        text = " ".join(self.some(max(1, round(self.chance.gammavariate(2, 5)))))
        return f"{text} https://example.org/{self.some(1)[0]}" if self.chance.random() < 0.05 else text

    def rows(self, rooms: list[int], authors: list[tuple[int, str]], count: int) -> Iterator[tuple[object, ...]]:
        places = dict.fromkeys(rooms, 0)
        for number in range(1, count + 1):
            (room,) = self.chance.choices(rooms, cum_weights=self.rooms)
            author, name = self.chance.choice(authors)
            places[room] += 1
            text, seq, sent = self.said(), places[room], BEGIN + number * APART
            yield number, room, author, name, text, text, VERSION, "[]", "[]", seq, seq, sent, False, False

    def query(self, last: datetime) -> str:
        """By what people use: mostly a word or two, now and then a beginning, a phrase, somebody, a room, a time."""
        one, two, three = self.some(3)
        day = (BEGIN + self.chance.random() * (last - BEGIN)).date()
        kinds = {
            one: 6,
            f"{one} {two}": 5,
            f"{one} {two} {three}": 2,
            f'"{one} {two}"': 2,
            one[:3]: 2,
            f'from:"Filled Guest {self.chance.randrange(1, AUTHORS)}" {one}': 2,
            f"in:room-{self.chance.randrange(1, ROOMS)} {one}": 2,
            f"before:{day} {one}": 1,
            f"on:{day} {one}": 1,
            f"has:link {one}": 1,
        }
        return self.chance.choices([*kinds], [*kinds.values()])[0]


def fill(database_url: str, count: int, label: str) -> None:
    """Put them in as they would stand there had they been posted."""
    servers.make_rooms(database_url, *(f"room-{number}" for number in range(1, ROOMS + 1)))
    speech, start = Speech(), time.monotonic()
    with Table(database_url) as table:
        table.run(PARTICIPANTS, first=1, last=AUTHORS)
        rooms = [pk for (pk,) in table.connection.execute("SELECT id FROM chat_room ORDER BY id").fetchall()][:ROOMS]
        authors = table.connection.execute("SELECT id, name FROM chat_participant ORDER BY id").fetchall()
        rows, store = speech.rows(rooms, authors, count), _store(table)
        for first in range(0, count, PIECE):
            piece = [*islice(rows, PIECE)]
            store(MESSAGE, piece)
            store(ENTRY, [(row[0], _entry(row)) for row in piece])
            say(f"{label}: {first + len(piece):,} of {count:,} ({time.monotonic() - start:.0f} s)")
        table.settle()


def _store(table: Table) -> Callable[[str, list[tuple[object, ...]]], None]:
    hole = "%s" if isinstance(table.connection, psycopg.Connection) else "?"

    def store(statement: str, rows: list[tuple[object, ...]]) -> None:
        table.connection.cursor().executemany(statement.format(holes=", ".join([hole] * len(rows[0]))), rows)

    return store


def _entry(row: tuple[object, ...]) -> str:
    _pk, room, author, _name, text = row[:5]
    marks = [f"_a{author}", f"_r{room}", f"_m{row[11]:%Y%m}", *(["_link"] if has_link(str(text)) else [])]
    return " ".join([*words(str(text)), *marks])


class Site:
    def __init__(self, stage: Stage, count: int, postgres: bool):
        self.label = f"{count:,} messages"
        self.parley = stage.own.enter_context(Parley(stage.postgres.create(f"search-{count}") if postgres else ""))
        self.target, self.last = target(self.parley, label=self.label), BEGIN + count * APART
        fill(self.parley.database_url, count, f"search, {'PostgreSQL' if postgres else 'SQLite'}")

    def search(self) -> Run:
        """One after the other, as somebody waits for each."""
        speech, took, own, start = Speech(), list[float](), time.process_time(), time.monotonic()
        connection = Connection(self.target.ports[0], "/chat/")
        for _number in range(SEARCHES):
            path = f"/chat/search/?{urlencode({'q': speech.query(self.last)})}"
            connection.head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.target.ports[0]}\r\n".encode()
            connection.ask()
            asked = time.monotonic()
            while connection.answer() is None:
                pass
            took.append(time.monotonic() - asked)
        connection.socket.close()
        took.sort()
        share = (time.process_time() - own) / (time.monotonic() - start)
        return Run([1000 * took[len(took) * part // 100] for part in (50, 95, 99)], share)


def search(stage: Stage) -> list[Contest]:
    stage.postgres  # noqa: B018  if it is missing, nothing need be filled
    contests = []
    for database in ("SQLite", "PostgreSQL"):
        many, few = (Site(stage, count, database == "PostgreSQL") for count in (MANY, FEW))
        subject, rival = (Entrant(site.label, partial(Site.search, site)) for site in (many, few))
        contests.append(Contest(f"search, {database}", FIGURES, subject, [rival]))
    return contests
