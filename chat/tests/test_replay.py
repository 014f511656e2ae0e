"""Whatever happens in a room, wherever a page stopped hearing: what sync sends makes it the page one gets anew."""

import itertools
import os
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.test import Client, override_settings
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from chat import actions, fragments
from chat.actions import posting
from chat.fragments import Changes
from chat.models import Participant, Room
from chat.tests.page import Page

PAGES = 4
LIMIT = 12  # so few changes behind and the log is replaced, so that it happens often
LENGTH = 16  # what a page keeps of its log, looked after at every fourth change
slugs = (f"room-{number}" for number in itertools.count())
EXAMPLES = 60 if os.environ.get("THOROUGH") else 30
"""On each database; `make test-all` looks further."""

which_page = st.integers(0, PAGES - 1)
frame_limits = st.sampled_from([1500, 4000, 65_536])
clock = SimpleNamespace(now=lambda: clock.time, time=datetime(2026, 1, 1, tzinfo=UTC))


class Replay(RuleBasedStateMachine):
    pages: list[Page] = []

    @initialize(messages=st.sampled_from([0, 3, LIMIT, 2 * LENGTH]))
    def begin(self, messages):
        self.room = Room.objects.create(slug=next(slugs), name="Room")
        self.author = actions.enrol(Participant(key="gann", kind="guest", name="Ann"))
        self.post_many(messages)
        self.pages = [Page(), *(self._loaded() for _ in range(PAGES - 1))]

    @rule(text=st.text(alphabet="ab<&\"'é\n", min_size=1, max_size=5).filter(str.strip))
    def post(self, text):
        actions.post_message(self.room, self.author, text)

    @rule(count=st.integers(1, LIMIT + 4))
    def post_many(self, count):
        for number in range(count):
            actions.post_message(self.room, self.author, f"number {number}")

    @rule(hours=st.integers(1, 30))
    def time_passes(self, hours):
        clock.time += timedelta(hours=hours)

    @rule(which=st.integers(0, 30), gone=st.booleans())
    def change(self, which, gone):
        message = self._some(which)
        if message and gone:
            actions.delete_message(message.pk, self.author)
        elif message:
            actions.edit_message(message.pk, self.author, f"edited after {message.changed}")

    @rule()
    def restore_a_backup(self):
        actions.renew_epochs()

    @rule(page=which_page, frames=st.integers(0, 5), limit=frame_limits)
    def hear_some_and_lose_the_line(self, page, frames, limit):
        with override_settings(CHAT_FRAME_LIMIT=limit):
            for frame in self._missed(self.pages[page])[:frames]:
                assert len(frame.encode()) <= limit
                self.pages[page].apply(frame)

    @rule(page=which_page)
    def load_anew(self, page):
        self.pages[page] = self._loaded()

    @precondition(lambda self: any(page.ask for page in self.pages))
    @rule(page=which_page, limit=frame_limits)
    def page_back(self, page, limit):
        """What is shown then is as of now, and the rest of the page as of when it stopped hearing."""
        asking = [one for one in self.pages if one.ask]
        page = asking[page % len(asking)]
        with override_settings(CHAT_FRAME_LIMIT=limit):
            page.apply(fragments.older(self.room, page.ask))

    @precondition(lambda self: any(page.older for page in self.pages))
    @rule()
    def reach_the_end(self):
        for page in self.pages:
            page.reach_the_end()

    @rule()
    def hear_all(self):
        for page in self.pages:
            for frame in self._missed(page):
                page.apply(frame)

    @invariant()
    def nothing_is_doubled_or_out_of_order(self):
        for page in self.pages:
            assert page.faults == []

    def teardown(self):
        for page in self.pages:
            for frame in self._missed(page):
                page.apply(frame)
            rows, table = page.rows(), self._table()
            assert page.faults == []
            assert len(rows) >= min(LIMIT, len(table))
            assert rows == table[len(table) - len(rows) :]
            assert page.days == {pk: day for pk, day in self._days().items() if pk in {pk for pk, _, _ in rows}}
            if page.ask is None:  # "Here it began."
                assert rows == table
            else:
                assert page.ask == rows[0][1]
            assert self._missed(page) == []

    def _loaded(self):
        return Page.load(Client().get(f"/chat/{self.room.slug}/").text)

    def _missed(self, page):
        return Changes.since(self.room, page.cursor, page.epoch or None).frames_after(page.cursor)

    def _some(self, which):
        rows = list(self.room.messages.filter(deleted=False).order_by("-seq")[:31])
        return rows[which % len(rows)] if rows else None

    def _table(self):
        rows = self.room.messages.order_by("seq")
        return [(row.pk, row.seq, "This message was deleted." if row.deleted else row.body) for row in rows]

    def _days(self):
        """{message id: its day}, of the first of each."""
        days = {}
        for row in self.room.messages.order_by("-seq"):
            days[f"{row.sent:%Y-%m-%d}"] = row.pk
        return {pk: day for day, pk in days.items()}


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr("chat.fragments.changes.LOG_LENGTH", LENGTH)
    monkeypatch.setattr("chat.fragments.changes.TRIM_EVERY", 4)
    monkeypatch.setattr(posting, "timezone", clock)


@pytest.mark.timeout(600)
def test_any_stale_page_becomes_the_fresh_one(db, short):
    options = settings(
        max_examples=EXAMPLES, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
    )
    with override_settings(CHAT_PAGE_SIZE=LIMIT, CHAT_CATCH_UP_LIMIT=LIMIT, CHAT_RATE_LIMITS="off"):
        run_state_machine_as_test(Replay, settings=options)
