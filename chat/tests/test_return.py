"""In Chromium: away and back, complete again, whether the connection, the server or the attention was elsewhere."""

import signal

from playwright.sync_api import expect

from chat.tests import servers
from chat.tests.databases import fresh_database
from chat.tests.people import Raw, bodies, forgive_outage, say


def test_a_silent_line_that_is_lost(tmp_path, browser):
    """One page misses five messages, another four hundred: more than are sent after, so its log is replaced."""
    with fresh_database(tmp_path, "few", "many") as url:
        with servers.Site(DATABASE_URL=url, CHAT_RATE_LIMITS="off") as site, servers.Site(DATABASE_URL=url) as relay:
            pages = {slug: browser(relay, f"/chat/{slug}/") for slug in ("few", "many")}
            for slug, page in pages.items():
                with Raw(site, slug) as raw:
                    raw.post("before")
                page.locator(".message-body", has_text="before").wait_for()
            relay.signal(signal.SIGSTOP)  # the connection is silent, as in a tunnel: nothing is closed
            say(pages["few"], "written in the tunnel")
            for slug, count in (("few", 5), ("many", 400)):
                with Raw(site, slug) as raw:
                    for number in range(count):
                        raw.send(message=f"{slug} {number}")
                    raw.hear(count)
            relay.signal(signal.SIGKILL)  # what was on its way is gone with it
            relay.process.wait()
            relay.start()
            expect(pages["few"].locator(".connection")).to_have_text("Live", timeout=60_000)
            expect(pages["many"].locator(".connection")).to_have_text("Live", timeout=60_000)
            forgive_outage(browser)
            assert bodies(pages["few"])[:6] == ["before", *(f"few {number}" for number in range(5))]
            assert bodies(pages["many"]) == [f"many {number}" for number in range(350, 400)]
            waiting = pages["few"].locator("form.composer:not(:last-child)")
            waiting.get_by_role("button", name="Try again").click()  # as nobody acknowledged it
            expect(pages["few"].locator(".message-body").last).to_have_text("written in the tunnel")
            assert bodies(pages["few"]).count("written in the tunnel") == 1
            for page in pages.values():
                page.context.close()


def test_the_server_restarted_under_an_open_page(site, browser):
    page = browser(site)
    for how in (signal.SIGTERM, signal.SIGKILL):
        with Raw(site) as raw:
            raw.post(f"before {how.name}")
        page.locator(".message-body", has_text=f"before {how.name}").wait_for()
        site.signal(how)
        site.process.wait(20)
        site.start()
        with Raw(site) as raw:
            raw.post(f"after {how.name}")
        page.locator(".message-body", has_text=f"after {how.name}").wait_for()
        expect(page.locator(".connection")).to_have_text("Live")
    assert bodies(page) == ["before SIGTERM", "after SIGTERM", "before SIGKILL", "after SIGKILL"]
    forgive_outage(browser)


def test_the_back_button(busy_site, room, browser):
    """Whether Chromium kept the page (its socket closed) or loads it again: it is complete, once."""
    page = browser(busy_site, f"/chat/{room}/")
    with Raw(busy_site, room) as raw:
        raw.post("before")
        page.locator(".message-body", has_text="before").wait_for()
        say(page, "of one's own")
        assert raw.hear(1) == ["of one's own"]
        expect(page.locator("form.composer")).to_have_count(1)
        page.goto("/admin/login/")
        raw.post("meanwhile")
        page.go_back(wait_until="commit")
        expect(page.locator(".message-body")).to_have_text(["before", "of one's own", "meanwhile"])
        expect(page.locator(".connection")).to_have_text("Live")
        raw.post("after")
    expect(page.locator(".message-body")).to_have_text(["before", "of one's own", "meanwhile", "after"])
    expect(page.locator("form.composer")).to_have_count(1)  # there is something to type in
    forgive_outage(browser)


def test_a_frozen_tab(busy_site, room, browser):
    """Chromium stops the scripts of a tab that was hidden for long; what came meanwhile is there when it is shown."""
    page = browser(busy_site, f"/chat/{room}/")
    devtools = page.context.new_cdp_session(page)
    devtools.send("Page.setWebLifecycleState", {"state": "frozen"})
    with Raw(busy_site, room) as raw:
        for number in range(30):
            raw.post(f"hidden {number}")
        devtools.send("Page.setWebLifecycleState", {"state": "active"})
        raw.post("shown")
    page.locator(".message-body", has_text="shown").wait_for()
    assert bodies(page) == [*(f"hidden {number}" for number in range(30)), "shown"]


def test_a_restored_backup(database_url, browser):
    """The table went back and grew again past the page's cursor: the epoch tells, and the page gets its log anew."""
    with servers.Site(DATABASE_URL=database_url, CHAT_TICK_SECONDS="0.3") as site:
        page = browser(site)
        with Raw(site) as raw:
            for text in ("kept", "lost", "lost too"):
                raw.post(text)
        page.locator(".message-body", has_text="lost too").wait_for()
        restore = (
            "from chat import actions, models\n"
            "room = models.Room.objects.get(slug='lobby')\n"
            "room.messages.filter(seq__gt=1).delete()\n"
            "models.Room.objects.filter(pk=room.pk).update(seq=1)\n"
            "author = models.Participant.objects.latest('pk')\n"
            "[actions.post_message(room, author, f'new {n}') for n in range(4)]\n"
        )
        site.stop()
        servers.manage(database_url, "shell", "--verbosity", "0", "--command", restore)
        servers.manage(database_url, "renew_epochs", "--verbosity", "0")
        site.start()
        now = ["kept", "new 0", "new 1", "new 2", "new 3"]
        expect(page.locator(".message-body")).to_have_text(now, timeout=90_000)  # htmx may rest for a minute
        page.context.close()
        forgive_outage(browser)
