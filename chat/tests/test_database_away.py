"""The thread that asks the database: while it is away nobody waits for the tries of others."""

import asyncio
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.db import OperationalError, connection

from chat.live import database
from chat.live.database import ask, ask_promptly
from chat.models import Room
from chat.tests import servers
from chat.tests.databases import locked
from chat.tests.people import Raw, until
from site_config.asgi import application


@pytest.fixture
def trial():
    """`trial.run`, asked in the thread, finds the database away once `trial.ends` is set."""

    class Trial:
        begins, ends = threading.Event(), threading.Event()

        def run(self):
            connection.close()  # as when none can be had
            self.begins.set()
            self.ends.wait()
            raise OperationalError("away")

    return Trial()


async def test_it_works(transactional_db, lobby):
    assert await ask(Room.objects.count) == 1


async def test_who_waited_while_it_was_found_to_be_away_is_told_with_who_tried(transactional_db, trial):
    done = []
    first = asyncio.ensure_future(ask(trial.run))
    await asyncio.to_thread(trial.begins.wait)
    others = [asyncio.ensure_future(ask(done.append, number)) for number in range(20)]
    await asyncio.sleep(0)  # each has asked
    trial.ends.set()
    told = await asyncio.gather(first, *others, return_exceptions=True)
    assert [type(one) for one in told] == [OperationalError] * 21
    assert done == []
    await ask(done.append, "whoever asks later tries anew")
    assert len(done) == 1


async def test_who_comes_just_after_is_told_without_a_try(transactional_db, trial, monkeypatch):
    """As the next frame of a socket, which is read once the one before it is answered."""
    monkeypatch.setattr(database, "REST_SECONDS", 3600.0)
    trial.ends.set()
    with pytest.raises(OperationalError, match=r"^away$"):
        await ask(trial.run)
    done = []
    for number in range(5):
        with pytest.raises(OperationalError, match="a moment ago"):
            await ask_promptly(done.append, number)
    assert done == []
    await ask(done.append, "what nobody waits for is tried all the same")
    assert len(done) == 1


async def knock(cookies):
    """What becomes of the handshake, at once: `connect` would wait for an answer that never comes."""
    cookie = "; ".join(f"{name}={value}" for name, value in cookies.items()).encode()
    client = WebsocketCommunicator(application, "/ws/chat/", headers=[(b"host", b"testserver"), (b"cookie", cookie)])
    await client.send_input({"type": "websocket.connect"})
    await client.wait(timeout=30)


async def test_a_handshake_asks_in_turn_as_well(connect, async_client, olive, monkeypatch):
    await async_client.aforce_login(olive.user)
    cookies, asked = {"sessionid": async_client.cookies["sessionid"].value}, []
    monkeypatch.setattr(database, "_failed", time.monotonic() + 3600)

    def note(execute, *query):
        asked.append(query[0])
        return execute(*query)

    await sync_to_async(lambda: connection.execute_wrappers.append(note))()
    try:
        with pytest.raises(OperationalError, match="a moment ago"):
            await knock(cookies)
        assert asked == []
        monkeypatch.setattr(database, "_failed", float("-inf"))
        await connect(cookies=cookies)
        assert any("django_session" in query for query in asked)
    finally:
        await sync_to_async(connection.execute_wrappers.clear)()


async def test_an_error_with_a_connection_is_nobody_elses(transactional_db):
    def clash():
        connection.ensure_connection()
        raise OperationalError("deadlock detected")

    first, second = asyncio.ensure_future(ask(clash)), asyncio.ensure_future(ask(Room.objects.count))
    with pytest.raises(OperationalError, match="deadlock"):
        await first
    assert await second == 0


def test_no_page_waits_for_what_sockets_store(site, database_url):
    with Raw(site) as ann:
        with locked(database_url):
            ann.send(message="it waits for its turn", nonce="n-1")
            for _ in range(5):  # it waits by the second of them at the latest
                with urllib.request.urlopen(f"{site.url}/chat/", timeout=servers.PATIENCE) as page:
                    assert "it waits" not in page.read().decode()
        while "n-1" not in (frame := ann.frame()):
            pass
        assert "delete:#composer-n-1" in frame  # had the page waited too, it would have been refused by now


CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"


@pytest.mark.thorough
def test_who_comes_first_after_a_restart_of_the_database_finds_it():
    """A pool finds out one by one which of its connections are dead, and rests a second in between: it keeps few."""
    with servers.Postgres() as postgres:
        servers.migrate(postgres.url)
        with servers.Site(DATABASE_URL=postgres.url, REDIS_URL="") as site:
            with ThreadPoolExecutor(8) as visitors:
                list(visitors.map(lambda _: urllib.request.urlopen(f"{site.url}/chat/").close(), range(24)))
            with psycopg.connect(postgres.url, autocommit=True) as look:
                until(lambda: look.execute(CONNECTIONS).fetchone()[0] == 1, "connections that nobody uses are kept")
            postgres.stop()
            postgres.start()
            with Raw(site) as ann:
                ann.post("hello")
