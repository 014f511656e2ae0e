"""The rules of chat/policy/ are open to the host: CHAT_POLICY names a class whose methods answer in their place."""

import logging
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, NamedTuple

from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from chat import names
from chat.conf import conf
from chat.errors import Sentence

logger = logging.getLogger("chat.rules")

BUILT_IN = "chat.rules.Policy"


class Verdict(NamedTuple):
    """True when allowed; when not, `why` is a sentence for the person."""

    allowed: bool
    why: Sentence = ""

    def __bool__(self) -> bool:
        return self.allowed


ALLOWED = Verdict(True)


class Policy:
    """The rules as they are built in: each function of chat/policy/ is a method here, of its name and arguments. A
    project inherits it, and says otherwise where it likes; `super()` asks the built-in one.
    """

    def can_say(self, author: Any, room: Any, text: str) -> Verdict:
        """May this be said there, by them? Asked before a message is stored or changed, while no lock is held."""
        return ALLOWED

    def account_name(self, user: Any) -> str:
        """What somebody with an account is called, in at most 80 characters, until they choose a name."""
        return names.account_name(user)

    def post_rate(self, participant: Any) -> str:
        """How much they may write, as in "120/minute"; empty for as much as they like."""
        return conf.participant_rate


def of_host() -> Any:
    return _made(conf.policy)


def can_say(author: Any, room: Any, text: str) -> Verdict:
    """What the host says. Should it fail at that, nothing is said, and others whose messages wait are not held up."""
    try:
        verdict = of_host().can_say(author, room, text)
        if not isinstance(verdict, Verdict):
            raise TypeError(f"can_say gave {verdict!r}, which is no Verdict")
        return verdict
    except Exception:
        logger.exception("CHAT_POLICY could not tell whether a message may be said")
        return Verdict(False, _("That could not be checked just now. Nothing is lost here: try again in a moment."))


def account_name(user: Any) -> str:
    """What the host says, as far as that is a name."""
    try:
        name = str(of_host().account_name(user) or "").strip()
    except Exception:
        logger.exception("CHAT_POLICY could not tell what an account is called")
        name = ""
    return name[: names.LONGEST_NAME] or names.account_name(user)


def open_to_hosts(module: dict[str, Any]) -> None:
    """Has each rule that this module makes asked by way of the host's class, whoever asks it."""
    for name, function in [*module.items()]:
        if getattr(function, "__module__", "") != module["__name__"]:
            continue
        if name.startswith("can_") or name in ("known_rooms", "moderates", "readers"):
            setattr(Policy, name, staticmethod(function))
            module[name] = _asked(name, function)


def _asked(name: str, built_in: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(built_in)
    def ask(*given: Any, **named: Any) -> Any:
        path = conf.policy
        return (built_in if path == BUILT_IN else getattr(_made(path), name))(*given, **named)

    return ask


@lru_cache(maxsize=8)
def _made(path: str) -> Any:
    """Raises ImportError, or TypeError when it is no Policy."""
    kind = import_string(path)
    if not (isinstance(kind, type) and issubclass(kind, Policy)):
        raise TypeError(f"{path} does not inherit {BUILT_IN}")
    return kind()
