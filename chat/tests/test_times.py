"""A room opens and closes at times: before and after it is read and nobody writes, and open pages show the change."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
from channels.db import database_sync_to_async as threaded
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from chat import actions, policy
from chat.errors import Forbidden
from chat.models import Message, Participant, Room
from chat.rules import Policy
from chat.tests.sidebars import person
from chat.tests.test_docs import blocks, document, section
from chat.tests.test_embedding import HTMX
from chat.tests.test_objects import asked, cats, draw, say, slug_of  # noqa: F401  fixtures

NOON = datetime(2030, 6, 1, 12, 0, tzinfo=UTC)
EARLY, OVER = "This room opens on", "This room closed on"


@pytest.fixture
def at(monkeypatch):
    """`at(moment)` sets the clock."""

    def set_clock(moment: datetime) -> None:
        monkeypatch.setattr(timezone, "now", lambda: moment)

    set_clock(NOON)
    return set_clock


def timed(room: Room, opens=None, closes=None) -> Room:
    room.opens_at, room.closes_at = opens, closes
    actions.save_room(room)
    return room


def test_it_works(lobby, ann, client, at):
    timed(lobby, NOON, NOON + timedelta(hours=1))
    words = []
    for minutes in (-1, 0, 59, 60):
        at(NOON + timedelta(minutes=minutes))
        answer = client.post("/chat/lobby/messages/", {"message": f"at {minutes}"})
        words.append(answer.status_code)
    assert words == [403, 303, 303, 403]
    assert [*Message.objects.order_by("seq").values_list("body", flat=True)] == ["at 0", "at 59"]
    assert "It can still be read." in answer.text
    assert "at 60" in answer.text  # what was written is not lost
    assert "at 59" in client.get("/chat/lobby/").text


def test_the_moment_is_said_in_the_reader_s_zone_and_language(lobby, ann, as_guest, at):
    timed(lobby, NOON + timedelta(days=1))
    assert "opens on 2 June 2030, 12:00 UTC." in as_guest(ann).get("/chat/lobby/").text
    actions.change_person(ann, "Ann", language="de", time_zone="Europe/Berlin")
    assert "2. Juni 2030, 14:00 CEST" in as_guest(ann).get("/chat/lobby/").text


def test_who_asked_under_the_lock_as_it_closed_is_refused(lobby, ann, at, monkeypatch):
    """The clock is read once the room is locked: what waited for the lock past the moment is late."""
    timed(lobby, None, NOON + timedelta(seconds=1))
    locked = type(Room.objects.all()).locked

    def late(queryset, room_id):
        room = locked(queryset, room_id)
        at(NOON + timedelta(seconds=1))
        return room

    monkeypatch.setattr(type(Room.objects.all()), "locked", late)
    with pytest.raises(Forbidden, match=OVER):
        actions.post_message(lobby, ann, "just in time")
    assert not Message.objects.exists()


def test_what_was_written_is_not_changed_afterwards(lobby, ann, at):
    message = actions.post_message(lobby, ann, "as it was")
    timed(lobby, None, NOON)
    with pytest.raises(Forbidden, match=OVER):
        actions.edit_message(message.pk, ann, "as it shall be")
    assert actions.delete_message(message.pk, ann).deleted  # one may still take it back


def test_times_that_cannot_be_are_kept_out_of_the_table(lobby):
    for opens, closes in ((NOON, NOON), (NOON, NOON - timedelta(1))):
        with transaction.atomic(), pytest.raises(IntegrityError):
            Room.objects.filter(pk=lobby.pk).update(opens_at=opens, closes_at=closes)


# --- The form ------------------------------------------------------------------------------------


@pytest.fixture
def olives(db) -> Client:
    """The browser of a room's owner, who lives in Berlin."""
    olive = person("olive")
    actions.change_person(olive, "Olive", time_zone="Europe/Berlin")
    room = actions.make_room(olive, "Garden", "public")
    assert room.slug == "garden"
    client = Client()
    client.force_login(olive.user)
    return client


