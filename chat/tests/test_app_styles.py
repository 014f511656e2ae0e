"""The app's own stylesheet holds inside of the chat alone, and is the site's in all else."""

import re

import pytest

from chat.tests import servers
from theme.scoped import blocks, scoped

APP = servers.ROOT / "chat" / "static" / "chat" / "chat.css"
SITE = servers.ROOT / "theme" / "static" / "css" / "dist" / "styles.css"
OURS = re.compile(r"(?:html\[[^\]]*\] )?\.chat-ui\.chat-ui\b|:where\(\.chat-ui\)|body:where\(\.chat-page\)$")


def selectors(css: str) -> list[str]:
    """Of every rule, however deep in an @media or @supports."""
    found: list[str] = []
    for head, body in blocks(css):
        if head.startswith(("@media", "@supports", "@container", "@starting-style")):
            found += selectors(body)
        elif not head.startswith(("@keyframes", "@property", "@layer properties")):
            found += re.split(r",(?![^(]*\))", head)
    return found


def leaks(css: str) -> list[str]:
    return [one for one in selectors(css) if not OURS.match(one.strip())]


def test_it_works():
    css = APP.read_text()
    assert len(selectors(css)) > 200
    assert leaks(css) == []


@pytest.mark.parametrize(
    "guilty", ["p{color:red}", "@media print{.message{color:red}}", ".chat-ui.chat-ui p,h1{top:0}"]
)
def test_a_leak_is_caught(guilty):
    assert leaks(APP.read_text() + guilty)


def test_what_has_a_name_for_the_whole_page_has_one_of_its_own():
    heads = [head for head, _body in blocks(APP.read_text()) if head.startswith("@")]
    named = [head for head in heads if head.startswith(("@keyframes", "@property"))]
    assert len(named) > 5
    assert [head for head in named if not head.startswith(("@keyframes chat-", "@property --tw-"))] == []
    played = re.findall(r"animation:([^;}]+)", APP.read_text())
    assert len(played) > 4
    assert [one for one in played if "chat-" not in one and one != "none"] == []


def test_every_class_of_the_sites_is_there():
    classes = re.compile(r"\.[a-z][\w-]+")
    assert {*classes.findall(SITE.read_text())} - {".com"} <= {*classes.findall(APP.read_text())}


def test_what_it_makes_of_a_rule():
    site = "@layer theme{:root,:host{--color-ink:light-dark(#111,#eee)}}"
    made = scoped(
        site + "@layer base{a{color:red}html[dir=rtl] .b{top:0}.c{animation:1s leave}}@keyframes leave{to{top:1px}}"
    )
    assert ":where(.chat-ui){--color-ink:light-dark(#111,#eee)}" in made
    assert ".chat-ui.chat-ui{a{color:red}}" in made
    assert ".chat-ui.chat-ui{html[dir=rtl] & .b{top:0}}" in made
    assert "animation:1s chat-leave" in made
    assert "@keyframes chat-leave{to{top:1px}}" in made
    assert "@layer" not in made
