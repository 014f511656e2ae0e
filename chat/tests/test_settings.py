"""Settings: where they come from, and what is said of a wrong one before a user meets it."""

import os
import subprocess
import sys

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from chat.checks.settings import check_settings
from chat.conf import conf
from chat.tests import servers

pytestmark = pytest.mark.django_db  # which checks of Django's own ask
POSTGRES = "postgres://u:p@db.example.org/chat"
STRONG = "a-key-for-this-test-alone-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGH"


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    """A fresh Python of this project with only this environment, on top of what a shell has."""
    shell = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
    return subprocess.run(
        [sys.executable, *arguments],
        env={**shell, **environment},
        cwd=servers.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def ids() -> set[str]:
    return {message.id for message in run_checks() if message.id.startswith("chat.")}


@pytest.fixture
def bare(settings, monkeypatch):
    """No CHAT_… from outside."""
    for setting in conf:
        monkeypatch.delenv(setting.name, raising=False)
        assert not hasattr(settings, setting.name)
    return settings


def test_it_works(bare, monkeypatch):
    assert conf.message_length == 4000
    monkeypatch.setenv("CHAT_MESSAGE_LENGTH", "5000")
    assert conf.message_length == 5000
    bare.CHAT_MESSAGE_LENGTH = 6000
    assert conf.message_length == 6000


def test_every_default_passes_its_own_checks(bare):
    assert [setting.read() for setting in conf] == [setting.default for setting in conf]
    assert ids() == set()


def test_an_empty_variable_is_none_at_all(bare, monkeypatch):
    monkeypatch.setenv("CHAT_PAGE_SIZE", "")
    assert conf.page_size == 50


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("CHAT_DEFAULT_ROOM", "hall", "hall"),
        ("CHAT_PAGE_SIZE", "20", 20),
        ("CHAT_TICK_SECONDS", "0.5", 0.5),
        ("CHAT_RATE_LIMITS", "off", False),
        ("CHAT_RATE_LIMITS", "On", True),
        ("CHAT_PARTICIPANT_RATE", "5/second", "5/second"),
    ],
)
def test_the_environment_is_read_as_what_the_setting_is(bare, monkeypatch, name, raw, value):
    monkeypatch.setenv(name, raw)
    (setting,) = [setting for setting in conf if setting.name == name]
    assert setting.read() == value
    assert type(setting.read()) is type(value)
    assert ids() == set()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CHAT_MESSAGE_LENGTH", "many"),
        ("CHAT_MESSAGE_LENGTH", "4000.5"),
        ("CHAT_MESSAGE_LENGTH", 0),
        ("CHAT_MESSAGE_LENGTH", [4000]),
        ("CHAT_PAGE_SIZE", "-1"),
        ("CHAT_CATCH_UP_LIMIT", "0"),
        ("CHAT_FRAME_LIMIT", "100"),
        ("CHAT_REFRESH_SECONDS", "0"),
        ("CHAT_TICK_SECONDS", "0"),
        ("CHAT_TICK_SECONDS", "soon"),
        ("CHAT_TICK_SECONDS", "nan"),
        ("CHAT_RATE_LIMITS", "maybe"),
        ("CHAT_RATE_LIMITS", 2),
        ("CHAT_PARTICIPANT_RATE", "often"),
        ("CHAT_PARTICIPANT_RATE", "5 per fortnight"),
        ("CHAT_ADDRESS_RATE", "0"),
        ("CHAT_NAME_LENGTH", "81"),
        ("CHAT_SEND_BUFFER", "65535"),
        ("CHAT_SOCKET_SECONDS", "0"),
        ("CHAT_RECHECK_SECONDS", "0"),
        ("CHAT_DRAIN_SECONDS", "-1"),
        ("CHAT_DRAIN_SECONDS", "inf"),
        ("CHAT_FRAME_RATE", "often"),
        ("CHAT_SIGN_UP", "perhaps"),
        ("CHAT_SIGN_UP_RATE", "often"),
        ("CHAT_INVITATION_DAYS", "0"),
        ("CHAT_INVITATION_DAYS", "366"),
        ("CHAT_DEFAULT_ROOM", "no slug"),
    ],
)
def test_a_value_that_cannot_be_is_named_by_check(bare, name, value):
    setattr(bare, name, value)
    (fault,) = [message for message in check_settings() if message.id == "chat.E001"]
    assert fault.msg.startswith(f"{name} ")


def test_check_ends_with_what_is_wrong(bare):
    bare.CHAT_PAGE_SIZE = "many"
    with pytest.raises(SystemCheckError, match="CHAT_PAGE_SIZE "):
        call_command("check")


def test_a_value_that_cannot_be_is_named_where_it_is_used(bare, monkeypatch):
    monkeypatch.setenv("CHAT_PAGE_SIZE", "many")
    with pytest.raises(ValueError, match=r"^CHAT_PAGE_SIZE is 'many', but must be a whole number$"):
        _ = conf.page_size


def test_a_message_that_may_not_fit_into_a_frame_is_named_by_check(bare):
    bare.CHAT_MESSAGE_LENGTH = 8192
    assert ids() == set()
    bare.CHAT_MESSAGE_LENGTH = 8193
    assert ids() == {"chat.E002"}
    with pytest.raises(SystemCheckError, match="8192 characters"):
        call_command("check")


