"""docs/embedding.md, done to the letter in a project that `startproject` has just made."""

import ast
import importlib.metadata
import re
import shutil
import subprocess
import sys
import tomllib
import urllib.parse
import urllib.request
import zipfile
from fnmatch import fnmatch
from http.cookiejar import CookieJar
from pathlib import Path

import pytest
from websockets.sync.client import connect

from chat.tests import servers
from chat.tests.hosts import Host
from chat.tests.people import PATIENCE
from chat.tests.test_docs import blocks, document, section
from chat.tests.test_house import files

PAGE = """
from django.views.generic import TemplateView
urlpatterns += [path("", TemplateView.as_view(template_name="page.html"))]
"""
"""What the project had before: a page, and a place for its template."""


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    return installed(tmp_path_factory.mktemp("project"))


def installed(folder: Path) -> Path:
    """A fresh project in this folder, with the chat in it."""
    subprocess.run([sys.executable, "-m", "django", "startproject", "mysite", str(folder)], check=True)
    append(folder / "mysite" / "urls.py", PAGE)
    append(folder / "mysite" / "settings.py", "\nTEMPLATES[0]['DIRS'] = [BASE_DIR / 'templates']\n")
    install = section(document("docs/embedding.md"), "Install")
    settings, addresses = blocks(install, "python")
    (template,) = blocks(install, "html")
    append(folder / "mysite" / "settings.py", settings)
    append(folder / "mysite" / "urls.py", addresses)
    (folder / "templates").mkdir()
    (folder / "templates" / "page.html").write_text(f"<!doctype html><title>Mine</title><h1>Mine</h1>{template}")
    return folder


@pytest.fixture(scope="module")
def host(project):
    with Host(project) as host:
        yield host


@pytest.fixture
def visitor():
    """`visitor(request)` is a browser without scripts: it keeps cookies and follows redirects."""
    return urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar())).open


def test_it_works(host, visitor):
    """The page is fetched, a message is posted by its form, and a socket hears it."""
    page = visitor(f"{host.url}/").read().decode()
    form = re.search(r'<form class="composer".*?</form>', page, re.DOTALL)[0]
    sent = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    action = re.search(r'action="([^"]+)"', form)[1]
    address = re.search(r'ws-connect="([^"?]+)', page)[1]
    with connect(f"{host.socket_url}{address}", proxy=None) as socket:
        data = urllib.parse.urlencode({**sent, "message": "from a project of my own"}).encode()
        answer = visitor(urllib.request.Request(f"{host.url}{action}", data))
        assert "from a project of my own" in answer.read().decode()
        assert answer.url.partition("#")[0] == f"{host.url}/"
        frame = socket.recv(PATIENCE)
        while "from a project of my own" not in frame:
            frame = socket.recv(PATIENCE)


def test_what_the_page_asks_for_is_served(host, visitor):
    page = visitor(f"{host.url}/").read().decode()
    asked = re.findall(r'(?:src|href)="(/[^"]+\.(?:js|css)[^"]*)"', page)
    assert len(asked) >= 4
    assert [visitor(host.url + address.replace("&amp;", "&")).status for address in asked] == [200] * len(asked)


def test_the_chats_own_pages_need_no_base_page_of_the_project(host, visitor):
    for path in ("/chat/", "/chat/rooms/", "/chat/me/"):
        page = visitor(host.url + path).read().decode()
        assert '<body class="chat-page">' in page, path


def test_its_checks_are_content(host):
    checked = host.manage("check", "--fail-level", "WARNING")
    assert (checked.returncode, checked.stderr.strip()) == (0, "")


class Production(Host):
    """Not by `runserver`, but as docs/embedding.md says."""

    def command(self) -> list[str]:
        (line,) = blocks(section(document("docs/embedding.md"), "In production"), "sh")
        setting, server, application = line.split()
        name, value = setting.split("=")
        asked = self.environment["APPLICATION"]
        if asked == application:  # the project's own says itself what its settings are
            self.environment[name] = value
        return [sys.executable, "-m", server, "-b", servers.HOST, "-p", str(self.port), asked]


@pytest.mark.parametrize("application", ["chat.asgi:application", "mysite.asgi:application"])
def test_in_production(request, project, application):
    (line,) = blocks(section(document("docs/embedding.md"), "In production"), "python")
    own = project / "mysite" / "asgi.py"
    names, _, _ = own.read_text().partition("application = ")
    before = own.read_text()
    own.write_text(names.replace("from django.core.asgi import get_asgi_application\n", "") + line)
    request.addfinalizer(lambda: own.write_text(before))  # others have the project as well
    with Production(project, APPLICATION=application) as site, connect(f"{site.socket_url}/ws/chat/lobby/") as socket:
        socket.send('{"message": "said in production", "nonce": "n"}')
        frame = socket.recv(PATIENCE)
        while "said in production" not in frame:
            frame = socket.recv(PATIENCE)


@pytest.mark.thorough
def test_as_a_package(tmp_path, visitor):
    """Built as a wheel, and used from that alone."""
    for path in files():
        (tmp_path / "source" / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(servers.ROOT / path, tmp_path / "source" / path)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "--wheel-dir", str(tmp_path), str(tmp_path / "source")], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(tmp_path / "site")
    assert not (tmp_path / "site" / "chat" / "tests").exists()
    (tmp_path / "project").mkdir()
    with Host(installed(tmp_path / "project"), PYTHONPATH=str(tmp_path / "site")) as host:
        page = visitor(f"{host.url}/").read().decode()
        assert 'id="room-lobby"' in page
        (style,) = re.findall(r'href="(/static/chat/chat\.css[^"]*)"', page)
        assert visitor(host.url + style).status == 200
        assert (
            "Räume"
            in visitor(urllib.request.Request(f"{host.url}/chat/", headers={"Accept-Language": "de"})).read().decode()
        )


def test_all_that_is_imported_is_named_by_the_package():
    named = tomllib.loads((servers.ROOT / "pyproject.toml").read_text())["project"]
    ours = {re.split(r"[<>=]", one)[0] for one in named["dependencies"]} - {"daphne"}  # which settings name
    packages = importlib.metadata.packages_distributions()
    imported = set()
    for path in files():
        if path.suffix == ".py" and path.parts[0] == "chat" and path.parts[1] != "tests":
            for node in ast.walk(ast.parse((servers.ROOT / path).read_text())):
                if isinstance(node, ast.Import):
                    imported |= {one.name.partition(".")[0] for one in node.names}
                elif isinstance(node, ast.ImportFrom) and not node.level:
                    imported.add(str(node.module).partition(".")[0])
    asked = {packages[one][0].lower() for one in imported - sys.stdlib_module_names - {"chat"}}
    assert asked == ours


def test_five_lines_are_five():
    install = section(document("docs/embedding.md"), "Install")
    lines = "".join([*blocks(install, "python"), *blocks(install, "html")]).splitlines()
    assert len([line for line in lines if line and not line.startswith(("from ", "import "))]) == 5


def test_all_that_is_no_python_goes_into_the_package():
    packaging = tomllib.loads((servers.ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    ours = [path.relative_to("chat") for path in files() if path.parts[0] == "chat" and path.parts[1] != "tests"]
    others = [str(path) for path in ours if path.suffix != ".py"]
    assert len(others) > 50
    patterns = packaging["package-data"]["chat"]
    assert [path for path in others if not any(fnmatch(path, pattern.replace("**/", "")) for pattern in patterns)] == []
    assert packaging["packages"]["find"] == {
        "include": ["chat", "chat.*"],
        "exclude": ["chat.tests", "chat.tests.*"],
    }
