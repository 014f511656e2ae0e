"""Projects of other people that have the chat in them, live: served by Daphne, as `runserver` does."""

import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from chat.tests import servers


class Host(servers.Server):
    """A Django project in a folder, migrated on a database of its own."""

    name = "host"

    def __init__(self, folder: Path, prefix: str = "", **environment: str):
        super().__init__()
        self.project, self.prefix = folder, prefix
        self.environment = {
            **{name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"},
            "PYTHONPATH": str(servers.ROOT),
            "PYTHONUNBUFFERED": "1",
            "DATABASE": str(self.folder / "db.sqlite3"),
            "PREFIX": prefix,
            **environment,
        }

    @property
    def url(self) -> str:
        return f"http://{servers.HOST}:{self.port}{self.prefix}"

    @property
    def socket_url(self) -> str:
        return f"ws://{servers.HOST}:{self.port}{self.prefix}"

    def manage(self, *arguments: str) -> subprocess.CompletedProcess:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, env=self.environment, cwd=self.project, capture_output=True, text=True, check=False
        )

    def command(self) -> list[str]:
        return [sys.executable, "manage.py", "runserver", "--noreload", f"{servers.HOST}:{self.port}"]

    def options(self) -> dict:
        return {"env": self.environment, "cwd": self.project}

    def start(self) -> None:
        migrated = self.manage("migrate", "--verbosity", "0")
        if migrated.returncode:
            raise RuntimeError(f"migrate failed: {migrated.stderr}")
        self.prepare()
        super().start()

    def prepare(self) -> None:
        """What is in the database before the first visitor comes."""

    def ready(self) -> bool:
        if not servers.listens(self.port):
            return False
        try:
            urllib.request.urlopen(f"{self.url}/", timeout=5).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True


@contextmanager
def unless_tried(request, shared: Host, make: Callable[[], Host]) -> Iterator[Host]:
    """What the tests of a module share; at a second try one of its own, as the first has left its traces."""
    if getattr(request.node, "execution_count", 1) == 1:
        yield shared
        return
    with make() as own:
        yield own


class Magazine(Host):
    """The example in examples/magazine/."""

    name = "magazine"

    def __init__(self, prefix: str = ""):
        super().__init__(servers.ROOT / "examples" / "magazine", prefix)

    def prepare(self) -> None:
        made = self.manage("shell", "--command", MAKE)
        if made.returncode:
            raise RuntimeError(f"the magazine has no articles: {made.stderr}")


MAKE = """
from chat import actions
from chat.models import Room
from magazine.models import Article, Reader
actions.save_room(Room(slug="news", name="News"))
for title in ("Of Cats", "Of Dogs"):
    Article.objects.create(title=title, text="They are told of here.")
reader = Reader(email="ann@example.org")
reader.set_password("a-long-word-1")
reader.save()
"""
