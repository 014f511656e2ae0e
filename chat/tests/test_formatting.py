"""What people write becomes HTML of ours alone, and nothing of it is lost."""

import logging
import re
import time
from collections import Counter
from html import unescape
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.formatting import MOST_BYTES, MOST_SIGNS, code, first_line, formatted, html
from chat.formatting.emoji import emojized
from chat.mentions import Mark

AWAY = 'target="_blank" rel="nofollow ugc noopener"'


def said(text: str, marks: list[Mark] | None = None) -> str:
    return formatted(text, marks or []).html


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("**b** *i* _i_ ~~s~~", "<strong>b</strong> <em>i</em> <em>i</em> <s>s</s>"),
        ("`<b>` and `` ` ``", "<code>&lt;b&gt;</code> and <code>`</code>"),
        ("> one\n> two\nmine", '<blockquote dir="auto"><p>one\ntwo</p></blockquote><p dir="auto">mine</p>'),
        ("to bring:\n- a\n- b\nand c", '<p dir="auto">to bring:</p><ul dir="auto"><li>a</li><li>b</li></ul>'
         '<p dir="auto">and c</p>'),
        ("3. c\n7. g", '<ol dir="auto"><li value="3">c</li><li value="7">g</li></ol>'),
        ("- a\n  - b", '<ul dir="auto"><li>a<ul dir="auto"><li>b</li></ul></li></ul>'),
        ("```\na < b\n  c\n```", '<pre dir="ltr"><code>a &lt; b\n  c</code></pre>'),
        ("```py\n1", '<pre data-language="py" dir="ltr"><code><span class="code-number">1</span></code></pre>'),
        ("```diff\n-a\n+b\n```", '<pre data-language="diff" dir="ltr"><code><span class="code-deleted">-a</span>\n'
         '<span class="code-inserted">+b</span></code></pre>'),
        ("```what is this?\nx", '<pre dir="ltr"><code>what is this?\nx</code></pre>'),
        ("[a *b*](https://c.d/?e&f)", f'<a href="https://c.d/?e&amp;f" {AWAY}>a <em>b</em></a>'),
        ("![a](https://c.d/e.png)", f'<a href="https://c.d/e.png" {AWAY}>a</a>'),
        ("![](https://c.d/e.png)", f'<a href="https://c.d/e.png" {AWAY}>https://c.d/e.png</a>'),
        ("[![a](http://b.c)](http://d.e)", f'<a href="http://d.e" {AWAY}>a</a>'),
        ("(see http://a.b/c_d_e).", f'(see <a href="http://a.b/c_d_e" {AWAY}>http://a.b/c_d_e</a>).'),
        ("www.a.de", f'<a href="http://www.a.de" {AWAY}>www.a.de</a>'),
        ("||https://a.b/c||", f'<details class="hidden-text"><summary></summary><a href="https://a.b/c" {AWAY}>'
         "https://a.b/c</a></details>"),
        ("_so http://a.b_", f'<em>so <a href="http://a.b" {AWAY}>http://a.b</a></em>'),
        ("see:  ```\na()\n```\n*you*", '<p dir="auto">see:</p><pre dir="ltr"><code>a()</code></pre>'
         '<p dir="auto"><em>you</em></p>'),
        ("```py\na()```", '<pre data-language="py" dir="ltr"><code>a()</code></pre>'),
        ("> ```\n> a\n> ```", '<blockquote dir="auto"><pre dir="ltr"><code>a</code></pre></blockquote>'),
        ("me@a.de", f'<a href="mailto:me@a.de" {AWAY}>me@a.de</a>'),
        ("<http://a.b>", f'<a href="http://a.b" {AWAY}>http://a.b</a>'),
        ("||a *b*||", '<details class="hidden-text"><summary></summary>a <em>b</em></details>'),
        ("> ||a||", '<blockquote dir="auto"><div><details class="hidden-text"><summary></summary>a</details>'
         "</div></blockquote>"),
        (r"\*a\* \:tada:", "*a* :tada:"),
        ("well :tada: done", "well 🎉 done"),
        ("🎉", '<span class="emoji-large">🎉</span>'),
        (":tada: :+1:\n👩‍👩‍👧‍👦", '<span class="emoji-large">🎉 👍\n👩‍👩‍👧‍👦</span>'),
        ("🎉🎉🎉🎉", "🎉🎉🎉🎉"),
    ],
)  # fmt: skip
def test_it_works(text, shown):
    assert said(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "  one\n    two\n\n\nthree ", "__init__.py, __x__", "a || b || c", "a * b * c", "7*7*7 2**8 3**2",
        "snake_case_name", "# no title",
        "no\n===", "| a | b |\n| - | - |\n| 1 | 2 |", "---", "[a]: http", "&amp; &copy;", "C:\\dir\\\nnext",
        "12:100:3",
        ":nobody_knows:", "script.py and example.com", "ftp://a.b/c", "[a](javascript:alert)", "[a](/chat/lobby)",
        "[a](data:text/html,x)", "-", "*", "- a\n-\n- b", "> ", "```", "||||", "+1", ">" * 40 + " deep", "[" * 4000,
        "Καλημέρα :", "10.5) x", "![", "[](", "a@b", r"¯\_(ツ)_/¯",
        r"C:\Users\_me\.env \\server", r're.match("\d+\.\d+")', "cp src/*.py tests/*.py a/",
        "SELECT a.*, b.* FROM c", "*.*",
        "**/*.py and **/*.js", "/* a */ b /* c */", "_('a')+_('b')", "[ -z a ]||b; [ -z c ]||d", "a||' '||b",
        "007. James",
        "2026. What a year", "1) a", "* * * * * cmd", ">>> x = 1", ">:(", "+ a", "x[:a:]", "~~~ a\nb",
        "[x](http://a.b 'c')", "[a]()", "![a]()", "![a](data:x)", "[a](http://b.c \"d\\\"e\")",
    ],
)  # fmt: skip
def test_what_is_no_markdown_here_stays_as_it_was_typed(text):
    assert unescape(said(text)) == text


