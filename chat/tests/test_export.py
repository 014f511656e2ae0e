"""All that was said in a room as one file: whole, in order, as it is shown, and harmless where it is opened."""

import re

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
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
    text = answer.text
    assert answer["Content-Disposition"] == 'attachment; filename="lobby-1-4.html"'
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
    text = owner.get("/chat/lobby/export/").text
    assert "0 messages · " in text
    assert "That is all." in text


def parts(owner: Client, address: str = "/chat/lobby/export/") -> list[list[str]]:
    """The seqs in each file, from one to the next."""
    text = owner.get(address).text
    (following,) = re.findall(r'href="(/chat/lobby/export/\?after=\d+)"', text) or [None]
    assert ("That is all." in text) == (following is None)
    return [SEQS.findall(text), *(parts(owner, following) if following else [])]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 6, 7])
def test_in_parts_nothing_is_lost_or_doubled(room, owner, ann, monkeypatch, size):
    monkeypatch.setattr(export_module, "PART", size)
    for number in range(6):
        actions.post_message(room, ann, f"message {number}")
    seqs = [*"123456"]
    assert parts(owner) == [seqs[start : start + size] for start in range(0, 6, size)]
    answer = owner.get("/chat/lobby/export/?after=3")
    assert f'filename="lobby-4-{min(3 + size, 6)}.html"' in answer["Content-Disposition"]
    for nonsense in ("x", "-1", "9" * 30, "%00", "3&after=0"):
        assert SEQS.findall(owner.get(f"/chat/lobby/export/?after={nonsense}").text) == seqs[:size]


def test_it_asks_as_often_however_much_there_is(room, owner, ann, django_assert_max_num_queries):
    with CaptureQueriesContext(connection) as few:
        owner.get("/chat/lobby/export/")
    for number in range(30):
        first = actions.post_message(room, ann, f"message {number}", reply_to=number or None)
        actions.react(first.pk, ann, "🎉")
        Room.objects.filter(pk=room.pk).update(seq=number + 1)
    with django_assert_max_num_queries(len(few)):
        assert owner.get("/chat/lobby/export/").text.count('class="message-answers"') == 29


def test_by_the_command(room, ann, monkeypatch, tmp_path, settings, capsys):
    """All parts, without links that would lead nowhere from there."""
    monkeypatch.setattr(export_module, "PART", 2)
    for number in range(5):
        actions.post_message(room, ann, f"message {number}")
    call_command("export_room", "lobby", tmp_path / "kept" / "here")
    files = sorted((tmp_path / "kept" / "here").iterdir())
    assert [file.name for file in files] == ["lobby-0001.html", "lobby-0002.html", "lobby-0003.html"]
    assert [SEQS.findall(file.read_text()) for file in files] == [["1", "2"], ["3", "4"], ["5"]]
    said = capsys.readouterr()
    assert "5 messages are in 3 files in " in said.out
    assert "CHAT_SITE_URL is not set" in said.err
    assert "<base" not in files[0].read_text()
    settings.CHAT_SITE_URL = "https://chat.example.org"
    call_command("export_room", "lobby", tmp_path)
    assert '<base href="https://chat.example.org/">' in (tmp_path / "lobby-0001.html").read_text()
    with pytest.raises(CommandError, match="There is no room 'nowhere'"):
        call_command("export_room", "nowhere", tmp_path)
    with pytest.raises(CommandError, match="can't be written to: Not a directory"):
        call_command("export_room", "lobby", tmp_path / "lobby-0001.html" / "below")


def test_in_the_zone_of_whoever_asks_for_it(room, owner, ann):
    message = actions.post_message(room, ann, "hello")
    type(message).objects.update(sent="2026-06-01T23:30:00Z")
    Participant.objects.filter(pk=owner.participant.pk).update(time_zone="Asia/Tokyo")
    text = owner.get("/chat/lobby/export/").text
    assert "2 June 2026" in text
    assert "08:30" in text


def test_what_people_named_is_no_part_of_the_page(room, owner, ann):
    hostile = "</title></style><script>1</script>"
    Room.objects.filter(pk=room.pk).update(name=hostile, topic=hostile)
    actions.post_message(room, ann, hostile)
    text = owner.get("/chat/lobby/export/").text
    assert "<script" not in text
    assert text.count("</style>") == 1
    assert SEQS.findall(text) == ["1"]


def test_how_often(room, owner, ann, settings):
    settings.CHAT_RATE_LIMITS, settings.CHAT_EXPORT_RATE = True, "2/day"
    for _time in range(2):
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
        expect(kept.locator(".message")).to_have_css("display", "grid")
        is_for_everybody(kept)
        assert kept.evaluate("document.documentElement.scrollWidth") == viewport["width"]
    link = kept.locator(".message-more").get_attribute("href")
    assert kept.evaluate("link => new URL(link, document.baseURI).href", link) == f"{site.url}/chat/kitchen/1/"
