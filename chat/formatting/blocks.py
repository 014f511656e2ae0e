"""What a message is divided into, by rules of our own beside those of markdown-it: paragraphs as they were typed, and
lists, quotations and code where a chat means them."""

import re

from markdown_it.rules_block import StateBlock, blockquote, fence, list_block

ITEM = re.compile(r"[-*][ \t]|[1-9]\d{0,2}\.[ \t]")  # "2026. What a year" is none, and + is for what was added
QUOTE = re.compile(r">(?:[ \t]|$)", re.M)  # >:( is none
FENCED = re.compile(r"^```[^`\n]*\n.*?^```[ \t]*$", re.M | re.S)
"""Code in a block of its own: what stands in it costs nothing to read."""
CODE = re.compile(r"(?<!`)```(?!`)((?:[\w+#.-]{1,40}(?=\n))?)(.*?)(?<!`)```(?!`)", re.S)
BEFORE = re.compile(r"(?:[ \t>*-]|\d+\.)*\Z")  # of a line, where it belongs to quotations and lists


def on_lines_of_their_own(text: str) -> str:
    """The text with the marks of each block of code so, as people type them beside what they say."""
    return CODE.sub(_on_lines, text) if "```" in text else text


def _on_lines(found: re.Match[str]) -> str:
    language, code = found.groups()
    if "\n" not in code:  # in the line
        return found[0]
    text, end = found.string, found.end()
    begun = text.rfind("\n", 0, found.start()) + 1
    before = "" if BEFORE.match(text, begun, found.start()) else "\n"
    first = "" if language or code.startswith("\n") else "\n"
    last = "" if BEFORE.match(code, code.rfind("\n") + 1) else "\n"
    after = "" if text[end : end + 1] in ("", "\n") else "\n"
    return f"{before}```{language}{first}{code}{last}```{after}"


def paragraph(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Up to a blank line, or what begins something else. How far its lines are indented stays, and a line that is less
    so than the list it follows is none of that list, as people expect who press Enter."""
    terminators = state.md.block.ruler.getRules("paragraph")
    line = start + 1
    while line < state.lineMax and not state.isEmpty(line) and state.sCount[line] >= state.blkIndent:
        if any(rule(state, line, state.lineMax, True) for rule in terminators):
            break
        line += 1
    content = state.getLines(start, line, state.blkIndent, False).rstrip()
    state.line = line
    state.push("paragraph_open", "p", 1)
    token = state.push("inline", "", 0)
    token.content, token.children, token.map = content, [], [start, line]
    state.push("paragraph_close", "p", -1)
    return True


def items(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    return _begins(state, start, ITEM) and list_block(state, start, end, silent)


def quotation(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    return _begins(state, start, QUOTE) and blockquote(state, start, end, silent)


def end_of_quotation(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A line without a > ends it. Asked of each that follows one, silently; it makes nothing of its own."""
    return silent


def code(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    return state.src.startswith("`", _first(state, start)) and fence(state, start, end, silent)


def _begins(state: StateBlock, line: int, sign: re.Pattern[str]) -> bool:
    return sign.match(state.src, _first(state, line)) is not None


def _first(state: StateBlock, line: int) -> int:
    """Where its first character stands that is no blank."""
    return state.bMarks[line] + state.tShift[line]
