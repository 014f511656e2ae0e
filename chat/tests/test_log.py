"""The log of a page: rendered once for all who come while nothing changes, and never older than what has changed."""

import asyncio
import threading

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from chat import actions, fragments
from chat.fragments import freshness
from chat.fragments.messages import LOG_SECONDS
from chat.fragments.people import PAGE_SECONDS
from chat.models import Message, Room
from site_config.asgi import ThreadHandler, application


@pytest.fixture
def rendered(monkeypatch):
    """The messages that were rendered, each time they were."""
    found, message = [], fragments.message

    def counted(row, place):
        found.append(row.body)
        return message(row, place)

    monkeypatch.setattr("chat.fragments.messages.message", counted)
    return found


def now(room: Room) -> fragments.Log:
    return fragments.log(Room.objects.get(pk=room.pk))


def test_it_works(lobby, ann, rendered):
    for body in ("one", "two"):
        actions.post_message(lobby, ann, body)
    pages = [now(lobby) for _ in range(3)]
    assert rendered == ["one", "two"]
    assert pages[0].html is pages[2].html
    assert (pages[0].cursor, pages[0].before) == (2, None)


def test_a_page_that_nothing_changed_for_asks_for_no_message(client, lobby, ann):
    actions.post_message(lobby, ann, "hello")
    client.get("/chat/")
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert "hello" in client.get("/chat/").text
    assert not [one for one in asked.captured_queries if "chat_message" in one["sql"]]


@pytest.mark.parametrize(("seconds", "kept"), [(LOG_SECONDS / 2, True), (LOG_SECONDS, False)])
def test_what_its_room_does_not_tell_is_late_by_seconds(lobby, ann, monkeypatch, seconds, kept):
    """As where another process has changed how somebody looks."""
    actions.post_message(lobby, ann, "hello")
    page, clock = now(lobby), freshness.clock()
    monkeypatch.setattr(freshness, "clock", lambda: clock + seconds)
    assert (now(lobby).html is page.html) == kept


@pytest.mark.parametrize(("seconds", "kept"), [(PAGE_SECONDS / 2, True), (PAGE_SECONDS, False)])
def test_who_is_here_is_late_by_a_second(lobby, ann, monkeypatch, seconds, kept):
    page, clock = fragments.gathered(lobby), freshness.clock()
    monkeypatch.setattr(freshness, "clock", lambda: clock + seconds)
    assert (fragments.gathered(lobby) is page) == kept


@pytest.mark.parametrize("change", ["post", "edit", "delete", "restore"])
def test_each_change_is_seen_at_once(lobby, ann, change):
    message = actions.post_message(lobby, ann, "before")
    assert "before" in now(lobby).html
    if change == "post":
        actions.post_message(lobby, ann, "after")
    elif change == "edit":
        actions.edit_message(message.pk, ann, "after")
    elif change == "delete":
        actions.delete_message(message.pk, ann)
    else:
        Message.objects.update(body="after", html="after")
        actions.renew_epochs()
    assert ("This message was deleted." if change == "delete" else "after") in now(lobby).html


def test_rows_stored_after_the_room_was_read_are_in_it_and_before_its_cursor(lobby, ann):
    stale = Room.objects.get(pk=lobby.pk)
    actions.post_message(lobby, ann, "late")
    assert "late" in fragments.log(stale).html
    assert fragments.log(stale).cursor == 1


def test_the_room_of_a_log_that_was_changed_out_of_sight_moves_the_cursor(lobby, ann, settings):
    settings.CHAT_PAGE_SIZE = 2
    first = actions.post_message(lobby, ann, "first")
    for body in ("second", "third"):
        actions.post_message(lobby, ann, body)
    actions.edit_message(first.pk, ann, "edited")
    page = now(lobby)
    assert (page.cursor, page.before) == (4, 2)


def test_each_zone_and_language_has_its_own(lobby, ann):
    actions.post_message(lobby, ann, "hello")
    here = now(lobby).html
    with timezone.override("Pacific/Kiritimati"):
        assert now(lobby).html != here
    with translation.override("de"):
        assert now(lobby).html is not here
    assert now(lobby).html is here


def test_who_looks_different_does_so_at_once(lobby, ann, django_capture_on_commit_callbacks):
    actions.post_message(lobby, ann, "hello")
    assert "colour-violet" not in now(lobby).html
    with django_capture_on_commit_callbacks(execute=True):
        actions.change_person(ann, "", colour="violet", time_zone="", language="", rings="all")
    assert "colour-violet" in now(lobby).html


def test_rooms_do_not_share(lobby, ann):
    other = Room.objects.create(slug="other", name="Other", epoch=lobby.epoch)
    actions.post_message(lobby, ann, "hello")
    actions.post_message(other, ann, "good day")
    assert ("hello" in now(lobby).html, "hello" in now(other).html) == (True, False)


# --- The threads that pages have -------------------------------------------------------------------


async def get(path: str) -> list[dict]:
    sent, body = [], asyncio.Event()

    async def receive():
        if body.is_set():
            await asyncio.sleep(60)
        body.set()
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(event):
        sent.append(event)

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": b"",
        "http_version": "1.1",
        "scheme": "http",
    }
    await application({**scope, "headers": [(b"host", b"testserver")], "asgi": {"version": "3.0"}}, receive, send)
    return sent


async def test_pages_come_from_a_few_threads_that_stay(transactional_db, monkeypatch):
    seen, respond = set(), ThreadHandler._respond

    def watched(self, request):
        seen.add(threading.current_thread().name.partition("_")[0])
        return respond(self, request)

    monkeypatch.setattr(ThreadHandler, "_respond", watched)
    for answer in await asyncio.gather(*(get("/health/") for _ in range(20))):
        assert answer[0]["status"] in (200, 503)
    assert seen == {"page"}
    assert len(ThreadHandler.threads._threads) <= 4
