"""Catching up: the frames after any cursor turn a stale page into a fresh one, even if they break off half-way."""

import re
from dataclasses import dataclass, field, replace

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from chat import fragments
from chat.fragments import Changes
from chat.models import Message, Participant, Room

OLDER = r'\s*<div hidden hx-get="[^"]*/older/\d+/"[^>]*></div>\s*<(?P<ask>form|p) class="older-ask".*?</(?P=ask)>\s*'
PIECE = re.compile(
    rf'(?P<empty><div hx-swap-oob="innerHTML:#log-[\w-]+"><div class="older" id="older-[^>]*>{OLDER}</div>\s*</div>)'
    r'|<div hx-swap-oob="beforeend:#log-[\w-]+">(?P<new>.*?)</div>\s*'
    r'|(?P<changed><article class="message".*?</article>)\s*'
    r'|(?P<pins><span class="pins-count".*?<div class="pins-list"[^>]*>(?:(?!</div>).)*</div>)\s*'
    r'|<input id="epoch-[\w-]+"[^>]* value="(?P<epoch>\w+)"[^>]*>\s*'
    r'|<input id="cursor-[\w-]+"[^>]* value="(?P<cursor>\d+)"[^>]*>\s*',
    re.DOTALL,
)


def id_of(html: str) -> str:
    return re.match(r'<article class="message" id="([\w-]+)"', html)[1]


@dataclass
class Page:
    """What htmx would make of it: the log as {id: html} in its order, the cursor, and the epoch it belongs to."""

    cursor: int = 0
    log: dict[str, str] = field(default_factory=dict)
    epoch: str | None = None

    @classmethod
    def fresh(cls, room: Room, size: int) -> "Page":
        messages = room.messages.for_page().newest(size)
        shown = [str(fragments.message(message, fragments.Where.of(message.room))).strip() for message in messages]
        cursor = max((one.changed for one in messages), default=0)
        return cls(cursor, {id_of(html): html for html in shown}, room.epoch)

    def copy(self) -> "Page":
        return replace(self, log=dict(self.log))

    def take(self, frame: str) -> None:
        assert frame.startswith("<")
        at = 0
        while at < len(frame):
            piece = PIECE.match(frame, at)
            assert piece, frame[at : at + 200]
            at = piece.end()
            if piece["epoch"]:
                self.epoch = piece["epoch"]
            elif piece["empty"]:
                self.log.clear()
            elif piece["new"]:
                assert id_of(piece["new"]) not in self.log, "doubled"
                self.log[id_of(piece["new"])] = piece["new"].strip()
            elif piece["changed"] and id_of(piece["changed"]) in self.log:
                self.log[id_of(piece["changed"])] = piece["changed"].strip()
        assert piece["cursor"], "a frame ends with its cursor"
        self.cursor = int(piece["cursor"])


def is_up_to_date(page: Page, room: Room, size: int) -> bool:
    """It shows an unbroken run of messages up to the last, as they are now: at least as many as a fresh page."""
    whole = Page.fresh(room, 10_000)
    newest = [*whole.log.items()][len(whole.log) - len(page.log) :]
    return [*page.log.items()] == newest and len(page.log) >= min(size, len(whole.log))


@pytest.fixture
def small(settings):
    """Small pages and frames, so that a few messages are many."""
    settings.CHAT_PAGE_SIZE, settings.CHAT_CATCH_UP_LIMIT, settings.CHAT_FRAME_LIMIT = 4, 7, 2048
    return settings


_rooms = iter(range(1_000_000))


def new_room() -> Room:
    return Room.objects.create(slug=f"room-{next(_rooms)}", name="Room")


def post(room: Room, author: Participant, body: str) -> Message:
    with transaction.atomic():
        seq = room.next_seq()
        return Message.objects.create(
            room=room, author=author, author_name=author.name, body=body, seq=seq, changed=seq, sent=room.created
        )


def change(message: Message, body: str) -> None:
    """As an edit will do it: the message stays in its place, and the room moves on."""
    with transaction.atomic():
        message.body, message.changed = body, message.room.next_seq()
        message.save()


def history(room: Room, author: Participant, deeds: list[int | None], size: int) -> list[Page]:
    """Do them one by one: None posts, a number changes that message. Gives the page as it was before and after each."""
    pages, messages = [Page.fresh(room, size)], []
    for number, deed in enumerate(deeds):
        if deed is None or not messages:
            messages.append(post(room, author, f"message {number} " + "é" * 150))
        else:
            change(messages[deed % len(messages)], f"changed {number} " + "è" * 150)
        pages.append(Page.fresh(room, size))
    return pages


def test_it_works(lobby, ann):
    page = Page.fresh(lobby, 50)
    post(lobby, ann, "one")
    post(lobby, ann, "two")
    for frame in Changes.since(lobby, page.cursor).frames_after(page.cursor):
        page.take(frame)
    assert page == Page.fresh(lobby, 50)
    assert len(page.log) == page.cursor == 2


def test_nothing_new_is_no_frame(lobby, ann):
    post(lobby, ann, "one")
    assert Changes.since(lobby, 1).frames_after(1) == []