def test_a_site_without_channels_is_named_by_check(bare):
    bare.ASGI_APPLICATION = None
    assert ids() == {"chat.E003"}


def test_a_site_without_the_channels_app_is_named_by_check(bare):
    bare.INSTALLED_APPS = [app for app in bare.INSTALLED_APPS if app not in ("channels", "daphne")]
    assert ids() == {"chat.E003"}


def test_a_site_without_a_channel_layer_is_named_by_check(bare):
    bare.CHANNEL_LAYERS = {}
    assert ids() == {"chat.E004"}
    bare.CHANNEL_LAYERS = {"default": {}}
    assert ids() == {"chat.E004"}


def test_the_layer_that_drops_rings_is_warned_of(bare):
    bare.CHANNEL_LAYERS = {"default": {"BACKEND": "channels_redis.core.RedisChannelLayer"}}
    assert ids() == {"chat.W001"}


# --- The site's own ------------------------------------------------------------------------------


def test_development_needs_nothing():
    assert run("manage.py", "check", "--fail-level", "WARNING").returncode == 0


def test_production_without_a_key_does_not_start_and_says_what_to_do():
    ended = run("manage.py", "check", DEBUG="0")
    assert ended.returncode != 0
    assert "SECRET_KEY must be set" in ended.stderr.splitlines()[-1]


def test_with_a_key_debug_is_off_and_the_deployment_checks_are_content():
    environment = {"SECRET_KEY": STRONG, "ALLOWED_HOSTS": "chat.example.org"}
    ended = run("manage.py", "check", "--deploy", "--fail-level", "WARNING", DEBUG="0", **environment)
    assert (ended.returncode, ended.stdout.strip()) == (0, "System check identified no issues (0 silenced).")
    ask = "from site_config import settings as s; print(s.DEBUG, s.SESSION_COOKIE_SECURE, s.ALLOWED_HOSTS)"
    assert run("-c", ask, **environment).stdout.strip() == "False True ['chat.example.org']"


def test_sqlite_writers_queue_up_and_readers_do_not_wait(tmp_path):
    ask = """
import django
django.setup()
from django.db import connection
with connection.cursor() as cursor:
    for question in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys"):
        print(question, cursor.execute(f"PRAGMA {question}").fetchone()[0])
print(connection.transaction_mode)
"""
    url = f"sqlite:///{tmp_path / 'db.sqlite3'}"
    ended = run("-c", ask, DATABASE_URL=url, DJANGO_SETTINGS_MODULE="site_config.settings")
    assert ended.stdout.split("\n")[:5] == [
        "journal_mode wal",
        "synchronous 1",
        "busy_timeout 20000",
        "foreign_keys 1",
        "IMMEDIATE",
    ], ended.stderr


def test_postgresql_and_redis_come_from_the_environment():
    ask = (
        "from site_config import settings as s; d = s.DATABASES['default']; "
        "print(d['ENGINE'], d['NAME'], d.get('CONN_MAX_AGE', 0), d['CONN_HEALTH_CHECKS'], s.CHANNEL_LAYERS)"
    )
    ended = run("-c", ask, DATABASE_URL=POSTGRES, REDIS_URL="redis://r.example.org:6379/1")
    layer = {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": ["redis://r.example.org:6379/1"]},
    }
    expected = f"django.db.backends.postgresql chat 0 True { ({'default': layer}) }"
    assert ended.stdout.strip() == expected, ended.stderr


def test_postgresql_has_a_pool_of_bounded_size_and_patience():
    ask = "from site_config import settings as s; p = s.DATABASES['default']['OPTIONS']['pool']; "
    ask += "print(p['min_size'], p['max_size'], p['timeout'])"
    assert run("-c", ask, DATABASE_URL=POSTGRES).stdout.split() == ["1", "10", "2"]
    assert run("-c", ask, DATABASE_URL=POSTGRES, DATABASE_POOL="25").stdout.split() == ["1", "25", "2"]
    wrong = run("-c", ask, DATABASE_URL=POSTGRES, DATABASE_POOL="many")
    assert wrong.returncode != 0


def test_the_pool_is_taken_by_django(tmp_path):
    ask = "import django; django.setup(); from django.db import connection; print(connection.pool.max_size)"
    ended = run("-c", ask, DATABASE_URL=POSTGRES, DATABASE_POOL="7", DJANGO_SETTINGS_MODULE="site_config.settings")
    assert ended.stdout.strip() == "7", ended.stderr


def test_what_the_database_s_url_asks_for_is_kept_beside_the_pool():
    ask = "from site_config import settings as s; print(sorted(s.DATABASES['default']['OPTIONS']))"
    ended = run("-c", ask, DATABASE_URL=f"{POSTGRES}?sslmode=require")
    assert ended.stdout.strip() == "['pool', 'sslmode']", ended.stderr


def test_behind_a_proxy_its_word_on_https_counts_only_when_asked_to():
    ask = "from site_config import settings as s; print(getattr(s, 'SECURE_PROXY_SSL_HEADER', None))"
    assert run("-c", ask).stdout.strip() == "None"
    assert run("-c", ask, BEHIND_PROXY="1").stdout.strip() == "('HTTP_X_FORWARDED_PROTO', 'https')"
