"""How much one may write: a sliding window per participant and per network address, by the `limits` library.

The windows are kept in this process: nothing that may be away stands between a person and their message. With
several processes one participant's sockets and forms may find a window in each.
"""

import logging
from functools import cache
from ipaddress import ip_address, ip_network

from django.utils.translation import gettext_lazy as _
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from chat import rules
from chat.conf import conf
from chat.errors import Ended, TooFast
from chat.models import Participant

logger = logging.getLogger("chat.limits")

parse = cache(parse)
_windows = SlidingWindowCounterRateLimiter(MemoryStorage())  # the moving one remembers every key for ever


def network(address: str) -> str:
    """Whose an address is: of IPv6 a household has a whole /64, and could write from another one each time."""
    try:
        known = ip_address(address.partition("%")[0])
    except ValueError:  # as a proxy says it
        return address
    if known.version == 4:
        return str(known)
    return str(known.ipv4_mapped or ip_network((known, 64), strict=False))


def _fits(rate: str, what: str, address: str | None) -> bool:
    """Count one of these from there. Whose address can't be known, as behind a Unix socket, is not counted."""
    return address is None or _windows.hit(parse(rate), what, network(address))


def _rate_of(participant: Participant) -> RateLimitItem | None:
    """As the host says it; as the setting does when it fails at that."""
    try:
        said = rules.of_host().post_rate(participant)
        return parse(said) if said else None
    except Exception:
        logger.exception("CHAT_POLICY could not tell how much somebody may write")
        return parse(conf.participant_rate)


def count(participant: Participant, address: str | None) -> None:
    """Count one writing of this participant, from this network address. TooFast when either wrote too much."""
    if not conf.rate_limits:
        return
    rate = _rate_of(participant)
    if rate and not _windows.hit(rate, "participant", participant.key):
        raise TooFast(_("That was too fast: wait a moment, then try again."))
    if not _fits(conf.address_rate, "address", address):
        raise TooFast(_("Too much comes from your network at once: wait a moment, then try again."))


def count_frame(socket: int, length: int) -> None:
    """Count one frame of this socket, whatever it says; one of many characters as so many of usual length. Ended when
    it sends more than a page ever would."""
    cost = 1 + length // conf.frame_limit
    if conf.rate_limits and not _windows.hit(parse(conf.frame_rate), "socket", str(socket), cost=cost):
        raise Ended(_("Too much came from this page: it was disconnected."))


def count_sign_up(address: str | None) -> None:
    """Count one account made from this network address. TooFast when they are too many."""
    if conf.rate_limits and not _fits(conf.sign_up_rate, "sign-up", address):
        raise TooFast(_("Too many accounts were made from your network: try again later."))


def count_search(participant: Participant, address: str | None) -> None:
    """Count one search among messages. Guests are known by where they are, as anybody can be another one each time.
    TooFast when they are too many."""
    if not conf.rate_limits:
        return
    if participant.is_guest:
        fits = _fits(conf.search_rate, "guests search", address)
    else:
        fits = _windows.hit(parse(conf.search_rate), "search", participant.key)
    if not fits:
        raise TooFast(_("That was too much searching: wait a moment, then try again."))


def count_export(participant: Participant) -> None:
    """Count one room that this participant takes along as a file. TooFast when they are too many."""
    if conf.rate_limits and not _windows.hit(parse(conf.export_rate), "export", participant.key):
        raise TooFast(_("You have downloaded too much lately: try again later."))


def count_room(participant: Participant) -> None:
    """Count one room, conversation or invitation that this participant makes. TooFast when they are too many."""
    if conf.rate_limits and not _windows.hit(parse(conf.room_rate), "room", participant.key):
        raise TooFast(_("You have made too many of these lately: try again later."))


def count_letter(address: str | None) -> None:
    """Count one letter with a new password that this network address asks for. TooFast when they are too many."""
    if conf.rate_limits and not _fits(conf.letter_rate, "letter", address):
        raise TooFast(_("Too many new passwords were asked for from your network: try again later."))


def forget() -> None:
    """Empty every window."""
    global _windows
    _windows = SlidingWindowCounterRateLimiter(MemoryStorage())
