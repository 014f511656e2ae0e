"""The database or Redis away: what is refused says so and keeps the text, and all goes on when they are back."""

import re
import signal
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar

import pytest
from playwright.sync_api import expect

from chat.tests import servers
from chat.tests.people import Raw, bodies, say, until
from chat.tests.test_processes import health


@pytest.fixture
def postgres():
    with servers.Postgres() as postgres:
        servers.migrate(postgres.url)
        yield postgres


def test_posting_while_the_database_is_away(postgres, browser):
    with servers.Site(DATABASE_URL=postgres.url) as site, Raw(site) as raw:
        page = browser(site)
        say(page, "before")
        raw.hear(1)
        postgres.stop()
        for frame in ({"message": "refused", "nonce": "n1"}, {"message": "refused without a nonce"}):
            raw.send(**frame)
            while "could not be stored just now" not in raw.frame():
                pass  # a pulse may come in between
        say(page, "kept at its composer")
        refused = page.locator("form.composer:not(:last-child)")
        expect(refused.locator(".refusal")).to_contain_text("could not be stored just now")
        expect(refused.locator("[name=message]")).to_have_value("kept at its composer")
        postgres.start()
        answer = ""
        while "delete:#composer-n1" not in answer:  # for a moment the pool may still be without a connection
            raw.send(message="refused", nonce="n1")
            answer = raw.frame()
        refused.get_by_role("button", name="Try again").click()
        expect(page.locator(".message-body")).to_have_text(["before", "refused", "kept at its composer"])
        page.context.close()


def test_a_plain_form_while_the_database_is_away(postgres):
    with servers.Site(DATABASE_URL=postgres.url) as site:
        person = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        page = person.open(f"{site.url}/chat/").read().decode()
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
        fields = {"message": "typed <b>", "nonce": "n1", "csrfmiddlewaretoken": token}
        post = (f"{site.url}/chat/lobby/messages/", urllib.parse.urlencode(fields).encode())
        postgres.stop()
        with pytest.raises(urllib.error.HTTPError) as away:
            person.open(*post)
        answer = away.value.read().decode()
        assert away.value.code == 503
        assert "typed &lt;b&gt;</textarea>" in answer
        assert 'name="nonce" value="n1"' in answer
        with pytest.raises(urllib.error.HTTPError) as away:
            person.open(f"{site.url}/chat/")
        assert away.value.code == 503
        assert "They are safe" in away.value.read().decode()
        postgres.start()
        until(lambda: health(site)[0] == 200, "the pool has a connection again")
        for _ in range(2):  # twice, and stored once
            assert person.open(*post).read().decode().count("typed &lt;b&gt;</section>") == 1


def test_redis_unreachable_from_the_start(database_url, redis, browser):
    redis.stop()
    environment = {"DATABASE_URL": database_url, "REDIS_URL": redis.url, "CHAT_TICK_SECONDS": "0.5"}
    with servers.Site(**environment) as one, servers.Site(**environment) as other:
        page = browser(one, expect_live=False)
        expect(page.locator(".connection")).to_have_text("Slow delivery")
        with Raw(other) as raw:
            raw.post("by the tick")
        page.locator(".message-body", has_text="by the tick").wait_for()
        say(page, "posted all the same")
        redis.start()
        expect(page.locator(".connection")).to_have_text("Live")
        redis.signal(signal.SIGSTOP)  # alive, and silent
        expect(page.locator(".connection")).to_have_text("Slow delivery")
        with Raw(other) as raw:
            raw.post("while it hangs")
        page.locator(".message-body", has_text="while it hangs").wait_for()
        redis.signal(signal.SIGCONT)
        expect(page.locator(".connection")).to_have_text("Live")
        assert bodies(page) == ["by the tick", "posted all the same", "while it hangs"]
        page.context.close()
