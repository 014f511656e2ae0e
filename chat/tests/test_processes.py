"""Several processes, with what stands between them: Redis, or for a while no Redis."""

import json
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

import pytest
from playwright.sync_api import expect
from redis import Redis as RedisClient

from chat.tests import servers
from chat.tests.databases import ROOMS, fresh_database
from chat.tests.people import PATIENCE, Raw, bodies, say, until


class Cluster(NamedTuple):
    """Two processes with one database, and the Redis between them."""

    one: servers.Site
    other: servers.Site
    redis: servers.Redis
    empty_rooms: Iterator[str]

    def subscriptions(self) -> dict[str, int]:
        """{channel: how many connections subscribe to it}, of everything anybody subscribes to."""
        with RedisClient(host=servers.HOST, port=self.redis.port, decode_responses=True) as client:
            channels = client.pubsub_channels()
            return dict(client.pubsub_numsub(*channels)) if channels else {}

    def listeners(self) -> list[int]:
        """For each room that anybody listens to: how many connections do."""
        return [count for name, count in self.subscriptions().items() if "chat.room." in name]


@contextmanager
def cluster(folder, tick):
    with fresh_database(folder, *ROOMS) as url, servers.Redis() as redis:
        environment = {"DATABASE_URL": url, "REDIS_URL": redis.url, "CHAT_TICK_SECONDS": tick}
        with servers.Site(**environment) as one, servers.Site(**environment) as other:
            yield Cluster(one, other, redis, iter(ROOMS))


@pytest.fixture(scope="module")
def quick_ones(tmp_path_factory):
    with cluster(tmp_path_factory.mktemp("quick"), tick="0.2") as processes:
        yield processes


@pytest.fixture(scope="module")
def patient_ones(tmp_path_factory):
    with cluster(tmp_path_factory.mktemp("patient"), tick="300") as processes:
        yield processes


@pytest.fixture
def quick(quick_ones):
    """Each process looks for lost rings five times a second."""
    yield quick_ones
    quick_ones.redis.heal()


@pytest.fixture
def patient(patient_ones):
    """Each process would find a lost ring only after minutes: what arrives came by Redis."""
    yield patient_ones
    patient_ones.redis.heal()


def health(site) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"{site.url}/health/", timeout=PATIENCE) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode()


# --- One process ---------------------------------------------------------------------------------


def test_the_frame_of_the_tutorial(site):
    with Raw(site, slug=None) as ann, Raw(site, slug=None) as bob, Raw(site) as lobby:
        ann.socket.send(json.dumps({"message": "hello <b>"}))
        for raw in (ann, bob, lobby):  # /ws/chat/ is the default room
            frame = raw.frame()
            assert frame.startswith("<")
            assert 'class="message"' in frame
            assert "hello &lt;b&gt;" in frame
            assert "<b>" not in frame


def test_messages_survive_the_process(site):
    with Raw(site) as raw:
        raw.post("before")
    site.signal(signal.SIGKILL)
    site.process.wait()
    site.start()
    with urllib.request.urlopen(f"{site.url}/chat/") as page:
        assert page.read().decode().count("before</section>") == 1
    with Raw(site) as raw:
        raw.send(do="sync", cursor="0")
        assert raw.hear(1) == ["before"]
        raw.post("after")


class RunServer(servers.Site):
    """The tutorial's own way to start it."""

    name = "runserver"

    def command(self):
        return [sys.executable, "manage.py", "runserver", "--noreload", f"{servers.HOST}:{self.port}"]


def test_runserver_does_it_all(database_url, browser):
    with RunServer(DATABASE_URL=database_url) as site:
        page = browser(site)
        say(page, "hello")
        expect(page.locator(".message-body")).to_have_text(["hello"])
        with Raw(site) as raw:
            raw.post("from a raw client")
        expect(page.locator(".message-body")).to_have_text(["hello", "from a raw client"])
        expect(page.locator("body")).to_have_css("background-color", "rgb(245, 246, 244)")  # static files as well
        page.context.close()
        assert "Traceback" not in site.log.read_text()