def test_the_owner_sets_them_by_their_own_clock(olives):
    form = {"name": "Garden", "guests_write": "on", "opens_at": "2030-06-01T14:00", "closes_at": "2030-06-01T15:30"}
    assert olives.post("/chat/garden/about/", form).status_code == 303
    room = Room.objects.get(slug="garden")
    assert (room.opens_at, room.closes_at) == (NOON, NOON + timedelta(hours=1, minutes=30))
    page = olives.get("/chat/garden/about/").text
    assert 'name="opens_at" value="2030-06-01T14:00"' in page
    assert "by the clock of Europe/Berlin" in page
    olives.post("/chat/garden/about/", {"name": "Garden"})  # a form that knows nothing of times leaves them
    assert Room.objects.get(slug="garden").opens_at == NOON
    olives.post("/chat/garden/about/", {"name": "Garden", "opens_at": "", "closes_at": ""})
    assert Room.objects.get(slug="garden").opens_at is None


@pytest.mark.parametrize(
    ("opens", "closes", "why"),
    [
        ("2030-06-01T14:00", "2030-06-01T14:00", "A room closes after it has opened"),
        ("2030-06-01T14:00", "2029-06-01T14:00", "A room closes after it has opened"),
        ("soon", "", "A time is a day and an hour"),
        ("2030-02-31T14:00", "", "A time is a day and an hour"),
        ("2030-06-01T14:00+02:00", "", "A time is a day and an hour"),
        ("", "9999-12-31T23:59", "too far away"),
        ("0001-01-01T00:00", "", "too far away"),
        ("2030-06-01T14:00\x00", "", "NUL"),
        ("<b>" * 50, "", "A time is a day and an hour"),
    ],
)
def test_what_is_no_time_is_refused_by_a_sentence(olives, opens, closes, why):
    answer = olives.post("/chat/garden/about/", {"name": "Another", "opens_at": opens, "closes_at": closes})
    assert answer.status_code == 400
    assert why in answer.text
    room = Room.objects.get(slug="garden")
    assert (room.name, room.opens_at, room.closes_at) == ("Garden", None, None)
    assert "<b><b>" not in answer.text


def test_the_admin_sets_them_as_well_and_is_told_what_cannot_be(admin_client, lobby):
    form = {"name": "Lobby", "topic": "", "guests_write": "on", "opens_at_0": "2030-06-01", "opens_at_1": "12:00"}
    path = f"/admin/chat/room/{lobby.pk}/change/"
    assert admin_client.post(path, form).status_code == 302
    lobby.refresh_from_db()
    assert lobby.opens_at == NOON
    answer = admin_client.post(path, {**form, "closes_at_0": "2030-05-01", "closes_at_1": "12:00"})
    assert "A room closes after it has opened" in answer.text
    assert "too far away" in admin_client.post(path, {**form, "opens_at_0": "0001-01-01"}).text


# --- Of an object --------------------------------------------------------------------------------


@pytest.fixture
def plans(monkeypatch):
    """`plans(opens, closes)`: what every group says of its room from now on."""

    def plan(*times) -> None:
        monkeypatch.setattr(Group, "get_chat_times", lambda group: times, raising=False)

    return plan


def test_an_object_says_when_its_room_opens(draw, say, cats, plans, at):  # noqa: F811
    plans(NOON + timedelta(hours=1), NOON + timedelta(hours=2))
    page = draw(cats)
    assert EARLY in page
    assert 'class="composer"' not in page
    plans(NOON, NOON + timedelta(hours=2))
    assert say(cats, "the first word").status_code == 303
    room = Room.objects.get()
    assert (room.opens_at, room.closes_at) == (NOON, NOON + timedelta(hours=2))


