"""The house rules that a reader of the code relies on, read from the files themselves.

Each rule is a function over text, so that a guilty sample can be shown to be caught: a test that cannot fail is none.
"""

import ast
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
CHAT = ROOT / "chat"

FOUNDATION = {"conf", "errors", "prefix", "variant"}
"""These import nothing of the chat, and everybody may import them."""

DOOR = {"actions", "fragments", "identity", "models", "policy"}

MAY_IMPORT = {
    "consumers": {
        "actions",
        "bus",
        "live.crowd",
        "live.database",
        "live.drafts",
        "fragments",
        "frames",
        "live.hub",
        "live.inbox",
        "models",
        "live.verbs",
        "live.visit",
        "wire",
    },
    "live.verbs": {
        "live.acks",
        "live.composers",
        "live.crowd",
        "live.database",
        "live.drafts",
        "fragments",
        "frames",
        "live.hub",
        "models",
        "live.visit",
        "live.writer",
    },
    "live.composers": {"frames", "models"},
    "live.drafts": {"frames", "mentions"},
    "live.inbox": {"bus", "wire"},
    "live.writer": {"actions", "bus", "live.database"},
    "live.visit": DOOR | {"live.composers", "frames", "mentions"},
    "views": DOOR | {"account_forms", "mentions", "names", "origin", "samples", "searching", "tickets"},
    "admin": DOOR,
    "management": DOOR,
    "signals": {"actions", "fragments", "identity"},
    "account_urls": {"views"},
    "urls": {"views"},
    "routing": {"consumers", "origin"},
    "asgi": {"routing"},
    "live.hub": {
        "live.subscribers",
        "bus",
        "live.crowd",
        "live.database",
        "live.doors",
        "live.following",
        "fragments",
        "models",
        "live.presence",
        "live.sidebars",
        "live.whispers",
        "wire",
    },
    "live.doors": {"live.subscribers", "bus", "live.crowd", "live.database", "fragments", "frames", "models"},
    "live.sidebars": {"actions", "bus", "live.crowd", "live.database", "fragments", "models", "live.readers"},
    "live.readers": {"live.crowd", "fragments"},
    "live.following": {"bus"},
    "live.presence": {
        "actions",
        "live.subscribers",
        "bus",
        "live.crowd",
        "live.database",
        "fragments",
        "frames",
        "models",
    },
    "live.whispers": {"live.subscribers", "bus", "live.database", "fragments", "live.presence"},
    "live.subscribers": {"live.acks", "bus", "live.crowd", "live.database", "live.fanout", "fragments", "models"},
    "live.fanout": {"live.acks", "bus", "live.crowd", "fragments", "frames", "models"},
    "live.crowd": {"models", "wire"},
    "actions": {
        "bus",
        "demo",
        "events",
        "formatting",
        "markup",
        "mentions",
        "models",
        "names",
        "policy",
        "rules",
        "tickets",
    },
    "fragments": {"formatting", "frames", "mentions", "models", "names", "searching"},
    "identity": {"models", "tickets"},
    "policy": {"models", "names", "rules"},
    "live.acks": {"fragments"},
    "live.database": set(),
    "demo": set(),
    "bus": set(),
    "formatting": {"markup", "mentions"},
    "frames": set(),
    "markup": set(),
    "models": {"names", "rules", "searching"},
    "mentions": {"names"},
    "names": set(),
    "origin": set(),
    "samples": {"account_forms", "formatting", "fragments", "mentions", "models", "rules", "searching"},
    "account_forms": {"models"},
    "templatetags": DOOR,
    "tickets": set(),
    "wire": set(),
    "apps": {"actions", "checks", "models", "signals"},
    "checks": {"formatting", "fragments", "origin", "rules", "samples"},
    "events": set(),
    "rules": {"names"},
    "searching": set(),
}
"""Who may import whom inside chat/, besides the foundation. The table in docs/architecture.md says the same."""

