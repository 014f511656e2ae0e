from collections.abc import Callable, Sequence

from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat import bus, events, policy, rules
from chat.actions import limits
from chat.actions.indexing import index
from chat.actions.mentioning import spell_out
from chat.actions.people import enrol
from chat.actions.permission import demand
from chat.actions.post import Outcome, Post, Ready
from chat.actions.repeats import OTHER, fits, known, stored
from chat.conf import conf
from chat.errors import SOMEBODY_ELSE, Forbidden, Refused
from chat.markup import message_body
from chat.models import Kind, Membership, Mention, Message, Participant, Room
from chat.models.composed import ComposedInsert

_insert = ComposedInsert(lambda: Message)
Fresh = dict[int, Ready]
"""By their number among those to post."""
DATABASE_AWAY = (OperationalError, InterfaceError)
"""Of the database, which concern all that would have been stored together."""


def post_message(
    room: Room,
    author: Participant,
    body: object,
    nonce: object = None,
    address: str | None = None,
    *,
    grows: bool = False,
    reply_to: int | None = None,
) -> Message:
    """Store a message in the room and ring the bell once it is committed.

    The same author and nonce again stores nothing and returns what was stored the first time, so that a sender
    who is in doubt may repeat. `address` is the network address it came from, for the limit on all who share it.
    `grows`: a text that begins with what is stored under its nonce brings another message, which is the rest.
    `reply_to`: the seq of what it answers; what is typed on in its composer answers nothing.
    """
    (outcome,) = post_messages([Post(room, author, body, nonce, address, grows, reply_to)])
    if not isinstance(outcome, Message):
        raise outcome
    return outcome


def post_messages(posts: Sequence[Post]) -> list[Outcome]:
    """The same for many at once, in one transaction: what became of each, in their order.

    One that is refused, or over which a rule of the host's project fails, does not hold up the others, unless it fails
    as a database does that is away: that is raised, and nothing is said of any of them.
    """
    outcomes: dict[int, Outcome] = {}
    fresh: Fresh = {}
    for number, post in enumerate(posts):
        try:
            fresh[number] = _fit(post, post.body)
        except Refused as refusal:
            found = _new_in(post) if post.grows and Message.is_nonce(post.nonce) else None
            if isinstance(found, tuple):
                fresh[number] = found
            else:
                outcomes[number] = found or refusal
    outcomes |= _hurried(fresh)
    outcomes |= _store_or_retry({number: one for number, one in fresh.items() if number not in outcomes})
    refused = {number: one for number, one in fresh.items() if isinstance(outcomes[number], Refused)}
    outcomes |= _unless_away(_repeats, refused)
    return [outcomes[number] for number in range(len(posts))]


def _fit(post: Post, body: object) -> Ready:
    """Raises Refused."""
    if post.nonce is not None and not Message.is_nonce(post.nonce):
        raise Refused(_("A nonce is 1 to 64 letters, digits, - or _."))
    if post.part and not fits(post):
        raise Refused(OTHER)
    text = message_body(body, conf.message_length)
    demand(rules.can_say(post.author, post.room, text))
    return post, text


def _hurried(fresh: Fresh) -> dict[int, Outcome]:
    refused: dict[int, Outcome] = {}
    for number, (post, _text) in fresh.items():
        try:
            limits.count(post.author, post.address)
        except Refused as refusal:
            refused[number] = refusal
    return refused


def _repeats(refused: Fresh) -> dict[int, Outcome]:
    """Those among them that are stored since they were sent before: nothing is refused about these any more."""
    before = stored(post for post, _text in refused.values())
    repeated = {number: known(before, post) for number, (post, _text) in refused.items()}
    return {number: found for number, found in repeated.items() if isinstance(found, Outcome)}


def _new_in(post: Post) -> Ready | Outcome | None:
    """What is new in a post that grows, made ready; or what became of it the first time, if there was one."""
    try:
        found = known(stored([post]), post)
        return _fit(*found) if isinstance(found, tuple) else found
    except Refused as refusal:
        return refusal


def _store_or_retry(fresh: Fresh) -> dict[int, Outcome]:
    """The unique nonce tells a repeat, within these or of what was stored before. Then the rest is stored without it.

    So whoever doesn't repeat, as hardly anybody does, pays no query for it.
    """
    if not fresh:
        return {}
    try:
        return _store(fresh)
    except DATABASE_AWAY:
        raise
    except IntegrityError as error:
        return _store_repeat(fresh, error) if len(fresh) == 1 else _store_with_repeats(fresh)
    except Exception as error:
        return dict.fromkeys(fresh, error) if len(fresh) == 1 else _store_each(fresh)


