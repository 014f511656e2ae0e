"""Tokens as HTML: the one place where an element of a message is written. All that somebody typed is escaped."""

import re
from collections.abc import Sequence

from django.utils.html import escape
from markdown_it.token import Token

from chat.formatting.code import coloured
from chat.formatting.emoji import emojized
from chat.formatting.links import reads_as_another
from chat.formatting.markdown import Unfit
from chat.mentions import Marked

LANGUAGE = re.compile(r"[\w+#.-]{1,40}")

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
        self._within = 0  # lists and quotations around what is written
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
        self._within += token.nesting if token.type not in PARAGRAPH else 0
        match token.type:
            case "inline":
                return self._inline(token)
            case "paragraph_open":
                # Within what has a direction it has none of its own: that goes by the letters in here.
                own = "" if self._within else ' dir="auto"'
                return "" if token.hidden else f"<{_paragraph(tokens[number + 1])}{own}>"
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
                self._refuse_title(token)
                return self._linked(str(token.attrs["src"]), token.content, self._text(token.content))
        return INLINES[token.type]

    def _text(self, text: str) -> str:
        return self.marked.html(text, self.called)

    def _link(self, token: Token, label: Sequence[Token]) -> str:
        address, said = str(token.attrs["href"]), "".join(child.content for child in label)
        if token.info == "auto":
            return f"{self._opened(address)}{escape(self.marked.restored(said))}</a>"
        self._refuse_title(token)
        if any(child.type == "link_open" for child in label):
            raise Unfit  # no browser takes a link within a link
        inner = "".join(self._text(child.content) if child.type == "image" else self._piece(child) for child in label)
        return self._linked(address, said, inner)

    def _linked(self, address: str, said: str, inner: str) -> str:
        """What reads as an address is no link to another one: that one follows it."""
        opened, leads = self._opened(address), self.marked.restored_in_address(address)
        if not said.strip():
            return f"{opened}{escape(leads)}</a>"
        if reads_as_another(self.marked.restored(said), leads):
            return f"{inner} ({opened}{escape(leads)}</a>)"
        return f"{opened}{inner}</a>"

    def _opened(self, address: str) -> str:
        if not address:  # markdown-it leaves none of one that is not allowed
            raise Unfit
        address = escape(self.marked.restored_in_address(address))
        return f'<a href="{address}" target="_blank" rel="nofollow ugc noopener">'

    @staticmethod
    def _refuse_title(token: Token) -> None:
        """It would be read by a pointer alone, and can claim to be another address."""
        if token.attrs.get("title"):
            raise Unfit


def _paragraph(inline: Token) -> str:
    """No browser takes a details into a p."""
    return "div" if any(child.type == "hidden_open" for child in inline.children or []) else "p"