LONGEST_FILE = 250
LONGEST_FUNCTION = 60

WRITES = {"save", "create", "update", "delete", "bulk_create", "bulk_update", "get_or_create", "update_or_create"}
WRITES |= {f"a{name}" for name in WRITES} | {"execute", "executemany", "save_base", "raw", "_raw_delete"}

RENDERING = {"get_template", "render", "render_to_string", "select_template", "SimpleTemplateResponse"}
RENDERING |= {"Template", "TemplateResponse"}

SCRIPTS = {".cjs", ".coffee", ".cts", ".js", ".jsx", ".mjs", ".mts", ".ts", ".tsx"}


# --- The files -----------------------------------------------------------------------------------


def files() -> list[Path]:
    """Every file of the project, committed or about to be, as paths from its root."""
    ask = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(ask, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
        found = [Path(line) for line in listed if (ROOT / line).is_file()]
    except (OSError, subprocess.CalledProcessError):  # not a checkout
        found = [path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file()]
    made = ("build", "node_modules", "staticfiles", "__pycache__")
    return [path for path in found if not any(part in made or part.startswith(".venv") for part in path.parts)]


def texts(*suffixes: str) -> dict[str, str]:
    return {str(path): (ROOT / path).read_text() for path in files() if path.suffix in suffixes}


def style_sources() -> str:
    """What the stylesheet is built of."""
    return "".join(path.read_text() for path in sorted((ROOT / "theme/static_src/src").glob("*.css")))


def chat_code() -> dict[str, str]:
    """{path: source} of the chat, without its tests and migrations."""
    return {
        path: source
        for path, source in texts(".py").items()
        if path.startswith("chat/") and not path.startswith(("chat/tests/", "chat/migrations/"))
    }


def templates() -> dict[str, str]:
    return texts(".html", ".svg")


def faults_of(rule, sources: dict[str, str]) -> list[str]:
    assert sources, "there is nothing to look at"
    return [f"{path}: {fault}" for path, source in sources.items() for fault in rule(path, source)]


# --- Who imports whom ----------------------------------------------------------------------------


def imported(path: str, source: str) -> set[str]:
    """Dotted names of all that a module imports, wherever in it: `from chat import bus` gives chat.bus."""
    package = Path(path).parent.parts
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, [base, node.module]))
            names |= {f"{module}.{alias.name}" for alias in node.names}
    return names


def part(path: str) -> str:
    """The part of the chat a file belongs to: chat/views/pages.py is of `views`, chat/live/hub.py is `live.hub`."""
    return part_of(".".join(Path(path).with_suffix("").parts[1:]))


def part_of(name: str) -> str:
    """The same of a dotted name inside chat. In `live` each module is a part of its own: their order matters most."""
    return ".".join(name.split(".")[: 2 if name.startswith("live.") else 1])


def import_faults(path: str, source: str) -> list[str]:
    here = part(path)
    if here not in MAY_IMPORT and here not in FOUNDATION | {"__init__", "live.__init__"}:
        return [f"{here} has no place in the house yet: give it one in MAY_IMPORT and in docs/architecture.md"]
    allowed = MAY_IMPORT.get(here, set()) | {here} | ({"prefix"} if here in FOUNDATION else FOUNDATION)
    found = []
    for name in sorted(imported(path, source)):
        top, _, rest = name.partition(".")
        if top in ("site_config", "theme", "templates"):
            found.append(f"imports {name}: the site knows the chat, never the other way round")
        elif top == "chat" and part_of(rest) not in allowed:
            found.append(f"imports {name}, but {here} may import only {', '.join(sorted(allowed))}")
    return found


def test_imports_go_downwards():
    assert faults_of(import_faults, chat_code()) == []


