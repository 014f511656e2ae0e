"""Fragments that the browser keeps: they depend on their address alone, and cost neither session nor database."""

import re

import pytest

from chat.tests.test_house import style_sources
from chat.views.cached import COMPOSERS_AHEAD

COMPOSER = "/chat/lobby/composer/c0ffee/7/"
LINES = "/chat/lobby/lines/c0ffee/7/"
ALL = [
    COMPOSER,
    LINES,
    "/chat/lobby/connection/reconnecting/",
    "/chat/lobby/connection/silent/",
    "/chat/lobby/older/51/",
    "/chat/lobby/new-line/",
    "/chat/lobby/send/",
    "/chat/viewer/g1f.css",
]


def test_it_works(client):
    composer = client.get(COMPOSER)
    assert composer.status_code == 200
    assert composer.text.startswith('<form class="composer" id="composer-c0ffee-7" method="post"')
    assert 'name="nonce" value="c0ffee-7"' in composer.text
    assert 'action="/chat/lobby/messages/"' in composer.text


@pytest.mark.parametrize("path", ALL)
def test_the_browser_may_keep_it_and_it_is_nobodys(client, path):  # and no fixture lets this test use the database
    answer = client.get(path)
    assert {"private", "immutable", "max-age=86400"} <= set(answer["Cache-Control"].split(", "))
    assert "no-cache" not in answer["Cache-Control"]
    assert not answer.cookies
    assert "Cookie" not in answer.get("Vary", "")
    assert "csrf" not in answer.text


@pytest.mark.parametrize("path", ALL)
def test_it_is_the_same_for_somebody_who_is_signed_in(client, lobby, member, django_assert_num_queries, path):
    before = client.get(path)
    client.force_login(member.user)
    with django_assert_num_queries(0):
        assert client.get(path).content == before.content


def test_a_composer_fetches_the_next_when_it_is_sent_and_one_further_ahead_when_it_loads(client):
    fetches = re.findall(r'hx-get="/chat/lobby/composer/c0ffee/(\d+)/" hx-trigger="(\w+)', client.get(COMPOSER).text)
    assert fetches == [("8", "load"), ("8", "load"), ("8", "submit"), (str(7 + COMPOSERS_AHEAD), "load")]


def test_a_composer_whose_fetch_failed_is_fetched_again(client):
    text = client.get(COMPOSER).text
    again = "htmx:sendError delay:2s, htmx:responseError delay:2s"
    assert f'hx-trigger="submit once from:closest form, {again}"' in text


def test_a_composer_says_by_style_alone_that_it_was_not_sent_yet(client):
    """The words and the button are there from the start: when they show, nobody has to be asked for them."""
    text = client.get(COMPOSER).text
    assert '<span class="composer-late" data-says="Not sent yet"></span>' in text
    assert '<span class="composer-again" data-says="Try again"></span>' in text
    assert 'name="discard" value="c0ffee-7" form="sync-lobby"' in text
    styles = style_sources()
    assert re.search(r"\.composer-late, \.composer-discard\) \{[^}]*animation: arrive 0s 5s forwards", styles)


def test_the_page_begins_a_chain_that_the_composers_continue(client, lobby):
    page = client.get("/chat/").text
    chain = re.search(r'id="composer-([0-9a-f]+)-0"', page)[1]
    assert chain not in client.get("/chat/").text
    ahead = re.findall(rf'hx-get="(/chat/lobby/composer/{chain}/\d+/)" hx-trigger="load"', page)
    assert [client.get(path).status_code for path in ahead] == [200] * COMPOSERS_AHEAD
    assert f'id="composer-{chain}-{COMPOSERS_AHEAD}"' in client.get(ahead[-1]).text
    assert COMPOSERS_AHEAD >= 10


@pytest.mark.parametrize(
    "chain", ["C0FFEE", "xyz", "0" * 33, "c0ffee%0A", "%22%3E%3Cb%3E", "a,b", "a b", "٣", "-", "{{x}}"]
)
def test_a_chain_that_could_not_be_ours_is_not_there(client, chain, settings):
    answer = client.get(f"/chat/lobby/composer/{chain}/1/")
    assert answer.status_code == 404
    assert "immutable" not in answer.get("Cache-Control", "")


@pytest.mark.parametrize("number", ["1000001", "9" * 30, "-1", "1.5", "x", "", "٣"])
def test_a_number_that_could_not_be_ours_is_not_there(client, number):
    assert client.get(f"/chat/lobby/composer/c0ffee/{number}/").status_code == 404


def test_the_last_number_is_there(client):
    assert client.get("/chat/lobby/composer/c0ffee/1000000/").status_code == 200


def test_what_is_ones_own_is_told_by_style(client):
    style = client.get("/chat/viewer/gA-_9.css")
    assert style["Content-Type"] == "text/css"
    assert style.text.startswith(':is(.message, .message-at)[data-author="gA-_9"] {')


