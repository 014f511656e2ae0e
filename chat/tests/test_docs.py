"""What the documentation says is so: settings, checks, targets, paths, links and frames.

Each rule is a function over text, so that a guilty sample can be shown to be caught: a test that cannot fail is none.
"""

import ast
import math
import re
from collections import defaultdict

from django.core.management import get_commands
from django.dispatch import Signal
from django.forms import Form
from django.template.loader import render_to_string
from django.utils import timezone

from chat import actions, consumers, events, fragments
from chat.checks.templates import in_general
from chat.conf import conf
from chat.errors import Refused
from chat.fragments.lookup import names
from chat.frames import parse
from chat.live.verbs import CONNECTION_VERBS
from chat.live.visit import VERBS
from chat.models import Message, Participant, Room
from chat.models.presence import Person
from chat.samples import samples
from chat.tests.test_house import MAY_IMPORT, ROOT, Tags, files
from chat.views.cached import COMPOSERS_AHEAD

MADE = {".venv/", "build/", "build/failures/", "staticfiles/"}
"""Folders that a command makes and nobody commits."""

KINDS = "cfg css html in ini json md png py svg toml txt yaml yml".split()
FILE = re.compile(rf"(?:[\w.-]+/)*(?:[\w-]+\.(?:{'|'.join(KINDS)})|Makefile|LICENSE)|(?:[\w.-]+/)+")


def documents() -> dict[str, str]:
    """{path: text} of every page, from the project's root."""
    found = [path for path in files() if path.suffix == ".md"]
    return {str(path): (ROOT / path).read_text() for path in found}


def document(path: str) -> str:
    return (ROOT / path).read_text()


def section(text: str, title: str) -> str:
    """What stands below a heading of the second or third level, up to the next of its level or above."""
    match = re.search(rf"^(##+) {re.escape(title)}$", text, re.MULTILINE)
    assert match, f"there is no section {title}"
    rest = text[match.end() :]
    end = re.search(rf"^#{{1,{len(match[1])}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


def table(text: str) -> dict[str, list[str]]:
    """{first cell: the others}, without backticks, of rows that begin with code."""
    rows = [line.strip("| ").replace("`", "").split("|") for line in text.splitlines() if line.startswith("| `")]
    return {row[0].strip(): [cell.strip() for cell in row[1:]] for row in rows}


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def code(text: str) -> list[str]:
    """All that is set as code: blocks, and spans between backticks."""
    fenced = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
    return [*fenced.findall(text), *re.findall(r"`([^`\n]+)`", fenced.sub("", text))]


def test_it_works():
    assert {"README.md", "CHANGELOG.md", "CONTRIBUTING.md"} <= set(documents())
    assert {"docs/architecture.md", "docs/deploying.md", "docs/protocol.md", "docs/settings.md"} <= set(documents())


# --- Settings ------------------------------------------------------------------------------------


def written(value: object) -> str:
    """A default, as one would write it into the environment."""
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)


def chat_setting_faults(text: str) -> list[str]:
    rows, found = table(section(text, "The chat")), []
    for setting in conf:
        default, least, meaning = rows.pop(setting.name, ["nothing", "nothing", ""])
        is_number = not isinstance(setting.default, (str, bool))
        if default != written(setting.default):
            found.append(f"{setting.name} is {written(setting.default)} by default, not {default}")
        if least != (written(setting.least) if is_number else ""):
            found.append(f"{setting.name} is at least {setting.least}, not {least}")
        if math.isfinite(setting.most) and f"at most {setting.most}" not in meaning:
            found.append(f"{setting.name} is at most {setting.most}, and that is not said")
    return [*found, *(f"there is no {name}" for name in rows)]


def test_every_chat_setting_is_there_with_its_default_and_least_value():
    text = document("docs/settings.md")
    assert chat_setting_faults(text) == []
    assert chat_setting_faults(text.replace("| `4000` |", "| `400` |"))
    assert chat_setting_faults(text.replace("| `1024` |", "| `1` |"))
    assert chat_setting_faults(text.replace("at most 80", "at most 90"))
    assert chat_setting_faults(text.replace("| `CHAT_PAGE_SIZE` |", "| `CHAT_PAGE` |"))
    assert chat_setting_faults(text.replace("Rates are", "| `CHAT_LOUDNESS` | `11` | | how loud |\n\nRates are"))


