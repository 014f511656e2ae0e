"""What was said long ago: a page around a message, which has an address of its own, and pages before and after."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import expect

from chat import actions
from chat.tests.bare_sockets import seqs
from chat.tests.people import Raw
from chat.tests.test_shown import told


@pytest.fixture
def talk(lobby, ann, settings):
    """Twelve messages, on pages of four."""
    settings.CHAT_PAGE_SIZE = 4
    settings.CHAT_RATE_LIMITS = False
    return [actions.post_message(lobby, ann, f"hello {number}") for number in range(1, 13)]


def marked(page: str) -> list[int]:
    return seqs(re.findall(r'<div class="message-at message-found"[^>]* autofocus><article[^>]*>', page))


def ways(page: str) -> dict[str, str]:
    """{what a link is called: where it leads}, of those that lead back and on."""
    links = re.findall(r'<a [^>]*href="([^"]+)"[^>]*>(Older messages|Newer messages|To the latest messages)</a>', page)
    return {name: address for address, name in links}


def test_it_works(client, talk):
    page = client.get("/chat/lobby/6/").text
    assert (seqs([page]), marked(page)) == ([4, 5, 6, 7, 8], [6])
    assert ways(page) == {
        "Older messages": "/chat/lobby/?before=4",
        "Newer messages": "/chat/lobby/?after=8",
        "To the latest messages": "/chat/lobby/",
    }
    assert 'class="composer"' not in page


@pytest.mark.parametrize(("seq", "around"), [(1, [1, 2, 3]), (2, [1, 2, 3, 4]), (12, [10, 11, 12])])
def test_at_either_end_there_is_no_way_further(client, talk, seq, around):
    page = client.get(f"/chat/lobby/{seq}/").text
    assert (seqs([page]), marked(page)) == (around, [seq])
    assert ("Older messages" in ways(page), "Newer messages" in ways(page)) == (around[0] > 1, around[-1] < 12)
    assert ("Here it began." in page) == (around[0] == 1)


def test_whoever_goes_on_reads_each_once_and_in_order(client, talk):
    page = client.get("/chat/lobby/2/").text
    read = seqs([page])
    while "Newer messages" in ways(page):
        page = client.get(ways(page)["Newer messages"]).text
        assert page.count(" autofocus") == 1  # they read on at the first of it
        assert marked(page) == []
        read += seqs([page])
    assert read == [*range(1, 13)]


def test_whoever_goes_back_does_too(client, talk):
    page = client.get("/chat/lobby/11/").text
    read = seqs([page])
    while "Older messages" in ways(page):
        page = client.get(ways(page)["Older messages"]).text
        read = seqs([page]) + read
    assert read == [*range(1, 13)]


@pytest.mark.parametrize("seq", ["0", "13", str(2**63 - 1), str(2**63), "9" * 5000])
def test_there_is_no_such_message(client, talk, seq):
    assert client.get(f"/chat/lobby/{seq}/").status_code == 404


@pytest.mark.parametrize("after", ["-1", "x", "9" * 19, "\u0661", ""])
def test_what_is_no_seq_is_not_heard(client, talk, after):
    page = client.get("/chat/lobby/", {"after": after}).text
    assert seqs([page]) == [9, 10, 11, 12]
    assert 'class="composer"' in page


def test_after_the_last_there_is_nothing(client, talk):
    page = client.get("/chat/lobby/?after=12").text
    assert (seqs([page]), ways(page)) == (
        [],
        {"Older messages": "/chat/lobby/?before=13", "To the latest messages": "/chat/lobby/"},
    )
    assert "Here it began." not in page


def test_what_becomes_of_others_does_not_move_it(client, talk, ann):
    """The room counts on with each change; the address of a message stays."""
    actions.edit_message(talk[5].pk, ann, "changed")
    actions.delete_message(talk[7].pk, ann)
    page = client.get("/chat/lobby/6/").text
    assert (seqs([page]), marked(page)) == ([4, 5, 6, 7, 8], [6])
    assert "changed" in page
    assert "hello 8" not in page
    assert "Newer messages" not in ways(client.get("/chat/lobby/12/").text)


def test_who_reloads_it_or_signs_in_there_is_there_again(client, talk):
    page = client.get("/chat/lobby/6/").text
    assert '<a href="/chat/lobby/6/">Reload it</a>' in page
    assert re.findall(r'href="/accounts/login/\?next=([^"]*)"', page) == ["/chat/lobby/6/"]
    assert "next=/chat/lobby/%3Fafter%3D3" in client.get("/chat/lobby/?after=3").text


def test_a_link_to_it_tells_what_it_says(client, talk, ann):
    said = told(client.get("/chat/lobby/6/").text)
    assert said["canonical"] == said["og:url"] == "http://testserver/chat/lobby/6/"
    assert said["og:description"] == "Ann: hello 6"
    actions.edit_message(talk[5].pk, ann, '"><script>' + "long " * 100)
    about = told(client.get("/chat/lobby/6/").text)["og:description"]
    assert about.startswith('Ann: "><script>long')
    assert len(about) <= len("Ann: ") + 200
    actions.delete_message(talk[5].pk, ann)
    about = told(client.get("/chat/lobby/6/").text)["og:description"]
    assert about == "Read along, or write: no account is needed."


def test_of_a_room_that_is_not_for_everybody_it_tells_nothing(client, garden, olive):
    actions.post_message(garden, olive, "between us")
    assert client.get(f"{garden.get_absolute_url()}1/").status_code == 404
    client.force_login(olive.user)
    page = client.get(f"{garden.get_absolute_url()}1/").text
    assert "between us" in page
    assert told(page) == {"robots": "noindex"}


def test_it_asks_as_often_whatever_stands_around(client, talk, settings):
    def queries(size: int) -> int:
        settings.CHAT_PAGE_SIZE = size
        client.get("/chat/lobby/6/")
        with CaptureQueriesContext(connection) as asked:
            client.get("/chat/lobby/6/")
        return len(asked)

    assert queries(2) == queries(12)


def test_what_is_long_past_leads_there_and_what_is_new_into_the_room(talk):
    for message in talk:
        message.room.refresh_from_db()
    assert talk[1].get_absolute_url() == "/chat/lobby/2/"
    assert talk[11].get_absolute_url() == f"/chat/lobby/#message-{talk[11].pk}"


def test_it_is_in_view_and_marked_with_and_without_javascript(busy_site, room, browser):
    with Raw(busy_site, room) as raw:
        for number in range(60):
            raw.send(message=f"message {number}\n" + "more of it\n" * 5, nonce=f"n{number}")
        raw.hear(60)
    for scripts in (True, False):
        page = browser(busy_site, f"/chat/{room}/30/", expect_live=False, java_script_enabled=scripts)
        found = page.locator(".message-found")
        expect(found).to_be_focused()
        expect(found).to_be_in_viewport()
        expect(found.locator(".message-body")).to_have_css("outline-style", "solid")
        expect(page.locator(".latest")).to_have_attribute("href", f"/chat/{room}/")
        page.get_by_role("link", name="Newer messages").click()
        expect(page.locator(".message-at")).to_be_in_viewport()
        expect(page.locator(".message-at > .message")).to_have_attribute("data-seq", "56")
