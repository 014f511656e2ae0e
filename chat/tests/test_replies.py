"""A message answers another one: what is stored of that, what it shows of it as it stands now, and how one replies."""

import re
from html import unescape

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError
from playwright.sync_api import expect

from chat import actions, fragments
from chat.errors import Refused
from chat.fragments import Changes
from chat.models import Message
from chat.tests.people import Raw, at, bodies, go_live, say
from chat.tests.test_accessibility import is_for_everybody
from chat.tests.test_browser import is_not_wide
from chat.tests.test_menu_page import message as shown
from chat.tests.test_menu_page import open_menu, visit

HTMX = {"HX-Request": "true"}
QUOTE = re.compile(
    r'<a class="message-answers" href="([^"]*)"><span class="sr-only">Reply to</span> <bdi>([^<]*)</bdi>'
    r' <span dir="auto">([^<]*)</span></a>'
)


@pytest.fixture
def question(lobby, ann) -> Message:
    return actions.post_message(lobby, ann, "Who waters?\nOn Friday.")


def quotes(html: str) -> list[tuple[str, ...]]:
    return [tuple(map(unescape, quote)) for quote in QUOTE.findall(html)]


def test_it_works(lobby, question, bob, client):
    reply = actions.post_message(lobby, bob, "I do.", reply_to=1)
    assert Message.objects.get(pk=reply.pk).reply_to == question
    assert quotes(client.get("/chat/lobby/").text) == [("/chat/lobby/1/", "Ann", "Who waters? …")]


def test_it_says_what_that_says_now(lobby, question, ann, bob, client):
    actions.post_message(lobby, bob, "I do.", reply_to=1)
    actions.edit_message(question.pk, ann, "<b>Who</b> waters on Saturday?")
    ((_, _, line),) = quotes(client.get("/chat/lobby/").text)
    assert line == "<b>Who</b> waters on Saturday?"
    actions.delete_message(question.pk, ann)
    ((_, _, line),) = quotes(client.get("/chat/lobby/").text)
    assert line == "This message was deleted."


@pytest.mark.parametrize("seq", [0, 2, 99, 2**62])
def test_it_answers_nothing_that_is_not_there(lobby, question, bob, seq):
    with pytest.raises(Refused, match="not there"):
        actions.post_message(lobby, bob, "I do.", reply_to=seq)
    assert lobby.messages.count() == 1


def test_it_answers_nothing_in_another_room(garden, question, gina):
    with pytest.raises(Refused, match="not there"):
        actions.post_message(garden, gina, "I do.", reply_to=1)


def test_what_is_gone_can_be_answered(lobby, question, ann, bob):
    """Somebody may be writing that already."""
    actions.delete_message(question.pk, ann)
    assert actions.post_message(lobby, bob, "A pity.", reply_to=1).reply_to == question


def test_one_that_answers_nothing_holds_up_no_other(lobby, question, ann, bob):
    posts = [actions.Post(lobby, one, "hi", reply_to=seq) for one, seq in ((ann, 1), (bob, 7), (bob, None))]
    first, second, third = actions.post_messages(posts)
    assert isinstance(second, Refused)
    assert (first.reply_to, third.reply_to) == (question, None)


def test_what_is_typed_on_answers_nothing(lobby, question, bob):
    actions.post_message(lobby, bob, "I do.", "n-0", reply_to=1)
    more = actions.post_message(lobby, bob, "I do.And I bring cake.", "n-0", grows=True, reply_to=1)
    assert (more.body, more.reply_to) == ("And I bring cake.", None)


def test_a_repeat_is_the_same(lobby, question, bob):
    first = actions.post_message(lobby, bob, "I do.", "n-0", reply_to=1)
    assert actions.post_message(lobby, bob, "I do.", "n-0", reply_to=1) == first


def test_who_was_away_gets_the_replies_of_what_changed(lobby, question, ann, bob):
    reply = actions.post_message(lobby, bob, "I do.", reply_to=1)
    actions.edit_message(question.pk, ann, "Who bakes?")
    frames = "".join(Changes.since(lobby, 2).frames_after(2))
    assert re.findall(r'id="message-(\d+)"', frames) == [f"{question.pk}", f"{reply.pk}"]
    assert quotes(frames)[0][2] == "Who bakes?"
    assert frames.endswith(fragments.cursor(lobby, 3))


def test_only_so_many_replies_come_anew(lobby, question, ann, bob, settings):
    """Fewer than would have the log of each page replaced."""
    settings.CHAT_PAGE_SIZE, settings.CHAT_CATCH_UP_LIMIT = 5, 3
    for number in range(4):
        actions.post_message(lobby, bob, f"{number}", reply_to=1)
    actions.edit_message(question.pk, ann, "Who bakes?")
    assert [*lobby.messages.filter(changed=6).values_list("seq", flat=True)] == [1, 4, 5]
    assert not Changes.since(lobby, 5).whole