def test_a_promise_of_a_room_that_is_not_open_is_refused_where_it_acts(draw, say, cats, plans, at):  # noqa: F811
    page = draw(cats)
    plans(NOON + timedelta(hours=1), None)
    _, sent = asked(page)
    answer = Client().post(f"/chat/{slug_of(cats)}/messages/", {**sent, "message": "too early"})
    assert answer.status_code == 403
    assert EARLY in answer.text
    assert not Room.objects.exists()


def test_a_page_that_waits_at_a_promise_shows_that_it_opens_and_closes(draw, client, cats, plans, at):  # noqa: F811
    plans(NOON + timedelta(hours=1), NOON + timedelta(hours=2))
    path, sent = asked(draw(cats))
    assert client.get(path, sent, headers=HTMX).status_code == 204
    at(NOON + timedelta(hours=1))
    answer = client.get(path, sent, headers=HTMX)
    assert (answer.status_code, 'class="composer"' in answer.text) == (200, True)
    _, sent = asked(answer.text)
    assert client.get(path, sent, headers=HTMX).status_code == 204
    at(NOON + timedelta(hours=2))
    assert OVER in client.get(path, sent, headers=HTMX).text


def test_an_object_that_is_saved_with_other_times_moves_its_room(say, cats, plans, at):  # noqa: F811
    say(cats, "the first word")
    plans(None, NOON + timedelta(hours=3))
    cats.save()
    assert Room.objects.get().closes_at == NOON + timedelta(hours=3)
    plans(None, None)
    cats.save()
    assert Room.objects.get().closes_at is None


@pytest.mark.parametrize(
    "times",
    [(NOON, NOON), ("soon", None), (NOON,), (datetime(1, 1, 1, tzinfo=UTC), None), (7, 8), ()],
)
def test_an_object_s_times_that_cannot_be_are_logged_and_break_nothing(draw, cats, plans, times, caplog):  # noqa: F811
    plans(*times)
    logging.getLogger("chat").propagate = True
    try:
        assert 'class="composer"' in draw(cats)
        cats.save()
    finally:
        logging.getLogger("chat").propagate = False
    assert "has no times for its room" in caplog.text


def test_times_without_a_zone_are_by_the_site_s_clock(draw, cats, plans, settings, at):  # noqa: F811
    settings.TIME_ZONE = "Europe/Berlin"
    plans(datetime(2030, 6, 1, 18, 0), None)
    assert "18:00 CEST" in draw(cats)


def test_who_moderates_does_not_set_what_the_object_says(say, cats, plans, at):  # noqa: F811
    say(cats, "the first word")
    plans(None, NOON + timedelta(hours=1))
    cats.save()
    staff = person("staff")
    staff.user.is_staff = True
    staff.user.save()
    client = Client()
    client.force_login(staff.user)
    path = f"/chat/{slug_of(cats)}/about/"
    assert "is said by what it belongs to" in client.get(path).text
    client.post(path, {"name": "Of Cats", "opens_at": "", "closes_at": ""})
    assert Room.objects.get().closes_at == NOON + timedelta(hours=1)


# --- Open pages ----------------------------------------------------------------------------------


async def come(connect, guest, **said):
    page = await connect("/ws/chat/lobby/?sync=1", guest=guest)
    await page.say(do="sync", cursor="0", **said)
    return page


async def test_open_pages_are_told_by_the_clock(connect, settings, lobby, ann, at):
    settings.CHAT_TICK_SECONDS = 0.05
    closing, opening = NOON + timedelta(hours=1), NOON + timedelta(hours=2)
    page = await come(connect, ann)
    await page.hears('data-state="live"')
    await threaded(Room.objects.filter(pk=lobby.pk).update)(closes_at=closing)  # and no ring tells of it
    at(closing)
    assert OVER in (await page.hears('id="closed-lobby"'))[-1]
    await page.say(message="too late", nonce="n-1")
    (*_, frame) = await page.hears("refusal-n-1")
    assert OVER in frame
    await threaded(Room.objects.filter(pk=lobby.pk).update)(opens_at=opening, closes_at=None)
    assert EARLY in (await page.hears('id="closed-lobby"'))[-1]
    at(opening)
    assert '<p class="room-closed" id="closed-lobby"></p>' in (await page.hears('id="closed-lobby"'))[-1]
    await page.say(message="in time", nonce="n-2")
    await page.hears("delete:#composer-n-2")


