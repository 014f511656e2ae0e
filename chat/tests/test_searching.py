"""The words of texts, and what somebody asks for: without a database."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.searching import LONGEST_WORD, MOST_TERMS, Term, asked, closeness, has_link, placed, spans, unquoted, words

TODAY = date(2026, 11, 27)


def test_it_works():
    found = asked('hello "big world" from:ann in:lobby after:2026-11 has:link', TODAY)
    assert found.terms == [Term(["hello"], False), Term(["big", "world"], True)]
    assert (found.senders, found.rooms, found.has_link) == (["ann"], ["lobby"], True)
    assert (found.since, found.until, found.problems) == (date(2026, 12, 1), None, [])
    assert found.only_messages


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Don't STOP__now, user_name!", "don t stop now user name"),
        ("Éa Straße \uff46\uff55\uff4c\uff4c ﬁn", "ea strasse full fin"),
        ("e\u0301a", "ea"),
        ("Привет, мир", "привет мир"),
        ("日本語テスト", "日 本 語 テ ス ト"),
        ("コード in Tokyo東京", "コ ー ド in tokyo 東 京"),
        ("한국어 문장", "한국어 문장"),
        ("हिन्दी में", "हिन्दी में"),
        ("שָׁלוֹם עולם", "שלום עולם"),
        ("مُحَمَّد", "محمد"),
        ("กิน", "กิ น"),
        ("done 🎉!", "done 🎉"),
        ("❤️ ⭐ ⏰", "❤ ⭐ ⏰"),
        ("Parley™ Łódź Ærø", "parley lodz aero"),
        ("1.5 ½ ①", "1 5 1 2 1"),
        ("x" * 100, "x" * LONGEST_WORD),
        ("...", ""),
    ],
)
def test_words_are_the_same_however_they_are_written(text, said):
    assert words(text) == said.split()
    assert [word.text for word in placed(text)] == said.split()


def test_places_are_those_in_the_text():
    text = "Ein Café, ½ voll"
    assert [(text[word.start : word.end], word.text) for word in placed(text)] == [
        ("Ein", "ein"),
        ("Café", "cafe"),
        ("½", "1"),
        ("½", "2"),
        ("voll", "voll"),
    ]


@given(st.text(alphabet=st.one_of(st.characters(codec="utf-8"), st.sampled_from("ab üİß日ก½\u0301\u200d-_'"))))
def test_what_was_said_is_found_by_saying_it_again(text):
    bare = text.translate(dict.fromkeys(map(ord, '"“”„«»')))
    said = words(bare)
    (*terms,) = asked(f'"{bare}"', TODAY).terms
    assert bool(terms) == bool(said)
    assert spans(said, terms) == ([(0, len(said))] if said else [])
    assert all(word.isascii() is False or word.isalnum() for word in said)
    assert all(" " not in word and "_" not in word and "'" not in word and '"' not in word for word in said)


@pytest.mark.parametrize(
    ("typed", "terms"),
    [
        ("dep", [Term(["dep"], False)]),
        ("de", [Term(["de"], True)]),
        ("한", [Term(["한"], False)]),
        ('"dep"', [Term(["dep"], True)]),
        ("“ein Tag“", [Term(["ein", "tag"], True)]),
        ("«un jour»", [Term(["un", "jour"], True)]),
        ("user_name", [Term(["user", "name"], False)]),
        ('"never ends', [Term(["never", "ends"], True)]),
        ("!!! 👍 ...", [Term(["👍"], True)]),
        ("http://a.b/code", [Term(["http", "a", "b", "code"], False)]),
        ("note: from here", [Term(["note"], False), Term(["from"], False), Term(["here"], False)]),
        ("a " * 30, [Term(["a"], True)]),
        (
            "and " + " ".join(map(str, range(30))),
            [Term(["and"], False), *(Term([str(n)], True) for n in range(MOST_TERMS - 1))],
        ),
    ],
)
def test_terms(typed, terms):
    found = asked(typed, TODAY)
    assert found.terms == terms
    assert (found.only_messages, found.problems) == (False, [])


@pytest.mark.parametrize(
    ("typed", "since", "until"),
    [
        ("on:2026-11-27", date(2026, 11, 27), date(2026, 11, 28)),
        ("ON:today", date(2026, 11, 27), date(2026, 11, 28)),
        ("on:yesterday", date(2026, 11, 26), date(2026, 11, 27)),
        ("on:2026-12", date(2026, 12, 1), date(2027, 1, 1)),
        ("on:2024-2", date(2024, 2, 1), date(2024, 3, 1)),
        ("on:2026", date(2026, 1, 1), date(2027, 1, 1)),
        ("before:2026-11-27", None, date(2026, 11, 27)),
        ("after:2026-11-27", date(2026, 11, 28), None),
        ("after:2025 before:2026-06", date(2026, 1, 1), date(2026, 6, 1)),
        ("before:2026 before:2025", None, date(2025, 1, 1)),
    ],
)
def test_days(typed, since, until):
    found = asked(typed, TODAY)
    assert (found.since, found.until, found.problems, found.terms) == (since, until, [], [])


NO_DAYS = ["soon", "2026-13", "2026-00", "2026-11-00", "2026-02-30", "0000", "0001", "9999", "27.11.2026", "2026-"]


@pytest.mark.parametrize("said", NO_DAYS)
def test_what_is_no_day_says_how_to_write_one(said):
    (problem,) = asked(f"before:{said}", TODAY).problems
    assert f"“{said}”" in str(problem)
    assert "2026-11-27" in str(problem)


@pytest.mark.parametrize(
    ("typed", "senders", "rooms"),
    [
        ('from:"Ann Bee" in:"The garden"', ["Ann Bee"], ["The garden"]),
        ('from: "ann" in: "the lobby"', ["ann"], ["the lobby"]),
        ("in: the garden, from: above", [], []),
        ("from:a from:a " + " ".join(f"in:{n}" for n in range(9)), ["a"], list("01234")),
        ("FROM:@ann from:bob", ["@ann", "bob"], []),
        ('from:""', [""], []),
        ("xfrom:ann", [], []),
    ],
)
def test_who_and_where(typed, senders, rooms):
    found = asked(typed, TODAY)
    assert (found.senders, found.rooms) == (senders, rooms)


def test_a_message_has_links_and_nothing_else():
    assert asked("has:links", TODAY).has_link
    assert "has:link" in str(asked("has:picture", TODAY).problems[0])


@pytest.mark.parametrize(
    ("text", "has"),
    [
        ("https://example.org", True),
        ("see www.example.org", True),
        ("[x](mailto:a@b.c)", True),
        ("ann@example.org", True),
        ("@ann at 5@home", False),
        ("a: b, c://", False),
    ],
)
def test_what_is_a_link(text, has):
    assert has_link(text) is has


def test_marks_go_over_several_words_and_never_overlap():
    said = "the cat sat on the cats".split()
    assert spans(said, [Term(["the", "cat"], False), Term(["cat"], True), Term(["sat"], True)]) == [
        (0, 2),
        (2, 3),
        (4, 6),
    ]
    assert spans(said, [Term(["the", "cat"], True)]) == [(0, 2)]
    assert spans([], [Term(["the"], True)]) == []


def test_the_best_is_what_says_just_that():
    terms = [Term(["red"], False), Term(["fox"], False)]
    texts = ["reddish foxes", "fox and red", "a red fox and much more besides", "red fox"]
    ranked = sorted(texts, key=lambda text: closeness(words(text), terms))
    assert ranked == texts


def test_a_name_has_no_quotation_marks():
    assert unquoted(' “Tea  kitchen” "x') == "Tea kitchen x"