def test_replies_come_anew_only_where_they_say_something_else(lobby, question, ann, bob):
    reply = actions.post_message(lobby, bob, "I do.", reply_to=1)
    actions.edit_message(question.pk, ann, "Who waters?\nOn Saturday.")
    assert Message.objects.get(pk=reply.pk).changed == 2
    actions.delete_message(question.pk, ann)
    assert Message.objects.get(pk=reply.pk).changed == 4


def test_a_log_of_replies_is_one_query(lobby, question, bob, django_assert_num_queries, settings):
    settings.CHAT_RATE_LIMITS = False
    for number in range(20):
        actions.post_message(lobby, bob, f"{number}", reply_to=1)
    lobby.refresh_from_db()
    with django_assert_num_queries(1):
        assert len(quotes(fragments.log(lobby).html)) == 20


# --- By a frame ------------------------------------------------------------------------------------


async def test_a_frame_answers(connect, lobby, ann, bob):
    asks, answers = await connect(guest=ann), await connect(guest=bob)
    await asks.say(message="Who waters?")
    await answers.hears("Who waters?")
    await answers.say(message="I do.", nonce="a-0", reply_to="1")
    frame = (await asks.hears("I do."))[-1]
    assert quotes(frame)[0][1:] == ("Ann", "Who waters?")
    message = await Message.objects.aget(seq=1)
    await sync_to_async(actions.edit_message)(message.pk, ann, "Who bakes?")
    frame = (await answers.hears("Who bakes?"))[-1]
    assert (frame.count("<article"), quotes(frame)[0][2]) == (2, "Who bakes?")


@pytest.mark.parametrize("seq", [1, "", "x", "-1", "1" * 19, ["1"], True, False, 0, {}, "\u0661"])
async def test_a_bad_one_is_refused_at_its_composer(connect, lobby, ann, seq):
    socket = await connect(guest=ann)
    await socket.say(message="hello", nonce="a-0", reply_to=seq)
    assert "reply_to is a text of up to 18 digits" in (await socket.hears("refusal-a-0"))[-1]
    assert not await lobby.messages.aexists()


# --- By forms ----------------------------------------------------------------------------------------


def test_without_javascript(lobby, question, as_guest, bob):
    page = as_guest(bob)
    assert 'href="/chat/lobby/?reply=1"' in page.get("/chat/lobby/1/").text
    html = page.get("/chat/lobby/?reply=1").text
    (nonce,) = re.findall(r'<input type="checkbox" name="reply-([0-9a-f]+-0)" value="1" checked', html)
    sent = {"nonce": nonce, f"reply-{nonce}": "1"}
    answer = page.post("/chat/lobby/messages/", {**sent, "message": " "})
    assert re.search(
        r'<input type="checkbox" name="reply-[^"]*" value="1" checked', answer.text
    )  # it still is to be one
    page.post("/chat/lobby/messages/", {**sent, "message": "I do."})
    assert Message.objects.get(seq=2).reply_to == question


@pytest.mark.parametrize("seq", ["", "0", "7", "x", "9" * 30, "\u0661"])
def test_what_is_not_there_is_no_reply(lobby, question, client, seq):
    assert 'name="reply-' not in client.get("/chat/lobby/", {"reply": seq}).text


def test_the_composer_is_told_what_it_answers(lobby, question, as_guest, bob):
    html = as_guest(bob).post("/chat/lobby/1/reply/", {"nonce": "5a3b-7", "message": "half"}, headers=HTMX).text
    assert 'id="answers-5a3b-7" hx-swap-oob="true"' in html
    assert '<input type="checkbox" name="reply-5a3b-7" value="1" checked' in html
    assert f'id="menu-{question.pk}" hx-swap-oob="true"' in html
    assert "half" not in html  # what is typed stays where it is


@pytest.mark.parametrize("nonce", ["", "x", "5a-", "-1", "5a3b-1234567", '5a-1"><b'])
def test_without_a_composer_nothing_happens(lobby, question, as_guest, bob, nonce):
    answer = as_guest(bob).post("/chat/lobby/1/reply/", {"nonce": nonce}, headers=HTMX)
    assert (answer.status_code, answer.content) == (204, b"")
    assert as_guest(bob).post("/chat/lobby/1/reply/")["Location"] == "/chat/lobby/?reply=1"


@pytest.mark.parametrize(("nonce", "field"), [("5a3b-7", 'id="text-5a3b-7"'), ('5a-1"><b', ""), ("", "")])
def test_the_menu_knows_the_field_that_gets_the_focus(lobby, question, as_guest, bob, nonce, field):
    html = as_guest(bob).get("/chat/lobby/1/menu/", {"nonce": nonce}, headers=HTMX).text
    (link,) = re.findall(r'<a href="/chat/lobby/\?reply=1"[^>]*>', html)
    assert field in link if field else " id=" not in link


def test_while_the_database_is_away_it_stays_a_reply(lobby, question, as_guest, bob, monkeypatch):
    client = as_guest(bob)
    with monkeypatch.context() as away:
        away.setattr("chat.views.forms.find", lambda *given, **named: (_ for _ in ()).throw(OperationalError("away")))
        answer = client.post("/chat/lobby/messages/", {"message": "I do.", "nonce": "5a-0", "reply-5a-0": "1"})
    assert (answer.status_code, '<input type="hidden" name="reply_to" value="1">' in answer.text) == (503, True)


