"""Tokens as HTML: the one place where an element of a message is written. All that somebody typed is escaped."""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from django.utils.html import escape
from markdown_it.token import Token

from chat.formatting.code import coloured
from chat.formatting.emoji import emojized
from chat.formatting.markdown import Unfit
from chat.mentions import Marked

LANGUAGE = re.compile(r"[\w+#.-]{1,40}")
ADDRESS = re.compile(r"(?:https?://)?((?:[\w-]+\.)+[^\W\d_]{2,})(?![\w.-])", re.I)

BLOCKS = {
    "blockquote_open": '<blockquote dir="auto">',
    "blockquote_close": "</blockquote>",
    "bullet_list_open": '<ul dir="auto">',
    "bullet_list_close": "</ul>",
    "ordered_list_open": '<ol dir="auto">',
    "ordered_list_close": "</ol>",
    "list_item_close": "</li>",
}
PARAGRAPH = {"paragraph_open", "inline", "paragraph_close"}
INLINES = {
    "em_open": "<em>",
    "em_close": "</em>",
    "strong_open": "<strong>",
    "strong_close": "</strong>",
    "s_open": "<s>",
    "s_close": "</s>",
    "softbreak": "\n",
    "hardbreak": "\\\n",  # only a backslash at the end of a line makes one, and a line ends here anyhow
    # What is to be read there is said when the message is shown, in the reader's language.
    "hidden_open": '<details class="hidden-text"><summary></summary>',
    "hidden_close": "</details>",
}


class Writer:
    """Writes one text; `marked`: whoever that speaks of."""

    def __init__(self, marked: Marked, *, colours: bool):
        self.marked, self.colours = marked, colours
        self.called: set[int] = set()
        """The numbers of the marks that became mentions."""

    def write(self, tokens: Sequence[Token]) -> str:
        if all(token.type in PARAGRAPH for token in tokens):
            return self._paragraphs(tokens[1::3])
        return "".join(self._block(tokens, number) for number in range(len(tokens)))

    def _paragraphs(self, inlines: Sequence[Token]) -> str:
        """Nothing else: blank lines as they were typed."""
        pieces, line = [], 0
        for inline in inlines:
            begin, end = inline.map or (line, line)
            pieces += ["\n" * (begin - line), self._inline(inline)]
            line = end - 1
        return "".join(pieces)

    def _block(self, tokens: Sequence[Token], number: int) -> str:
        token = tokens[number]
        match token.type:
            case "inline":
                return self._inline(token)
            case "paragraph_open":
                return "" if token.hidden else f'<{_paragraph(tokens[number + 1])} dir="auto">'
            case "paragraph_close":
                return "" if token.hidden else f"</{_paragraph(tokens[number - 1])}>"
            case "list_item_open":  # with its number as it was typed
                return f'<li value="{int(token.info)}">' if token.info else "<li>"
            case "fence":
                return self._fence(token)
        return BLOCKS[token.type]

    def _fence(self, token: Token) -> str:
        language, code = self.marked.restored(token.info.strip()), self.marked.restored(token.content)
        if language and not LANGUAGE.fullmatch(language):
            language, code = "", f"{language}\n{code}"
        code = code.removesuffix("\n")
        inner = coloured(code, language) if self.colours else escape(code)
        named = f' data-language="{escape(language)}"' if language else ""
        return f'<pre{named} dir="ltr"><code>{inner}</code></pre>'

    def _inline(self, token: Token) -> str:
        children, pieces, number = token.children or [], [], 0
        while number < len(children):
            child, number = children[number], number + 1
            if child.type == "link_open":
                end = next(n for n in range(number, len(children)) if children[n].type == "link_close")
                pieces.append(self._link(child, children[number:end]))
                number = end + 1
            else:
                pieces.append(self._piece(child))
        return "".join(pieces)

    def _piece(self, token: Token) -> str:
        match token.type:
            case "text":
                return self._text(emojized(token.content))
            case "text_special":
                return self._text(token.content)
            case "code_inline":
                return f"<code>{escape(self.marked.restored(token.content))}</code>"
            case "image":
                return self._linked(str(token.attrs["src"]), _title(token), token.content, self._text(token.content))
        return INLINES[token.type]

    def _text(self, text: str) -> str:
        return self.marked.html(text, self.called)

    def _link(self, token: Token, label: Sequence[Token]) -> str:
        address, said = str(token.attrs["href"]), "".join(child.content for child in label)
        if token.info == "auto":
            return self._opened(address, "") + escape(self.marked.restored(said)) + "</a>"
        if any(child.type == "link_open" for child in label):
            raise Unfit  # no browser takes a link within a link
        inner = "".join(self._text(child.content) if child.type == "image" else self._piece(child) for child in label)
        return self._linked(address, _title(token), said, inner)

    def _linked(self, address: str, title: str, said: str, inner: str) -> str:
        """What reads as an address is no link to another one: that one follows it."""
        opened, address = self._opened(address, title), escape(self.marked.restored_in_address(address))
        if not said.strip():
            return f"{opened}{address}</a>"
        if _reads_as_another(said, address):
            return f"{inner} ({opened}{address}</a>)"
        return f"{opened}{inner}</a>"

    def _opened(self, address: str, title: str) -> str:
        title = self.marked.restored(title)
        if '"' in title or not address:  # markdown-it makes none of an address that is not allowed
            raise Unfit
        named = f' title="{escape(title)}"' if title else ""
        address = escape(self.marked.restored_in_address(address))
        return f'<a href="{address}"{named} target="_blank" rel="nofollow ugc noopener">'


def _paragraph(inline: Token) -> str:
    """No browser takes a details into a p."""
    return "div" if any(child.type == "hidden_open" for child in inline.children or []) else "p"


def _title(token: Token) -> str:
    return str(token.attrs.get("title") or "")


def _reads_as_another(said: str, address: str) -> bool:
    host = urlsplit(address).hostname or ""
    return any(found[1].lower() != host for found in ADDRESS.finditer(said))
