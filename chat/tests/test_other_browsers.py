"""In Firefox and WebKit: what a person does most. Each test has a room and a person of its own."""

import pytest

from chat.tests.other_browsers import Firefox, WebKit
from chat.tests.people import Raw

pytestmark = pytest.mark.others

LIVE = "document.querySelector('.connection')?.dataset.state == 'live'"
SETTLED = "!document.querySelector('.composer-hold, .htmx-request')"
BODIES = "[...document.querySelectorAll('.message-body')].map(body => body.textContent)"
DRAFTS = "[...document.querySelectorAll('.composer-text')].map(field => field.value)"
WRITTEN = "[...document.querySelectorAll('.composer-begun, .composer-text')].map(field => field.value).join('')"
FOCUSED = "document.activeElement == [...document.querySelectorAll('.composer-text')].pop()"


ENGINES = {"firefox": Firefox, "webkit": WebKit}


@pytest.fixture(scope="module")
def engine(request):
    with ENGINES[request.param]() as engine:
        yield engine


def pytest_generate_tests(metafunc):
    """Each test in each engine. What one can't do yet, docs/browsers.md says, and its test fails until it can."""
    lacks = {mark.args[0]: mark.args[1] for mark in metafunc.definition.iter_markers("lacks")}
    metafunc.parametrize(
        "engine",
        [
            pytest.param(name, marks=[pytest.mark.xfail(reason=lacks[name], strict=True)] if name in lacks else [])
            for name in ENGINES
        ],
        indirect=True,
        scope="module",
    )


@pytest.fixture
def visit(engine, busy_site, room):
    tabs = []

    def visit():
        tab = engine.new_tab(f"{busy_site.url}/chat/{room}/")
        tabs.append(tab)
        tab.until(f"{LIVE} && {SETTLED}")
        return tab

    yield visit
    for tab in tabs:
        tab.close()


def say(tab, text: str) -> None:
    tab.until(f"{SETTLED} && {FOCUSED}")
    tab.type(f"{text}\n")
    tab.until(f"{BODIES}.at(-1) == {text!r} && {DRAFTS}.length == 1")


def test_it_works(visit, busy_site, room):
    one, other = visit(), visit()
    say(one, "hello")
    other.until(f"{BODIES}.at(-1) == 'hello'")
    say(other, "and hello")
    one.until(f"{BODIES}.at(-1) == 'and hello'")
    assert one.sees(BODIES) == other.sees(BODIES) == ["hello", "and hello"]


def test_a_draft_and_its_focus_stay_when_messages_come(visit, busy_site, room):
    tab = visit()
    tab.until(FOCUSED)
    tab.type("a draft")
    with Raw(busy_site, room) as ann:
        for number in range(5):
            ann.post(f"message {number}")
    tab.until(f"{BODIES}.length == 5")
    assert (tab.sees(DRAFTS), tab.sees(FOCUSED)) == (["a draft"], True)


@pytest.mark.parametrize("way", ["reload", "back"])
def test_what_was_sent_is_no_draft_afterwards(visit, busy_site, way):
    tab = visit()
    for text in ("first", "second"):
        say(tab, text)
    if way == "back":
        tab.go(f"{busy_site.url}/health/")
        tab.back()
    else:
        tab.reload()
    tab.until(f"{LIVE} && {SETTLED}")
    assert (tab.sees(BODIES), tab.sees(DRAFTS)) == (["first", "second"], [""])
    say(tab, "third")
    assert tab.sees(BODIES) == ["first", "second", "third"]


def test_thirty_messages_in_one_go(visit):
    """With nothing between Enter and the next letter, which may come before there is a field to take it."""
    tab, texts = visit(), [f"{number} of 30" for number in range(30)]
    tab.until(FOCUSED)
    tab.type("".join(f"{text}\n" for text in texts))
    tab.until(f"{BODIES}.length >= 30")
    assert tab.sees(BODIES) == texts
    tab.until(f"{DRAFTS}.length == 1 && {FOCUSED}")
    assert tab.sees(DRAFTS) == [""]