# --- Two processes with Redis --------------------------------------------------------------------


def test_two_processes_are_one_chat(patient, browser):
    one, other, *_ = patient
    slug = next(patient.empty_rooms)
    here, there = browser(one, f"/chat/{slug}/"), browser(other, f"/chat/{slug}/")
    with Raw(one, slug) as ann, Raw(other, slug) as bob:
        for n in range(5):
            ann.send(message=f"ann {n}")
            assert bob.hear(1) == ann.hear(1) == [f"ann {n}"]
            bob.send(message=f"bob {n}")
            assert bob.hear(1) == ann.hear(1) == [f"bob {n}"]
    for n in range(5):
        say(here, f"here {n}")
        say(there, f"there {n}")
    for page in (here, there):
        expect(page.locator(".message")).to_have_count(20)
        expect(page.locator("form.composer")).to_have_count(1)
    assert bodies(here) == bodies(there)
    assert len(set(bodies(here))) == 20


def test_one_subscription_per_process_and_room(patient):
    one, other, *_ = patient
    with ExitStack() as last:
        with ExitStack() as others:
            people = [others.enter_context(Raw(site)) for site in (one, one, one, one, other)]
            people.append(last.enter_context(Raw(other)))
            until(lambda: patient.listeners() == [2], "two processes listen, whatever the number of sockets")
            people[0].post("hello")
            for raw in people[1:]:
                assert raw.hear(1) == ["hello"]
            assert patient.listeners() == [2]
        until(lambda: patient.listeners() == [1], "the process whose last socket left listens no more")
    until(lambda: patient.subscriptions() == {}, f"nobody is left, but {patient.subscriptions()} are")
    with Raw(one) as ann, Raw(other) as bob:  # and it begins anew
        ann.post("again")
        assert bob.hear(1) == ["again"]


def test_without_redis_messages_come_by_the_tick(quick):
    one, other, redis, _ = quick
    with Raw(one) as ann, Raw(other) as bob:
        ann.post("with")
        assert bob.hear(1) == ["with"]
        redis.signal(signal.SIGKILL)
        redis.process.wait()
        for n in range(5):
            ann.send(message=f"ann {n}")
            assert bob.hear(1) == ann.hear(1) == [f"ann {n}"]
            bob.send(message=f"bob {n}")
            assert bob.hear(1) == ann.hear(1) == [f"bob {n}"]
        with Raw(one) as cleo:  # somebody who comes just now
            cleo.post("newcomer")
            assert bob.hear(1) == ann.hear(1) == ["newcomer"]
        redis.start()
        ann.post("back")
        assert bob.hear(1) == ["back"]


def test_rings_travel_again_once_redis_is_back(patient):
    """No tick helps here: each process subscribes again by itself."""
    one, other, redis, _ = patient
    with Raw(one) as ann, Raw(other) as bob:
        ann.post("with")
        assert bob.hear(1) == ["with"]
        redis.stop()
        redis.start()
        until(lambda: patient.listeners() == [2], "both processes have subscribed again")
        ann.post("back")  # rung on the connection that Redis cut, perhaps, and then unheard
        ann.post("again")
        assert bob.hear(2) == ["back", "again"]


def test_health_says_that_redis_is_away(quick):
    site, _, redis, _ = quick
    until(lambda: health(site) == (200, "ok\n"), "it is well")
    redis.stop()
    status, reason = health(site)
    assert status == 503
    assert "the channel layer does not answer" in reason
    with urllib.request.urlopen(f"{site.url}/chat/") as page:
        assert page.status == 200  # the room is open all the same
    redis.start()
    until(lambda: health(site) == (200, "ok\n"), "it is well again")


def test_health_says_that_a_frozen_redis_is_away(quick):
    site, _, redis, _ = quick
    until(lambda: health(site) == (200, "ok\n"), "it is well")
    redis.signal(signal.SIGSTOP)
    assert health(site)[0] == 503
    redis.signal(signal.SIGCONT)
    until(lambda: health(site) == (200, "ok\n"), "it is well again")
