"""Whether the rooms with sockets here are open: when one opens or closes, its pages show it."""

import logging
from collections.abc import Mapping, Sequence

from chat import bus, fragments
from chat.frames import Frame
from chat.live.crowd import Socket
from chat.live.database import ask
from chat.live.subscribers import Subscribers
from chat.models import Room
from chat.models.room import Head
from chat.variant import Variant

logger = logging.getLogger("chat.doors")


class Doors:
    """One per hub."""

    def __init__(self, subscribers: Mapping[int, Subscribers]):
        self._subscribers = subscribers

    def look(self, heads: Mapping[int, Head]) -> None:
        """Where the rooms stand by now."""
        for room_id, head in heads.items():
            subscribers = self._subscribers.get(room_id)
            if subscribers is not None and subscribers.ready.done() and subscribers.door != head.door:
                subscribers.door = head.door  # before anyone hears: who goes live meanwhile looks at it
                bus.spawn(self._tell(subscribers))

    async def look_at(self, room_id: int) -> None:
        """Somebody has changed something about it."""
        self.look(await ask(Room.objects.heads, [room_id]))

    async def _tell(self, subscribers: Subscribers) -> None:
        sockets = [socket for socket in subscribers.sockets if socket.is_page and socket.cursor is not None]
        try:
            frames = await ask(_frames, subscribers.room.pk, sockets)
        except Exception as error:  # whoever loads the page sees it, and whoever writes is told
            logger.warning("Whether room %s is open could not be told: %r", subscribers.room.pk, error)
            return
        for socket, frame in zip(sockets, frames, strict=True):
            try:
                await socket.send(frame)
            except Exception as error:
                logger.info("A socket is gone: %r", error)


def _frames(room_id: int, sockets: Sequence[Socket]) -> list[Frame]:
    """For each of these why its person may not write, if so; rendered once for all who read the same."""
    room = Room.objects.get(pk=room_id)
    made: dict[tuple[Variant, str], Frame] = {}
    frames: list[Frame] = []
    for socket in sockets:
        with socket.variant.active():
            why = str(socket.why_not(room))
            if (socket.variant, why) not in made:
                made[socket.variant, why] = Frame(fragments.closed(room, why))
        frames.append(made[socket.variant, why])
    return frames
