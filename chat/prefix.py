"""What all addresses of the site begin with, where it stands below a path: as FORCE_SCRIPT_NAME says, or the server
(`daphne --root-path`), which tells it with each request. What is rendered for sockets has no request.
"""

from typing import Any

from django.conf import settings
from django.urls import set_script_prefix

_told = ""
"""By the server, to this process: the same with every request."""


def note(scope: dict[str, Any], send: Any) -> None:
    """Hear what the server says. Any client could say it in its place to Daphne, by a header, and so to all, as what is
    rendered for sockets is everybody's: so Daphne itself is asked, who sends what is sent."""
    global _told
    daphne = getattr(getattr(send, "func", None), "__self__", None)
    _told = getattr(daphne, "root_path", scope.get("root_path")) or ""
    scope["root_path"] = _told


def use() -> None:
    """Begin all addresses with it that this thread makes from here on, if there is one."""
    if said := settings.FORCE_SCRIPT_NAME or _told:
        set_script_prefix(said)
