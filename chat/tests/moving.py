"""Makes README's moving picture, docs/screens/talking.webp: python -m chat.tests.moving, or make screens.

Two windows side by side, one light and one dark, and two people who write to each other in them. Each frame is what
Chromium shows then; how long it stays is said here, so that it moves evenly however slow the machine is.
"""

import sys
from pathlib import Path
from typing import NamedTuple

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from chat.tests import servers
from chat.tests.people import at, go_live, rename, settle
from chat.tests.screens import FOLDER, Visit, lived_in_site, picture

NAME = "talking.webp"
PATH = "/chat/kitchen/"
WINDOW = {"width": 460, "height": 440}
GAP = 12  # pixels between the windows
KEYS, PAUSE = 80, 1200  # milliseconds that a frame stays, while one types and to read what came
AT_ONCE = 3  # characters from one frame to the next

NAMES = ("Mika", "Tess")
TALK = [
    (0, "Lunch at noon?"),
    (1, "Yes! Is there soup left?"),
    (0, "Two bowls. And cake!"),
    (1, "On my way"),
]
"""(window, what is written in it)."""


class Frame(NamedTuple):
    image: Image.Image
    milliseconds: int


def film(visit: Visit, talk: list[tuple[int, str]] = TALK) -> list[Frame]:
    windows = [visit(PATH, stranger=True, viewport=WINDOW, color_scheme=scheme) for scheme in ("light", "dark")]
    for window, name in zip(windows, NAMES, strict=True):
        rename(window, name)
        window.locator(".me-name", has_text=name).wait_for()
        window.reload()
        go_live(window)
    for window in windows:
        window.locator(".person").nth(1).wait_for(state="attached")
    frames = [Frame(both(windows), PAUSE)]
    for writer, text in talk:
        frames += written(windows, windows[writer], windows[1 - writer], text)
    return [*frames[:-1], frames[-1]._replace(milliseconds=2 * PAUSE)]


def written(windows: list[Page], writer: Page, reader: Page, text: str) -> list[Frame]:
    """One types it, the other sees that somebody writes, and then what."""
    frames: list[Frame] = []
    field = at(writer)
    writer.wait_for_timeout(2600)  # a page says no more often that somebody writes
    for end in range(AT_ONCE, len(text) + AT_ONCE, AT_ONCE):
        field.press_sequentially(text[end - AT_ONCE : end])
        if not frames:
            reader.locator(".typing [data-author]").first.wait_for()
        frames.append(Frame(both(windows), KEYS))
    settle(writer)
    writer.keyboard.press("Enter")
    for window in windows:
        window.locator(".log .message").last.filter(has_text=text).wait_for()
        window.locator(".typing span").wait_for(state="detached")
    settle(writer)
    return [*frames, Frame(both(windows), PAUSE)]


def both(windows: list[Page]) -> Image.Image:
    width, height = WINDOW["width"], WINDOW["height"]
    image = Image.new("RGB", (2 * width + GAP, height), "#8b9693")
    for number, window in enumerate(windows):
        image.paste(picture(window), (number * (width + GAP), 0))
    return image


def keep(frames: list[Frame], path: Path) -> None:
    first, *others = (frame.image for frame in frames)
    durations = [frame.milliseconds for frame in frames]
    first.save(path, "WEBP", save_all=True, append_images=others, duration=durations, loop=0, lossless=True, method=4)


def main(folder: Path = FOLDER) -> None:
    path = folder / NAME
    with sync_playwright() as playwright, lived_in_site(servers.launch_chromium(playwright)) as (_site, visit):
        frames = film(visit)
    keep(frames, path)
    seconds = sum(frame.milliseconds for frame in frames) / 1000
    print(f"{path}: {len(frames)} frames, {seconds:.1f} s, {path.stat().st_size / 1000:.0f} KB")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
