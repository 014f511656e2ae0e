"""An avatar shows one or two letters, whole ones, whatever somebody calls themselves."""

import pytest

from chat import fragments
from chat.names import LONGEST_INITIAL, NO_INITIAL, initials


def test_it_works():
    assert initials("Amara Okafor") == "AO"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("ann", "A"),
        ("lotte de vries", "LV"),
        ("(Ben) Halloran", "BH"),
        ("élodie Ångström", "ÉÅ"),
        ("e\u0301lodie", "É"),
        ("ßara", "ß"),  # its capital is two letters
        ("ﬁona", "ﬁ"),
        ("ליאור כהן", "לכ"),
        ("محمد الفارسي", "\u0645\u200c\u0627"),  # not joined, which would read as a word
        ("陳怡君", "陳"),
        ("हिन्दी कवि", "हिक"),
        ("👩‍👩‍👧‍👦 family", "👩‍👩‍👧‍👦"),
        ("Ann 🎉", "A"),
        ("👍🏽", "👍🏽"),
        ("🇺🇦🇺🇦", "🇺🇦"),
        ("❤️", "❤️"),
        ("7 of 9", "79"),
        ("…", NO_INITIAL),
        ("", NO_INITIAL),
        (" \u2028\u3000 ", NO_INITIAL),
        ("\u202e", NO_INITIAL),
        ("\u202eevil\u202c", "E"),
        ("\u200b\u200d\u0301", NO_INITIAL),
        ("<b>", "B"),
        ("\ud800", NO_INITIAL),
    ],
)
def test_of_all_kinds_of_names(name, shown):
    assert initials(name) == shown


@pytest.mark.parametrize(
    "name", ["x" * 2000, "x " * 1000, "a" + "\u0301" * 2000, "👩" + "\u200d👩" * 1000, "🏽" * 2000]
)
def test_it_stays_short(name):
    assert 1 <= len(initials(name)) <= 2 * LONGEST_INITIAL
    assert len(initials("a" + "\u0316" * 2000)) <= 3


def test_no_name_gets_out_of_its_avatar():
    for name in ('"><script>', "<img src=x>", "\u202e\u2066x", "&amp;"):
        html = fragments.avatar("key", name)
        assert html.count("<") == 2
        assert not any(char in html for char in "\u202a\u202b\u202d\u202e\u2066\u2067\u2068")


def test_the_colour_is_that_of_the_key_or_the_chosen_one():
    assert fragments.avatar("g1", "Ann") == fragments.avatar("g1", "Ann")
    assert "colour-pink" in fragments.avatar("g1", "Ann", "pink")
    colours = {fragments.avatar(f"g{number}", "Ann") for number in range(200)}
    assert len(colours) == 8