async def test_what_somebody_sets_or_archives_is_told_at_once(connect, settings, lobby, ann, member):
    settings.CHAT_TICK_SECONDS = 600
    member.user.is_staff = True
    page = await come(connect, ann)
    await page.hears('data-state="live"')
    await threaded(actions.change_room)(member, lobby, "Lobby", times=("", "2001-01-01T00:00"))
    assert OVER in (await page.hears('id="closed-lobby"'))[-1]
    await threaded(actions.change_room)(member, lobby, "Lobby", times=("", ""))
    assert OVER not in (await page.hears('id="closed-lobby"'))[-1]
    await threaded(actions.archive_room)(member, lobby, True)
    assert "This room is archived" in (await page.hears('id="closed-lobby"'))[-1]


async def test_an_open_socket_follows_what_somebody_sets(connect, settings, lobby, ann, member):
    """Its room was another one when it came."""
    settings.CHAT_TICK_SECONDS = 600
    member.user.is_staff = True
    page = await come(connect, ann)
    await page.hears('data-state="live"')
    await threaded(actions.change_room)(member, lobby, "Lobby", times=("", "2001-01-01T00:00"))
    await page.say(do="typing")
    assert OVER in (await page.hears('id="notice-lobby"'))[-1]
    await threaded(actions.change_room)(member, lobby, "Lobby", times=("", ""))
    await page.say(do="typing")
    await page.hears("is writing")


async def test_a_page_that_comes_back_is_told_what_it_missed(connect, settings, lobby, ann):
    settings.CHAT_TICK_SECONDS = 600
    page = await come(connect, ann, closed="1")
    assert '<p class="room-closed" id="closed-lobby"></p>' in (await page.hears('id="closed-lobby"'))[-1]
    lobby.closes_at = timezone.now()
    await threaded(actions.save_room)(lobby)
    await page.hears(OVER)
    other = await come(connect, ann)
    assert OVER in (await other.hears('id="closed-lobby"'))[-1]


async def test_a_raw_client_that_shows_nothing_is_not_told(connect, settings, lobby, ann):
    settings.CHAT_TICK_SECONDS = 600
    raw, page = await connect("/ws/chat/lobby/", guest=ann), await come(connect, ann)
    await page.hears('data-state="live"')
    lobby.closes_at = timezone.now()
    await threaded(actions.save_room)(lobby)
    await page.hears(OVER)
    await raw.say(do="typing")
    await raw.say(do="nonsense")
    assert "closed-lobby" not in "".join(await raw.hears("doesn&#x27;t know that verb"))


def test_a_host_s_own_rule_may_let_somebody_in_earlier(lobby, ann, member, settings, at):
    timed(lobby, NOON + timedelta(hours=1))
    settings.CHAT_POLICY = "chat.tests.test_times.Early"
    member.user.is_staff = True
    assert policy.can_post(member, lobby)
    assert not policy.can_post(ann, lobby)
    assert policy.is_shut_to(ann, lobby)
    assert not policy.is_shut_to(member, lobby)


class Early(Policy):
    def can_post(self, participant: Participant, room: Room):
        return super().can_post(participant, room.opened() if participant.is_moderator else room)


def test_the_class_in_the_documentation_gives_its_times():
    """As far as it can be without a project: what it is made of is named as Django names it."""
    (snippet,) = blocks(section(document("docs/embedding.md"), "At times"), "python")
    body = snippet[snippet.index("    def get_chat_times") :]
    made: dict = {}
    exec(f"class Event:\n{body}", made)
    event = made["Event"]()
    event.starts_at, event.ends_at = NOON, None
    assert event.get_chat_times() == (NOON, None)
    compile(snippet, "docs/embedding.md", "exec")
