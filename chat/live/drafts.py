"""What is to be said to somebody who is writing, at the composer they write in, and when it is to go again."""

from dataclasses import dataclass
from typing import NamedTuple

from chat import mentions
from chat.conf import conf
from chat.frames import Command

NEARLY_FULL = 0.2
"""A draft with less room left than this share of the longest message is told how much."""


class Said(NamedTuple):
    left: int | None
    """How many characters still fit, once that matters; below 0 they are too many."""
    joined: bool
    """What was pasted may have been several lines."""


NOTHING = Said(None, False)


@dataclass
class Drafts:
    """Of one page: by the nonce of its composer, what stands there."""

    said: tuple[str, Said] | None = None
    joined: str | None = None
    suggested: str | None = None

    def follow(self, command: Command, nonce: str, text: str) -> Said | None:
        """What to say of its text, which may be nothing any more; None when nothing is to be changed."""
        if command.get("lines") == "1" or not text.strip():
            self.joined = None
        elif command.get("pasted") == "1" and any(char.isspace() for char in text):  # as what parts lines becomes
            self.joined = nonce
        left = conf.message_length - len(text.replace("\r\n", "\n").strip())
        said = Said(left if left < conf.message_length * NEARLY_FULL else None, self.joined == nonce)
        before = self.said[1] if self.said and self.said[0] == nonce else NOTHING
        self.said = nonce, said
        return said if said != before else None

    def mention(self, nonce: str, text: str) -> tuple[bool, str | None]:
        """(whether suggestions are to be drawn, for which unfinished name). Only what stands at the end is looked at:
        where the caret is, no page without a script can say."""
        unfinished = mentions.unfinished(text)
        if unfinished is None and self.suggested != nonce:
            return False, None
        self.suggested = nonce if unfinished is not None else None
        return True, unfinished