@pytest.mark.parametrize(
    "said_to_be",
    ["https://bank.com.", "bank.com-", "https://192.168.0.1/a", "https://localhost:8000/", "bank\u3002com",
     "bank\u200b.com", "to bank.com", "www.bank", "\u200b", "\u2800", "BANK.COM/a.py"],
)  # fmt: skip
def test_what_reads_as_another_address_is_no_link(said_to_be):
    shown = said(f"[{said_to_be}](http://evil.com)")
    assert shown == f'{said_to_be} (<a href="http://evil.com" {AWAY}>http://evil.com</a>)'


@pytest.mark.parametrize(
    ("words", "address"),
    [("settings.py", "https://a.b/settings.py"), ("django.db.models", "https://c.d"), ("a.b", "http://a.b/c"),
     ("bücher.de", "https://xn--bcher-kva.de/"), ("HTTPS://A.B", "https://a.b/"), ("👍", "https://a.b")],
)  # fmt: skip
def test_words_that_lead_where_they_seem_to(words, address):
    assert said(f"[{words}]({address})") == f'<a href="{address}" {AWAY}>{words}</a>'


def test_what_is_hidden_is_so_where_nothing_else_can_be_formatted():
    covered = '<details class="hidden-text"><summary></summary>*b*</details>'
    assert said("*a* ||*b*|| <i>\n- \n- b") == f"*a* {covered} &lt;i&gt;\n- \n- b"
    assert said("||@ann||\n-", [(2, 6, "u1")]) == f"{covered.replace('*b*', ANN)}\n-"


# --- Whoever is spoken of --------------------------------------------------------------------------


ANN = '<span class="mention" data-mention="u1">@ann</span>'