def _store_repeat(fresh: Fresh, error: IntegrityError) -> dict[int, Outcome]:
    ((number, (post, _text)),) = fresh.items()
    found = _new_in(post)
    if isinstance(found, tuple):
        return {number: error} if found[0].sending == post.sending else _store_or_retry({number: found})
    return {number: found or error}


def _store_with_repeats(fresh: Fresh) -> dict[int, Outcome]:
    again = _again(fresh)
    if not again:  # something else is wrong with one of them
        return _store_each(fresh)
    outcomes = _store_or_retry({number: one for number, one in fresh.items() if number not in again})
    outcomes |= _unless_away(_repeats, again)
    again = {number: one for number, one in again.items() if number not in outcomes}
    if any(post.grows for post, _text in again.values()):  # what is new in each depends on the one before
        return outcomes | _store_each(again)
    return outcomes | _unless_away(_store_or_retry, again)


def _store_each(fresh: Fresh) -> dict[int, Outcome]:
    outcomes: dict[int, Outcome] = {}
    for number, one in fresh.items():
        outcomes |= _unless_away(_store_or_retry, {number: one})
        if isinstance(away := outcomes[number], DATABASE_AWAY):
            return dict.fromkeys(fresh, away) | outcomes
    return outcomes


def _unless_away(ask: Callable[[Fresh], dict[int, Outcome]], fresh: Fresh) -> dict[int, Outcome]:
    """What it says of them. Others are stored by now, so that the database is away is said of these alone."""
    try:
        return ask(fresh)
    except DATABASE_AWAY as error:
        return dict.fromkeys(fresh, error)


def _again(fresh: Fresh) -> Fresh:
    """Those that are stored, or stand among these before."""
    seen: set[tuple[str, object]] = {*stored(post for post, _text in fresh.values())}
    again: Fresh = {}
    for number, (post, text) in fresh.items():
        sending = (post.author.key, post.sending)
        if sending in seen:
            again[number] = (post, text)
        elif post.nonce is not None:
            seen.add(sending)
    return again


@transaction.atomic
def _store(fresh: Fresh) -> dict[int, Outcome]:
    known = Participant.objects.with_keys({post.author.key for post, _text in fresh.values()})
    outcomes: dict[int, Outcome] = {}
    rooms = {post.room.pk for post, _text in fresh.values()}
    for room_id in sorted(rooms):  # so that two of us never wait for each other
        here = {number: one for number, one in fresh.items() if one[0].room.pk == room_id}
        outcomes |= _store_in(room_id, here, known)
    return outcomes


def _store_in(room_id: int, here: Fresh, known: dict[str, Participant]) -> dict[int, Outcome]:
    try:
        room = Room.objects.locked(room_id)
    except Room.DoesNotExist:
        return dict.fromkeys(here, Forbidden(_("This room is gone.")))
    if room.kind in (Kind.PRIVATE, Kind.DIRECT):
        Membership.objects.tell_roles(room, known.values())
    outcomes: dict[int, Outcome] = {}
    rows: list[Message] = []
    now, answered = timezone.now(), _answered(room, here)
    for number, (post, text) in here.items():
        author = known.get(post.author.key, post.author)
        if author.kind != post.author.kind:
            outcomes[number] = Forbidden(SOMEBODY_ELSE)
            continue
        if not (verdict := policy.can_post(author, room)):
            outcomes[number] = Forbidden(verdict.why)
            continue
        if post.answers is not None and post.answers not in answered:
            outcomes[number] = Refused(_("What this answers is not there: send it without."))
            continue
        is_given = not author.is_guest or post.author.handed
        if author.pk is None or (is_given and author.name != post.author.name):
            author = known[author.key] = enrol(post.author)
        seq = room.seq + len(rows) + 1
        row = Message(
            room=room,
            author=author,
            author_name=author.name,
            body=text,
            nonce=post.sending,
            seq=seq,
            changed=seq,
            sent=now,
            reply_to=None if post.answers is None else answered[post.answers],
        )
        row.follow(rows[-1].speaker if rows else room.speaker, now if rows else room.spoken)
        rows.append(row)
        outcomes[number] = row
    if rows:
        mentions = spell_out(room, rows)
        _insert(rows)
        index(rows)
        if mentions:
            Mention.objects.bulk_create(mentions)
        bus.ring(room.pk, room.next_seq(len(rows), now, rows[-1].speaker), rows)
        for row in rows:
            events.tell(events.message_posted, Message, message=row)
    return outcomes


def _answered(room: Room, here: Fresh) -> dict[int, Message]:
    """What these answer, by seq; no query where they answer nothing."""
    seqs = {post.answers for post, _text in here.values() if post.answers is not None}
    return {row.seq: row for row in room.messages.filter(seq__in=seqs)} if seqs else {}
