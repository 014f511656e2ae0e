"""Formatted once, when it is stored: what becomes of that in the table, in the page, and in a browser."""

import re
from io import StringIO

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from chat import actions, fragments
from chat.actions import rendering
from chat.formatting import VERSION, formatted
from chat.models import Mention, Message
from chat.tests.people import Raw, at, say, send_form
from chat.tests.test_accessibility import LOOKS, PHONE, is_for_everybody
from chat.tests.test_browser import is_not_wide
from chat.variant import Variant


def shown(message: Message) -> str:
    fresh = Message.objects.for_page().get(pk=message.pk)
    return fragments.message(fresh, fragments.Where.of(fresh.room))


def test_it_works(lobby, ann):
    message = actions.post_message(lobby, ann, "*a* <b>")
    message.refresh_from_db()
    assert (message.body, message.html, message.html_version) == ("*a* <b>", "<em>a</em> &lt;b&gt;", VERSION)
    assert '<section class="message-body" dir="auto"><em>a</em> &lt;b&gt;</section>' in shown(message)


def test_an_edit_formats_anew_and_a_deletion_leaves_nothing(lobby, ann):
    message = actions.post_message(lobby, ann, "*a*")
    actions.edit_message(message.pk, ann, "**b**")
    assert "<strong>b</strong>" in shown(message)
    actions.delete_message(message.pk, ann)
    message.refresh_from_db()
    assert (message.body, message.html) == ("", "")


def test_who_stands_in_code_is_not_called(lobby, ann, member):
    message = actions.post_message(lobby, ann, "`@mia` is how it is written")
    assert message.marks == []
    assert not Mention.objects.filter(participant=member).exists()
    actions.edit_message(message.pk, ann, "*@mia* is how it is written")
    assert f'<em><span class="mention" data-mention="{member.key}">@mia</span></em>' in shown(message)
    assert Mention.objects.filter(participant=member).exists()


def test_what_is_hidden_says_so_in_the_readers_language(lobby, ann):
    message = actions.post_message(lobby, ann, "||the end||")
    assert "<summary>Hidden text</summary>the end" in shown(message)
    with Variant("de", "UTC").active():
        assert "<summary>Verborgener Text</summary>the end" in shown(message)


def test_a_reply_and_a_pin_begin_without_signs_and_hide_what_is_hidden(lobby, ann, bob):
    message = actions.post_message(lobby, ann, "**It** was ||the butler||\n- of all people")
    reply = actions.post_message(lobby, bob, "No!", reply_to=message.seq)
    assert '<span dir="auto">It was ▒▒▒ …</span>' in shown(reply)
    context = fragments.pins_context(lobby, [Message.objects.get(pk=message.pk)])
    assert context["pinned"][0][1] == "It was ▒▒▒ …"


def test_what_is_hidden_is_so_in_links_to_it_lists_and_letters(lobby, ann, member, client):
    text = "It was ||the butler||, **@mia**"
    message = actions.post_message(lobby, ann, text)
    link = re.search('<meta property="og:description" content="([^"]*)"', client.get("/chat/lobby/1/").text)[1]
    assert link == "Ann: It was ▒▒▒, @mia"
    row = Mention.objects.select_related("message__room", "message__author").get(participant=member)
    mention = f'<span class="mention" data-mention="{member.key}">@mia</span>'
    assert fragments.excerpt(row.message, member.key) == f"It was ▒▒▒, {mention}"
    letter = fragments.digest(member, [row], "https://chat.example.org", more=False)
    assert "It was ▒▒▒, @mia" in letter.text
    for said in (letter.text, letter.html):
        assert "butler" not in said
    assert message.body == text


def test_what_is_hidden_is_so_in_earlier_versions(lobby, ann, as_guest):
    message = actions.post_message(lobby, ann, "||the butler||")
    actions.edit_message(message.pk, ann, "nobody")
    assert "<summary>Hidden text</summary>the butler" in as_guest(ann).get("/chat/lobby/1/").text


def test_what_is_edited_while_it_is_made_anew_is_not_made_old(lobby, ann, monkeypatch):
    message = actions.post_message(lobby, ann, "*a*")
    Message.objects.update(html="", html_version=0)

    def slow(text, marks):
        if text == "*a*":
            actions.edit_message(message.pk, ann, "*b*")
        return formatted(text, marks)

    monkeypatch.setattr(rendering, "formatted", slow)
    rendered()
    message.refresh_from_db()
    assert (message.html, message.html_version) == ("<em>b</em>", VERSION)


