"""Code in colours, for languages in which it is not known how to make Pygments slow.

Of many lexers the time grows with the square of what they read, so they are stopped after a while, between two tokens.
Those that do much between two tokens are left out, or what makes them do so: C++ is read as C, there are no colours for
.ini files, and none for shells where a document follows in the text.
"""

import time
from functools import cache
from itertools import groupby
from operator import itemgetter

from django.utils.html import escape
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Generic, Keyword, Name, Number, Operator, String, _TokenType

MOST_SECONDS = 0.01
"""Of this thread's own time on the processor, which others on the machine do not take from it."""

LANGUAGES = {
    alias: name
    for name, aliases in {
        "bash": "bash sh shell console zsh",
        "c": "c h cpp c++ cc hpp",
        "csharp": "csharp c# cs",
        "css": "css",
        "dart": "dart",
        "diff": "diff patch",
        "django": "django jinja jinja2",
        "docker": "docker dockerfile",
        "elixir": "elixir ex exs",
        "go": "go golang",
        "graphql": "graphql",
        "haskell": "haskell hs",
        "html": "html",
        "java": "java",
        "javascript": "javascript js jsx",
        "json": "json",
        "kotlin": "kotlin kt",
        "lua": "lua",
        "nginx": "nginx",
        "php": "php",
        "pycon": "pycon",
        "python": "python py python3 py3",
        "ruby": "ruby rb",
        "rust": "rust rs",
        "scss": "scss",
        "sql": "sql",
        "swift": "swift",
        "toml": "toml",
        "typescript": "typescript ts tsx",
        "xml": "xml svg",
        "yaml": "yaml yml",
    }.items()
    for alias in aliases.split()
}

SHELLS = {"bash", "docker"}
"""Whose lexers look for the end of a document in all that follows, from each of its letters."""

GROUPS = {
    Comment: "comment",
    Keyword: "keyword",
    Name.Builtin: "name",
    Name.Class: "name",
    Name.Decorator: "name",
    Name.Function: "name",
    Name.Tag: "keyword",
    Name.Attribute: "name",
    Number: "number",
    Operator.Word: "keyword",
    String: "string",
    Generic.Deleted: "deleted",
    Generic.Inserted: "inserted",
    Generic.Heading: "comment",
    Generic.Subheading: "comment",
    Generic.Prompt: "comment",
    Generic.Output: "comment",
}
"""What is told apart, each a class of its own: code-comment and so on."""


@cache
def _lexer(name: str) -> Lexer:
    return get_lexer_by_name(name, stripnl=False, ensurenl=False)


@cache
def _group(kind: _TokenType) -> str:
    found: _TokenType | None = kind
    while found is not None and found not in GROUPS:
        found = found.parent
    return "" if found is None else GROUPS[found]


def coloured(code: str, language: str) -> str:
    """Its HTML; without colours where the language is unknown, or they take too long."""
    name = LANGUAGES.get(language.lower())
    if name in SHELLS and "<<" in code:
        name = None
    line_end = "\n"  # without which some know no last line
    read = _read(_lexer(name), code + line_end, time.thread_time() + MOST_SECONDS) if name else []
    if "".join(text for _, text in read) != code + line_end:
        return escape(code)
    read[-1] = (read[-1][0], read[-1][1].removesuffix(line_end))
    pieces = []
    for group, parts in groupby(read, key=itemgetter(0)):
        text = escape("".join(part for _, part in parts))
        pieces.append(f'<span class="code-{group}">{text}</span>' if group else text)
    return "".join(pieces)


def _read(lexer: Lexer, code: str, until: float) -> list[tuple[str, str]]:
    """What it is made of, with the group of each; not all of it where that is too much for the time."""
    read = []
    for kind, text in lexer.get_tokens(code):
        if time.thread_time() > until:
            break
        read.append((_group(kind), text))
    return read
