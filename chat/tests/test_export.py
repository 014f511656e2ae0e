"""All that was said in a room as one file: whole, in order, as it is shown, and harmless where it is opened."""

import re

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient, Client
from playwright.sync_api import expect

from chat import actions
from chat.checks.settings import check_settings
from chat.fragments import export as export_module
from chat.models import Participant, Role, Room
from chat.tests.people import say, sign_up
from chat.tests.test_accessibility import LOOKS, is_for_everybody

SEQS = re.compile(r'data-seq="(\d+)"')


@pytest.fixture
def owner(django_user_model) -> Client:
    """Whoever keeps the lobby, and their browser."""
    user = django_user_model.objects.create_user("olive")
    client = Client()
    client.force_login(user)
    client.participant = actions.welcome(user)
    return client


@pytest.fixture
def room(lobby, owner) -> Room:
    actions.join_room(owner.participant, lobby)
    lobby.memberships.update(role=Role.OWNER)
    return lobby


def test_it_works(room, owner, ann):
    actions.post_message(room, ann, "**Hello** <b>there</b>")
    gone = actions.post_message(room, ann, "gone")
    actions.delete_message(gone.pk, ann)
    actions.edit_message(actions.post_message(room, ann, "firts").pk, ann, "first")
    answer = owner.get("/chat/lobby/export/")
    text = answer.getvalue().decode()
    assert re.fullmatch(r'attachment; filename="lobby-\d{4}-\d\d-\d\d\.html"', answer["Content-Disposition"])
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    assert SEQS.findall(text) == ["1", "2", "4"]  # a change takes a number as well
    assert "<strong>Hello</strong> &lt;b&gt;there&lt;/b&gt;" in text
    assert "This message was deleted." in text
    assert "firts" not in text
    assert '<base href="http://testserver/">' in text
    assert "3 messages · " in text
    assert text.rstrip().endswith("</html>")
    assert ".message-body" in text


def test_an_empty_one(room, owner):
    assert "0 messages" in owner.get("/chat/lobby/export/").getvalue().decode()


@pytest.mark.parametrize("size", [1, 2, 3])
def test_in_pieces_nothing_is_lost_or_doubled(room, owner, ann, monkeypatch, size, django_assert_num_queries):
    monkeypatch.setattr(export_module, "PIECE", size)
    for number in range(6):
        actions.post_message(room, ann, f"message {number}")
    answer = owner.get("/chat/lobby/export/")
    actions.post_message(room, ann, "later than what was asked for")
    with django_assert_num_queries(1 + 6 // size + 1):
        text = answer.getvalue().decode()
    assert SEQS.findall(text) == [*"123456"]
    assert "6 messages" in text


async def test_as_a_server_sends_it(transactional_db, room, owner, ann, monkeypatch):
    """Of each piece no more is drawn than was asked for."""
    monkeypatch.setattr(export_module, "PIECE", 2)
    for number in range(5):
        await sync_to_async(actions.post_message)(room, ann, f"message {number}")
    browser = AsyncClient()
    browser.cookies = owner.cookies
    drawn, draw = [], export_module.message
    monkeypatch.setattr(export_module, "message", lambda row, where: drawn.append(row.seq) or draw(row, where))
    answer = await browser.get("/chat/lobby/export/", headers={"accept-language": "de"})
    parts = aiter(answer.streaming_content)
    assert b"5 Nachrichten" in await anext(parts)
    assert drawn == []
    assert b"Gast" in await anext(parts)
    assert drawn == [1, 2]
    rest = b"".join([part async for part in parts])
    assert SEQS.findall(rest.decode()) == ["3", "4", "5"]
    assert b"Das ist alles." in rest


def test_in_the_zone_of_whoever_asks_for_it(room, owner, ann):
    message = actions.post_message(room, ann, "hello")
    type(message).objects.update(sent="2026-06-01T23:30:00Z")
    Participant.objects.filter(pk=owner.participant.pk).update(time_zone="Asia/Tokyo")
    text = owner.get("/chat/lobby/export/").getvalue().decode()
    assert "2 June 2026" in text
    assert "08:30" in text


def test_what_people_named_is_no_part_of_the_page(room, owner, ann):
    hostile = "</title></style><script>1</script><!-- messages -->"
    Room.objects.filter(pk=room.pk).update(name=hostile, topic=hostile)
    actions.post_message(room, ann, hostile)
    text = owner.get("/chat/lobby/export/").getvalue().decode()
    assert "<script" not in text
    assert text.count("<!-- messages -->") == text.count("</style>") - 1 == 0
    assert SEQS.findall(text) == ["1"]


def test_how_often(room, owner, ann, settings):
    settings.CHAT_RATE_LIMITS, settings.CHAT_EXPORT_RATE = True, "2/day"
    for _time in range(2):
        assert owner.head("/chat/lobby/export/").status_code == 200  # which brings nothing, and so is not counted
        assert owner.get("/chat/lobby/export/").status_code == 200
    refused = owner.get("/chat/lobby/export/")
    assert refused.status_code == 429
    assert "You have downloaded too much lately: try again later." in refused.text
    settings.CHAT_EXPORT_RATE = "often"
    assert [error for error in check_settings() if "CHAT_EXPORT_RATE" in str(error)]


def test_others_are_told_why_not(room, client, ann):
    actions.post_message(room, ann, "hello")
    refused = client.get("/chat/lobby/export/")
    assert refused.status_code == 403
    assert "Only the owner and the moderators of a room can download all that was said in it." in refused.text
    assert "export/" not in refused.text
    assert client.post("/chat/lobby/export/").status_code == 405
    assert client.get("/chat/nowhere/export/").status_code == 404


# --- In a browser -----------------------------------------------------------------------------------


def test_by_the_page_about_the_room(site, browser, tmp_path):
    """It is read without the site, and nothing is fetched for it."""
    page = browser(site)
    sign_up(page, "Olive")
    page.goto("/chat/rooms/new/")
    page.get_by_label("Name").fill("Kitchen")
    page.get_by_role("button", name="Make").click()
    page.wait_for_url("**/chat/kitchen/")
    say(page, "**tea**, `milk` and ||sugar||")
    page.goto("/chat/kitchen/about/")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download all messages").click()
    file = tmp_path / "kitchen.html"
    download.value.save_as(file)
    for viewport, scheme in LOOKS:
        kept = browser(site, file.as_uri(), expect_live=False, viewport=viewport, offline=True, color_scheme=scheme)
        expect(kept.locator(".message-body strong")).to_have_css("font-weight", "600")
        is_for_everybody(kept)
        assert kept.evaluate("document.documentElement.scrollWidth") == viewport["width"]
    link = kept.locator(".message-more").get_attribute("href")
    assert kept.evaluate("link => new URL(link, document.baseURI).href", link) == f"{site.url}/chat/kitchen/1/"
