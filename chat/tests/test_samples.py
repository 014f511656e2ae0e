"""Every template can be drawn in every state without a database, and holds what the page relies on."""

from pathlib import Path

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from chat.checks.templates import as_asked, is_page
from chat.samples import missing, samples

SHOWING = "chat/gallery/"
"""What shows samples is none."""

FOLDER = Path(__file__).resolve().parent.parent / "templates"


def drawn():
    def request(name: str):
        return as_asked() if is_page(name) else None

    return [(one, render_to_string(one.template, one.context, request(one.template))) for one in samples()]


def test_it_works():
    """No database is asked: this test is marked for none, so a query would fail it."""
    faults = {f"{one.template} {one.state}": missing(html, one.needs) for one, html in drawn()}
    assert len(faults) > 150
    assert {name: needs for name, needs in faults.items() if needs} == {}


def test_every_template_has_a_sample():
    here = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file()}
    assert {one.template for one in samples()} == {name for name in here if not name.startswith(SHOWING)}


def test_each_has_a_name_of_its_own():
    names = [(one.template, one.state) for one in samples()]
    assert len({*names}) == len(names)
    assert all(state.replace("-", "").isalnum() and state.islower() for _, state in names)


def test_two_sets_share_no_id():
    def ids(first: int) -> set[str]:
        return {one.context["room"].slug for one in samples(first) if "room" in one.context}

    assert len(ids(0)) > 50
    assert ids(0).isdisjoint(ids(1000))


def test_in_another_language():
    with translation.override("de"):
        texts = [html for one, html in drawn() if one.template == "chat/_notice.html"]
        assert "Nichts zu senden" in texts[0]


@pytest.mark.parametrize(
    "need",
    [
        "#message-7",
        "p",
        ".b",
        "p#message-7.a.b",
        '[data-seq="7"]',
        '[data-seq^="7"]',
        '[hx-swap-oob*="#log-"]',
        '[data-author~="ben"]',
        "section > p",
        "p.a > input[hidden]",
        "section > hr",
    ],
)
def test_a_need_that_is_met(need):
    html = """<section><p class="a b" id="message-7" data-seq="7" data-author="ann ben" hx-swap-oob="x:#log-y">
        <input hidden> text</p><hr></section>"""
    assert missing(html, [need]) == []


@pytest.mark.parametrize(
    "need",
    [
        "#message",
        "b",
        ".a-b",
        "p#message-7.c",
        '[data-seq=""]',
        '[data-author~="an"]',
        "section > input",
        "[title]",
        "p > hr",
    ],
)
def test_a_need_that_is_not(need):
    html = '<section><p class="a b" id="message-7" data-seq="7" data-author="ann ben"><input></p><hr></section>'
    assert missing(html, [need]) == [need]


def test_what_is_no_selector_is_said():
    with pytest.raises(ValueError, match="no selector"):
        missing("<p></p>", ["p:first-child"])