def unknown_settings(text: str) -> set[str]:
    return set(re.findall(r"\bCHAT_[A-Z_]*[A-Z]\b", text)) - {setting.name for setting in conf}


def test_no_page_names_a_chat_setting_that_is_not_there():
    assert {path: unknown_settings(text) for path, text in documents().items() if unknown_settings(text)} == {}
    assert unknown_settings("`CHAT_PAGE_SIZE` and `CHAT_LOUDNESS`, of CHAT_…") == {"CHAT_LOUDNESS"}


def environment(source: str) -> set[str]:
    """The names that a module reads by `env.kind("NAME", …)`."""
    return {
        node.args[0].value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "env"
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }


def test_the_table_of_the_environment_is_what_the_settings_read():
    names = environment(document("site_config/settings.py"))
    assert set(table(section(document("docs/settings.md"), "The site"))) == names
    assert len(names) > 5
    assert environment('A = env.str("ONE", default="")\nB = {"x": env.db("TWO")}\nC = other.str("THREE")') == {
        "ONE",
        "TWO",
    }


def test_what_the_readme_lists_of_the_environment_is_read():
    assert set(table(section(document("README.md"), "Environment"))) <= environment(document("site_config/settings.py"))


def checks(source: str) -> set[str]:
    constants = [node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)]
    return {value for value in constants if isinstance(value, str) and re.fullmatch(r"chat\.[A-Z]\d+", value)}


def test_every_check_is_there():
    registered = set().union(*(checks(document(str(path))) for path in (ROOT / "chat/checks").glob("*.py")))
    assert registered
    assert set(table(section(document("docs/settings.md"), "Checks"))) == registered
    for path, text in documents().items():
        assert set(re.findall(r"\bchat\.[EWI]\d{3}\b", text)) <= registered, path


# --- Templates -----------------------------------------------------------------------------------

HOLDERS = {"room.slug": "slug", "entry.slug": "slug", "message.pk": "pk", "nonce": "nonce", "chain": "nonce"}


def template_rows() -> dict[str, tuple[str, str]]:
    """{template: what it is given, and which ids and fields of its own a page relies on}, by the samples."""
    given, keeps = defaultdict(set), defaultdict(dict)
    for one in samples():
        given[one.template] |= one.context.keys() - {"csrf_token"}
        source = document(f"chat/templates/{one.template}")
        for need in (in_general(need, one.context) for need in one.needs):
            for name, value in HOLDERS.items():
                need = need.replace(f"{{{{ {name} }}}}{'-0' if name == 'chain' else ''}", f"<{value}>")
            ids = re.findall(r"#([\w<>-]+)", re.sub(r"\[[^]]*\]", "", need))
            ids = [re.sub(r"<slug>-\d+", "<slug>-<seq>", one) for one in ids]
            keeps[one.template] |= {f"`#{one}`": 1 for one in ids if f'id="{one.partition("<")[0]}' in source}
            fields = re.findall(r'\[name="(\w+)"\]', need)
            keeps[one.template] |= {f"`{one}`": 1 for one in fields if f'name="{one}"' in source}
    return {
        name: (", ".join(f"`{one}`" for one in sorted(given[name])), ", ".join(sorted(keeps[name])))
        for name in names()
        if not name.startswith("chat/gallery/")  # it shows the others
    }


def template_faults(text: str) -> list[str]:
    lines = re.sub(" +", " ", section(text, "The templates")).splitlines()
    told = {line.split("|")[1].strip(" `"): line for line in lines if line.startswith("| `")}
    rows, found = {name[5:]: row for name, row in template_rows().items()}, []
    for name, (given, keeps) in rows.items():
        ending = re.sub(" +", " ", f"| {given} | {keeps} |")
        if not told.pop(name, "").endswith(ending):
            found.append(f"docs/customising.md should end the row of {name} with: {ending}")
    return [*found, *(f"there is no {name}" for name in told)]


def test_every_template_is_there_with_what_it_is_given_and_must_keep():
    text = document("docs/customising.md")
    assert template_faults(text) == []
    assert template_faults(text.replace("| `_cursor.html` |", "| `_curser.html` |"))
    assert template_faults(text.replace("`body`, `day_address`, ", "`day_address`, "))
    assert template_faults(text.replace("`#cursor-<slug>`", ""))


