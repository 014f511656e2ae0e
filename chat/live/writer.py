"""Group commit: what the sockets of this process post while one transaction runs is stored by the next, together."""

import asyncio
from collections.abc import Sequence

from chat import actions
from chat.bus import per_loop, spawn
from chat.live.database import ask_promptly

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
                outcomes = await _stored([post for post, _ in batch])
                for (_, future), outcome in zip(batch, outcomes, strict=True):
                    if not future.done():  # its socket may be gone
                        future.set_result(outcome)
        finally:
            self._works = False


async def _stored(posts: list[actions.Post]) -> Sequence[actions.Outcome]:
    try:
        return await ask_promptly(actions.post_messages, posts)
    except Exception as error:  # the database is away, say
        return [error] * len(posts)


writer = per_loop(Writer)
"""That of this process."""
