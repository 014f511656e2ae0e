"""/health/ says whether this process can serve, and if not, what is missing."""

import json
import urllib.error
import urllib.request

from chat.tests import servers
from chat.tests.people import PATIENCE


def ask(site) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"{site.url}/health/", timeout=PATIENCE) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.read().decode()


def test_it_works(client, db):
    answer = client.get("/health/")
    assert (answer.status_code, answer.text) == (200, "ok\n")
    assert answer["Content-Type"] == "text/plain"
    assert "no-store" in answer["Cache-Control"]


def test_it_leaves_no_cookie_and_is_only_read(client, db):
    assert not client.get("/health/").cookies
    assert client.post("/health/").status_code == 405


def test_it_answers_plain_http_even_where_all_else_is_sent_to_https(client, db, settings):
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/health/").status_code == 200
    assert client.get("/chat/").status_code == 301


def test_a_layer_that_is_away_is_named(client, db, settings):
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [f"redis://{servers.HOST}:{servers.free_port()}/0"]},
        }
    }
    answer = client.get("/health/")
    assert answer.status_code == 503
    assert answer.text.startswith("degraded: the channel layer")
    assert "database" not in answer.text


def test_without_a_database_and_a_layer_it_names_both_and_tells_no_secret(tmp_path):
    password = "secret-word"
    database = f"postgres://user:{password}@{servers.HOST}:{servers.free_port()}/nowhere"
    layer = f"redis://:{password}@{servers.HOST}:{servers.free_port()}/0"
    with servers.Site(DATABASE_URL=database, REDIS_URL=layer) as site:
        status, text = ask(site)
    assert status == 503
    assert [line.split(":")[0] for line in text.splitlines()] == ["down", "degraded"]
    assert password not in json.dumps(text)
