"""How many pages a second: a room with a page of 50 messages against the emptiest view that Daphne can serve."""

from benchmarks.contest import Contest, Entrant, Figure, Run
from benchmarks.load import Target
from benchmarks.load.pages import fetch
from benchmarks.stage import Stage

MESSAGES = 50
FIGURES = [Figure("requests", "per second"), Figure("requests", "per CPU second")]


def requests(target: Target, path: str, seconds: float, messages: int = 0) -> Entrant:
    def run() -> Run:
        fetched = fetch(target, path, seconds, b'id="message-', messages)
        return Run([fetched.count / fetched.seconds, fetched.count / fetched.server_cpu], fetched.client_share)

    return Entrant(target.label, run)


def page(stage: Stage) -> list[Contest]:
    stage.fragment  # noqa: B018  the room has a page full of messages from here on
    rival = requests(stage.empty_page, "/", stage.seconds)
    subject = requests(stage.parley, "/chat/", stage.seconds, MESSAGES)
    return [Contest(f"page of {MESSAGES} messages", FIGURES, subject, [rival])]