@pytest.mark.parametrize(
    "key", ["a%22]%7B%7D", "a]", "a%0A", "a;b", "%7D*%7Bcolor:red%7D", "é", "a" * 41, "a\\", "a%00"]
)
def test_a_key_that_could_carry_style_is_not_there(client, key):
    assert client.get(f"/chat/viewer/{key}.css").status_code == 404


@pytest.mark.parametrize("path", ALL)
def test_it_is_only_read(client, path):
    assert client.put(path).status_code == 405
    assert client.post(path).status_code == (400 if path in (COMPOSER, LINES) else 405)


@pytest.mark.parametrize("state", ["live", "slow", "ended", "x", "<b>"])
def test_a_state_that_the_server_alone_can_say_is_not_there(client, state):
    assert client.get(f"/chat/lobby/connection/{state}/").status_code == 404


# --- Until there is a successor ------------------------------------------------------------------


@pytest.mark.parametrize("path", [COMPOSER, LINES])
def test_nothing_is_asked_for_before_a_composer_has_the_focus(client, path):
    """Asking is what takes time: it would be between Enter and the next letter."""
    assert set(re.findall(r'hx-trigger="(load[^,"]*)', client.get(path).text)) <= {"load delay:1ms", "load delay:500ms"}


def test_enter_may_send_nothing_for_a_moment_as_all_may_have_been_typed_before(client, lobby):
    assert re.search(r"<button[^>]*>", client.get(COMPOSER).text)[0].startswith('<button class="composer-hasty"')
    for html in (client.get(LINES).text, client.get("/chat/").text):
        assert "composer-hasty" not in html


def test_the_first_composer_of_a_page_waits_for_none_as_nobody_could_let_go_of_it_without_scripts(client, lobby):
    assert "composer-hold" not in client.get("/chat/").text


# --- Several lines -------------------------------------------------------------------------------

HTMX = {"HX-Request": "true"}


def test_the_text_is_carried_over_into_several_lines_and_back(client):
    hostile = '</textarea><b>&amp;\nsecond "line"'
    answer = client.post(LINES, {"message": hostile}, headers=HTMX)
    assert "&lt;/textarea&gt;&lt;b&gt;&amp;amp;\nsecond &quot;line&quot;</textarea>" in answer.text
    assert 'id="composer-c0ffee-7"' in answer.text
    back = client.post(COMPOSER, {"message": hostile}, headers=HTMX)
    assert 'value="&lt;/textarea&gt;&lt;b&gt;&amp;amp; second &quot;line&quot;"' in back.text


def test_what_follows_a_composer_of_several_lines_is_of_several_lines(client):
    assert set(re.findall(r'hx-get="/chat/lobby/(\w+)/', client.get(LINES).text)) == {"lines"}
    assert set(re.findall(r'hx-get="/chat/lobby/(\w+)/', client.get(COMPOSER).text)) == {"composer"}


def test_the_choice_lasts_for_the_session_of_the_browser(client, lobby):
    answer = client.post(LINES, headers=HTMX)
    assert (answer.cookies["chat_lines"]["max-age"], answer.cookies["chat_lines"]["expires"]) == ("", "")
    assert "<textarea" in client.get("/chat/").text
    client.post(COMPOSER, headers=HTMX)
    assert "<textarea" not in client.get("/chat/").text


def test_another_sites_form_can_not_choose(client):
    answer = client.post(LINES, {"message": "hello"})
    assert (answer.status_code, dict(answer.cookies)) == (400, {})


@pytest.mark.parametrize("path", [COMPOSER, LINES])
def test_a_composer_in_another_shape_is_kept_by_nobody(client, path):
    answer = client.post(path, {"message": "hello"}, headers=HTMX)
    assert 'class="composer-hold"' in answer.text
    assert "immutable" not in answer.get("Cache-Control", "")
    ahead = [int(number) for number in re.findall(r'/(\d+)/" hx-trigger="load delay:1ms" hx-swap="none"', answer.text)]
    assert ahead == [*range(8, 8 + COMPOSERS_AHEAD)]  # none of them was fetched in this shape yet


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u2028"])
def test_in_one_line_the_ends_of_lines_are_blanks(client, end):
    assert 'value="one two"' in client.post(COMPOSER, {"message": f"one{end}two"}, headers=HTMX).text


def test_the_choice_is_for_this_site_alone_and_no_script_reads_it(client):
    chosen = client.post(LINES, headers=HTMX).cookies["chat_lines"]
    assert (chosen.value, chosen["httponly"], chosen["samesite"], chosen["path"]) == ("1", True, "Lax", "/")
    unmade = client.post(COMPOSER, headers=HTMX).cookies["chat_lines"]
    assert (unmade.value, unmade["max-age"], unmade["samesite"], unmade["path"]) == ("", 0, "Lax", "/")


def test_without_htmx_no_composer_is_made_of_a_form(client):
    for path in (COMPOSER, LINES):
        answer = client.post(path, {"message": "<b>hello"})
        assert (answer.status_code, answer["Content-Type"]) == (400, "text/plain")
        assert "hello" not in answer.text
