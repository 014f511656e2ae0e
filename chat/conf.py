"""Every CHAT_* setting with its default, in one place. docs/settings.md says the same in words, held by a test.

A setting comes from Django's settings, else from the environment, else from here; it is read at each use,
so that tests and hosts may change it.
"""

import math
import os
from collections.abc import Iterator
from typing import Any, Generic, TypeVar, overload

from django.conf import settings

Value = TypeVar("Value", str, int, float, bool)

WORDS = {"on": True, "true": True, "yes": True, "1": True, "off": False, "false": False, "no": False, "0": False}


class Setting(Generic[Value]):
    """One setting; its type is the default's. Reading it raises ValueError when what is set cannot be that type."""

    name: str
    default: Value

    def __init__(self, default: Value, least: float = 0, most: float = float("inf"), choices: tuple[Value, ...] = ()):
        self.default = default
        self.least, self.most = least, most
        self.choices: tuple[Value, ...] = choices

    def __set_name__(self, owner: type, attribute: str) -> None:
        self.name = f"CHAT_{attribute.upper()}"

    @overload
    def __get__(self, conf: None, owner: type) -> "Setting[Value]": ...
    @overload
    def __get__(self, conf: object, owner: type) -> Value: ...
    def __get__(self, conf: object | None, owner: type) -> "Setting[Value] | Value":
        return self if conf is None else self.read()

    def read(self) -> Value:
        raw = getattr(settings, self.name, None)
        if raw is None:
            raw = os.environ.get(self.name) or self.default
        try:
            value = self._parse(raw)
        except (KeyError, ValueError, TypeError):
            raise ValueError(f"{self.name} is {raw!r}, but must be {self.kind}") from None
        if self.choices and value not in self.choices:
            raise ValueError(f"{self.name} is {value!r}, but must be one of: {', '.join(map(str, self.choices))}")
        if not isinstance(value, (str, bool)) and value < self.least:
            raise ValueError(f"{self.name} is {value}, but must be at least {self.least}")
        if not isinstance(value, (str, bool)) and value > self.most:
            raise ValueError(f"{self.name} is {value}, but must be at most {self.most}")
        return value

    def _parse(self, raw: Any) -> Value:
        kind = type(self.default)
        if kind is bool:
            return kind(WORDS[str(raw).lower()])
        if kind is float and not math.isfinite(float(raw)):
            raise ValueError
        return kind(raw)

    @property
    def kind(self) -> str:
        return {bool: "on or off", int: "a whole number", float: "a number", str: "a text"}[type(self.default)]


class Conf:
    default_room = Setting("lobby")
    """Slug of the room at /chat/; made when it is first opened."""

    message_length = Setting(4000, least=1)
    """Longest message, in characters (code points)."""

    name_length = Setting(40, least=1, most=80)
    """Longest name of a participant, in characters; the column holds 80."""

    page_size = Setting(50, least=1)
    """Messages that come with the page."""

    catch_up_limit = Setting(300, least=1)
    """Changes sent to a page that comes back; further behind, its log is replaced by the newest page_size."""

    frame_limit = Setting(65_536, least=1024)
    """Largest frame in either direction, in bytes. Daphne's own limit is 1 MiB, and hits outgoing frames as well. In a
    longer one a text may come that is too long by itself, to be refused at its composer."""

    tick_seconds = Setting(3.0, least=0.01)
    """How often a process asks the database whether a ring was lost."""

    send_buffer = Setting(2 * 1024 * 1024, least=65_536)
    """Bytes that may wait for a client that doesn't read; beyond, it is dropped, and comes back by its cursor."""

    socket_seconds = Setting(72_000.0, least=1)
    """Longest life of a socket: each is dropped at a random age between six tenths of it and all of it (12 to 20
    hours), and comes back at once."""

    recheck_seconds = Setting(60.0, least=0.1)
    """How often an open socket asks whether its participant may still read, should a kick have been lost."""

    drain_seconds = Setting(3.0)
    """On SIGTERM sockets are dropped spread over this time, so that not all come back to the others at once."""

    refresh_seconds = Setting(30, least=1)
    """How often the page reloads itself where there is no JavaScript."""

    rate_limits = Setting(True)
    """Off switches every rate limit off, for load tests and benchmarks."""

    edit_seconds = Setting(0, least=0)
    """For how long whoever wrote a message may change or delete it; 0 for ever. Moderators may always delete one."""

    reactions = Setting("👍 ❤️ 😂 🎉 😮 😢")
    """Emoji that a message's menu offers at once, separated by blanks; any other can be found there."""

    participant_rate = Setting("120/minute")
    """What one participant may write, in the notation of the `limits` library."""

    address_rate = Setting("600/minute")
    """What all participants of one network address may write together: a raw client is a new guest each time."""

    frame_rate = Setting("1200/minute")
    """Frames that one socket may send, of whatever kind, a long one as so many of frame_limit; beyond, it is closed."""

    sign_up = Setting("open", choices=("open", "invitation", "closed"))
    """Who may make an account: anybody, whoever was invited by a staff member, or nobody."""

    sign_up_rate = Setting("20/hour")
    """Accounts that may be made from one network address."""

    letter_rate = Setting("10/hour")
    """New passwords that may be asked for from one network address: each is a letter to somebody."""

    invitation_days = Setting(7, least=1, most=365)
    """How long a link that invites to sign up is good for."""

    make_rooms = Setting("members", choices=("members", "staff"))
    """Who may make a room: whoever has an account, or staff members only."""

    search_rate = Setting("60/minute")
    """What one member, or all guests of one network address together, may search for among messages."""

    export_rate = Setting("60/hour")
    """Files with what was said in a room that one participant may download: 2,000 messages each."""

    room_rate = Setting("20/hour")
    """Rooms, conversations and invitations that one participant may make."""

    invitation_to_room_days = Setting(7, least=1, most=365)
    """How long a link into a room is good for, if it is not withdrawn before."""

    conversation_size = Setting(12, least=2, most=50)
    """The most people in one conversation."""

    site_name = Setting("Parley")
    """What the chat is called: in titles, as an app on somebody's device, and where a link to it is shown."""

    site_url = Setting("")
    """Where the site is, as https://chat.example.org: what links in letters, and the address that
    search engines are told, begin with."""

    reserved_names = Setting("admin,administrator,bot,mod,moderator,official,owner,root,staff,support,system")
    """Words that a name may not hold, as they claim to be somebody; separated by commas."""

    object_deleted = Setting("archive", choices=("archive", "keep", "delete"))
    """What becomes of an object's room when the object is deleted."""

    policy = Setting("chat.rules.Policy")
    """The class that says who may do what: a dotted path."""

    socket_path = Setting("/ws/chat/")
    """Where sockets are, after the prefix that the site as a whole may have (FORCE_SCRIPT_NAME)."""

    scripts = Setting(True)
    """A room in a page of the host's brings htmx along; off when those pages have it already, with its extension ws."""

    frame_ancestors = Setting("")
    """Origins of other sites whose pages may have a room in a frame, separated by blanks; none when empty."""

    frame_secret = Setting("")
    """Shared with those sites: what they sign the names with that they hand over. None are when it is empty."""

    def __iter__(self) -> Iterator[Setting[Any]]:
        return (setting for setting in vars(type(self)).values() if isinstance(setting, Setting))


conf = Conf()
