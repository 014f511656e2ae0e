"""What it costs to store: 50 senders in one room, each posting when its last message was acknowledged."""

from benchmarks import load
from benchmarks.contest import Contest, Entrant, Figure, Run
from benchmarks.contestants import Parley, Tutorial, target
from benchmarks.load import Target
from benchmarks.stage import Stage

SENDERS = 50
ACCEPTED = Figure("messages accepted", "per CPU second")


def accepted(target: Target, seconds: float, **options) -> Entrant:
    def run() -> Run:
        outcome = load.run(target, senders=SENDERS, acks=True, seconds=seconds, **options)
        return Run([outcome.acknowledged / outcome.server_cpu], outcome.client_share)

    return Entrant(target.label, run)


def contest(stage: Stage, database: str, parley: Target, tutorial: Tutorial, helpers: tuple = ()) -> Contest:
    rivals = [
        accepted(target(tutorial, "/ws/storing/", "tutorial, a transaction a message", helpers), stage.seconds),
        accepted(
            target(tutorial, "/ws/told-nobody/", "the same, telling nobody", helpers), stage.seconds, unheard=True
        ),
    ]
    return Contest(f"posting, {SENDERS} senders, {database}", [ACCEPTED], accepted(parley, stage.seconds), rivals)


def posting(stage: Stage) -> list[Contest]:
    """The CPU of the database's processes counts too."""
    one = contest(stage, "SQLite", stage.parley, stage.tutorial_site)
    ours = stage.own.enter_context(Parley(stage.postgres.create("parley")))
    theirs = stage.own.enter_context(Tutorial(stage.postgres.create("tutorial"), stage.fragment))
    helpers = (stage.postgres,)
    return [one, contest(stage, "PostgreSQL", target(ours, helpers=helpers), theirs, helpers)]