def kinds_of_names() -> dict[str, set[str]]:
    """{name: which types of things templates are given under it}, by the samples."""
    same = {"SafeString": "str", "__proxy__": "str", "NoneType": "None", "PersonForm": "Form", "SignUpForm": "Form"}
    found = defaultdict(set)
    for one in samples():
        for name, value in one.context.items():
            kind = type(value).__name__
            found[name].add("Form" if isinstance(value, Form) else same.get(kind, kind))
    return dict(found)


def name_faults(text: str) -> list[str]:
    told = {name: set(re.findall(r"\w+", row[0])) - {"or"} for name, row in table(section(text, "The names")).items()}
    there = kinds_of_names()
    there = {name: kinds if kinds != {"None"} else {"str", "None"} for name, kinds in there.items()}
    found = [f"{name} is {kinds}, not {told.get(name)}" for name, kinds in there.items() if told.get(name) != kinds]
    return [*found, *(f"there is no {name}" for name in told.keys() - there.keys())]


def test_every_name_in_a_template_is_there_with_its_type():
    text = document("docs/customising.md")
    assert name_faults(text) == []
    assert name_faults(text.replace("| `cursor` | int |", "| `cursor` | str |"))
    assert name_faults(text.replace("| `cursor` |", "| `curser` |"))


def tokens(css: str) -> set[str]:
    return set(re.findall(r"^ +(--[\w-]+):", css, re.MULTILINE))


def test_every_token_is_there():
    there = tokens(document("theme/static_src/src/tokens.css"))
    text = section(document("docs/customising.md"), "Colours and sizes")
    assert set(table(text)) == there
    assert set(re.findall(r"(--[\w-]+):", "".join(blocks(text, "css")))) <= there
    assert tokens("@theme {\n  --a-b: 1;\n}") == {"--a-b"}


def events_told(text: str) -> dict[str, set[str]]:
    return {
        name: set(re.findall(r"`(\w+)`", cells))
        for name, cells in re.findall(r"^\| `(message_\w+)` \|(.*)\|", text, re.MULTILINE)
    }


def test_every_event_is_there_with_what_it_brings(monkeypatch, lobby, ann):
    sent = {}

    def told(signal, sender, **said):
        names = [name for name, one in vars(events).items() if one is signal]
        sent[names[0]] = {*said}

    monkeypatch.setattr(events, "tell", told)
    message = actions.post_message(lobby, ann, "hello")
    actions.edit_message(message.pk, ann, "hello, you")
    actions.delete_message(message.pk, ann)
    assert events_told(section(document("docs/embedding.md"), "What it hears of")) == sent
    assert {*sent} == {name for name, one in vars(events).items() if isinstance(one, Signal)}


# --- The house -----------------------------------------------------------------------------------


def import_table(text: str) -> dict[str, set[str]]:
    """{module: what it may import}, as the page says."""
    return {
        module.strip(): set(re.findall(r"[\w.]+", cells[0])) - {"nothing"}
        for modules, cells in table(section(text, "Who imports whom")).items()
        for module in modules.split(",")
    }


def test_the_table_of_imports_is_the_one_that_is_enforced():
    text = document("docs/architecture.md")
    assert import_table(text) == MAY_IMPORT
    assert import_table(text.replace("| `consumers`, `origin` |", "| `consumers` |")) != MAY_IMPORT


TEST = re.compile(r"`(test_\w+\.py)::(\w+)`")


def missing_tests(text: str) -> list[str]:
    """Tests that a page names, as `test_file.py::test_name`, and that are not there."""
    missing = []
    for file, name in TEST.findall(text):
        path = ROOT / "chat" / "tests" / file
        if not path.is_file() or not re.search(rf"^(async )?def {name}\(", path.read_text(), re.MULTILINE):
            missing.append(f"{file}::{name}")
    return missing


def promises(text: str) -> list[list[str]]:
    """The rows of the table of promises: what is promised, what holds it, which test shows it."""
    lines = [line for line in section(text, "Promises").splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def test_every_promise_has_what_holds_it_and_a_test_that_is_there():
    text = document("docs/architecture.md")
    rows = promises(text)
    assert len(rows) >= 10
    assert [row for row in rows if len(row) != 3 or not TEST.search(row[2])] == []
    assert {path: missing_tests(page) for path, page in documents().items() if missing_tests(page)} == {}
    guilty = "`test_hub.py::test_it_works` `test_hub.py::test_gone` `test_gone.py::test_it_works`"
    assert missing_tests(guilty) == ["test_hub.py::test_gone", "test_gone.py::test_it_works"]
    assert promises("## Promises\n| A | B | C |\n| --- | --- | --- |\n| a | b |\n") == [["a", "b"]]


# --- Targets, commands, paths, links -----------------------------------------------------------------------


def targets(makefile: str) -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))