# --- Made anew --------------------------------------------------------------------------------------


def rendered() -> str:
    out = StringIO()
    call_command("render_messages", stdout=out, stderr=StringIO())
    return out.getvalue().strip()


def test_old_ones_are_formatted_when_shown_and_made_anew_by_a_command(lobby, ann, monkeypatch):
    monkeypatch.setattr(rendering, "PIECE", 2)
    messages = [actions.post_message(lobby, ann, f"*{n}*") for n in range(5)]
    Message.objects.update(html="of old", html_version=VERSION - 1)
    assert "<em>3</em>" in shown(messages[3])
    assert rendered() == "5 messages were made anew."
    assert [*Message.objects.values_list("html", flat=True)] == [f"<em>{n}</em>" for n in range(5)]
    assert not Message.objects.exclude(html_version=VERSION).exists()
    assert rendered() == "0 messages were made anew."


def test_it_can_be_stopped_and_goes_on(lobby, ann, monkeypatch):
    monkeypatch.setattr(rendering, "PIECE", 2)
    for n in range(5):
        actions.post_message(lobby, ann, f"*{n}*")
    Message.objects.update(html="", html_version=0)
    steps = actions.render_messages()
    assert next(steps) == (2, 5)
    steps.close()
    assert Message.objects.filter(html_version=VERSION).count() == 2
    assert rendered() == "3 messages were made anew."


def test_whom_it_speaks_of_stays_as_it_was_understood(lobby, ann, member):
    actions.post_message(lobby, ann, "*@mia*")
    Message.objects.update(html="", html_version=0)
    assert rendered() == "1 messages were made anew."
    assert f'data-mention="{member.key}">@mia' in Message.objects.get().html


# --- In Chromium -----------------------------------------------------------------------------------


CODE = (
    """So:

> ```python
> def water(garden):
>     return "now"  # at last
> ```
- [the plan](https://example.org/plan)
- :tada:

"""
    + "`a_very_long_name_of_something_`" * 20
)


def test_two_people_and_one_without_javascript(busy_site, room, browser):
    ann = browser(busy_site, f"/chat/{room}/")
    phone = browser(busy_site, f"/chat/{room}/", viewport=PHONE, color_scheme="dark")
    plain = browser(busy_site, f"/chat/{room}/", java_script_enabled=False)
    say(ann, "It was ||the *butler*||")
    expect(phone.locator(".hidden-text > summary")).to_have_text("Hidden text")
    expect(phone.get_by_text("butler")).to_be_hidden()
    ann.keyboard.press("Shift+Tab")
    ann.keyboard.press("Shift+Tab")
    expect(ann.locator(".hidden-text > summary")).to_be_focused()
    ann.keyboard.press("Enter")
    expect(ann.get_by_text("butler")).to_be_visible()
    expect(ann.get_by_text("butler")).to_have_css("font-style", "italic")
    send_form(plain, "**Who** would have thought")
    for page in (ann, phone, plain):
        expect(page.locator(".message-body strong")).to_have_text("Who")
    plain.locator(".hidden-text > summary").click()
    expect(plain.get_by_text("butler")).to_be_visible()
    expect(at(ann)).to_have_value("")


@pytest.mark.parametrize(("viewport", "scheme"), LOOKS)
def test_it_is_for_everybody(busy_site, room, browser, viewport, scheme):
    with Raw(busy_site, room) as raw:
        for text in (CODE, "🎉", "```diff\n-one\n+two\n```\n1. x\n2. y", "> שלום\n> hello", "||hidden|| and not"):
            raw.send(message=text)
    page = browser(busy_site, f"/chat/{room}/", viewport=viewport, color_scheme=scheme)
    expect(page.locator(".message-body")).to_have_count(5)
    expect(page.locator(".code-keyword")).to_have_text(["def", "return"])
    is_for_everybody(page)
    is_not_wide(page)
    _newline, first, second, whole = (
        page.locator(".message-body", has_text="hello")
        .locator("p")
        .evaluate(
            "it => { const lines = document.createRange(); lines.selectNodeContents(it);"
            " return [...lines.getClientRects(), it.getBoundingClientRect()].map(box => [box.left, box.right]) }"
        )
    )
    assert (first[1], second[0]) == (whole[1], whole[0])  # each line begins at its own side