def test_what_waited_goes_on_without_a_socket_as_it_was(lobby, question, as_guest, bob):
    data = {"nonce": ["5a-0", "5a-1"], "message": ["I do.", "draft"]}
    page = as_guest(bob).post("/chat/lobby/plain/", {**data, "reply-5a-0": "1"}).text
    assert Message.objects.get(seq=2).reply_to == question
    assert 'name="reply-' not in page  # the draft answers nothing
    page = as_guest(bob).post("/chat/lobby/plain/", {**data, "reply-5a-1": "1"}).text
    assert 'name="reply-' in page


# --- In Chromium -------------------------------------------------------------------------------------


def test_two_people_answer_each_other(busy_site, room, browser):
    ann, bob = visit(browser, busy_site, room), visit(browser, busy_site, room)
    say(ann, "Who waters?")
    expect(bob.locator(".message-body")).to_have_text("Who waters?")
    at(bob).fill("half a sen")
    open_menu(bob, "Who waters?").get_by_role("link", name="Reply", exact=True).click()
    expect(bob.locator(".answers-said")).to_contain_text("Who waters?")
    expect(at(bob)).to_be_focused()
    expect(at(bob)).to_have_value("half a sen")
    bob.keyboard.press("End")
    bob.keyboard.type("tence")
    bob.get_by_role("button", name="Several lines").click()  # another shape of the same composer
    expect(bob.locator("textarea.composer-text")).to_be_focused()
    expect(bob.locator(".answers-said")).to_contain_text("Who waters?")
    bob.get_by_role("button", name="One line").click()
    expect(bob.locator("input.composer-text")).to_be_focused()
    is_for_everybody(bob)
    bob.keyboard.press("Enter")
    for page in (ann, bob):
        expect(page.locator(".message-body").last).to_have_text("half a sentence")
        expect(page.locator(".message-answers")).to_contain_text("Who waters?")
    expect(bob.locator(".answers")).to_have_count(0)
    expect(bob.locator("form.composer")).to_have_count(1)
    say(bob, "and more")
    expect(ann.locator(".message-answers")).to_have_count(1)
    ann.locator(".message-answers").click()
    expect(ann.locator(".message-found .message-body")).to_have_text("Who waters?")
    ann.go_back()
    go_live(ann)
    open_menu(ann, "Who waters?").get_by_role("link", name="Edit").click()
    ann.locator(".edit textarea").fill("Who bakes?")
    ann.get_by_role("button", name="Save").click()
    for page in (ann, bob):
        expect(page.locator(".message-answers")).to_contain_text("Who bakes?")


def test_one_changes_ones_mind(busy_site, room, browser):
    page = visit(browser, busy_site, room)
    for text in ("one", "two"):
        say(page, text)
        expect(page.locator(".message-body").last).to_have_text(text)
    at(page).fill("half")
    for text in ("one", "two"):
        open_menu(page, text).get_by_role("link", name="Reply", exact=True).click()
        expect(page.locator(".answers-said")).to_contain_text(text)
        expect(at(page)).to_be_focused()
        expect(at(page)).to_have_value("half")
    page.get_by_role("checkbox").last.uncheck()
    at(page).press("Enter")
    expect(page.locator(".message-body").last).to_have_text("half")
    expect(page.locator(".message-answers")).to_have_count(0)
    open_menu(page, "two").get_by_role("link", name="Reply", exact=True).click()
    expect(page.locator(".answers-said")).to_contain_text("two")
    page.keyboard.type("yes\n")
    expect(page.locator(".message-answers")).to_contain_text("two")


def test_on_a_phone_what_is_long_is_cut(busy_site, room, browser):
    page = visit(browser, busy_site, room, viewport={"width": 390, "height": 800}, has_touch=True)
    with Raw(busy_site, room) as raw:
        raw.post("x" * 3000)
        raw.post(" ".join(["שלום"] * 300))
    for number in range(2):
        expect(page.locator("form.composer")).to_have_count(1)
        page.locator(".message .message-more").nth(number).tap()
        page.get_by_role("link", name="Reply", exact=True).tap()
        expect(page.locator(".answers-said")).to_be_visible()
        is_not_wide(page)
        say(page, f"reply {number}")
        expect(page.locator(".message-answers")).to_have_count(number + 1)
        is_not_wide(page)


def test_where_javascript_is_off(busy_site, room, browser):
    plain, live = visit(browser, busy_site, room, java_script_enabled=False), visit(browser, busy_site, room)
    say(live, "Who waters?")
    plain.reload()
    shown(plain, "Who waters?").hover()
    shown(plain, "Who waters?").locator(".message-more").click()
    plain.get_by_role("link", name="Reply", exact=True).click()
    expect(at(plain)).to_be_focused()
    expect(plain.locator(".answers-said")).to_contain_text("Who waters?")
    plain.keyboard.type("I do.\n")
    expect(live.locator(".message-answers")).to_contain_text("Who waters?")
    assert bodies(live) == ["Who waters?", "I do."]
