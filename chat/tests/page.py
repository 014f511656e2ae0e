"""A page as a browser would hold it: frames are applied to it as htmx would, and what may not happen is noted."""

import re
from html import unescape

MORE = r'hx-get="[^"]*/older/(?P<{}>\d+)/"'
ASK = r'(?:<form class="older-ask".*?</form>|<p class="older-ask">.*?</p>)'

PIECE = re.compile(
    r'(?P<clear><div hx-swap-oob="innerHTML:#log-[\w-]+">)'
    r'|<div hx-swap-oob="innerHTML:#log-[\w-]+:has\(> \.message:nth-last-child\((?P<long>\d+) of \.message\)\)'
    r' > \.older:not\(:has\(\.message\)\), #spare-[\w-]+">\s*<div hidden ' + MORE.format("home")
    + rf"[^>]*></div>\s*{ASK}\s*</div>"
    r'|<div hx-swap-oob="delete:#log-[\w-]+:not\(:has\(> \.older \.message\)\)'
    r" > \.message:nth-last-child\(n\+(?P<trim>\d+) of \.message\), #spare-[\w-]+ > \*"
    r'|<div class="older-page" hx-swap-oob="outerHTML:#ask-[\w-]+-(?P<asked>\d+)">(?P<older>.*?)</div>'
    r"|<div hidden " + MORE.format("more")
    + r'|<div hx-swap-oob="beforeend:#log-[\w-]+">\s*(?P<new><article.*?</article>)\s*</div>'
    r"|(?P<changed><article.*?</article>)"
    r'|<input id="cursor-[\w-]+"[^>]* value="(?P<cursor>\d+)"[^>]*>'
    r'|<input id="epoch-[\w-]+"[^>]* value="(?P<epoch>\w+)"[^>]*>'
    r'|<input id="away-[\w-]+"[^>]* value="(?P<away>\d*)"[^>]*>'
    r'|hx-swap-oob="delete:#composer-(?P<acknowledged>[\w-]+)"'
    r'|<p class="refusal" id="refusal-(?P<refused>[\w-]+)"[^>]*>(?P<reason>[^<]*)'
    r'|id="connection-[\w-]+" data-state="(?P<state>\w+)"',
    re.DOTALL,
)  # fmt: skip
ARTICLE = re.compile(r'id="message-(\d+)" data-seq="(\d+)"')
BODY = re.compile(r'<(?:p|section) class="message-body[^>]*>(.*?)</(?:p|section)>', re.DOTALL)
DAY = re.compile(r'<p class="day"><a href="[^"]*"><time datetime="([\d-]+)">')
ASKED_BEFORE = re.compile(r'name="before" value="(\d+)"')

Messages = dict[int, tuple[int, str]]