def test_the_table_of_imports_has_no_circle_and_names_nothing_that_is_gone():
    seen: set[str] = set()
    waiting = {name: set(below) for name, below in MAY_IMPORT.items()}
    while ready := {name for name, below in waiting.items() if below <= seen}:
        seen |= ready
        waiting = {name: below for name, below in waiting.items() if name not in ready}
    assert waiting == {}
    assert set(MAY_IMPORT) | FOUNDATION == {part(path) for path in chat_code()} - {"__init__", "live.__init__"}


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("chat/live/hub.py", "from chat import actions"),
        ("chat/live/hub.py", "from chat.consumers import ChatConsumer"),
        ("chat/views/pages.py", "from chat.live.hub import hub"),
        ("chat/views/pages.py", "import chat.live.hub"),
        ("chat/views/pages.py", "from ..live.hub import hub"),
        ("chat/views/pages.py", "from chat import live"),
        ("chat/live/subscribers.py", "from . import hub"),
        ("chat/consumers.py", "from chat.views import pages"),
        ("chat/admin.py", "def late():\n    from chat import views"),
        ("chat/admin.py", "from chat.bus import kick"),
        ("chat/management/commands/renew_epochs.py", "from chat.live.hub import hub"),
        ("chat/management/commands/renew_epochs.py", "from chat import admin"),
        ("chat/live/subscribers.py", "from chat.live.hub import hub"),
        ("chat/wire.py", "from chat.models import Room"),
        ("chat/views/away.py", "from chat.wire import Line"),
        ("chat/models/room.py", "from chat import bus"),
        ("chat/models/room.py", "from .. import policy"),
        ("chat/policy/rooms.py", "from chat import actions"),
        ("chat/actions/posting.py", "from chat.fragments import message"),
        ("chat/errors.py", "from chat.conf import conf"),
        ("chat/conf.py", "from site_config import settings"),
        ("chat/fragments/page.py", "import theme.apps"),
        ("chat/bus.py", "from chat.tests import servers"),
        ("chat/helpers.py", "import json"),
    ],
)
def test_a_wrong_import_is_caught(path, source):
    assert import_faults(path, source)


def test_a_right_import_is_not():
    assert (
        import_faults(
            "chat/consumers.py", "from chat import actions\nfrom chat.live import visit\nfrom chat.live.hub import hub"
        )
        == []
    )
    assert (
        import_faults("chat/views/forms.py", "from chat.views.pages import show\nfrom chat.errors import Refused") == []
    )
    assert import_faults("chat/actions/people.py", "from . import limits\nfrom ..markup import message_body") == []


# --- No JavaScript is written --------------------------------------------------------------------


PEERS = Path("benchmarks/peers")
"""What we are measured against may be in its own language; nothing of it is ever served."""


def script_files(paths: list[Path]) -> list[Path]:
    ours = [path for path in paths if path.parent != PEERS]
    return [path for path in ours if path.suffix.lower() in SCRIPTS or path.name == "package.json"]


SELECTOR = re.compile(r"\b(from|target|root):((closest|find|next|previous)\s+)?\S+")
"""In a trigger, where brackets belong to CSS; anywhere else they hold a filter, which htmx evaluates."""


class Tags(HTMLParser):
    def __init__(self, text: str):
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", " ", text, flags=re.DOTALL))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))


def markup_faults(path: str, text: str) -> list[str]:
    """What would be a script, or would need one to be evaluated, in a template."""
    found = []
    for tag, attributes in Tags(text).found:
        if tag == "script":
            found.append("<script>: scripts come by django-htmx's template tag")
        for name, value in attributes.items():
            plain = name.removeprefix("data-")
            if plain.startswith("on"):
                found.append(f"{name}=: an inline handler")
            elif plain.startswith(("hx-on", "hx-vars")):
                found.append(f"{name}=: JavaScript in an attribute")
            elif plain == "style":
                found.append("style=: a class says it, and the policy forbids this")
            elif plain == "srcdoc":
                found.append("srcdoc=: a page inside an attribute")
            elif plain == "hx-ext" and value.strip() != "ws":
                found.append(f'{name}="{value}": of htmx\'s extensions only ws is ours')
            elif plain == "content" and re.search(r"\ballowEval\W+true\b", value):
                found.append("htmx-config: nothing may be evaluated")
            elif plain == "hx-trigger" and "[" in SELECTOR.sub("", value):
                found.append(f'{name}="{value}": a filter is evaluated')
            if re.search(r"\b(js|javascript)\s*:", value, re.IGNORECASE):
                found.append(f'{name}="{value}": JavaScript in a value')
    return found


