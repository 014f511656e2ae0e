"""What is read can be read, in the light and in the dark: the contrast of the tokens, as WCAG counts it."""

import re

import pytest

from chat.models.participant import Colour
from chat.tests.servers import ROOT

SOURCE = (ROOT / "theme/static_src/src/tokens.css").read_text()
AA, AAA, LARGE = 4.5, 7.0, 3.0
LIGHT, DARK = 0, 1
MORE = SOURCE + (ROOT / "theme/static_src/src/contrast.css").read_text()
"""As for who asks for more: of a token that is said twice the second counts."""

Pixel = tuple[float, float, float]


def tokens(css: str, scheme: int) -> dict[str, Pixel]:
    found = re.findall(r"--color-([\w-]+): light-dark\(#(\w{6}), #(\w{6})\)", css)
    pairs = {name: (light, dark) for name, light, dark in found}
    return {
        name: tuple(int(pair[scheme][at : at + 2], 16) / 255 for at in (0, 2, 4))  # type: ignore[misc]
        for name, pair in pairs.items()
    }


def luminance(pixel: Pixel) -> float:
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in pixel]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: Pixel, other: Pixel) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def faults(css: str) -> list[str]:
    """Pairs that can't be read well enough."""
    tint = int(re.search(r"--avatar-tint: (\d+)%", css)[1]) / 100  # type: ignore[index]
    wanted = [
        *(("ink", ground, AAA) for ground in ("bubble", "own", "mention", "surface", "canvas")),
        *(("muted", ground, AA) for ground in ("surface", "canvas", "bubble")),
        *((name, ground, AA) for name in ("alert", "waiting", "accent") for ground in ("surface", "canvas")),
        ("accent-ink", "accent", AA),
        ("ink", "line", AA),
        ("mention-mark", "surface", LARGE),
        *((f"name-{colour}", "surface", AA) for colour in Colour.values if colour),
        *((f"name-{colour}", "canvas", AA) for colour in Colour.values if colour),
    ]
    found = []
    for scheme, called in ((LIGHT, "light"), (DARK, "dark")):
        colours = tokens(css, scheme)
        for name, ground, least in wanted:
            ratio = contrast(colours[name], colours[ground])
            if ratio < least:
                found.append(f"{name} on {ground}, {called}: {ratio:.2f}, less than {least}")
        for colour in filter(None, Colour.values):
            name, surface = colours[f"name-{colour}"], colours["surface"]
            ground = tuple(tint * one + (1 - tint) * other for one, other in zip(name, surface, strict=True))
            if (ratio := contrast(name, ground)) < AA:  # type: ignore[arg-type]
                found.append(f"an avatar in {colour}, {called}: {ratio:.2f}, less than {AA}")
    return found


def test_it_works():
    assert faults(SOURCE) == []
    assert len(tokens(SOURCE, LIGHT)) == len(re.findall(r"--color-[\w-]+:", SOURCE)), "each is for light and for dark"


def test_who_asks_for_more_gets_more():
    for scheme in (LIGHT, DARK):
        colours = tokens(MORE, scheme)
        for name in ("ink", "muted", "alert", "waiting", "accent"):
            assert min(contrast(colours[name], colours[ground]) for ground in ("surface", "canvas")) >= AAA, name
        assert contrast(colours["line"], colours["surface"]) >= AA
        assert contrast(colours["accent-ink"], colours["accent"]) >= AAA


def test_the_arithmetic_is_that_of_wcag():
    assert contrast((0, 0, 0), (1, 1, 1)) == pytest.approx(21)
    grey = (0x76 / 255,) * 3
    assert contrast(grey, (1, 1, 1)) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize(
    ("token", "worse", "said"),
    [
        ("ink", "light-dark(#7b817f, #e8ecea)", "ink on bubble, light"),
        ("own", "light-dark(#d3ece6, #5d9a90)", "ink on own, dark"),
        ("muted", "light-dark(#9aa6a2, #9aa6a2)", "muted on surface, light"),
        ("accent-ink", "light-dark(#000000, #06201c)", "accent-ink on accent, light"),
        ("name-olive", "light-dark(#9a9e00, #d0cf5a)", "an avatar in olive, light"),
    ],
)
def test_a_bad_one_is_caught(token, worse, said):
    changed = re.sub(rf"--color-{token}: [^;]+", f"--color-{token}: {worse}", SOURCE)
    assert changed != SOURCE
    assert any(fault.startswith(said) for fault in faults(changed))


def test_more_of_a_colour_in_an_avatar_is_caught():
    assert any("an avatar" in fault for fault in faults(re.sub(r"--avatar-tint: \d+%", "--avatar-tint: 45%", SOURCE)))