def missing_targets(text: str) -> set[str]:
    named = {name for piece in code(text) for name in re.findall(r"\bmake ([a-z][a-z-]*)", piece)}
    return named - targets(document("Makefile"))


def test_every_target_exists():
    assert {path: missing_targets(text) for path, text in documents().items() if missing_targets(text)} == {}
    assert missing_targets(
        "Just `make run`, or\n```sh\nmake coffee # ready\n```\nand make sure, `PORT=1 make tea`"
    ) == {
        "coffee",
        "tea",
    }


def missing_commands(text: str) -> set[str]:
    named = {name for piece in code(text) for name in re.findall(r"\bmanage\.py ([a-z_]+)", piece)}
    return named - set(get_commands())


def test_every_command_exists_and_ours_are_told_of():
    assert {path: missing_commands(text) for path, text in documents().items() if missing_commands(text)} == {}
    assert missing_commands("`python manage.py migrate`, `python manage.py dance`") == {"dance"}
    ours = {name for name, app in get_commands().items() if app == "chat"}
    assert ours
    assert [name for name in ours if f"manage.py {name}" not in document("docs/deploying.md")] == []


def missing_paths(text: str) -> set[str]:
    """What looks like a file or folder of the project in code, or like a template, and is not there."""
    named = {word for piece in code(text) for word in re.split(r"[\s`,()\"']+", piece) if FILE.fullmatch(word)}
    roots = (ROOT, ROOT / "chat/templates", ROOT / "chat/templates/chat")
    return {name for name in named - MADE if not any((root / name).exists() for root in roots)}


def test_every_path_exists():
    assert {path: missing_paths(text) for path, text in documents().items() if missing_paths(text)} == {}
    guilty = "`chat/bus.py`, `chat/gone.py`, `gone/`\n```sh\npytest chat/tests/test_gone.py\n```\nnot `/chat/`, gone.py"
    assert missing_paths(guilty) == {"chat/gone.py", "gone/", "chat/tests/test_gone.py"}


def anchors(text: str) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def broken_links(path: str, text: str) -> list[str]:
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = link.partition("#")
        file = (ROOT / path).parent / target if target else ROOT / path
        if not file.is_file() or (anchor and anchor not in anchors(file.read_text())):
            broken.append(link)
    return broken


def test_every_link_leads_somewhere():
    assert {path: broken_links(path, text) for path, text in documents().items() if broken_links(path, text)} == {}
    good = "[a](protocol.md) [b](../README.md#how-it-works) [c](https://htmx.org)"
    bad = "[a](gone.md) [b](../README.md#gone) ![c](gone.png)"
    assert broken_links("docs/settings.md", good) == []
    assert broken_links("docs/settings.md", bad) == ["gone.md", "../README.md#gone", "gone.png"]


# --- Frames --------------------------------------------------------------------------------------


def wrong_frames(text: str) -> list[str]:
    """Example frames in that a consumer would not know."""
    wrong = []
    for line in "".join(blocks(section(text, "Frames in"), "json")).splitlines():
        try:
            verb = parse(line).get("do", "post")
        except Refused:
            verb = None
        if verb not in {"post", *VERBS, *CONNECTION_VERBS}:
            wrong.append(line)
    return wrong


def test_every_example_of_a_frame_in_is_one():
    text = document("docs/protocol.md")
    assert len("".join(blocks(section(text, "Frames in"), "json")).splitlines()) >= 4
    assert wrong_frames(text) == []
    guilty = ["{'message': 'hello'}", '["hello"]', '{"do": "dance"}']
    assert wrong_frames("## Frames in\n```json\n" + "\n".join(guilty) + "\n```\n") == guilty


def test_every_verb_has_an_example():
    lines = "".join(blocks(section(document("docs/protocol.md"), "Frames in"), "json")).splitlines()
    assert {parse(line).get("do", "post") for line in lines} == {"post", *VERBS, *CONNECTION_VERBS}


