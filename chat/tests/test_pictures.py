"""In Chromium: the pictures in the documentation can be taken anew by one command, are all there, and are small."""

import re

import pytest
from PIL import Image

from chat.tests import moving
from chat.tests.screens import FOLDER, SCHEMES, SCREENS, SIZES, lived_in_site, name_of, take
from chat.tests.servers import ROOT

ALL = {name_of(screen, size, scheme) for screen in SCREENS for size in SIZES for scheme in SCHEMES}
MOST, MOST_MOVING = 1_500_000, 400_000  # bytes: of all of them, and of the one that moves


@pytest.mark.thorough
def test_it_works(chromium, tmp_path):
    with lived_in_site(chromium) as (site, visit):
        take(tmp_path, site, visit, ["room"], effort=0)
        frames = moving.film(visit, moving.TALK[:1])
    taken = {name for name in ALL if re.match("room-(desktop|phone)-", name)}
    assert {path.name for path in tmp_path.iterdir()} == taken
    for name in taken:
        with Image.open(tmp_path / name) as image:
            assert image.size == size_of(name)
            assert len(image.getcolors(1 << 20)) > 20, f"{name} is empty"
    corners = {scheme: corner(tmp_path / name_of("room", "desktop", scheme)) for scheme in SCHEMES}
    assert corners["light"] > 200 > 100 > corners["dark"]
    moving.keep(frames, tmp_path / moving.NAME)
    with Image.open(tmp_path / moving.NAME) as film:
        assert film.n_frames > 3


def corner(path) -> int:
    with Image.open(path) as image:
        return image.convert("L").getpixel((2, 2))


def size_of(name: str) -> tuple[int, int]:
    viewport = SIZES[next(size for size in SIZES if f"-{size}-" in name)]
    return viewport["width"], viewport["height"]


def is_a_film(path) -> None:
    with Image.open(path) as image:
        assert image.n_frames > 20
        assert image.size == (2 * moving.WINDOW["width"] + moving.GAP, moving.WINDOW["height"])
    assert path.stat().st_size < MOST_MOVING


def test_all_are_here_and_small():
    assert {path.name for path in FOLDER.glob("*.webp")} == {*ALL, moving.NAME}
    assert all(picture_size(name) == size_of(name) for name in ALL)
    is_a_film(FOLDER / moving.NAME)
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < MOST


def picture_size(name: str) -> tuple[int, int]:
    with Image.open(FOLDER / name) as image:
        return image.size


def pictures(text: str) -> list[str]:
    """What a page shows by tags; those in Markdown are links like any other."""
    return re.findall(r"""<(?:img|source)\b[^>]*?\bsrc(?:set)?="([^"]+)\"""", text)


@pytest.mark.parametrize("path", ["README.md", "docs/screens/README.md"])
def test_every_page_shows_what_is_here(path):
    shown = pictures((ROOT / path).read_text())
    assert len(shown) >= 2
    assert [name for name in shown if not (ROOT / path).parent.joinpath(name).is_file()] == []


def test_both_schemes_are_shown():
    """Where there is a picture for the dark, it is the same screen's."""
    text = (ROOT / "README.md").read_text() + (ROOT / "docs/screens/README.md").read_text()
    pairs = re.findall(
        r'<source media="\(prefers-color-scheme: dark\)" srcset="([^"]+)">\s*<img [^>]*src="([^"]+)"', text
    )
    assert len(pairs) > len(SCREENS)
    assert [dark for dark, light in pairs if dark != light.replace("-light.", "-dark.")] == []


def test_all_screens_are_shown():
    assert {*pictures((ROOT / "docs/screens/README.md").read_text())} >= ALL


def test_the_readme_begins_with_what_one_wants_to_know():
    first = "\n".join((ROOT / "README.md").read_text().splitlines()[:40])
    said = ("make run", "make test", moving.NAME, "room-desktop-light.webp", "docs/deploying.md", "docs/embedding.md")
    assert [one for one in said if one not in first] == []
