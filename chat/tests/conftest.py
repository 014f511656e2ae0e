"""What the tests share: a small cast, a live site, a browser."""

import copy
import itertools
import os
from functools import cache
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from channels.layers import InMemoryChannelLayer, get_channel_layer
from channels.testing import WebsocketCommunicator
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.management.color import no_style
from django.db import connection, connections
from django.db.backends.base.creation import TEST_DATABASE_PREFIX
from django.db.models import AutoField
from django.test import TransactionTestCase
from django.utils import translation
from hypothesis import settings as hypothesis_settings
from whitenoise.middleware import WhiteNoiseMiddleware

from chat import actions, bus, identity
from chat.actions import limits
from chat.fragments import freshness
from chat.live import database, presence, verbs
from chat.live.hub import Hub
from chat.live.hub import hub as own_hub
from chat.models import Participant, Room
from chat.tests import failures, servers, steps
from chat.tests.bare_sockets import BareSocket
from chat.tests.databases import ROOMS, fresh_database, models
from chat.tests.people import go_live
from chat.tests.relay import Relay
from chat.tests.sidebars import joined, person
from site_config.asgi import application

Path(servers.ROOT / "build").mkdir(exist_ok=True)
hypothesis_settings.register_profile("patient", deadline=None)  # a machine that is busy is slow, not wrong
hypothesis_settings.load_profile("patient")
Argon2PasswordHasher.time_cost, Argon2PasswordHasher.memory_cost = 1, 1024  # it is to be slow for who guesses, not here


PAGES = {
    *("composer", "customising", "elements", "gallery", "headers", "hostile_input", "installable", "overrides"),
    *("pictures", "samples", "samples_true", "set_up", "settings", "template_checks", "unmarked", "weight"),
}
"""Files about what is drawn or set up: no database changes what comes out there."""

LIVE = {"site", "busy_site", "two_sites", "database_url", "redis", "postgres", "quick", "patient", "host"}
"""Fixtures that are processes of their own, or for such."""

LONG = (
    *("screens", "browser", "accessibility", "states", "unsent", "typing", "return", "pictures", "reading", "gallery"),
    *("chaos", "framed_page", "customising", "embedded", "suggestions", "times_page", "sidebar_live", "settings"),
    *("hostile_input", "replay", "matrix", "sidebar_rounds", "wire", "processes", "presence_processes"),
    *("prepared", "away"),
)
"""Files that take long begin first: whoever is given one last keeps all others waiting."""

TRIES = int(os.environ.get("TRIES", "1"))
"""How often a test with a browser or live processes is tried; all others are once."""

failed = pytest.StashKey[bool]()
days = itertools.count(step=86_400.0)


def pytest_configure():
    models()  # made by the process that begins the others, which share it


def place_of(item) -> int:
    """Of its file among all, so that no file is torn apart."""
    stem = item.path.stem.removeprefix("test_")
    return LONG.index(stem) if stem in LONG else len(LONG)


def pytest_collection_modifyitems(items):
    """Sets the markers that follow from what a test uses; `browser` last, or apart (-m browser): its driver keeps an
    event loop running in its process, where asynchronous tests would stumble."""
    items.sort(key=lambda item: ("chromium" in getattr(item, "fixturenames", ()), place_of(item)))
    for item in items:
        fixtures = {*getattr(item, "fixturenames", ())}
        if "chromium" in fixtures and not item.get_closest_marker("others"):
            item.add_marker("browser")
        if fixtures & LIVE:
            item.add_marker("live")
        if item.get_closest_marker("live") or item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=TRIES - 1))
        asks = (
            item.get_closest_marker("live")
            or item.get_closest_marker("django_db")
            or fixtures & {"db", "transactional_db"}
        )
        if asks and item.path.stem.removeprefix("test_") not in PAGES:
            item.add_marker("database")


