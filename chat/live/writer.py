"""Group commit: what the sockets of this process post while one transaction runs is stored by the next, together."""

import asyncio
from collections.abc import Sequence

from django.db import Error as DatabaseError

from chat import actions
from chat.bus import per_loop, spawn
from chat.live.database import ask_promptly

Outcome = actions.Outcome | Exception
"""What became of a post; an error of the database is for all that would have been stored with it."""

MOST = 200  # posts in one transaction, so that its locks are not held for long


class Writer:
    """One per event loop."""

    def __init__(self) -> None:
        self._waiting: list[tuple[actions.Post, asyncio.Future[Outcome]]] = []
        self._works = False

    async def post(self, post: actions.Post) -> Outcome:
        """What became of it, once that is committed."""
        outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((post, outcome))
        if not self._works:
            self._works = True
            spawn(self._work())
        return await outcome

    async def _work(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                outcomes = await _stored([post for post, _ in batch])
                for (_, future), outcome in zip(batch, outcomes, strict=True):
                    if not future.done():  # its socket may be gone
                        future.set_result(outcome)
        finally:
            self._works = False


async def _stored(posts: list[actions.Post]) -> Sequence[Outcome]:
    try:
        return await ask_promptly(actions.post_messages, posts)
    except DatabaseError as error:  # it is away: nothing of it is stored
        return [error] * len(posts)
    except Exception as error:  # a rule of the host's project, say: the others have no part in it
        if len(posts) == 1:
            return [error]
        return [outcome for post in posts for outcome in await _stored([post])]


writer = per_loop(Writer)
"""That of this process."""
