"""Takes README's picture: python -m chat.tests.screenshot writes docs/screenshot.png."""

import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

from chat.tests import servers
from chat.tests.people import Raw, rename

PICTURE = servers.ROOT / "docs" / "screenshot.png"
SIZE = {"width": 1024, "height": 590}  # larger than that weighs more than a README should

ROOMS = ["design", "hardware", "help", "release-notes", "travel"]
VIEWER = "Ines"
CONVERSATION = [
    ("Marek", "Has anyone tried the new build on a train yet? Tunnels and all."),
    ("Ines", "Yesterday, Lisbon to Porto. It lost the line four times, and no message."),
    ("Tamar", "Same here. I closed the lid in one city, opened it in another, and it just caught up."),
    ("Ines", "And what I wrote in the tunnel went out by itself."),
    ("Marek", "Lovely. How do I write “no JavaScript” without sounding smug?"),
    ("Ines", "“It is a page. You can read it.”"),
]


@contextmanager
def lived_in_site():
    """A site where three guests have talked, each over a socket of their own; gives it, and makes pages for its viewer.

    Gives the site and a function: Playwright's options of a context -> the viewer's page.
    """
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        url = f"sqlite:///{Path(folder) / 'screenshot.sqlite3'}"
        servers.migrate(url)
        servers.make_rooms(url, *ROOMS)
        site = stack.enter_context(servers.Site(DATABASE_URL=url, CHAT_RATE_LIMITS="off"))
        chromium = servers.launch_chromium(stack.enter_context(sync_playwright()))
        stack.callback(chromium.close)
        cookies = []

        def page(path="/chat/", **options):
            context = chromium.new_context(base_url=site.url, **{"viewport": SIZE, **options})
            context.add_cookies(cookies)
            page = context.new_page()
            page.goto(path)
            if options.get("java_script_enabled", True) and page.locator(".connection").count():
                page.locator(".connection[data-state=live]").wait_for()
            return page

        viewer = page()
        rename(viewer, VIEWER)
        viewer.locator(".me-name", has_text=VIEWER).wait_for()
        cookies += viewer.context.cookies()
        guests = {name: stack.enter_context(Raw(site)) for name, _ in CONVERSATION if name != VIEWER}
        for name, guest in guests.items():
            guest.send(do="rename", name=name)
            assert name in guest.frame()
        guests[VIEWER] = stack.enter_context(Raw(site, page=viewer))
        for name, text in CONVERSATION:
            guests[name].send(message=text)
            for guest in guests.values():
                assert guest.hear(1) == [text]
        yield site, page


def main() -> None:
    with lived_in_site() as (_, page):
        page().screenshot(path=PICTURE)
    print(f"{PICTURE.relative_to(servers.ROOT)}: {PICTURE.stat().st_size / 1000:.0f} KB")


if __name__ == "__main__":
    main()
