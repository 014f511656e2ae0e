"""The app's own stylesheet, made of the site's: everything in it holds inside of an element of the class chat-ui alone.

    python -m theme.scoped SITE.css APP.css

So it touches nothing of the page that a room is put into, not even by its reset, and hardly anything of that page's
touches the room: there are no layers, which any rule outside of one would beat, and the class is said twice.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

INSIDE = ".chat-ui.chat-ui"
ITSELF = ":where(.chat-ui)"
"""Without weight: `.chat-ui { --color-accent: … }` of a page sets a token, wherever it stands."""

SHIELD = f"""{INSIDE} {{
  :where(*:not(img, video, audio, canvas, svg *)), ::before, ::after {{ all: revert; }}
}}
body:where(.chat-page) {{ margin: 0; }}
"""
"""What the page says of elements by their names, as of each h2, a or input, holds elsewhere. The body of a page that is
all chat is not inside: others put into it what is theirs, as a toolbar for developers."""

ROOTS = re.compile(r"(?<=[{};])(?::root|html)(?:,:host)?(?=\{)")
OF_PAGE = re.compile(r"\bhtml(\[[^\]]*\]) ")
ANIMATION = re.compile(r"(?<=[{;])animation(?:-name)?:[^;}]+")


def scoped(css: str) -> str:
    names = re.findall(r"@keyframes ([\w-]+)", css)
    css = re.sub(r"@keyframes (?=[\w-])", "@keyframes chat-", css)
    css = ANIMATION.sub(lambda found: _renamed(found[0], names), css)
    css = OF_PAGE.sub(r"html\1 & ", css)
    return SHIELD + "".join(_scoped(head, body) for head, body in blocks(css))


def _renamed(animation: str, names: list[str]) -> str:
    return re.sub(rf"(?<![\w-])({'|'.join(map(re.escape, names))})(?![\w-])", r"chat-\1", animation)


def _scoped(head: str, body: str) -> str:
    if head.startswith(("@keyframes", "@property")) or head == "@layer properties":
        return f"{head}{{{body}}}\n"
    if head.startswith("@layer"):
        return "".join(_rule(*one) for one in blocks(body))
    return _rule(head, body)


def _rule(head: str, body: str) -> str:
    """What says something of the page as a whole says it of the room."""
    around = f"{head}{{{body}}}"
    lifted = ROOTS.sub(ITSELF, "{" + around)[1:]
    return f"{lifted}\n" if ITSELF in lifted else f"{INSIDE}{{{around}}}\n"


def blocks(css: str) -> Iterator[tuple[str, str]]:
    """(what stands before a block, what stands in it), of the outermost blocks."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    depth = start = 0
    head = ""
    for place in re.finditer(r'"(?:[^"\\]|\\.)*"|[{}]', css):
        if place[0] == "{":
            if depth == 0:
                head, start = css[start : place.start()].strip(), place.end()
            depth += 1
        elif place[0] == "}":
            depth -= 1
            if depth == 0:
                yield head, css[start : place.start()]
                start = place.end()


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(scoped(Path(sys.argv[1]).read_text()))
