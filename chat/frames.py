"""What travels on a connection: in, text that holds a JSON object, or is refused; out, HTML. Pure."""

import json
from functools import cached_property
from typing import Any

from django.utils.translation import gettext_lazy as _

from chat.conf import conf
from chat.errors import Refused, sentence

Command = dict[str, Any]

MOST_OVER = 2**20
"""Bytes beyond the limit of which is looked why they are so many; Daphne takes none that is longer."""


class Frame(str):
    """A frame out that is made into bytes once, for all who get it."""

    @cached_property
    def prepared(self) -> bytes:
        """As a server sends it (RFC 6455, 5.2): final, text, the length in the shortest form, and not masked."""
        payload = self.encode()
        size = len(payload)
        if size < 126:
            head = bytes((0x81, size))
        elif size < 65_536:
            head = b"\x81\x7e" + size.to_bytes(2)
        else:
            head = b"\x81\x7f" + size.to_bytes(8)
        return head + payload


def parse(text: str | None) -> Command:
    """The command in a frame: a JSON object. Refused when it is anything else."""
    if text is None:
        raise Refused(_("A frame must be text, not binary."))
    over = len(text.encode(errors="surrogatepass")) - conf.frame_limit
    if over > MOST_OVER:
        raise _too_long()
    try:
        command = json.loads(text)
    except (ValueError, RecursionError):
        raise Refused(_("A frame must be a JSON object, and this one can't be read.")) from None
    if not isinstance(command, dict):
        raise Refused(_('A frame must be a JSON object, as in {"message": "hello"}.'))
    if over > 0 and not _is_pasted(command, over):
        raise _too_long()
    return command


def _too_long() -> Refused:
    return Refused(sentence(_("This frame is too long: at most {most} bytes fit."), most=conf.frame_limit))


def _is_pasted(command: Command, over: int) -> bool:
    """It is so long by the text of a composer alone, where it will be said by how much that is too long."""
    message, nonce = command.get("message"), command.get("nonce")
    if not (isinstance(message, str) and isinstance(nonce, str)):
        return False
    return len(json.dumps(message, ensure_ascii=False).encode(errors="surrogatepass")) >= over


def number(command: Command, name: str) -> int:
    """A seq that a client sends as text, as forms do."""
    value = command.get(name)
    if not (isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19):
        raise Refused(sentence(_("A {name} is a text of up to 18 digits."), name=name))
    return int(value)


def text(command: Command, name: str) -> str | None:
    """A text of at most 64 characters that may be missing."""
    value = command.get(name)
    if value is not None and not (isinstance(value, str) and len(value) <= 64):
        raise Refused(sentence(_("What is under {name} is a text of at most 64 characters."), name=name))
    return value


def texts(command: Command, name: str) -> list[str]:
    """One text or a list of them, as forms send fields of one name, in their order; empty when there is none."""
    values = command.get(name, [])
    values = [values] if isinstance(values, str) else values
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise Refused(sentence(_("A {name} is a text or a list of texts."), name=name))
    return values
