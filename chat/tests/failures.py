"""What a failed test with a browser leaves in build/failures/<test>/: a picture and the text of each page, what the
console said, what the servers logged, and Playwright's trace (`playwright show-trace FILE`)."""

import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from playwright.sync_api import BrowserContext, Error

from chat.tests import servers

FOLDER = servers.ROOT / "build" / "failures"


def trace(context: BrowserContext) -> None:
    """What happens is written down from here on. Without pictures, which cost half as much again as the test."""
    context.tracing.start(screenshots=False, snapshots=False)


def folder_of(test: str) -> Path:
    """The folder of a test, by its id."""
    return FOLDER / re.sub(r"[^\w.-]+", "-", test.rpartition("/")[2]).strip("-")[:120]


def keep(test: str, contexts: Iterable[BrowserContext], said: Iterable[str], logs: Iterable[Path]) -> Path:
    """The folder where all of it is now. What can't be had, since a page or a server is gone, is left out."""
    folder = folder_of(test)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "console.txt").write_text("\n".join(said))
    for log in {*logs}:
        if log.exists():
            shutil.copy(log, folder / f"{log.parent.name}.log")
    for number, context in enumerate(contexts, start=1):
        try:
            for place, page in enumerate(context.pages, start=1):
                page.screenshot(path=folder / f"page-{number}-{place}.png", timeout=5000)
                (folder / f"page-{number}-{place}.html").write_text(page.content())
            context.tracing.stop(path=folder / f"trace-{number}.zip")
        except Error as error:
            (folder / f"page-{number}-gone.txt").write_text(str(error))
    return folder
