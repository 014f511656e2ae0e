"""In Chromium: rooms in the pages of another project, which has a style, a strict policy and accounts of its own."""

import re

import pytest
from playwright.sync_api import expect

from chat.tests.hosts import Magazine, unless_tried
from chat.tests.people import PATIENCE, settle
from chat.tests.test_app_styles import APP
from chat.tests.test_docs import blocks, document, section


@pytest.fixture(scope="module")
def shared_magazine():
    with Magazine() as site:
        yield site


@pytest.fixture
def magazine(shared_magazine, request):
    with unless_tried(request, shared_magazine, Magazine) as site:
        yield site


@pytest.fixture
def below_a_prefix():
    with Magazine(prefix="/sub") as site:
        yield site


def open_page(browser, site, path="/", **options):
    page = browser(site, site.url + path, expect_live=False, **options)
    expect(page.locator(".connection[data-state=live]")).to_have_count(page.locator("[ws-connect]").count())
    settle(page)
    return page


def write(page, slug: str, text: str) -> None:
    settle(page)
    field = page.locator(f"#room-{slug} form.composer").last.locator("[name=message]")
    field.fill(text)
    field.press("Enter")


def looks(page, selector: str) -> dict[str, str]:
    """How the browser draws it."""
    script = """e => Object.fromEntries([...getComputedStyle(e)].filter(name => !name.startsWith("--"))
        .map(name => [name, getComputedStyle(e)[name]]))"""
    return page.locator(selector).first.evaluate(script)


def test_it_works(browser, magazine):
    """Three rooms on one page, one of them promised; two people talk in two of them at once."""
    ann, bob = (open_page(browser, magazine) for _ in range(2))
    expect(ann.locator("#search")).to_be_focused()  # the page decides where one types, and so it does
    for slug in ("lobby", "news"):
        write(ann, slug, f"ann in {slug}")
        expect(bob.locator(f"#log-{slug}")).to_contain_text(f"ann in {slug}")
    write(bob, "news", "bob in news")
    expect(ann.locator("#log-news")).to_contain_text("bob in news")
    expect(ann.locator("#log-lobby .message")).to_have_count(1)
    expect(bob.locator("#room-news form.composer").last.locator("[name=message]")).to_be_focused()
    own = ann.locator("#log-news .message", has_text="ann in news").locator(".message-body")
    assert own.evaluate("e => getComputedStyle(e).justifySelf") == "flex-end"  # she is who she is on the socket
    write(bob, "sport", "the first word")
    expect(bob.locator("#room-sport form.composer")).to_have_count(1)
    expect(bob.locator("#room-sport .connection[data-state=live]")).to_be_visible()
    expect(bob.locator("#log-sport")).to_contain_text("the first word")
    write(bob, "sport", "the second")
    expect(bob.locator("#log-sport .message")).to_have_count(2)
    ann.locator("#search").fill("ann is elsewhere")
    expect(ann.locator("#log-sport")).to_contain_text("the first word")  # she waited at the promise
    assert ann.locator("#search").input_value() == "ann is elsewhere"
    assert ann.evaluate("document.activeElement.id") == "search"
    for page in (ann, bob):
        assert page.title() == "The Magazine"


def test_neither_changes_the_looks_of_the_other(browser, magazine):
    with_rooms = open_page(browser, magazine, color_scheme="dark")  # which this page does not care for
    bare = with_rooms.context.new_page()
    bare.route(re.compile("chat/chat.css|/viewer/"), lambda route: route.fulfill(content_type="text/css", body=""))
    bare.goto(magazine.url + "/")
    for page in (with_rooms, bare):
        expect(page.locator("#search")).to_be_focused()
    for selector in ("h1", ".text > p", ".text > ul", "#search", ".head a", ".head"):
        assert looks(with_rooms, selector) == looks(bare, selector)
    title = looks(with_rooms, "#title-lobby")
    assert (title["text-transform"], title["font-family"][:4] == "Geor") == ("none", False)
    bar = looks(with_rooms, "#room-lobby .composer")
    assert (bar["background-color"], bar["border-top-width"]) == ("rgb(245, 246, 244)", "1px")
    assert looks(with_rooms, "#room-lobby [name=message]")["border-top-width"] == "0px"