def pytest_runtest_logreport(report):
    """The tests that had to be tried once more, for the last lines of the whole run. Not from the processes that run
    them: these tell the one that began them."""
    if report.outcome == "rerun" and "PYTEST_XDIST_WORKER" not in os.environ:
        with steps.AGAIN.open("a") as again:
            again.write(f"{report.nodeid}\n")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Fixtures may ask whether their test has failed."""
    report = yield
    item.stash[failed] = report.failed
    return report


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """PostgreSQL goes on counting from test to test: no two tables are to have the same number by chance. Where no test
    that was chosen asks for a database, as of those in Chromium none does, there is none."""
    if connection.vendor == "postgresql" and connection.settings_dict["NAME"].startswith(TEST_DATABASE_PREFIX):
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            for place, model in enumerate(apps.get_models(), start=1):
                if isinstance(model._meta.pk, AutoField):
                    where = [model._meta.db_table, model._meta.pk.column, place * 1_000_000]
                    cursor.execute("SELECT setval(pg_get_serial_sequence(%s, %s), %s)", where)


@pytest.fixture(scope="session", autouse=True)
def _emptied_tables():
    """After a test that commits the tables are emptied, but for what `migrate` has put into them: to have that made
    anew, as Django does, takes longer than most tests (20 ms on SQLite, 60 on PostgreSQL)."""
    made = {"django_migrations", "django_content_type", "auth_permission"}

    @cache
    def emptying() -> list[str]:
        names = connection.introspection.django_table_names(only_existing=True, include_views=False)
        return connection.ops.sql_flush(no_style(), [name for name in names if name not in made])

    def empty(self):
        connection.ops.execute_sql_flush(emptying())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty)
        yield


@pytest.fixture(scope="session", autouse=True)
def _static_files():
    """They are looked for once: each client of a test has middleware of its own, and that looked for them anew."""
    found, look = {}, WhiteNoiseMiddleware.add_files_from_finders

    def add_files(self):
        if not found:
            look(self)
            found.update(self.files)
        self.files.update(found)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", add_files)
        yield


@pytest.fixture(autouse=True)
def _fresh_limits():
    limits.forget()


@pytest.fixture(autouse=True)
def _english():
    """LocaleMiddleware leaves the language of the last request behind, for the next one to change."""
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def _nothing_unasked(monkeypatch):
    """What the hub says by itself is said where a test asks for it, and by live sites: who is here, that the connection
    is alive, that the channel layer takes long or the database was away. Else it would come in between."""
    monkeypatch.setattr(presence, "FLUSH_SECONDS", 600.0)
    monkeypatch.setattr(presence, "BEAT_SECONDS", 600.0)
    monkeypatch.setattr("chat.live.hub.PULSE_SECONDS", 600.0)
    monkeypatch.setattr(bus, "LAYER_SECONDS", 30.0)
    monkeypatch.setattr(verbs, "ACK_SECONDS", 30.0)
    monkeypatch.setattr(database, "REST_SECONDS", 0.0)
    monkeypatch.setattr(database, "_failed", float("-inf"))


@pytest.fixture(autouse=True)
def _kept_for_a_test(monkeypatch):
    """What is kept for a while is kept through a test, whenever it begins, and not for the next one."""
    day = next(days)
    monkeypatch.setattr(freshness, "clock", lambda: day)


# --- The cast ------------------------------------------------------------------------------------


@pytest.fixture
def lobby(db) -> Room:
    return actions.open_room("lobby")


@pytest.fixture
def ann(db) -> Participant:
    """A guest who has been here before."""
    return actions.enrol(Participant.guest("gann", "Ann"))


@pytest.fixture
def bob(db) -> Participant:
    """Another guest."""
    return actions.enrol(Participant.guest("gbob", "Bob"))


@pytest.fixture
def member(db) -> Participant:
    """Somebody with an account."""
    user = get_user_model().objects.create_user("mia", password="mia-has-a-password")
    return actions.enrol(Participant(key=f"u{user.pk}", kind=Participant.Kind.MEMBER, user=user, name="mia"))


@pytest.fixture
def olive(db) -> Participant:
    """Somebody with an account, whose browser can sign in."""
    return person("olive")


@pytest.fixture
def gina(db) -> Participant:
    return person("gina")


@pytest.fixture
def garden(olive, gina) -> Room:
    """A private room of olive's, which gina has joined."""
    return joined(olive, gina)


@pytest.fixture
def as_guest(client):
    """Makes the test client the guest with this key."""

    def become(participant: Participant):
        client.cookies[identity.COOKIE] = identity._signer().sign(participant.key)
        return client

    return become


# --- A project's own templates ------------------------------------------------------------------


@pytest.fixture
def override(settings, tmp_path):
    """`override(name, text)` puts a template into a folder of the project's own."""
    settings.TEMPLATES = [
        {**copy.deepcopy(settings.TEMPLATES[0]), "DIRS": [tmp_path, *settings.TEMPLATES[0]["DIRS"]]},
        *settings.TEMPLATES[1:],
    ]

    def write(name: str, text: str):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write


@pytest.fixture
def override_alone(override, settings):
    """The same in a project that has no other template of its own: the chat's base page is around its pages."""
    first = settings.TEMPLATES[0]
    settings.TEMPLATES = [{**first, "DIRS": first["DIRS"][:1]}, *settings.TEMPLATES[1:]]
    return override


# --- A socket, without a server ------------------------------------------------------------------


class Client(WebsocketCommunicator):
    """A raw client of the site's own ASGI application."""

    async def say(self, **command):
        await self.send_json_to(command)

    async def hears(self, text: str) -> list[str]:
        """Every frame up to the first that holds the text: that one is the last of them."""
        frames = [await self.receive_from(timeout=30)]
        while text not in frames[-1]:
            frames.append(await self.receive_from(timeout=30))
        return frames

    async def hears_nothing(self) -> None:
        """Of all that it has sent: what it hears next answers this."""
        await self.say(do="nothing")
        assert "verb" in await self.receive_from(timeout=30)