def skeleton(markup: str) -> list[tuple[str, dict[str, str]]]:
    """What a client relies on: elements with an id, a place or a meaning, and not their looks."""
    meant = ("data-", "hx-", "id", "name", "value", "form")
    kept = [
        (tag, {key: value for key, value in attributes.items() if key.startswith(meant)})
        for tag, attributes in Tags(markup).found
    ]
    return [(tag, attributes) for tag, attributes in kept if attributes]


def test_every_example_of_a_frame_out_is_what_the_code_renders():
    text = document("docs/protocol.md")
    room = Room(pk=1, slug="lobby", name="Lobby", epoch="5f0c9a3e")
    author = Participant(key="g4e0bc1c78cc76ca6", kind=Participant.Kind.GUEST, name="Free Hoopoe")
    message = Message(
        pk=7, seq=42, changed=42, author=author, author_name=author.name, sent=timezone.now(), body="hello"
    )
    changes = fragments.Changes(room, 41, 42, [message])
    somebody = Person(author.key, author.name, "", True, None, True)
    (anew,) = fragments.Changes(room, 0, 42, [], whole=True).frames_after(99)
    emptied = anew.removesuffix(fragments.cursor(room, 42))
    listed = fragments.Entry(2, "garden", "Garden", "rooms", unread=3, mentions=1)
    before, after = (fragments.Sidebar({2: one}) for one in (listed._replace(mentions=0), listed))
    said = {
        "A new message": changes.frames_after(41)[0],
        "Pins": "".join(fragments.pins(room, [message])),
        "Acknowledgement": fragments.acknowledged("6f1a9c-0"),
        "Acknowledgement of a composer that grows": fragments.acknowledged("6f1a9c-0", "lobby"),
        "Gone": fragments.gone("6f1a9c-0", "lobby"),
        "Letters that came late": fragments.begun(room, "6f1a9c-1", "I am", lines=False),
        "Suggestions": fragments.suggestions(room, "6f1a9c-2", ["Ann Bell"], lines=False),
        "Refusal": fragments.unsent(room, "6f1a9c-1", Refused("Nothing to send: the message is empty.")),
        "Room left": fragments.left(room, "6f1a9c-2", 412),
        "Notice": fragments.refused(room, Refused("A message can't hold the character NUL.")),
        "Closed": fragments.closed(room, "This room closed on 1 June 2030, 12:00 UTC. It can still be read."),
        "Connection": fragments.connection(room, "live"),
        "Name": fragments.renamed(room, author),
        "The end": fragments.ended("lobby", "A moderator has closed this room to you."),
        "Cursor and sync": emptied,
        "Pulse": fragments.pulse(room),
        "People": render_to_string("chat/_people_count.html", {"room": room, "count": 1})
        + render_to_string("chat/_people_list.html", {"room": room, "count": 1, "people": [somebody]}),
        "Typing": render_to_string("chat/_writing.html", {"room": room, "writers": [somebody[:2]]}),
        "Older messages": render_to_string("chat/_older_page.html", {"room": room, "asked": 51, "before": 1}),
        "Trimming": render_to_string("chat/_trim.html", {"room": room, "before": 51, "length": fragments.LOG_LENGTH}),
        "Tab": fragments.tab(room, 3),
        "Room's name": render_to_string("chat/_room_head.html", {"room": room}),
        "Sidebar": "".join(fragments.sidebar_changes(before, after, room)),
    }
    for title, rendered in said.items():
        example, *_ = blocks(section(text, title), "html")
        assert skeleton(example) == skeleton(rendered), f"{title} is now:\n{rendered}"
        assert skeleton(example)
    assert skeleton('<p id="a" class="b">') != skeleton('<p id="c" class="b">')


def states(template: str) -> set[str]:
    return set(re.findall(r'state == "(\w+)"', template))


def test_every_state_of_a_connection_is_there():
    known = {*states(document("chat/templates/chat/_connection.html")), "connecting"}
    assert set(table(section(document("docs/protocol.md"), "Connection"))) == known
    assert states('{% if state == "a" %}{% elif state == "b" %}') == {"a", "b"}


def test_every_close_code_of_ours_is_there():
    text = section(document("docs/protocol.md"), "How a connection ends")
    assert {str(consumers.ENDED), str(consumers.COME_BACK)} <= set(re.findall(r"^\| (\d{4})\b", text, re.MULTILINE))


def test_the_number_of_composers_kept_is_the_one_that_is_told():
    assert f"1 to {COMPOSERS_AHEAD} " in section(document("docs/architecture.md"), "The composer")