def test_a_page_says_how_high_a_room_is_and_of_which_colour(browser, magazine):
    """By what docs/embedding.md has it write."""
    (snippet,) = blocks(section(document("docs/embedding.md"), "How it looks"), "css")
    page = browser(magazine, magazine.url + "/", expect_live=False, viewport={"width": 1280, "height": 900})
    page.route("**/site.css*", lambda route: route.fulfill(content_type="text/css", body=snippet))
    page.reload()
    assert looks(page, ".chat-embed")["height"] == "640px"
    assert looks(page, "#room-lobby .composer-send")["background-color"] == "rgb(124, 45, 146)"


EVERY_CLASS = (
    "letter-spacing: 3px; transform: rotate(2deg); margin: 7px; border: 3px dotted red; background: yellow; float: left"
)


def test_a_class_of_the_pages_is_none_of_the_rooms(browser, magazine):
    """As of a library that has a style for `.message`, `.field` and `.button` as well."""
    ours = sorted({*re.findall(r"\.([a-z][\w-]*)", APP.read_text())})
    theirs = "".join(f".{name} {{ {EVERY_CLASS} }}\n" for name in ours if not name.startswith("chat-"))
    ann = open_page(browser, magazine)
    write(ann, "news", "hello")
    expect(ann.locator("#log-news .message")).not_to_have_count(0)
    plain, hit = ann.context.new_page(), ann.context.new_page()
    hit.route("**/chat.css*", lambda route: route.fulfill(content_type="text/css", body=theirs + APP.read_text()))
    for page in (plain, hit):
        page.goto(magazine.url + "/")
        expect(page.locator("#room-news .connection[data-state=live]")).to_be_visible()
        settle(page)
    for spot in (
        "room-head",
        "room-title",
        "message",
        "message-body",
        "message-author",
        "me-name .avatar",
        "composer .button",
        "composer .icon",
        "composer",
    ):
        selector = f"#room-news .{spot}"
        assert looks(hit, selector) == looks(plain, selector), spot


def test_in_a_narrow_column_all_of_it_can_be_reached(browser, magazine):
    page = open_page(browser, magazine)
    page.evaluate("document.querySelector('.text').style.maxWidth = '18rem'")
    room = page.locator(".chat-embed").first
    for opened in (".me", ".people"):
        room.locator(f"{opened} > summary").click()
        panel, whole = room.locator(f"{opened}-panel").bounding_box(), room.bounding_box()
        assert whole["width"] < 300
        assert whole["x"] <= panel["x"] < panel["x"] + panel["width"] <= whole["x"] + whole["width"]
        room.locator(f"{opened} > summary").click()
    assert room.locator(".room-title").bounding_box()["width"] > 20


def test_below_an_article_a_guest_and_a_member_talk_live(browser, magazine):
    """The member comes in by the pages of the magazine and is back at the article; and both see who that is."""
    bob = open_page(browser, magazine, "/articles/1/")
    write(bob, "article-1", "the first word")
    expect(bob.locator("#log-article-1")).to_contain_text("the first word")
    ann = open_page(browser, magazine, "/articles/1/")
    ann.locator(".me-name").click()
    ann.locator(".me-panel a", has_text="Sign in").click()
    ann.locator("[name=username]").fill("ann@example.org")
    ann.locator("[name=password]").fill("a-long-word-1")
    ann.get_by_role("button", name="Come in").click()
    expect(ann.locator(".me-name bdi")).to_have_text("ann")
    assert ann.url.startswith(magazine.url + "/articles/1/")
    expect(ann.locator(".connection[data-state=live]")).to_have_count(1)
    write(ann, "article-1", "an answer")
    expect(bob.locator("#log-article-1")).to_contain_text("an answer")
    write(bob, "article-1", "and thanks")
    for page in (ann, bob):
        expect(page.locator(".message-body")).to_have_text(["the first word", "an answer", "and thanks"])
        expect(page.locator(".message-author").nth(1)).to_have_text("ann")
        assert page.title() == "Of Cats · The Magazine"


