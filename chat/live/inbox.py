"""The frames of one socket on their way to their answers: in turn, or side by side where that is safe."""

import asyncio
import itertools
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from chat.bus import spawn
from chat.wire import Connection

Handling = Callable[[], Coroutine[Any, Any, None]]
"""What is done about a frame, begun once its turn has come: one that never comes leaves nothing half begun."""

numbers = itertools.count()
SIDE_BY_SIDE = 32  # of one socket; an honest page sends as fast as somebody types


class Inbox:
    def __init__(self, connection: Connection):
        self.number = next(numbers)
        """Of its socket in this process; an id() would be given again to another."""
        self._connection = connection
        self._beside: set[asyncio.Task[None]] = set()
        self._handling = self._answered = 0
        self._is_over = False
        self._emptied: asyncio.Event | None = None
        """Once it is asked for; set when the last frame is answered."""

    async def in_turn(self, handle: Handling) -> None:
        """Handle a frame once those before it are answered, and the next one after it."""
        with self._counted():
            if self._beside:
                await asyncio.wait(self._beside)
            await handle()

    async def side_by_side(self, handle: Handling) -> None:
        """Begin to handle a frame; what follows may begin before it is answered."""
        with ExitStack() as counted:
            counted.enter_context(self._counted())
            if len(self._beside) >= SIDE_BY_SIDE:
                await asyncio.wait(self._beside, return_when=asyncio.FIRST_COMPLETED)
            task = spawn(self._beside_others(handle, counted.pop_all()))
            self._beside.add(task)
            task.add_done_callback(self._beside.discard)

    async def _beside_others(self, handle: Handling, counted: ExitStack) -> None:
        with counted:
            await handle()

    async def empty(self) -> None:
        """Read nothing more, and wait until all that came in is answered."""
        if self._emptied is None:
            self._connection.pause()
            self._emptied = asyncio.Event()
            self._look()
        await self._emptied.wait()

    def end(self) -> None:
        """Nobody reads here any more: what has not begun to be handled never will be."""
        self._is_over = True
        self._emptied = self._emptied or asyncio.Event()
        self._look()

    @contextmanager
    def _counted(self) -> Iterator[None]:
        """It is being handled from when it is here, also while it waits for its turn."""
        self._handling += 1
        try:
            yield
        finally:
            self._handling -= 1
            self._answered += 1
            if self._emptied is None:
                self._connection.resume()
            else:
                self._look()

    def _look(self) -> None:
        """Frames may still be on their way here from the server, which counts them if it is guarded."""
        is_all = self._is_over or self._connection.received <= self._answered
        if self._emptied is not None and not self._handling and is_all:
            self._emptied.set()
