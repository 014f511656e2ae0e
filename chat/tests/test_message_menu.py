"""What one may do with a message: its menu, and its own page, which needs no JavaScript."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat import actions, fragments
from chat.models import Message

HTMX = {"HX-Request": "true"}


@pytest.fixture
def message(lobby, ann) -> Message:
    return actions.post_message(lobby, ann, "hello")


@pytest.fixture
def mine(as_guest, ann):
    return as_guest(ann)


def offered(html: str) -> list[str]:
    """What the buttons of a menu say."""
    return [
        unescape(words)
        for words in re.findall(
            r'<(?:a|summary|button)(?![^>]*name="emoji")[^>]*class="button button-quiet[^>]*>([^<]+)<', html
        )
    ]


def menu(client, seq: int = 1, **asked):
    return client.get(f"/chat/lobby/{seq}/menu/", asked, headers=HTMX)


def test_it_works(message, mine):
    answer = menu(mine)
    assert (answer.status_code, offered(answer.text)) == (200, ["Reply", "Edit", "Delete", "Link to it"])
    assert answer.text.lstrip().startswith(f'<details class="message-menu" id="menu-{message.pk}" tabindex="-1" open')
    assert "no-store" in answer["Cache-Control"]


def test_it_offers_what_one_may_do(message, as_guest, ann, bob, settings, client, garden, gina):
    assert offered(menu(as_guest(bob)).text) == ["Reply", "Link to it"]
    settings.CHAT_EDIT_SECONDS = 60
    Message.objects.update(sent=timezone.now() - timedelta(seconds=61))
    assert offered(menu(as_guest(ann)).text) == ["Reply", "Link to it"]
    gina.user.is_staff = True
    gina.user.save()
    client.force_login(gina.user)
    assert offered(menu(client).text) == ["Reply", "Delete", "Pin", "Link to it"]


def test_it_leads_to_what_was_said_before(message, mine, ann):
    actions.edit_message(message.pk, ann, "two")
    assert offered(menu(mine).text) == ["Reply", "Edit", "Delete", "Earlier versions", "Link to it"]
    assert f'href="/chat/lobby/1/#versions-{message.pk}"' in menu(mine).text


def test_of_what_is_gone_there_is_only_the_place(message, mine, ann, lobby):
    actions.delete_message(message.pk, ann)
    assert offered(menu(mine).text) == ["Link to it"]
    assert "message-more" not in fragments.log(lobby).html  # and nothing leads to it


def test_without_htmx_it_is_the_page(message, mine):
    answer = mine.get("/chat/lobby/1/menu/")
    assert (answer.status_code, answer["Location"]) == (303, "/chat/lobby/1/")


@pytest.mark.parametrize("way", ["menu", "edit", "delete"])
@pytest.mark.parametrize("path", ["lobby/2", "lobby/0", "nowhere/1", f"lobby/{2**63}"])
def test_there_is_no_such_message(message, mine, way, path):
    assert mine.get(f"/chat/{path}/{way}/", headers=HTMX).status_code == 404
    assert mine.post(f"/chat/{path}/{way}/").status_code in (404, 405)


def test_what_opens_it_costs_a_log_little(lobby, ann, settings):
    """At most 200 bytes a message, also in a room of a long name and far into it."""
    lobby.slug, lobby.seq = "a-room-with-quite-a-name", 10**7
    row = Message(pk=10**8, room=lobby, author=ann, author_name="Ann", body="x", seq=10**7, sent=timezone.now())
    html = fragments.message(row, fragments.Where.of(lobby))
    (link,) = re.findall(r"<a [^>]*>[^<]*</a>", html)
    assert "/chat/a-room-with-quite-a-name/10000000/" in link
    assert len(link.encode()) <= 200


def test_its_forms_say_what_the_page_around_does(message, mine):
    html = menu(mine, next="/articles/7/").text
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', html))
    assert fields.pop("csrfmiddlewaretoken")
    assert fields == {"next": "/articles/7/", "menu": "1"}
    assert "evil" not in menu(mine, next="//evil.example/").text


# --- Its page ------------------------------------------------------------------------------------------


def test_its_page_has_the_menu_open(message, mine, as_guest, bob):
    assert offered(mine.get("/chat/lobby/1/").text)[:-1] == ["Reply", "Edit", "Delete", "Link to it"]
    assert offered(as_guest(bob).get("/chat/lobby/1/").text)[:-1] == ["Reply", "Link to it"]  # and a way to any day


def test_what_it_said_before_is_for_its_author_and_the_moderators(message, mine, ann, as_guest, bob, gina, client):
    for text in ("two <b>", "three"):
        actions.edit_message(message.pk, ann, text)
    said = re.findall(r'class="message-body" dir="auto">([^<]*)<', mine.get("/chat/lobby/1/").text)
    assert said == ["three", "two &lt;b&gt;", "hello"]
    assert "two" not in as_guest(bob).get("/chat/lobby/1/").text
    client.force_login(gina.user)
    assert "two" not in client.get("/chat/lobby/1/").text
    gina.user.is_staff = True
    gina.user.save()
    assert "two" in client.get("/chat/lobby/1/").text


def test_editing_without_javascript(message, mine, ann):
    page = mine.get("/chat/lobby/1/edit/").text
    assert re.search(r'<textarea class="edit-text"[^>]* autofocus[^>]*>\nhello</textarea>', page)
    assert page.count(" autofocus") == 1
    answer = mine.post("/chat/lobby/1/edit/", {"message": "hello\r\n  you"})
    assert (answer.status_code, answer["Location"]) == (303, f"/chat/lobby/#message-{message.pk}")
    assert Message.objects.get(pk=message.pk).body == "hello\n  you"


def test_deleting_without_javascript(message, mine):
    assert mine.get("/chat/lobby/1/delete/")["Location"] == "/chat/lobby/1/"
    answer = mine.post("/chat/lobby/1/delete/")
    assert (answer.status_code, Message.objects.get(pk=message.pk).deleted) == (303, True)


def test_it_leads_back_to_where_it_stands(lobby, message, mine, ann, settings):
    settings.CHAT_PAGE_SIZE = 2
    assert mine.post("/chat/lobby/1/edit/", {"message": "a", "next": "/articles/7/"})["Location"] == (
        f"/articles/7/#message-{message.pk}"
    )
    for number in range(3):
        actions.post_message(lobby, ann, f"{number}")
    assert mine.post("/chat/lobby/1/edit/", {"message": "b"})["Location"] == "/chat/lobby/1/"


@pytest.mark.parametrize(("text", "status"), [(" ", 400), ("x" * 4001, 400), ("a\0b", 400)])
def test_a_refused_text_is_kept(message, mine, text, status):
    answer = mine.post("/chat/lobby/1/edit/", {"message": text})
    assert answer.status_code == status
    assert f"\n{text}</textarea>" in answer.text or "\0" in text
    assert re.search(r'id="unchanged-lobby-1" role="alert">[^<]+<', answer.text)
    assert Message.objects.get(pk=message.pk).body == "hello"


def test_a_late_text_is_kept(message, mine, ann, settings):
    settings.CHAT_EDIT_SECONDS = 60
    Message.objects.update(sent=timezone.now() - timedelta(seconds=61))
    answer = mine.post("/chat/lobby/1/edit/", {"message": "what took me so long"})
    assert answer.status_code == 403
    assert "what took me so long</textarea>" in answer.text
    assert "too old to be changed" in answer.text


@pytest.mark.parametrize("way", ["edit", "delete"])
def test_without_a_token_nothing_happens(message, mine, way):
    mine.handler.enforce_csrf_checks = True
    answer = mine.post(f"/chat/lobby/1/{way}/", {"message": "forged"}, headers={"Origin": "http://testserver"})
    assert answer.status_code == 403
    assert ("forged</textarea>" in answer.text) == (way == "edit")
    evil = mine.post(f"/chat/lobby/1/{way}/", {"message": "forged"}, headers={"Origin": "https://evil.example"})
    assert (evil.status_code, "forged" in evil.text) == (403, False)
    stored = Message.objects.get(pk=message.pk)
    assert (stored.body, stored.deleted) == ("hello", False)


def test_who_may_not_is_told_why(message, as_guest, bob):
    other = as_guest(bob)
    page = other.get("/chat/lobby/1/edit/")
    assert (page.status_code, "You can change only what you wrote yourself." in page.text) == (403, True)
    assert "edit-text" not in page.text
    notice = other.get("/chat/lobby/1/edit/", headers=HTMX)
    assert (notice.status_code, notice["HX-Retarget"], notice["HX-Reswap"]) == (200, "#notice-lobby", "outerHTML")
    page = other.post("/chat/lobby/1/delete/")
    assert (page.status_code, "You can delete only what you wrote yourself." in page.text) == (403, True)


def test_the_form_comes_to_its_room(message, mine):
    answer = mine.get("/chat/lobby/1/edit/", headers=HTMX)
    html = answer.text
    assert ("<html" in html, "no-store" in answer["Cache-Control"]) == (False, True)
    assert '<dialog class="edit" id="edit-lobby-1" open aria-label="Edit a message" closedby="closerequest"' in html
    assert " autofocus" not in html  # it would take the focus again whenever the room comes anew
    assert f'id="menu-{message.pk}" hx-swap-oob="true"' in html


def test_what_the_room_sends_is_answered_where_it_stands(message, mine, ann):
    done = mine.post("/chat/lobby/1/edit/", {"message": "hello, you"}, headers=HTMX)
    assert (done.status_code, done.text, done["HX-Reswap"]) == (200, "", "delete")
    refused = mine.post("/chat/lobby/1/edit/", {"message": "x" * 4001}, headers=HTMX)
    assert (refused.status_code, refused["HX-Retarget"], refused["HX-Reswap"]) == (
        200,
        "#unchanged-lobby-1",
        "innerHTML",
    )
    assert refused.text.startswith("This message is too long")
    actions.delete_message(message.pk, ann)
    gone = mine.post("/chat/lobby/1/edit/", {"message": "x"}, headers=HTMX)
    assert gone.text.startswith("This message has been deleted.")
    assert mine.post("/chat/lobby/1/delete/", headers=HTMX).text == ""


@pytest.mark.parametrize(
    ("way", "where"),
    [("edit", "#edit-lobby-1"), ("delete", "#menu-{}"), ("pin", "#menu-{}"), ("react", "#plain-lobby")],
)
def test_a_form_whose_token_is_old_can_be_sent_the_next_time(message, mine, way, where):
    """As after signing in elsewhere: it stays in the page, with what is typed, and gets a new one."""
    mine.handler.enforce_csrf_checks = True
    headers = {**HTMX, "Origin": "http://testserver"}
    data = {"message": "changed", "csrfmiddlewaretoken": "x" * 64}
    mine.get("/chat/lobby/1/edit/")
    stale = mine.post(f"/chat/lobby/1/{way}/", data, headers=headers)
    assert "Nothing was sent" in stale.text
    assert f'hx-swap-oob="outerHTML:{where.format(message.pk)} [name=csrfmiddlewaretoken]"' in stale.text
    data["csrfmiddlewaretoken"] = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', stale.text)[1]
    sent = mine.post(f"/chat/lobby/1/{way}/", data, headers=headers)
    assert "Nothing was sent" not in sent.text


def test_its_page_asks_the_database_a_constant_number_of_times(lobby, ann, mine, settings):
    settings.CHAT_RATE_LIMITS = False
    asked = []
    for count in (3, 30):
        for number in range(count):
            actions.edit_message(actions.post_message(lobby, ann, f"{number}").pk, ann, f"{number}, edited")
        mine.get("/chat/lobby/2/")
        with CaptureQueriesContext(connection) as queries:
            mine.get("/chat/lobby/2/")
        asked.append(len(queries))
    assert asked[0] == asked[1]