THEIRS = """() => {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync('.their-hidden { display: none } .their-box { padding: 7px; color: rgb(1, 2, 3) }')
  document.adoptedStyleSheets = [sheet]
  for (const kind of ['their-hidden', 'their-box']) {
    const one = document.createElement('div')
    one.className = kind
    document.body.append(one)
  }
}"""


def test_what_others_put_into_a_page_of_the_chats_is_theirs(browser, magazine):
    """As a toolbar for developers, which is put at the end of every page."""
    page = browser(magazine, magazine.url + "/talk/lobby/")
    page.evaluate(THEIRS)
    expect(page.locator(".their-hidden")).to_be_hidden()
    box = looks(page, ".their-box")
    assert (box["padding-top"], box["color"]) == ("7px", "rgb(1, 2, 3)")
    assert looks(page, "body")["margin-top"] == "0px"


def test_without_javascript_it_is_read_written_and_signed_in_to(browser, magazine):
    page = browser(magazine, magazine.url + "/articles/2/", java_script_enabled=False)
    field = page.locator("form.composer [name=message]")
    field.fill("without a script")
    field.press("Enter")
    expect(page.locator(".message-body")).to_have_text("without a script")
    assert page.url == magazine.url + "/articles/2/#room-article-2"
    assert page.title() == "Of Dogs · The Magazine"
    name = page.locator(".me-name bdi").inner_text()
    page.locator("form.composer [name=message]").fill("and again")
    page.keyboard.press("Enter")
    expect(page.locator(".message-body")).to_have_text(["without a script", "and again"])
    assert page.locator(".me-name bdi").inner_text() == name
    page.locator(".me-name").click()
    page.locator(".me-panel a", has_text="Sign in").click()
    page.locator("[name=username]").fill("ann@example.org")
    page.locator("[name=password]").fill("a-long-word-1")
    page.get_by_role("button", name="Come in").click()
    assert page.url.startswith(magazine.url + "/articles/2/")
    expect(page.locator(".me-name bdi")).to_have_text("ann")


def test_below_a_prefix(browser, below_a_prefix):
    page = open_page(browser, below_a_prefix)
    write(page, "lobby", "below")
    expect(page.locator("#log-lobby .message-body")).to_have_text("below")
    asked = page.evaluate("performance.getEntriesByType('resource').map(one => new URL(one.name).pathname)")
    assert len(asked) > 10
    assert [path for path in asked if not path.startswith("/sub/")] == []
    settle(page)
    pushed = page.locator("#connection-lobby [hx-get]").evaluate_all(
        "all => all.map(one => one.getAttribute('hx-get'))"
    )
    assert len(pushed) > 1  # of what came by the socket
    assert [path for path in pushed if not path.startswith("/sub/")] == []
    page.locator("#room-lobby .room-title a").click()
    expect(page.locator("h1")).to_contain_text("Lobby", timeout=PATIENCE * 1000)
    assert page.url == below_a_prefix.url + "/talk/lobby/about/"


def test_what_one_wrote_can_be_changed(browser, magazine):
    """In each of several rooms on a page, in the place of that room's composer."""
    ann, bob = (open_page(browser, magazine) for _ in range(2))
    for slug in ("lobby", "news"):
        write(ann, slug, f"ann in {slug}")
        expect(bob.locator(f"#log-{slug} .message-body").last).to_have_text(f"ann in {slug}")
    for slug, other in (("lobby", "news"), ("news", "lobby")):
        room = ann.locator(f"#room-{slug}")
        room.locator(".message").last.hover()
        room.locator(".message-more").last.click()
        room.get_by_role("link", name="Edit").click()
        expect(ann.locator(f"#edits-{slug} textarea")).to_be_focused()
        expect(ann.locator(f"#room-{other} form.composer").last).to_be_visible()
        ann.locator(f"#edits-{slug} textarea").fill(f"ann in {slug}, changed")
        room.get_by_role("button", name="Save").click()
        expect(bob.locator(f"#log-{slug} .message-body").last).to_have_text(f"ann in {slug}, changed")
        expect(room.locator(".edit")).to_have_count(0)
        room.locator(".message").last.hover()
        room.locator(".message-more").last.click()
        expect(room.locator('.message-delete [name="next"]')).to_have_value("/")
