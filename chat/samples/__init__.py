"""Every template in every state, with sample data: what the gallery shows, and what a check renders.

Nothing is read from the database, and nothing is stored. Contexts come from the functions that serve real pages where
those don't ask the database; a test holds all of them to what real pages say.
"""

from collections.abc import Iterator

from chat.samples.cast import Sample, Scene
from chat.samples.composers import answers, composers, limits
from chat.samples.elements import elements
from chat.samples.log import between, exports, messages
from chat.samples.menus import edits, menus, pinned
from chat.samples.needs import missing
from chat.samples.pages import accounts, letters, pages
from chat.samples.people import gatherings, heads, oneself, sidebars
from chat.samples.reactions import reactions
from chat.samples.room import connections, rooms

__all__ = ["Sample", "missing", "samples"]

PARTS = (
    messages,
    composers,
    answers,
    limits,
    menus,
    edits,
    pinned,
    reactions,
    connections,
    gatherings,
    oneself,
    sidebars,
    heads,
)
WHOLE = (between, exports, rooms, elements, pages, accounts, letters)


def samples(first: int = 0) -> Iterator[Sample]:
    """All of them, in the language that is active. Their ids begin after `first`, so that two sets of them can stand in
    one page; there are fewer than 1,000. Raises NoReverseMatch where the chat has no addresses."""
    scene = Scene(first)
    for part in (*PARTS, *WHOLE):
        yield from part(scene)