def test_a_changed_message_comes_as_itself_and_a_new_one_into_the_log(lobby, ann):
    first = post(lobby, ann, "one")
    post(lobby, ann, "two")
    change(first, "one, changed")
    (frame,) = Changes.since(lobby, 1).frames_after(1)
    assert frame.startswith(f'<article class="message" id="message-{first.pk}" data-seq="1"')
    assert frame.count("<article") == 2
    assert frame.count("beforeend:#log-lobby") == 1
    assert re.search(r'<input id="cursor-lobby"[^>]* value="3"[^>]*>\s*\Z', frame)


@given(st.lists(st.one_of(st.none(), st.integers(0, 20)), max_size=12))
@example([None] * 6 + [5, 4, 3, None, 0, 0, None])
@example([None] * 3 + [0, 1, 2] * 3)
@hypothesis_settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_from_any_stale_page_and_any_interruption_to_a_fresh_one(ann, small, deeds):
    room, size = new_room(), 4
    for stale in history(room, ann, deeds, size):
        frames = Changes.since(room, stale.cursor, stale.epoch).frames_after(stale.cursor)
        assert all(len(frame.encode()) <= 2048 for frame in frames)
        for cut in range(len(frames) + 1):
            page = stale.copy()
            for frame in frames[:cut]:
                page.take(frame)
            assert page.cursor >= stale.cursor or not page.log  # back to the beginning goes only an empty log
            for frame in Changes.since(room, page.cursor, page.epoch).frames_after(page.cursor):
                page.take(frame)
            assert is_up_to_date(page, room, size)
            assert Changes.since(room, page.cursor, page.epoch).frames_after(page.cursor) == []


@given(st.lists(st.one_of(st.none(), st.integers(0, 20)), min_size=1, max_size=7))
@hypothesis_settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_was_read_for_the_furthest_behind_serves_everybody(ann, small, deeds):
    room = new_room()
    pages = history(room, ann, deeds, 4)
    changes = Changes.since(room, 0)
    for page in pages:
        for frame in changes.frames_after(page.cursor):
            page.take(frame)
        assert is_up_to_date(page, room, 4)


def test_what_is_committed_while_it_reads_is_whole_too(lobby, ann):
    """The head is read first, then the rows: these may know more, and then the cursor does as well."""
    post(lobby, ann, "one")
    later = iter(["two"])

    def somebody_posts_after_the_head_was_read(execute, *query):
        read = execute(*query)
        for body in later:
            post(lobby, ann, body)
        return read

    with connection.execute_wrapper(somebody_posts_after_the_head_was_read):
        changes = Changes.since(lobby, 0)
    page = Page()
    for frame in changes.frames_after(0):
        page.take(frame)
    assert changes.head == page.cursor == len(page.log) == 2


def test_readers_at_the_same_place_get_the_very_same_strings(lobby, ann):
    post(lobby, ann, "one")
    changes = Changes.since(lobby, 0)
    assert changes.frames_after(0)[0] is changes.frames_after(0)[0]


@pytest.mark.parametrize("cursor", [-1, 4, 10**18 - 1])
def test_a_cursor_that_was_never_given_gets_the_page_anew(lobby, ann, small, cursor):
    for number in range(3):
        post(lobby, ann, f"message {number}")
    page = Page(cursor, {"message-0": "of another life"})
    for frame in Changes.since(lobby, cursor).frames_after(cursor):
        page.take(frame)
    assert page == Page.fresh(lobby, 4)


def test_a_cursor_of_another_life_empties_the_log_of_an_empty_room(lobby):
    page = Page(7, {"message-0": "of another life"})
    for frame in Changes.since(lobby, 7).frames_after(7):
        page.take(frame)
    assert page == Page(epoch=lobby.epoch)


def test_a_cursor_that_would_do_but_is_of_another_epoch_gets_the_page_anew(lobby, ann):
    for number in range(3):
        post(lobby, ann, f"message {number}")
    page = Page(2, {"message-0": "of another life"}, "0ther")
    for frame in Changes.since(lobby, page.cursor, page.epoch).frames_after(page.cursor):
        page.take(frame)
    assert page == Page.fresh(lobby, 50)


def test_exactly_the_limit_behind_catches_up_and_one_more_replaces_the_log(lobby, ann, small):
    for number in range(8):
        post(lobby, ann, f"message {number}")
    assert not Changes.since(lobby, 1).whole
    assert Changes.since(lobby, 0).whole


@pytest.mark.parametrize("char", ["'", "<", "&", "é", "😀", "\n"])
def test_the_longest_message_fits_into_a_frame(lobby, char):
    author = Participant.objects.create(key="g" * 40, kind=Participant.Kind.GUEST, name="'" * 80)
    for _ in range(3):
        post(lobby, author, char * 4000)
    frames = Changes.since(lobby, 0).frames_after(0)
    assert max(len(frame.encode()) for frame in frames) <= 65_536
    assert sum(frame.count("<article") for frame in frames) == 3


def test_the_number_of_queries_does_not_grow(lobby, ann, django_assert_num_queries):
    for number in range(10):
        post(lobby, ann, f"message {number}")
        with django_assert_num_queries(2):
            Changes.since(lobby, 0).frames_after(0)
