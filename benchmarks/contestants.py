"""Parley and its peers as servers: how each is started, and which of its processes use CPU for it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg

from benchmarks.load.runs import BUILD, Target, compile_c
from benchmarks.machine import family
from chat.tests import servers
from chat.tests.servers import HOST, ROOT, Missing

PEERS = Path(__file__).resolve().parent / "peers"
PRODUCTION = {  # as deployed: the switches of development are off
    "DEBUG": "0",
    "HTTPS": "0",
    "SECRET_KEY": "for-benchmarks-only-and-long-enough-not-to-be-complained-about",
    "ALLOWED_HOSTS": HOST,
    "REDIS_URL": "",
    "CHAT_RATE_LIMITS": "off",
}


class Parley(servers.Site):
    """One process of this project, with a database of its own unless it is given one."""

    label = "Parley"
    path = "/ws/chat/"

    def __init__(self, database_url: str = "", **environment: str):
        super().__init__(**{**PRODUCTION, **environment})
        self.database_url = database_url or f"sqlite:///{self.folder}/chat.sqlite3"
        self.environment["DATABASE_URL"] = self.database_url

    def start(self) -> None:
        servers.migrate(self.database_url)
        super().start()


class Tutorial(Parley):
    """The peers on Daphne; `path` says which of their consumers."""

    label = "tutorial consumer"

    def __init__(self, database_url: str = "", fragment: Path | None = None):
        settings = "benchmarks.peers.tutorial.settings"
        super().__init__(database_url, DJANGO_SETTINGS_MODULE=settings, FRAGMENT=str(fragment))

    def start(self) -> None:
        command = [sys.executable, "manage.py", "migrate", "--run-syncdb", "--verbosity", "0"]
        subprocess.run(command, env=self.environment, cwd=ROOT, check=True)
        servers.Server.start(self)

    def command(self) -> list[str]:
        return [*super().command()[:-1], "benchmarks.peers.tutorial.asgi:application"]

    def ready(self) -> bool:
        return servers.listens(self.port)


class Database(servers.Postgres):
    def create(self, name: str) -> str:
        """Another database on the same server; its URL."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return self.url.removesuffix("/postgres") + f"/{name}"


class Broadcast(servers.Server):
    label = "Python `websockets.broadcast`"
    name = "broadcast"
    path = "/"

    def __init__(self, fragment: Path):
        super().__init__()
        self.fragment = str(fragment)

    def command(self) -> list[str]:
        return [sys.executable, str(PEERS / "broadcast.py"), str(self.port), self.fragment]


class NodeWs(Broadcast):
    label = "Node `ws`"
    name = "node"
    modules = BUILD / "node" / "node_modules"

    def command(self) -> list[str]:
        return [servers.find("Node", "NODE", ["node"]), str(PEERS / "node_ws.cjs"), str(self.port), self.fragment]

    def options(self) -> dict:
        return {"env": {**os.environ, "NODE_PATH": str(self.modules)}}

    def start(self) -> None:
        self.command()  # Missing, before anything is installed
        if not (self.modules / "ws").exists():
            install(self.modules.parent)
        super().start()


def install(folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise Missing("npm is missing, and with it Node's ws")
    folder.mkdir(parents=True, exist_ok=True)
    command = [npm, "install", "--prefix", str(folder), "--no-audit", "--no-fund", "--no-package-lock", "ws@8"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Missing(f"Node's ws could not be installed: {done.stderr.strip()[-300:]}")


class Writer(Broadcast):
    label = "C, writes only"
    name = "writer"

    def command(self) -> list[str]:
        return [str(BUILD / "writer"), str(self.port), self.fragment]

    def start(self) -> None:
        if compile_c("writer", PEERS / "writer.c") is None:
            raise Missing("a C compiler (cc) is missing")
        super().start()


def target(server: servers.Server, path: str = "", label: str = "", helpers: tuple[servers.Server, ...] = ()) -> Target:
    """How the load client reaches it. The CPU of its helpers, as of a database, counts as its own."""

    def pids() -> list[int]:
        return [pid for one in (server, *helpers) for pid in family(one.process.pid)]

    return Target(label or server.label, [server.port], path or server.path, pids)
