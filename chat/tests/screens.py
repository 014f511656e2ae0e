"""Takes the pictures in docs/screens/ anew: python -m chat.tests.screens, or make screens.

    python -m chat.tests.screens [FOLDER [SCREEN …]]

The place they show is the demo's, while its clock stands: taken again when nothing has changed, they are the same but
for the guests' colours, which follow keys that are drawn anew.
"""

import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from chat.tests import servers
from chat.tests.people import Raw, go_live, sign_up

FOLDER = servers.ROOT / "docs" / "screens"
SIZES = {"desktop": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 844}}
SCHEMES = ("light", "dark")

SCREENS = {
    "room": "/chat/",
    "rooms": "/chat/rooms/",
    "search": "/chat/search/?q=tomato",
    "people": "/chat/garden/about/",
    "new-room": "/chat/rooms/new/",
    "settings": "/chat/me/",
    "mentions": "/chat/mentions/",
    "sign-in": "/accounts/login/",
    "sign-up": "/accounts/sign-up/",
    "not-found": "/chat/nowhere/",
    "gallery": "/chat/gallery/",
}
STRANGERS = ("sign-in", "sign-up")
"""What is seen by who is not signed in."""

STAFF = ("gallery",)
"""What is seen by staff members alone; so these come last."""

VIEWER = "Ines"
CONVERSATION = [
    ("Marek", "Has anyone tried the new build on a train yet? Tunnels and all."),
    ("Ines", "Yesterday, Lisbon to Porto. It lost the line four times, and no message."),
    ("Tamar", "Same here. I closed the lid in one city, opened it in another, and it just caught up."),
    ("Ines", "And what I wrote in the tunnel went out by itself."),
    ("Marek", "Lovely. How do I write “no JavaScript” without sounding smug?"),
    ("Ines", "“It is a page. You can read it.”"),
]

Visit = Callable[..., Page]


class StillSite(servers.Site):
    """A live Daphne whose clock stands."""

    def command(self) -> list[str]:
        python, _module, *daphne = super().command()
        return [python, "-m", "chat.tests.clock", *daphne]


@contextmanager
def lived_in_site(chromium: Browser) -> Iterator[tuple[StillSite, Visit]]:
    """The demo's place, where two guests and the viewer are just talking. Gives the site, and a function: a path and
    Playwright's options of a context -> a page; the viewer's, unless it is asked for a `stranger`.

    As in earnest, without DEBUG: it changes the page for what is not there.
    """
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        url = f"sqlite:///{Path(folder) / 'screens.sqlite3'}"
        environment = {"DATABASE_URL": url, "DEBUG": "0", "HTTPS": "0", "SECRET_KEY": "of-the-pictures" * 4}
        servers.migrate(url)
        site = stack.enter_context(StillSite(CHAT_RATE_LIMITS="off", **environment))
        state: dict = {}

        def visit(path: str = "/chat/", stranger: bool = False, **options: object) -> Page:
            said = {"base_url": site.url, "reduced_motion": "reduce", "viewport": SIZES["desktop"], **options}
            context = chromium.new_context(**said, storage_state=None if stranger else state)
            stack.callback(context.close)
            page = context.new_page()
            page.goto(path)
            if page.locator("script[src*=hx-ws]").count() and page.locator(".connection").count():
                go_live(page)
            return page

        viewer = sign_up(visit("/health/", stranger=True), VIEWER)
        state |= viewer.context.storage_state()
        viewer.context.close()  # what is seeded comes to open pages in its own time
        manage(environment, "seed_demo", "--force", "--for", VIEWER)
        stack.enter_context(talk(site, visit("/chat/")))
        yield site, visit


def manage(environment: dict[str, str], *arguments: str) -> None:
    command = [sys.executable, "-m", "chat.tests.clock", "django", *arguments]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "site_config.settings", **environment}
    subprocess.run(command, env=environment, cwd=servers.ROOT, check=True, capture_output=True)


@contextmanager
def talk(site: StillSite, viewer: Page) -> Iterator[None]:
    """What they say, each over a socket of their own; the guests stay for as long as this lasts."""
    with ExitStack() as stack:
        names = dict.fromkeys(name for name, _ in CONVERSATION if name != VIEWER)
        people = {name: stack.enter_context(Raw(site)) for name in names}
        for name, guest in people.items():
            guest.send(do="rename", name=name)
            while name not in guest.frame():
                pass
        people[VIEWER] = stack.enter_context(Raw(site, page=viewer))
        for name, text in CONVERSATION:
            people[name].send(message=text)
            for one in people.values():
                assert one.hear(1) == [text]
        viewer.locator(".person").nth(len(people) - 1).wait_for(state="attached")  # all are here
        viewer.context.close()
        yield


def picture(page: Page) -> Image.Image:
    page.evaluate("() => document.fonts.ready")
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def keep(image: Image.Image, path: Path, effort: int = 6) -> None:
    """Without loss; `effort`, up to 6, makes it smaller and takes longer."""
    image.save(path, "WEBP", lossless=True, quality=100, method=effort)


def name_of(screen: str, size: str, scheme: str) -> str:
    return f"{screen}-{size}-{scheme}.webp"


def take(folder: Path, site: StillSite, visit: Visit, screens: list[str], effort: int = 6) -> None:
    for screen in screens:
        if screen in STAFF:
            promote = "from django.contrib.auth.models import User; User.objects.update(is_staff=True)"
            manage(site.environment, "shell", "--command", promote)
        for size, viewport in SIZES.items():
            for scheme in SCHEMES:
                phone = {"has_touch": True, "is_mobile": True} if size == "phone" else {}
                stranger = screen in STRANGERS
                page = visit(SCREENS[screen], stranger, viewport=viewport, color_scheme=scheme, **phone)
                keep(picture(page), folder / name_of(screen, size, scheme), effort)
                page.context.close()


def main(folder: str = str(FOLDER), *screens: str) -> None:
    into = Path(folder)
    into.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, lived_in_site(servers.launch_chromium(playwright)) as (site, visit):
        take(into, site, visit, [screen for screen in SCREENS if screen in (screens or SCREENS)])
    sizes = {path.name: path.stat().st_size / 1000 for path in sorted(into.glob("*.webp"))}
    print(*(f"{name}: {size:.0f} KB" for name, size in sizes.items()), f"{sum(sizes.values()):.0f} KB in all", sep="\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
