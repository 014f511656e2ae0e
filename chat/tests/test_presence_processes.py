"""Presence over two real processes, one of which is killed; and the same people in a browser."""

import re
import signal

from playwright.sync_api import expect

from chat.tests import servers
from chat.tests.people import Raw, at, go_live, rename, say, until
from chat.tests.relay import Relay
from chat.tests.test_presence import PERSON

BEATS = 30  # seconds to wait for a beat, of which there is one every 10


def named(raw: Raw, name: str) -> None:
    raw.send(do="rename", name=name)
    while name not in raw.frame():
        pass


def sees(raw: Raw, **people: str) -> None:
    """Wait until its page lists these, and nobody else."""
    listed = None
    while listed != people:
        frame = raw.socket.recv(BEATS)
        if "people-list-lobby" in frame:
            listed = {name: "away" if away else "online" for away, _, name in PERSON.findall(frame)}


def let_pass(url: str, seconds: int) -> None:
    """As if so much time had gone by for all that is written: what lives beats, and stays."""
    pass_by = (
        "from datetime import timedelta; from django.db.models import F; from chat.models import Presence;"
        f" Presence.objects.update(seen=F('seen') - timedelta(seconds={seconds}))"
    )
    servers.manage(url, "shell", "--verbosity", "0", "--command", pass_by)


def test_it_works(two_sites, database_url):
    """Who came by a process that was killed is gone once its rows have expired; who came by the other stays."""
    one, other = two_sites
    with Raw(one, held=True) as ann, Raw(other) as bob:
        ann.send(do="sync", cursor="0")
        named(ann, "Ann")
        named(bob, "Bob")
        sees(ann, Ann="online", Bob="online")
        bob.send(do="away")
        sees(ann, Ann="online", Bob="away")
        with Raw(other) as cleo:
            named(cleo, "Cleo")
            sees(ann, Ann="online", Bob="away", Cleo="online")
        sees(ann, Ann="online", Bob="away")
        bob.send(do="typing")
        while "is writing" not in (frame := ann.frame()):
            pass
        assert "<bdi>Bob</bdi> is writing" in frame

        other.signal(signal.SIGKILL)
        other.process.wait()
        let_pass(database_url, seconds=39)
        with Raw(one, held=True) as late:  # one second is left to them
            late.send(do="sync", cursor="0")
            named(late, "Late")
            sees(ann, Ann="online", Late="online")
            sees(late, Ann="online", Late="online")


def test_whose_line_has_died_without_a_word_is_gone(database_url):
    pings = ("--ping-interval", "1", "--ping-timeout", "8")  # in production every 20 seconds
    with servers.Site(*pings, DATABASE_URL=database_url) as site, Relay(site) as relay:
        with Raw(site, held=True) as ann, Raw(relay) as bob:
            ann.send(do="sync", cursor="0")
            named(ann, "Ann")
            named(bob, "Bob")
            sees(ann, Ann="online", Bob="online")
            relay.silence()  # a lid is shut: nothing comes, and nobody says so
            sees(ann, Ann="online")
            relay.cut()


def test_two_people_in_the_browser(site, browser):
    ann, bob = browser(site), browser(site)
    rename(ann, "Ann")
    rename(bob, "Bob")
    for page in (ann, bob):
        expect(page.locator(".people-count > [aria-hidden]")).to_have_text("2")
    ann.locator(".people-head").click()
    expect(ann.locator(".person")).to_have_text(["A Ann (you) guest", "B Bob guest"], use_inner_text=True)
    expect(ann.locator(".person-you:visible")).to_have_count(1)

    # Ann writes in the middle of what she has typed while Bob does as well.
    field = at(ann)
    field.fill("one three")
    for _ in range(5):
        ann.keyboard.press("ArrowLeft")
    used = field.evaluate_handle("field => field")

    def each_is_told_of_the_other() -> bool:
        """While both go on, as what is told of who pauses is gone in seconds."""
        at(bob).press("h")
        ann.keyboard.press("2")
        told = [page.locator(".typing > :visible").all_inner_texts() for page in (ann, bob)]
        return told == [["Bob is writing…"], ["Ann is writing…"]]

    until(each_is_told_of_the_other, "each sees that the other writes, and nothing of themselves")
    is_focused, text, caret = used.evaluate(
        "field => [document.activeElement === field, field.value, field.selectionStart]"
    )
    assert re.fullmatch("one 2+three", text)
    assert (is_focused, caret) == (True, text.index("t"))
    expect(ann.locator(".people[open]")).to_have_count(1)  # what came meanwhile has not closed it
    expect(bob.locator(".typing > :visible")).to_have_count(0)  # it goes by itself

    place = bob.locator(".composer").bounding_box()
    told = bob.locator(".typing > :visible")
    until(
        lambda: (ann.keyboard.press("!"), told.all_inner_texts() == ["Ann is writing…"])[1], "he sees that she writes"
    )
    assert bob.locator(".composer").bounding_box() == place
    say(ann, "there")
    expect(bob.locator(".message-body")).to_have_text(["there"])
    expect(bob.locator(".typing")).to_have_text("")

    second = ann.context.new_page()
    second.goto("/chat/")
    go_live(second)
    ann.close()
    say(bob, "still there?")
    expect(second.locator(".message-body")).to_have_count(2)
    expect(bob.locator(".people-count > [aria-hidden]")).to_have_text("2")
    second.close()
    expect(bob.locator(".people-count > [aria-hidden]")).to_have_text("1")
    until(lambda: "Ann" not in bob.locator(".people-list").text_content(), "she is in no list any more")