def html_in_code_faults(path: str, source: str) -> list[str]:
    """The same of HTML that stands in Python."""
    tree = ast.parse(source)
    notes = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
    constants = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in notes]
    pieces = [node.value for node in constants if isinstance(node.value, str) and "<" in node.value]
    return [fault for piece in pieces for fault in markup_faults(path, piece)]


def test_no_file_is_a_script():
    assert len(files()) > 40
    assert script_files(files()) == []
    guilty = ["theme/app.js", "a/b.mjs", "x.ts", "package.json", "UPPER.JS"]
    assert script_files([Path(name) for name in guilty]) == [Path(name) for name in guilty]
    assert script_files([Path("benchmarks/peers/ws.cjs"), Path("benchmarks/ws.cjs")]) == [Path("benchmarks/ws.cjs")]


def test_no_template_holds_a_script():
    assert faults_of(markup_faults, templates()) == []
    assert faults_of(html_in_code_faults, chat_code()) == []


@pytest.mark.parametrize(
    "guilty",
    [
        "<script>alert(1)</script>",
        '<SCRIPT src="x"></SCRIPT>',
        '<p onclick="go()">',
        "<p {% if x %}onclick='go()'{% endif %}>",
        '<p class="a"\n  ONLOAD = go>',
        '<p hx-on:click="go()">',
        '<p data-hx-on-htmx-load="go()">',
        '<p hx-vals="js:{a: 1}">',
        '<a href="JavaScript:go()">',
        """<p hx-trigger="keydown[key=='Enter']">""",
        '<p data-hx-trigger="click[ctrlKey]">',
        '<p hx-trigger="every 1s [document.hasFocus()]">',
        '<p hx-trigger="load from:closest [id], keyup[altKey] from:body">',
        '<p style="color: red">',
        '<iframe srcdoc="<b>x</b>"></iframe>',
        '<p hx-ext="ws, client-side-templates">',
        """<meta name="htmx-config" content='{"allowEval": true}'>""",
    ],
)
def test_a_script_in_a_template_is_caught(guilty):
    assert markup_faults("chat/templates/chat/_guilty.html", f"<b>first</b> {guilty}")
    assert html_in_code_faults("chat/fragments/page.py", f"GUILTY = {guilty!r}")


def test_innocent_markup_is_not():
    assert markup_faults("a.html", '<p hx-trigger="htmx:wsOpen from:closest [ws-connect], load">') == []
    assert (
        markup_faults("a.html", '<p hx-trigger="submit once from:closest form" title="on = off">style= on= js</p>')
        == []
    )
    assert html_in_code_faults("a.py", '"""Says why `<script>` is not for us."""') == []


# --- Templates -----------------------------------------------------------------------------------


def unused(names: list[str], users: list[str]) -> list[str]:
    return [name for name in names if not any(name in user for user in users)]


def test_every_fragment_is_used():
    names = [path.split("templates/", 1)[1] for path in templates() if path.startswith("chat/templates/")]
    fragments = [name for name in names if Path(name).name.startswith("_")]
    assert len(fragments) > 5
    assert unused(fragments, [*templates().values(), *chat_code().values()]) == []
    assert unused(["chat/_a.html", "chat/_b.html"], ['{% include "chat/_a.html" %}']) == ["chat/_b.html"]