@pytest.fixture
async def connect(transactional_db):
    """`await connect(path, guest=…)` opens a socket. In the end all are closed, and so is their thread's connection."""
    clients = []

    async def connect(path="/ws/chat/", guest=None, cookies=None, address=None, headers=()):
        cookies = dict(cookies or {})
        if guest:
            cookies[identity.COOKIE] = identity._signer().sign(guest.key)
        headers = [
            (b"host", b"testserver"),
            *((name.encode(), value.encode()) for name, value in dict(headers).items()),
        ]
        if cookies:
            headers.append((b"cookie", "; ".join(f"{name}={value}" for name, value in cookies.items()).encode()))
        client = Client(application, path, headers=headers)
        if address:
            client.scope["client"] = (address, 1)
        assert await client.connect(timeout=30) == (True, None)
        clients.append(client)
        return client

    yield connect
    try:
        for client in clients:
            await client.disconnect(timeout=30)
        await own_hub().presences.flush()
    finally:
        await sync_to_async(connections.close_all)()


# --- The hub, without sockets ----------------------------------------------------------------------


@pytest.fixture
async def hubs(transactional_db, settings):
    """`hubs()` makes a hub, as another process has. They have no tick that would repair what a test breaks, unless it
    asks for one."""
    settings.CHAT_TICK_SECONDS = 600
    settings.CHAT_RATE_LIMITS = False
    if type(get_channel_layer()) is InMemoryChannelLayer:
        settings.CHANNEL_LAYERS = {"default": {"BACKEND": "chat.tests.bare_sockets.SharedLayer"}}
    made: list[Hub] = []

    def make() -> Hub:
        made.append(Hub())
        return made[-1]

    yield make
    for hub in made:
        for subscribers in list(hub.subscribers.values()):
            for socket in list(subscribers.sockets) or [BareSocket(subscribers.room)]:
                await hub.leave(socket)
        await hub.presences.flush()
    await sync_to_async(connections.close_all)()


@pytest.fixture
def silent(monkeypatch):
    """Rings are lost."""
    monkeypatch.setattr(bus, "ring", lambda *ring, **how: None)


# --- A live site ---------------------------------------------------------------------------------


@pytest.fixture
def database_url(tmp_path):
    """A database of its own, with a lobby, for the live processes of one test."""
    with fresh_database(tmp_path, "lobby") as url:
        yield url


@pytest.fixture
def site(database_url):
    """One live Daphne."""
    with servers.Site(DATABASE_URL=database_url) as site:
        yield site


@pytest.fixture(scope="module")
def busy_site(tmp_path_factory):
    """One live Daphne for all tests of a module; each takes a room of its own, and may write as fast as it can."""
    with fresh_database(tmp_path_factory.mktemp("busy"), *ROOMS) as url:
        with servers.Site(DATABASE_URL=url, CHAT_RATE_LIMITS="off") as site:
            site.empty_rooms = iter(ROOMS)
            yield site


@pytest.fixture
def room(busy_site):
    """The slug of an empty room of the busy site."""
    return next(busy_site.empty_rooms)


@pytest.fixture
def nth_try(request) -> int:
    """For names that are to be free: what the first try has made on a site that others share is still there."""
    return getattr(request.node, "execution_count", 1)


@pytest.fixture
def relay(busy_site):
    """The busy site behind a connection that can be cut."""
    with Relay(busy_site) as relay:
        yield relay


@pytest.fixture
def redis():
    with servers.Redis() as redis:
        yield redis


@pytest.fixture
def two_sites(database_url, redis):
    """Two Daphne processes with one database, and a Redis between them."""
    environment = {"DATABASE_URL": database_url, "REDIS_URL": redis.url}
    with servers.Site(**environment) as one, servers.Site(**environment) as other:
        yield one, other


# --- A browser -----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def chromium(django_db_setup):
    """After the database: once the driver keeps a loop running, Django would not let it be made."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=servers.PATIENCE * 1000)  # a machine that is busy is slow, not wrong
    with sync_playwright() as playwright:
        chromium = servers.launch_chromium(playwright)
        yield chromium
        chromium.close()


@pytest.fixture
def browser(chromium, request):
    """`browser(site, **context options)` opens /chat/ as a new person. In the end the console must have been silent."""
    contexts, said, logs = [], [], []

    def visit(site, path="/chat/", expect_live=True, **options):
        context = chromium.new_context(base_url=site.url, **options)
        contexts.append(context)
        failures.trace(context)
        logs.extend([site.log] if isinstance(site, servers.Server) else [])
        page = context.new_page()
        page.on("console", lambda message: message.type != "info" and said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: said.append(f"error: {error}"))
        page.goto(path)
        if expect_live and options.get("java_script_enabled", True):
            go_live(page)
        return page

    visit.said, visit.forgiven = said, None
    yield visit
    if visit.forgiven:
        said[:] = [line for line in said if not visit.forgiven.search(line)]
    if request.node.stash.get(failed, False) or said:
        folder = failures.keep(request.node.nodeid, contexts, said, logs)
        print(f"What pages, console and servers looked like is in {folder.relative_to(servers.ROOT)}/")
    for context in contexts:
        context.close()
    assert said == []