def test_whoever_is_spoken_of_stays_marked_within_formatting():
    assert said("**@ann**, > @ann", [(2, 6, "u1"), (12, 16, "u1")]) == f"<strong>{ANN}</strong>, &gt; {ANN}"
    name = "*a* `b` _c_ <d>"
    assert said(f"- @{name}", [(2, 3 + len(name), "u1")]) == (
        '<ul dir="auto"><li><span class="mention" data-mention="u1">@*a* `b` _c_ &lt;d&gt;</span></li></ul>'
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("`@ann`", "<code>@ann</code>"),
        ("```\n@ann\n```", '<pre dir="ltr"><code>@ann</code></pre>'),
        ("http://a.b/.@ann", f'<a href="http://a.b/.%40ann" {AWAY}>http://a.b/.@ann</a>'),
    ],
)
def test_in_code_and_in_addresses_nobody_is_spoken_of(text, shown):
    at = text.index("@ann")
    assert formatted(text, [(at, at + 4, "u1")]) == (shown, [])


def test_what_stands_for_them_meanwhile_can_not_be_typed():
    assert said("\ufdd0 *@ann* \ufdd1", [(3, 7, "u1")]) == f"\ufffd <em>{ANN}</em> \ufffd"


# --- Hostile ---------------------------------------------------------------------------------------


OURS = {
    "a": {"href", "title", "target", "rel"},
    **{tag: {"dir"} for tag in ("blockquote", "div", "ol", "p", "ul")},
    **{tag: set() for tag in ("code", "em", "s", "strong", "summary")},
    "details": {"class"},
    "li": {"value"},
    "pre": {"dir", "data-language"},
    "span": {"class", "data-mention"},
}
CLASSES = {"hidden-text", "mention", "emoji-large"} | {f"code-{group}" for group in code.GROUPS.values()}
PIECES = [
    *"*_~`|[]()<>!\\:@#&\"'+-.=\n\t abz19", "**", "__", "~~", "||", "```", "````", "](", "![", "](http://a.b", "http://",
    "https://c.d/", "www.e.f", "mailto:g@h.ij", "javascript:", "> ", ">>", "- ", "1. ", "2) ", "\n\n", "    ", "<b>",
    "</p>", "<script>", "<!--", "]]>", "&lt;", "&#60;", 'title="', "py\n", "```html\n", "```diff\n", "{{", "\u00a0",
    "\u200d", "\ufdd0", "\u202e", "é", "שלום", "🎉", "\r", "\x0b", "<hx-get", ' hx-get="/x"', "</details>",
    "</section>", "<a href=", "'>",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=60).map("".join)


class Parsed(HTMLParser):
    """What stands in some HTML: elements with attributes, and text."""

    def __init__(self, source: str):
        super().__init__(convert_charrefs=True)
        self.tags, self.open, self.texts = [], [], []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    def handle_comment(self, data):
        raise AssertionError(data)

    handle_decl = unknown_decl = handle_pi = handle_comment


def check(source: str) -> Parsed:
    parsed = Parsed(source)
    assert parsed.open == []
    for tag, attrs in parsed.tags:
        assert set(attrs) <= OURS[tag]
        assert {*attrs.get("class", "").split()} <= CLASSES
        if tag == "a":
            assert re.match(r"(?:https?://|mailto:)", attrs["href"])
            assert attrs["rel"] == "nofollow ugc noopener"
        assert attrs.get("dir", "auto") in ("auto", "ltr")
    return parsed


def letters(text: str) -> Counter:
    return Counter(re.findall(r"[a-z0-9]", text.lower()))


@settings(max_examples=400, deadline=None)
@given(TEXTS, st.data())
def test_only_our_elements_and_attributes_come_out(text, data):
    at = data.draw(st.integers(0, len(text)))
    with_ann = f"{text[:at]} @ann {text[at:]}"
    for shown, marks in (formatted(text), formatted(with_ann, [(at + 1, at + 5, "u1")])):
        check(shown)
        assert [mark[2] for mark in marks] == re.findall('data-mention="(.*?)"', shown)


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_nothing_that_was_typed_is_missing(text):
    parsed = check(formatted(text).html)
    kept = "".join([*parsed.texts, *(unquote(str(value)) for _, attrs in parsed.tags for value in attrs.values())])
    assert letters(unescape(emojized(text))) - letters(kept) == Counter()  # names and entities stand for others


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_the_second_wall_has_nothing_to_do(text):
    heard = []
    logger, handler = logging.getLogger("chat.formatting"), logging.Handler()
    handler.emit = heard.append
    logger.addHandler(handler)
    try:
        formatted(text)
    finally:
        logger.removeHandler(handler)
    assert [record.getMessage() for record in heard] == []