def message_makers(sources: dict[str, str]) -> list[str]:
    """The files with an element of the class `message`: there is one template for a message."""
    return [
        path
        for path, text in sources.items()
        if any("message" in attributes.get("class", "").split() for _, attributes in Tags(text).found)
    ]


def test_a_message_has_one_template():
    ours = {path: text for path, text in templates().items() if not path.startswith("examples/")}  # which overrides it
    assert message_makers({**ours, **chat_code()}) == ["chat/templates/chat/_message.html"]
    both = {"a.html": '<article class="message">', "b.html": '<p\n class="x message {{ y }}">', "c.html": "message"}
    assert message_makers(both) == ["a.html", "b.html"]


def guest_makers(sources: dict[str, str]) -> list[str]:
    """Where a guest is made who has not written yet. Samples are as if they had: they have ids."""
    return sorted(path for path, text in sources.items() if re.search(r"(Participant|cls)\((?!pk=)[^)]*GUEST", text))


def test_a_guest_is_made_in_one_place():
    assert guest_makers(chat_code()) == ["chat/models/participant.py"]
    assert guest_makers({"a.py": "x = Participant(key=key, kind=Kind.GUEST)", "b.py": "Participant.guest(key)"}) == [
        "a.py"
    ]


def strangers(path: str, text: str) -> list[str]:
    """What one of the app's templates needs of others': a project has nothing but the app's own, and django-htmx's."""
    ours = re.compile(r"chat/|django_htmx/")
    named = re.findall(r"""\{%\s*(?:extends|include)\s+["']([^"']+)["']""", text)
    loaded = {name for line in re.findall(r"\{%\s*load\s+([^%]+?)\s*%\}", text) for name in line.split()}
    known = {"chat", "chat_elements", "chat_language", "django_htmx", "i18n", "l10n", "static", "tz"}
    return [f"needs {name}" for name in [*(name for name in named if not ours.match(name)), *sorted(loaded - known)]]


def test_the_apps_templates_need_nothing_of_the_sites():
    own = {path: text for path, text in templates().items() if path.startswith("chat/templates/")}
    assert faults_of(strangers, own) == []
    assert strangers("a.html", '{% extends "base.html" %}{% load i18n tailwind_tags %}') == [
        "needs base.html",
        "needs tailwind_tags",
    ]
    assert strangers("a.html", '{% extends "chat/base.html" %}{% load i18n static %}') == []


# --- Who writes, who renders ---------------------------------------------------------------------


def calls(source: str, exempt: str = "") -> set[str]:
    """Names of what is called on something, outside the function `exempt`: `a.b.save()` gives save."""
    tree = ast.parse(source)
    passed = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == exempt]
    skipped = {id(node) for function in passed for node in ast.walk(function)}
    return {
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and id(node) not in skipped
    }


def write_faults(path: str, source: str) -> list[str]:
    """Only actions write rows; the counter of a room is a query of its model, which actions alone ask for."""
    if part(path) == "actions":
        return []
    exempt = "next_seq" if path == "chat/models/room.py" else ""
    return [f".{name}(): only chat/actions/ writes rows" for name in sorted(calls(source, exempt) & WRITES)]


def test_only_actions_write():
    assert faults_of(write_faults, chat_code()) == []


@pytest.mark.parametrize("guilty", sorted(WRITES))
def test_a_write_elsewhere_is_caught(guilty):
    source = f"def view(request):\n    Room.objects.{guilty}(name='x')"
    assert write_faults("chat/views/pages.py", source)
    assert write_faults("chat/models/room.py", source)
    assert write_faults("chat/actions/rooms.py", source) == []


def test_the_counter_may_count():
    assert write_faults("chat/models/room.py", "def next_seq(self):\n    rooms.update(seq=1)") == []
    assert write_faults("chat/models/message.py", "def next_seq(self):\n    rooms.update(seq=1)")


BELLS = ("ring", "kick", "changed", "presence", "whisper")


