"""Asking the database from the event loop: in the one thread that does so for all sockets of this process, in turn.

While it is away each try to reach it takes seconds (`timeout` of the pool), and those who come meanwhile wait in that
thread's queue. They are told with the one that has tried: else each would try in turn, and the last wait for all.
"""

import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from channels.db import database_sync_to_async
from django.db import Error, OperationalError, connection

P = ParamSpec("P")
T = TypeVar("T")

REST_SECONDS = 1.0
"""So long after a try that failed there is none for somebody who waits. Frames of one socket, and batches of posts,
come one after the other: without it each would wait for a try of its own."""

_failed = float("-inf")
"""When the database was found to be away last, by the monotonic clock."""


async def ask(function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """What the function gives. Raises what it raises, or OperationalError if the database was found away since."""
    return await database_sync_to_async(_in_turn)(time.monotonic(), function, *arguments, **named)


async def ask_promptly(function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """The same for somebody who waits for the answer: also if the database was found away just before."""
    asked = time.monotonic() - REST_SECONDS
    return await database_sync_to_async(_in_turn)(asked, function, *arguments, **named)


def _in_turn(asked: float, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    global _failed
    if asked < _failed:
        raise OperationalError("the database was found to be away a moment ago")
    try:
        return function(*arguments, **named)
    except Error:
        if connection.connection is None:  # none could be had: any other error is the function's own affair
            _failed = time.monotonic()
        raise