class Page:
    def __init__(self, cursor: int = 0, epoch: str = ""):
        self.log: Messages = {}
        """{message id: (seq, body)} in the order of the page."""
        self.older: Messages = {}
        """Those above them that were asked for."""
        self.days: dict[int, str] = {}
        """{message id: the day whose line stands above it}."""
        self.ask: int | None = None
        """What asks for still older ones asks for those before this seq; None when it is said to have begun there."""
        self.home: int | None = None
        """What the ask is again when the older ones have left the page."""
        self.cursor, self.epoch, self.away = cursor, epoch, ""
        self.state = "connecting"
        self.replaced = 0
        """How often the whole log was replaced."""
        self.trimmed = 0
        """How many messages left the page because it had become long."""
        self.faults: list[str] = []

    @classmethod
    def load(cls, html: str) -> "Page":
        """From a page as HTTP gives it."""
        page = cls()
        for piece in PIECE.finditer(html):
            if piece["changed"]:
                page._append(piece["changed"])
            page._note(piece)
        return page

    def apply(self, frame: str) -> dict[str, list]:
        """Swap the frame in. Gives what it said: {"new": message ids, "acknowledged": nonces, "refused": nonces}."""
        said: dict[str, list] = {"new": [], "acknowledged": [], "refused": []}
        for piece in PIECE.finditer(frame):
            if piece["clear"]:
                self._clear()
            elif piece["long"]:
                self._ask_anew(int(piece["long"]), int(piece["home"]))
            elif piece["trim"]:
                self._trim(int(piece["trim"]))
            elif piece["asked"]:
                self._page_back(int(piece["asked"]), piece["older"])
            elif piece["new"]:
                said["new"].append(self._append(piece["new"]))
            elif piece["changed"]:
                self._replace(piece["changed"])
            for kind in ("acknowledged", "refused"):
                if piece[kind]:
                    said[kind].append(piece[kind])
            self._note(piece)
        return said

    def reach_the_end(self) -> None:
        """Scroll down again: what was read further up leaves the page."""
        for pk in self.older:
            self.days.pop(pk, None)
        self.older, self.ask = {}, self.home

    def rows(self) -> list[tuple[int, int, str]]:
        """[(message id, seq, body)] in the order of the page."""
        return [(pk, seq, body) for pk, (seq, body) in (self.older | self.log).items()]

    def _note(self, piece: re.Match) -> None:
        if piece["cursor"]:
            self.cursor = int(piece["cursor"])
        if piece["epoch"]:
            self.epoch = piece["epoch"]
        if piece["more"]:
            self.ask = self.home = int(piece["more"]) or None
        if piece["away"] is not None:
            self.away = piece["away"]
        if piece["state"]:
            self.state = piece["state"]

    def _clear(self) -> None:
        self.log, self.older, self.days, self.ask, self.home = {}, {}, {}, None, None
        self.replaced += 1

    def _ask_anew(self, length: int, home: int) -> None:
        if len(self.log) >= length and not self.older:
            self.ask = self.home = home

    def _trim(self, first: int) -> None:
        """Away with all from the nth last on, unless somebody reads up there."""
        if not self.older:
            for pk in list(self.log)[: max(len(self.log) - first + 1, 0)]:
                del self.log[pk]
                self.days.pop(pk, None)
                self.trimmed += 1

    def _page_back(self, asked: int, html: str) -> None:
        if asked != self.ask:
            self.faults.append(f"what asks for {asked} is not in the page")
            return
        page = {}
        for article in re.findall(r"<article.*?</article>", html, re.DOTALL):
            pk, *message = self._parse(article)
            if pk in page or pk in self.older or pk in self.log:
                self.faults.append(f"message {pk} was doubled by paging back")
            page[pk] = tuple(message)
        places = [seq for seq, _ in (page | self.older | self.log).values()]
        if places != sorted(places):
            self.faults.append(f"the page before {asked} came out of order")
        self.older = page | self.older
        before = ASKED_BEFORE.search(html)
        self.ask = int(before[1]) if before else None

    def _append(self, article: str) -> int:
        pk, seq, body = self._parse(article)
        if pk in self.log or pk in self.older:
            self.faults.append(f"message {pk} was doubled")
        if self.log and seq <= next(reversed(self.log.values()))[0]:
            self.faults.append(f"message {pk} came out of order")
        self.log[pk] = (seq, body)
        return pk

    def _replace(self, article: str) -> None:
        shown = self.older | self.log
        head = ARTICLE.search(article)
        if head is None or int(head[1]) in shown:
            pk, seq, body = self._parse(article)
            (self.log if pk in self.log else self.older)[pk] = (seq, body)
        elif shown and int(head[2]) > next(iter(shown.values()))[0]:
            self.faults.append(f"message {head[1]} was changed before it came")

    def _parse(self, article: str) -> tuple[int, int, str]:
        head, body, day = ARTICLE.search(article), BODY.search(article), DAY.search(article)
        if head is None or body is None:
            raise ValueError(f"not a message: {article}")
        pk = int(head[1])
        self.days.pop(pk, None)
        if day:
            self.days[pk] = day[1]
        return pk, int(head[2]), unescape(body[1])