@pytest.mark.parametrize(
    "bad", ["<b>x</b>", '<em onclick="x">x</em>', '<a href="javascript:x">x</a>', "<em>x", "x</section>"]
)
def test_what_is_none_of_ours_stands_as_it_was_typed(bad, monkeypatch, caplog):
    monkeypatch.setattr(html.Writer, "write", lambda self, tokens: bad)
    assert said("*x*") == "*x*"
    assert "not what it should be" in caplog.text


def test_a_failure_of_a_library_breaks_nothing(monkeypatch, caplog):
    monkeypatch.setattr("chat.formatting.parsed", lambda text: 1 / 0)
    assert said("*x* <b>") == "*x* &lt;b&gt;"
    assert "ZeroDivisionError" in caplog.text
    hidden = '<details class="hidden-text"><summary></summary>the *gardener*</details>'
    assert said("*it* was ||the *gardener*||") == f"*it* was {hidden}"


def test_nor_does_one_that_knows_emoji(monkeypatch, caplog):
    monkeypatch.setattr("chat.formatting.emoji.emoji.purely_emoji", lambda text: 1 / 0)
    assert said("🎉") == "🎉"
    assert "ZeroDivisionError" in caplog.text


# --- How much ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sign", "most"), [("*я", MOST_SIGNS), ("- a\n", MOST_SIGNS), ("http://a.b ", MOST_SIGNS // 8)]
)
def test_so_many_signs_and_no_more(sign, most):
    assert unescape(said(sign * (most + 1))) == sign * (most + 1)
    few = sign * (most // 2 - 1)
    assert "<" in said(few)


def test_what_gets_too_long_loses_its_colours_and_then_the_rest():
    numbers = "```py\n" + "1+" * 1900
    assert said(numbers).count("code-number") == 0
    long = "*a* " + "'" * (MOST_BYTES // 6)
    assert said(long).startswith("*a* &#x27;")


def test_code_that_keeps_its_reader_busy_has_no_colours(monkeypatch):
    clock = iter(range(1000))
    assert "code-keyword" in said("```py\ndef f")
    monkeypatch.setattr(time, "thread_time", lambda: next(clock))
    assert said("```py\ndef f\n\n\n+") == '<pre data-language="py" dir="ltr"><code>def f\n\n\n+</code></pre>'


@pytest.mark.parametrize("language", sorted({*code.LANGUAGES}))
def test_each_language_keeps_what_it_reads(language):
    text = "\n  <a b='c'>1 + 2</a> # \"x\" {{ y }} /* z */ \t\u00e9\u4e2d\n\n"
    shown = code.coloured(text, language)
    assert unescape(re.sub("<[^>]*>", "", shown)) == text


def test_code_costs_nothing_to_be_read(monkeypatch):
    assert said("```\n" + "[*_`" * 900 + "\n```").startswith("<pre")
    monkeypatch.setattr(code, "_read", lambda *told: 1 / 0)
    assert "<pre" in said("```sh\ncat <<" + "b" * 900 + "\n```")  # a shell's lexer is not asked


# --- How it begins ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("**a** `b` <c>\nd", "a b <c> …"),
        ("- one\n- two", "one …"),
        ("> one\n\ntwo", "one …"),
        ("it was ||the *butler*||, and ||he||", "it was ▒▒▒, and ▒▒▒"),
        ("x" * 200, "x" * 139 + "…"),
        ("&lt;", "&lt;"),
    ],
)
def test_a_first_line_is_text(text, line):
    assert first_line(said(text)) == line
