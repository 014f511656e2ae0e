"""Group commit: what the sockets of this process post while one transaction runs is stored by the next, together."""

import asyncio

from channels.db import database_sync_to_async

from chat import actions
from chat.bus import per_loop, spawn

MOST = 200  # posts in one transaction, so that its locks are not held for long


class Writer:
    """One per event loop."""

    def __init__(self) -> None:
        self._waiting: list[tuple[actions.Post, asyncio.Future[actions.Outcome]]] = []
        self._works = False

    async def post(self, post: actions.Post) -> actions.Outcome:
        """What became of it, once that is committed."""
        outcome: asyncio.Future[actions.Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((post, outcome))
        if not self._works:
            self._works = True
            spawn(self._work())
        return await outcome

    async def _work(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                try:
                    outcomes = await database_sync_to_async(actions.post_messages)([post for post, _ in batch])
                except Exception as error:  # the database is away: nothing of it is stored
                    outcomes = [error] * len(batch)
                for (_, future), outcome in zip(batch, outcomes, strict=True):
                    if not future.done():  # its socket may be gone
                        future.set_result(outcome)
        finally:
            self._works = False


writer = per_loop(Writer)
"""That of this process."""