def ring_faults(path: str, source: str) -> list[str]:
    """Only actions ring the bell: after what they stored, never instead of it."""
    if part(path) in ("actions", "bus"):
        return []
    bells = {f"chat.bus.{name}" for name in (*BELLS, "*")} & imported(path, source)
    asked = [
        f"bus.{node.attr}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute) and node.attr in BELLS and ast.unparse(node.value) in ("bus", "chat.bus")
    ]
    return [f"{name}: only chat/actions/ rings" for name in sorted(bells | set(asked))]


def test_only_actions_ring():
    assert faults_of(ring_faults, chat_code()) == []


@pytest.mark.parametrize(
    "guilty",
    [
        "from chat import bus\nbus.ring(1, 2)",
        "from chat.bus import kick",
        "from chat import bus\nbus.whisper(1, 'gann', 'writing')",
        "import chat.bus\nchat.bus.ring(1, 2)",
        "from chat import bus\ndef f():\n    later(bus.kick, 'gann')",
        "from chat.bus import *",
    ],
)
def test_a_ring_elsewhere_is_caught(guilty):
    assert ring_faults("chat/live/hub.py", guilty)
    assert ring_faults("chat/models/room.py", guilty)
    assert ring_faults("chat/actions/rooms.py", guilty) == []


def test_listening_is_no_ring():
    assert (
        ring_faults("chat/live/hub.py", "from chat import bus\ndef hear(ring: bus.Ring):\n    bus.listen(hear)") == []
    )


def render_faults(path: str, source: str) -> list[str]:
    if path in ("chat/fragments/templates.py", "chat/fragments/lookup.py"):
        return []
    modules = ("django.template.", "django.shortcuts.")
    names = {name.rpartition(".")[2] for name in imported(path, source) if name.startswith(modules)}
    if part(path) not in ("fragments", "views"):
        names |= {name for name in calls(source) if name in RENDERING}
    return [f"{name}: only fragments and views render" for name in sorted(names & (RENDERING | {"loader", "*"}))]


def test_only_fragments_and_views_render_and_by_one_function():
    assert faults_of(render_faults, chat_code()) == []


@pytest.mark.parametrize(
    "guilty",
    [
        "from django.template.loader import render_to_string",
        "from django.template import loader",
        "from django.template import Template",
        "from django.template.response import TemplateResponse",
        "def f():\n    from django.shortcuts import render",
        "import django.template.loader\ndjango.template.loader.render_to_string('x')",
    ],
)
def test_rendering_elsewhere_is_caught(guilty):
    assert render_faults("chat/consumers.py", guilty)
    assert render_faults("chat/actions/posting.py", guilty)
    assert render_faults("chat/views/pages.py", guilty)
    assert render_faults("chat/fragments/templates.py", guilty) == []


def test_rendering_by_that_function_is_not():
    innocent = "from chat import fragments\nfragments.render('chat/_a.html', {})"
    assert render_faults("chat/views/pages.py", innocent) == []
    assert render_faults("chat/consumers.py", innocent)


# --- Size ----------------------------------------------------------------------------------------


def size_faults(path: str, source: str) -> list[str]:
    lines = len(source.splitlines())
    found = [f"{lines} lines, more than {LONGEST_FILE}"] if lines > LONGEST_FILE else []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LONGEST_FUNCTION:
                found.append(f"{node.name} has {length} lines, more than {LONGEST_FUNCTION}")
    return found


def test_files_and_functions_are_short():
    assert faults_of(size_faults, chat_code()) == []


def test_long_ones_are_caught():
    assert size_faults("a.py", "x = 1\n" * (LONGEST_FILE + 1))
    assert size_faults("a.py", "async def f():\n" + "    x = 1\n" * LONGEST_FUNCTION)
    assert size_faults("a.py", "def f():\n" + "    x = 1\n" * (LONGEST_FUNCTION - 1)) == []
