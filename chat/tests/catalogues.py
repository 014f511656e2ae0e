"""The catalogues of what the chat and the site say: read from the sources, and made ready for Django, by Babel alone.

`python -m chat.tests.catalogues` (`make messages`) brings each catalogue up to date and says what is not translated.
"""

import os
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent.parent

SOURCES = {"chat/locale": ["chat"], "locale": ["templates", "site_config"]}
"""{where catalogues are: the folders whose texts are in them}."""

KEYWORDS = {
    **dict.fromkeys(["_", "gettext", "gettext_lazy", "gettext_noop"], (1,)),
    **dict.fromkeys(["ngettext", "ngettext_lazy"], (1, 2)),
    **dict.fromkeys(["pgettext", "pgettext_lazy"], ((1, "c"), 2)),
    **dict.fromkeys(["npgettext", "npgettext_lazy"], ((1, "c"), 2, 3)),
}

HEADER = """\
# What is said to people. Brought up to date, sorted and compiled by `make messages`.
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural_forms}\\n"

"""

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|(?<!%)%[sd]|\{\w+\}")


def languages(folder: str) -> list[str]:
    return sorted(path.parent.parent.name for path in (ROOT / folder).glob("*/LC_MESSAGES/django.po"))


def path_of(folder: str, language: str, kind: str = "po") -> Path:
    return ROOT / folder / language / "LC_MESSAGES" / f"django.{kind}"


def sources(folder: str) -> Iterator[Path]:
    for top in SOURCES[folder]:
        for path in sorted((ROOT / top).rglob("*")):
            inside = path.relative_to(ROOT).parts
            if path.suffix in (".py", ".html", ".txt") and not {"tests", "migrations", "__pycache__"} & {*inside}:
                yield path


def texts_in(source: str, is_template: bool) -> Catalog:
    """The texts that are marked in one file."""
    if is_template:  # Django makes lines of Python of it, but indented at will
        source = "\n".join(line.strip() for line in templatize(source).splitlines())
    found = Catalog()
    for _line, said, _comments, context in extract("python", BytesIO(source.encode()), KEYWORDS, options={}):
        found.add(said, context=context)
    return found


def wanted(folder: str) -> Catalog:
    """All that has to be in a catalogue."""
    catalogue = Catalog()
    for path in sources(folder):
        for message in texts_in(path.read_text(), path.suffix != ".py"):
            if message.id:
                catalogue.add(message.id, context=message.context)
    return catalogue


def translated(folder: str, language: str) -> Catalog:
    with path_of(folder, language).open("rb") as file:
        return read_po(file, locale=language)


def compiled(catalogue: Catalog) -> bytes:
    """The same whenever it is made."""
    catalogue.creation_date = catalogue.revision_date = datetime(2000, 1, 1, tzinfo=UTC)
    into = BytesIO()
    write_mo(into, catalogue)
    return into.getvalue()


def content(compiled: bytes) -> dict[object, str]:
    """What a compiled catalogue says, without its header, which names dates and versions."""
    said = dict(GNUTranslations(BytesIO(compiled))._catalog)
    said.pop("")
    return said


def bring_up_to_date(folder: str, language: str) -> None:
    """What is new comes without a translation; what is not said any more goes."""
    catalogue = translated(folder, language)
    catalogue.update(wanted(folder), no_fuzzy_matching=True)
    text = BytesIO()
    write_po(text, catalogue, width=110, no_location=True, omit_header=True, sort_output=True, ignore_obsolete=True)
    header = HEADER.format(language=language, plural_forms=catalogue.plural_forms)
    path_of(folder, language).write_text(header + text.getvalue().decode().strip("\n") + "\n")
    path_of(folder, language, "mo").write_bytes(compiled(translated(folder, language)))


def faults(folder: str, language: str) -> list[str]:
    """What a catalogue lacks, or has wrong."""
    found = [f"not in the catalogue: {m.id!r}" for m in missing(wanted(folder), translated(folder, language))]
    found += [f"said nowhere any more: {m.id!r}" for m in missing(translated(folder, language), wanted(folder))]
    for message in translated(folder, language):
        found += [f"{fault}: {message.id!r}" for fault in faults_of(message) if message.id]
    if content(path_of(folder, language, "mo").read_bytes()) != content(compiled(translated(folder, language))):
        found.append("the compiled catalogue is older than its source: make messages")
    return found


def missing(some: Catalog, others: Catalog) -> list[Message]:
    return [message for message in some if message.id and others.get(message.id, message.context) is None]


def faults_of(message: Message) -> list[str]:
    strings = message.string if isinstance(message.string, tuple | list) else [message.string]
    ids = message.id if isinstance(message.id, tuple | list) else [message.id]
    if not all(strings):
        return ["not translated"]
    expected = {*PLACEHOLDER.findall(ids[-1])}
    fine = all({*PLACEHOLDER.findall(string)} == expected for string in strings)
    return ["fuzzy"] * message.fuzzy + ["other placeholders"] * (not fine)


def main() -> int:
    found = []
    for folder in SOURCES:
        for language in languages(folder):
            bring_up_to_date(folder, language)
            found += [f"{path_of(folder, language).relative_to(ROOT)}: {fault}" for fault in faults(folder, language)]
    print(*found, sep="\n")
    return bool(found)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_config.settings")
    sys.exit(main())
