"""Who may no longer read stops receiving within a second, in every process; within a minute if the kick was lost."""

import pytest
from django.contrib.sessions.backends.db import SessionStore
from websockets.exceptions import ConnectionClosed

from chat import actions, bus
from chat.models import Participant
from chat.tests import servers
from chat.tests.databases import fresh_database
from chat.tests.people import Raw

ENDED = 4403


def reason_and_code(frames):
    """What a socket says before it closes, and the code."""
    said = ""
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            said += frames()
    return said, closed.value.rcvd.code


async def ended(client):
    """The last words that a socket of the ASGI application hears, and the code it is closed with."""
    said = ""
    while True:
        event = await client.receive_output(timeout=30)
        if event["type"] == "websocket.close":
            return said, event["code"]
        said += event["text"]


async def test_a_banned_guest_is_shown_out(connect, ann):
    client = await connect(guest=ann)
    other = await connect()
    await bus_call(actions.ban, ann, True)
    said, code = await ended(client)
    assert "A moderator has closed this room to you." in said
    assert 'data-state="ended"' in said
    assert code == ENDED
    await other.say(message="still here")
    assert "still here" in (await other.hears("still here"))[-1]


async def test_a_banned_guest_cannot_come_back(connect, ann):
    await bus_call(actions.ban, ann, True)
    client = await connect(guest=ann)
    said, code = await ended(client)
    assert "A moderator" in said
    assert code == ENDED


def test_a_banned_guest_gets_no_page(as_guest, ann, lobby):
    client = as_guest(ann)
    assert client.get("/chat/").status_code == 200
    actions.ban(ann, True)
    page = client.get("/chat/")
    assert page.status_code == 403
    assert "A moderator has closed this room to you." in page.text


async def test_signing_out_closes_the_sockets_of_that_session_only(connect, member, async_client):
    cookies = {}
    for place in ("here", "there"):
        browser = type(async_client)()
        await browser.aforce_login(member.user)
        cookies[place] = (browser, {"sessionid": browser.cookies["sessionid"].value})
    here = await connect(cookies=cookies["here"][1])
    there = await connect(cookies=cookies["there"][1])
    await cookies["here"][0].alogout()  # without a request: what Django's view does is tested below
    await bus_call(bus.kick, member.key)
    said, code = await ended(here)
    assert "somebody else" in said
    assert code == ENDED
    await there.say(message="still in")
    assert "still in" in (await there.hears("still in"))[-1]


def test_logging_out_rings_when_the_session_is_gone(client, member, monkeypatch):
    """The kick must not be heard while the session can still be found."""
    client.force_login(member.user)
    key = client.session.session_key
    found = []
    monkeypatch.setattr(bus, "kick", lambda who: found.append((who, SessionStore().exists(key))))
    client.logout()
    assert found == [(member.key, False)]


async def test_a_lost_kick_is_made_up_for_at_the_next_command(connect, ann):
    client = await connect(guest=ann)
    await bus_call(lambda: Participant.objects.filter(pk=ann.pk).update(banned=True))
    await client.say(do="back")
    assert (await ended(client))[1] == ENDED


async def test_a_lost_kick_is_made_up_for_by_the_clock(connect, ann, settings):
    settings.CHAT_RECHECK_SECONDS = 0.2
    client = await connect(guest=ann)
    await bus_call(lambda: Participant.objects.filter(pk=ann.pk).update(banned=True))
    assert (await ended(client))[1] == ENDED


@pytest.mark.live
def test_a_kick_reaches_the_other_process_long_before_it_looks_by_itself(tmp_path):
    with fresh_database(tmp_path) as url, servers.Redis() as redis:
        environment = {"DATABASE_URL": url, "REDIS_URL": redis.url, "CHAT_RECHECK_SECONDS": "600"}
        with servers.Site(**environment) as one, servers.Site(**environment) as other, Raw(one) as ann:
            ann.post("hello")
            with Raw(other) as bob:
                bob.post("hi")  # bob is heard by both: the processes are connected
                ban = "from chat import actions, models; actions.ban(models.Participant.objects.latest('pk'), True)"
                servers.manage(url, "shell", "--verbosity", "0", "--command", ban, REDIS_URL=redis.url)
                said, code = reason_and_code(bob.frame)
                assert code == ENDED
                assert "A moderator" in said
            assert ann.hear(1) == ["hi"]
            ann.post("still here")


def bus_call(function, *arguments):
    from channels.db import database_sync_to_async

    return database_sync_to_async(function)(*arguments)
