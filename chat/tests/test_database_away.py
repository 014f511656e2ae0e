"""The thread that asks the database: while it is away nobody waits for the tries of others."""

import asyncio
import threading

import pytest
from django.db import OperationalError, connection

from chat.live.database import ask
from chat.models import Room


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


async def test_an_error_with_a_connection_is_nobody_elses(transactional_db):
    def clash():
        connection.ensure_connection()
        raise OperationalError("deadlock detected")

    first, second = asyncio.ensure_future(ask(clash)), asyncio.ensure_future(ask(Room.objects.count))
    with pytest.raises(OperationalError, match="deadlock"):
        await first
    assert await second == 0