@pytest.mark.lacks("webkit", "it does not hold still what one reads")
def test_the_log_stays_where_one_reads_and_older_ones_come(visit, busy_site, room):
    with Raw(busy_site, room) as ann:
        for number in range(80):
            ann.post(f"message {number}")
        tab = visit()
        shown = tab.sees(f"{BODIES}.length")
        assert shown < 80
        tab.sees("void document.querySelector('.room-scroller').scrollTo(0, -1e6)")
        tab.until(f"{BODIES}.length == 80")
        tab.sees("void document.querySelectorAll('.message')[20].scrollIntoView()")
        where = tab.sees("document.querySelectorAll('.message')[20].getBoundingClientRect().top")
        ann.post("meanwhile")
        tab.until(f"{BODIES}.at(-1) == 'meanwhile'")
    assert abs(tab.sees("document.querySelectorAll('.message')[20].getBoundingClientRect().top") - where) < 2


TOP = "document.querySelectorAll('.message')[{}].getBoundingClientRect().top"


def test_older_ones_come_once_and_move_nothing(visit, busy_site, room):
    with Raw(busy_site, room) as ann:
        for number in range(220):
            ann.post(f"message {number}")
        tab = visit()
        shown = tab.sees(f"{BODIES}.length")
        tab.sees("void document.querySelector('.room-scroller').scrollTo(0, -1e6)")
        tab.until(f"{BODIES}.length > {shown}")
        where = tab.sees(TOP.format(f"{BODIES}.length - {shown}"))
        assert abs(where - tab.sees("document.querySelector('.room-scroller').getBoundingClientRect().top")) < 150
        ann.post("meanwhile")
        tab.until(f"{BODIES}.at(-1) == 'meanwhile'")
    assert tab.sees(f"{BODIES}.length") == 2 * shown + 1


@pytest.mark.lacks("firefox", "it has no CSS scroll timelines")
def test_who_reads_further_up_is_led_down(visit, busy_site, room):
    pill = "getComputedStyle(document.querySelector('.latest')).visibility"
    with Raw(busy_site, room) as ann:
        for number in range(60):
            ann.post(f"message {number}")
    tab = visit()
    for place, seen in ((0, "hidden"), (-1500, "visible"), (0, "hidden")):
        tab.sees(f"void document.querySelector('.room-scroller').scrollTo(0, {place})")
        tab.until(f"{pill} == '{seen}'")


@pytest.fixture
def lost(engine, site):
    """A page that has lost its connection, and whose site is away."""
    tab = engine.new_tab(f"{site.url}/chat/")
    tab.until(f"{LIVE} && {SETTLED}")
    say(tab, "before")
    tab.sees("void document.body.addEventListener('htmx:wsClose', () => document.body.dataset.lost = 1)")
    site.stop()
    tab.until("document.body.dataset.lost == 1")
    yield tab
    tab.close()


def test_an_outage_is_said(lost):
    lost.until("document.querySelector('.connection').dataset.state == 'reconnecting'")


def test_what_is_sent_while_the_site_is_away_arrives(lost, site):
    """Where the next composer can't be had, in one field behind one another."""
    lost.type("meanwhile\nand more\nand a draft")
    site.start()
    lost.until(f"{BODIES}.length == 3 && {DRAFTS}.length == 1 && {LIVE}")
    assert lost.sees(BODIES) == ["before", "meanwhile", "and more"]
    lost.until(f"{WRITTEN} == 'and a draft'")
    lost.until(FOCUSED)
    lost.type(", sent\n")
    lost.until(f"{BODIES}.at(-1) == 'and a draft, sent'")


def test_a_room_that_is_higher_than_the_screen_can_be_scrolled(visit, busy_site, room):
    with Raw(busy_site, room) as ann:
        for number in range(60):
            ann.post(f"message {number}")
    tab = visit()
    high, seen = tab.sees("(box => [box.scrollHeight, box.clientHeight])(document.querySelector('.room-scroller'))")
    assert high > 2 * seen
    assert tab.sees("document.querySelector('.room-flow').scrollHeight") == high
    tab.sees("void document.querySelector('.message').scrollIntoView()")
    assert tab.sees("document.querySelector('.message').getBoundingClientRect().top >= 0")


