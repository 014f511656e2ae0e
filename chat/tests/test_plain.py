"""Going on without a live connection: what waits in the page is posted once, and what is being typed is not lost."""

import re
from html import unescape

import pytest
from django.test import Client

from chat import actions, bus
from chat.models import Message, Room

HTMX = {"HX-Request": "true"}
PLAIN = "/chat/lobby/plain/"


def go_on(client, *composers: tuple[str, str], headers=HTMX, sent=()):
    """As the page's button posts it: every composer with its nonce, the last one is the one that is typed in.
    `sent`: the nonces of those that are marked as stored."""
    nonces, texts = [nonce for nonce, _ in composers], [text for _, text in composers]
    return client.post(PLAIN, {"nonce": nonces, "message": texts, "sent": sent}, headers=headers)


def bodies() -> list[str]:
    return [*Message.objects.order_by("seq").values_list("body", flat=True)]


def draft(answer) -> str:
    """What stands in the composer of the answer."""
    field = re.search(r'<input[^>]* name="message" value="([^"]*)"|<textarea[^>]*>([^<]*)</textarea>', answer.text)
    several, one = unescape(field[2] or ""), unescape(field[1] or "")
    return several or one.replace("\n", "")  # as browsers do in a field of one line


def reasons(answer) -> list[str]:
    """What is said at the composer, and said aloud when there is something to say."""
    said = re.findall(r'<p class="refusal"[^>]*?( role="alert")?>([^<]*)</p>', answer.text)
    assert all(bool(aloud) == bool(text) for aloud, text in said)
    return [text for _, text in said]


def test_it_works(as_guest, lobby, ann):
    answer = go_on(as_guest(ann), ("a-0", "first"), ("a-1", "second"), ("a-2", "half a sent"))
    assert answer.status_code == 200
    assert bodies() == ["first", "second"]
    assert {message.author for message in Message.objects.select_related("author")} == {ann}
    assert re.findall(r'<section class="message-body" dir="auto">(\w+)</section>', answer.text) == ["first", "second"]
    assert draft(answer) == "half a sent"
    assert reasons(answer) == [""]


def test_what_was_sent_already_is_no_draft(as_guest, lobby, ann):
    """Where there was no other composer to go on in."""
    actions.post_message(lobby, ann, "first", "a-0")
    assert draft(go_on(as_guest(ann), ("a-0", "firstand half a second"), sent="a-0")) == "and half a second"
    assert draft(go_on(as_guest(ann), ("a-0", "another one"), sent="a-0")) == "another one"
    assert draft(go_on(as_guest(ann), ("a b", "first"), sent="a b")) == "first"
    assert draft(go_on(as_guest(ann), ("a-0", "first"))) == "first"  # of a page from the browser's cache
    assert bodies() == ["first"]


def test_what_was_typed_behind_one_another_is_posted_and_nothing_is_no_message(as_guest, lobby, ann):
    actions.post_message(lobby, ann, "first", "a-0")
    answer = go_on(as_guest(ann), ("a-0", "firstsecond"), ("a-1", " "), ("a-2", ""))
    assert bodies() == ["first", "second"]
    assert (draft(answer), reasons(answer)) == ("", [""])


def test_the_page_has_no_socket_and_fetches_its_log(as_guest, lobby, ann):
    answer = go_on(as_guest(ann), ("a-0", "first"), ("a-1", ""))
    assert "ws-connect" not in answer.text
    assert "ws-send" not in re.search(r'<form class="composer".*?</form>', answer.text, re.DOTALL)[0]
    assert 'action="/chat/lobby/messages/?plain=1"' in answer.text
    assert 'data-state="plain"' in answer.text
    log = r'hx-get="/chat/lobby/\?plain=1" hx-trigger="every 10s, [^"]*"\s+hx-select="#log-lobby"'
    assert re.search(log, answer.text)
    assert answer["HX-Replace-Url"] == "/chat/lobby/?plain=1"


def test_repeating_it_posts_nothing_twice(as_guest, lobby, ann):
    for _ in range(3):
        answer = go_on(as_guest(ann), ("a-0", "first"), ("a-1", "second"), ("a-2", "draft"))
        assert answer.status_code == 200
        assert reasons(answer) == [""]
        assert draft(answer) == "draft"
    assert bodies() == ["first", "second"]


def test_what_the_socket_had_stored_already_is_not_stored_again(as_guest, lobby, ann):
    actions.post_message(lobby, ann, "first", "a-0")
    go_on(as_guest(ann), ("a-0", "first"), ("a-1", "second"), ("a-2", ""))
    assert bodies() == ["first", "second"]


def test_the_draft_alone_is_not_posted(as_guest, lobby, ann):
    assert draft(go_on(as_guest(ann), ("a-0", 'half "a" <b>'))) == 'half "a" <b>'
    assert bodies() == []


@pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "a plain form"])
def test_nothing_refused_is_no_error(as_guest, lobby, ann, headers):
    assert go_on(as_guest(ann), ("a-0", "first"), ("a-1", "draft"), headers=headers).status_code == 200


@pytest.mark.parametrize(("headers", "status"), [(HTMX, 200), ({}, 400)], ids=["htmx", "a plain form"])
def test_what_was_refused_is_kept_with_the_reason_and_the_rest_is_posted(as_guest, lobby, ann, headers, status):
    too_long = "x" * 4001
    composers = [("a-0", "first"), ("a-1", too_long), ("a-2", "third"), ("a-3", "half a sent")]
    answer = go_on(as_guest(ann), *composers, headers=headers)
    assert answer.status_code == status  # htmx does not show what comes with another one
    assert bodies() == ["first", "third"]
    assert draft(answer) == f"{too_long}\nhalf a sent"  # on lines of their own: a field of one would glue them together
    assert "at most 4,000 fit" in reasons(answer)[0]


def test_a_nonce_that_is_none_is_kept_with_the_reason(as_guest, lobby, ann):
    answer = go_on(as_guest(ann), ("<b>", "first"), ("a-1", "draft"))
    assert bodies() == []
    assert draft(answer) == "first\ndraft"
    assert "A nonce is 1 to 64 letters" in reasons(answer)[0]


def test_too_fast_is_kept_with_the_reason(as_guest, lobby, ann, settings):
    settings.CHAT_PARTICIPANT_RATE = "1/day"
    answer = go_on(as_guest(ann), ("a-0", "first"), ("a-1", "second"), ("a-2", "draft"))
    assert (answer.status_code, bodies(), draft(answer)) == (200, ["first"], "second\ndraft")
    assert "too fast" in reasons(answer)[0]


def test_in_a_room_archived_meanwhile_all_of_it_is_kept(as_guest, lobby, ann):
    lobby.archived = True
    actions.save_room(lobby)
    answer = go_on(as_guest(ann), ("a-0", "first"), ("a-1", "draft"))
    assert answer.status_code == 200
    assert draft(answer) == "first\ndraft"
    assert "archived" in answer.text


@pytest.mark.parametrize("fields", [{}, {"nonce": "a-0"}, {"message": "draft"}], ids=str)
def test_a_page_without_composers_may_go_on_too(client, lobby, fields):
    answer = client.post(PLAIN, fields, headers=HTMX)
    assert answer.status_code == 200
    assert 'data-state="plain"' in answer.text
    assert bodies() == []


def test_what_is_posted_reaches_the_others(as_guest, lobby, ann, monkeypatch):
    rings = []
    monkeypatch.setattr(
        bus, "ring", lambda room_id, seq, news: rings.append((room_id, seq, [row.body for row in news]))
    )
    go_on(as_guest(ann), ("a-0", "first"), ("a-1", ""))
    assert rings == [(lobby.pk, 1, ["first"])]


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_it_is_only_posted_to(client, lobby, method):
    answer = getattr(client, method)(PLAIN)
    assert (answer.status_code, answer["Allow"]) == (405, "POST")


def test_nothing_is_posted_without_the_token(as_guest, lobby, ann):
    browser_like = Client(enforce_csrf_checks=True)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', browser_like.get("/chat/").text)[1]
    fields = {"nonce": ["a-0", "a-1"], "message": ["first", ""]}
    answer = browser_like.post(PLAIN, fields, headers=HTMX)
    assert (bodies(), draft(answer)) == ([], "first\n")
    assert browser_like.post(PLAIN, {**fields, "csrfmiddlewaretoken": token}, headers=HTMX).status_code == 200
    assert bodies() == ["first"]


def test_the_page_brings_the_token_for_it(client, lobby):
    form = re.search(r'<form id="plain-lobby">(.*?)</form>', client.get("/chat/").text, re.DOTALL)[1]
    assert re.fullmatch(r'\s*<input type="hidden" name="csrfmiddlewaretoken" value="\w{64}">\s*', form)


def test_who_is_banned_posts_nothing(as_guest, lobby, ann):
    actions.ban(ann, True)
    answer = go_on(as_guest(ann), ("a-0", "first"), ("a-1", ""))
    assert answer.status_code == 403
    assert bodies() == []


def test_a_room_that_is_not_there_is_not_there(client, lobby):
    assert client.post("/chat/nowhere/plain/", {"nonce": "a", "message": "b"}, headers=HTMX).status_code == 404
    assert not Room.objects.exclude(slug="lobby").exists()


def test_posting_by_the_plain_page_leads_back_to_the_plain_page(client, lobby):
    answer = client.post("/chat/lobby/messages/?plain=1", {"message": "hello"})
    assert (answer.status_code, answer["Location"]) == (303, "/chat/lobby/?plain=1")
    refused = client.post("/chat/lobby/messages/?plain=1", {"message": ""})
    assert refused.status_code == 400
    assert 'data-state="plain"' in refused.text
