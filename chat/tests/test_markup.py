"""Text that people typed: fit to store, or refused in a sentence."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chat.errors import Refused
from chat.markup import message_body, participant_name

anything = st.one_of(st.text(st.characters()), st.none(), st.integers(), st.binary(), st.lists(st.text()))


def made_fit(fit, text, longest):
    """(what is stored, what the person is told): one of the two."""
    try:
        return fit(text, longest), ""
    except Refused as refusal:
        return None, str(refusal)


def sentence(text: str) -> bool:
    return text[:1].isupper() and text.endswith(".") and text.isprintable()


def storable(text: str) -> bool:
    return "\x00" not in text and text.encode().decode() == text


def test_it_works():
    assert message_body(" \r\n  hello <b> \r\n", 100) == "  hello <b>"
    assert participant_name("  Ann \t Lee ", 100) == "Ann Lee"


@given(anything)
@example("\ud800")
@example("a\x00b")
def test_a_body_is_storable_or_refused_in_a_sentence(text):
    body, why_not = made_fit(message_body, text, 50)
    if body is None:
        assert sentence(why_not)
    else:
        assert storable(body)
        assert 0 < len(body) <= 50
        assert "\r" not in body
        assert message_body(body, 50) == body


@given(anything)
@example("\ud800")
@example("a\x00b")
@example("e\u200b\u0301")
def test_a_name_is_storable_on_one_line_and_final_or_refused_in_a_sentence(text):
    name, why_not = made_fit(participant_name, text, 40)
    if name is None:
        assert sentence(why_not)
    else:
        assert storable(name)
        assert 0 < len(name) <= 40
        assert name.split() == name.split(" ")
        assert participant_name(name, 40) == name


SCRIPTS = {
    "Persian": "\u062f\u0627\u0646\u06cc\u0627\u0644",
    "Persian with a non-joiner": "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    "Hebrew": "עמית",
    "Hindi with a joiner": "नमस्\u200dते",
    "Chinese": "李小龍",
    "an astronaut, two emoji joined": "👩\u200d🚀",
    "a rainbow flag": "🏳️\u200d🌈",
    "accents": "Zoë Å.",
}


@pytest.mark.parametrize("name", SCRIPTS.values(), ids=SCRIPTS)
def test_names_of_all_scripts_survive(name):
    assert participant_name(name, 40) == name


@pytest.mark.parametrize("char", "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\u00ad\ufeff")
def test_characters_that_turn_or_hide_text_are_taken_out_of_names(char):
    assert participant_name(f"{char}An{char}n{char}", 40) == "Ann"


def test_a_name_is_one_line_with_single_spaces():
    assert participant_name("Ann\r\n\u2028of\u00a0\u3000the\tHill", 40) == "Ann of the Hill"


def test_wide_letters_become_plain_ones():
    assert participant_name("\uff21\uff4e\uff4e", 40) == "Ann"


def test_a_name_can_be_as_long_as_it_may_and_no_longer():
    assert participant_name("n" * 40, 40) == "n" * 40
    with pytest.raises(Refused, match=r"^This name is too long: it has 2,000 characters, and at most 40 fit\.$"):
        participant_name("n" * 2000, 40)


@pytest.mark.parametrize("char", [" ", "\u00a0", "\u200b", "\u2060", "\u00ad", "\u202e", "\u200d"], ids=ascii)
def test_what_leaves_no_mark_is_neither_message_nor_name(char):
    for fit in (message_body, participant_name):
        with pytest.raises(Refused):
            fit(char * 3, 40)


@pytest.mark.parametrize("char", ["\ufe0f", "\u034f", "\u115f", "\u3164", "\uffa0", "\U000e0100", "\u2800"], ids=ascii)
def test_what_leaves_no_mark_though_unicode_calls_it_a_letter_or_accent_is_neither_message_nor_name(char):
    for fit in (message_body, participant_name):
        with pytest.raises(Refused):
            fit(char * 3, 40)


def test_how_the_first_line_is_indented_stays():
    code = "    if ready:\n        go()"
    assert message_body(f"\n \t\n{code}\n\n", 100) == code


@pytest.mark.parametrize("blank", ["\u2800", "\u3164", "\u115f", "\U000e0101"])
def test_hardly_anything_but_blanks_is_refused(blank):
    assert made_fit(message_body, f"{blank * 300}.", 4000)[1].startswith("This message is hardly anything but blanks")
    assert message_body(f"{blank * 5}.", 4000) == f"{blank * 5}."


def test_a_picture_of_braille_cells_is_a_message():
    picture = "\n".join(["\u2800\u2800\u28ff\u28ff\u2800\u2800\u2800\u28c7"] * 20)
    assert message_body(picture, 4000) == picture