ITEMS = "[...document.querySelectorAll('.message-items :is(a, summary, button)')].map(item => item.textContent.trim())"

EDIT = "document.querySelector('.message-items [id^=edit-text]')"


def test_a_message_is_changed_and_deleted(visit):
    """By the keyboard: the menu opens where it is, the form has the focus, and a draft stays."""
    other, one = visit(), visit()  # the last one is in front: elsewhere Firefox's Enter presses no button
    say(one, "helo")
    one.type("a draft")
    one.sees("void document.querySelector('.message-more').focus()")
    one.press("\n")
    one.until(f"{ITEMS}.includes('Edit') && document.activeElement.matches('.message-menu')")
    one.sees(f"void {EDIT}.focus()")
    one.press("\n")
    one.until("document.activeElement.matches('.edit-text')")
    assert one.sees("document.activeElement.value") == "helo"
    assert one.sees("getComputedStyle(document.querySelector('.composer:last-child')).display") == "none"
    one.type("again, ")
    one.sees("void document.querySelector('.edit-form button').focus()")
    one.press("\n")
    for tab in (one, other):
        tab.until(f"{BODIES}.length == 1 && {BODIES}[0].includes('again')")
    one.until("!document.querySelector('.edit')")
    assert one.sees(DRAFTS) == ["a draft"]
    one.sees("void document.querySelector('.message-more').click()")
    one.until(f"{ITEMS}.includes('Delete')")
    one.sees("void document.querySelector('.message-delete summary').click()")
    one.sees("void document.querySelector('.message-delete button').click()")
    for tab in (one, other):
        tab.until(f"{BODIES}[0] == 'This message was deleted.'")
    assert one.sees(DRAFTS) == ["a draft"]


def test_a_change_that_is_cancelled_is_gone(visit):
    tab = visit()
    say(tab, "hello")
    for _ in range(2):
        tab.sees("void document.querySelector('.message-more').click()")
        tab.until(f"{ITEMS}.includes('Edit')")
        tab.sees(f"void {EDIT}.click()")
        tab.until("!!document.querySelector('.edit[open]')")
        tab.sees("void document.querySelector('.edit [method=dialog] button').click()")
        tab.until("!document.querySelector('.edit')")


PILLS = "[...document.querySelectorAll('.reaction-pill')].map(pill => pill.textContent)"


def test_what_people_do_with_messages(visit, busy_site, room):
    other, one = visit(), visit()
    one.until(f"{SETTLED} && {FOCUSED}")
    one.type("**tea**, `milk` and ||sugar||\n")
    for tab in (one, other):
        tab.until("document.querySelector('.message-body strong')?.textContent == 'tea'")
    assert one.sees("document.querySelector('.message-body details').checkVisibility()")
    assert not one.sees("document.querySelector('.message-body details').open")
    one.sees("void document.querySelector('.message-more').click()")
    one.until("!!document.querySelector('.emoji-buttons button')")
    one.sees("void document.querySelector('.emoji-buttons button').click()")
    for tab in (one, other):
        tab.until(f"{PILLS}.join() == '👍 1'")
    other.sees("void document.querySelector('.reaction').click()")
    for tab in (one, other):
        tab.until(f"{PILLS}.join() == '👍 2'")
    other.sees("void document.querySelector('.message-more').click()")
    other.until(f"{ITEMS}[0] == 'Reply'")
    other.sees("void document.querySelector('.message-items a').click()")
    other.until(f"!!document.querySelector('.composer [name^=reply]') && {SETTLED}")
    other.sees("void [...document.querySelectorAll('.composer-text')].pop().focus()")
    other.type("no sugar\n")
    for tab in (one, other):
        tab.until("document.querySelector('.message-answers')?.textContent.includes('tea, milk')")
    one.go(f"{busy_site.url}/chat/search/?q=tea&in={room}")
    one.until("document.querySelector('.found mark')?.textContent == 'tea'")
