"""Messages and what stands among them, in every state they can be seen in."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from chat import fragments, mentions
from chat.fragments import LOG_LENGTH
from chat.models import Message, Room
from chat.rules import ALLOWED, Verdict
from chat.samples.cast import AMARA, BEN, FARID, LIOR, LONG, NOW, VISITOR, YOU, Sample, Scene

REACTIONS = [
    ["🍓", 3, [YOU.key, FARID.key, AMARA.key], [YOU.name, FARID.name, AMARA.name]],
    ["🎉", 41, [BEN.key], [BEN.name, LONG.name, LIOR.name]],
    ["👍", 1, [LIOR.key], [LIOR.name]],
]
FORMATTED = """**Saturday**, not ~~Friday~~, says [the plan](https://example.org/plan):

> Bring *gloves*
> and `boots`

1. dig
2. plant
   - tomatoes
   - :carrot: carrots

שבת שלום!"""
CODE = """So that the tap opens by itself:

```python
@every("day")  # at six
def water(garden: Garden) -> None:
    if garden.rain < 2.5:
        garden.tap("north").open(minutes=20)
```"""


def messages(scene: Scene) -> Iterator[Sample]:
    states = {
        "plain": scene.message("The tomatoes are coming up!"),
        "mine": scene.message("Already? It has been cold.", YOU),
        "opens-a-day": scene.message("Good morning, everybody ☀️", BEN, previous_sent=NOW - timedelta(days=1)),
        "mentions-me": marked(scene.message(f"@{YOU.name}, have you seen the draft?"), f"@{YOU.name}", YOU.key),
        "mentions-another": marked(scene.message(f"It is on the desk of @{BEN.name}."), f"@{BEN.name}", BEN.key),
        "mentions-the-room": marked(scene.message("@room: we meet at noon."), "@room", mentions.EVERYBODY),
        "edited": scene.message("We meet at half past twelve.", edited=NOW),
        "pinned": scene.message("Water on Fridays, please.", pinned=NOW),
        "edited-and-pinned": scene.message("We meet at half past twelve.", edited=NOW, pinned=NOW),
        "answers": scene.message("I do.", BEN, reply_to=scene.message("Who waters on Friday?")),
        "answers-what-is-gone": scene.message("I do.", YOU, reply_to=scene.message("", deleted=True)),
        "deleted": scene.message("", BEN, deleted=True),
        "mine-deleted": scene.message("", YOU, deleted=True),
        "by-a-guest": scene.message("I would, if somebody shows me the tap.", FARID),
        "several-lines": scene.message("To bring:\n\n  - gloves\n  - a bucket\n\nand good shoes."),
        "long": scene.message("There is far too much to say about it. " * 40, BEN),
        "long-words": scene.message("https://example.org/" + "a-very-long-address/" * 12 + " " + "x" * 300, AMARA),
        "long-name": scene.message("Nobody can say that name.", LONG),
        "endless-name": scene.message("Nor that one.", BEN, author_name="Ben " * 500),
        "right-to-left": scene.message("מי משקה ביום שישי? אני יכול גם ב־14:00.", LIOR),
        "both-directions": scene.message("The word for it is שלום, as in Jerusalem.", LIOR),
        "links": scene.message("It says so on https://example.org/tomatoes?sort=new, at the end.", AMARA),
        "emoji": scene.message("🎂🎉", BEN),
        "formatted": scene.message(FORMATTED, BEN),
        "code": scene.message(CODE, AMARA),
        "hidden": scene.message("It was ||the butler, with the *candlestick*||, of course.", BEN),
        "reacted": scene.message("The first strawberry!", BEN, reactions=REACTIONS),
        "mine-reacted": scene.message("And a second one.", YOU, reactions=REACTIONS[:1]),
        "markup": scene.message('<b>bold</b> & "quoted" <i>never</i> {{ a }} {% b %}', AMARA),
    }
    for state, message in states.items():
        said = fragments.message_context(message, fragments.Where.of(message.room))
        yield Sample("chat/_message.html", state, said, message_needs(message))


def exports(scene: Scene) -> Iterator[Sample]:
    message = scene.message("The tomatoes are coming up!")
    drawn = fragments.message(message, fragments.Where.of(message.room))
    site, whole = "https://chat.example.org/", message_needs(message)
    said = fragments.export_context(message.room, site, SafeString(), 0, 0, None)
    yield Sample("chat/export.html", "empty", {**said, "now": NOW})
    for state, after, following in (("one", 0, None), ("first-part", 0, 2007), ("last-part", 2007, None)):
        said = fragments.export_context(message.room, site, drawn, 1, after, following)
        yield Sample("chat/export.html", state, {**said, "now": NOW}, whole)


def marked(message: Message, words: str, keys: str) -> Message:
    """Speaking of these where it says these words."""
    start = message.body.index(words)
    message.marks = [(start, start + len(words), keys)]
    return message


def message_needs(message: Message) -> tuple[str, ...]:
    tag = f'#message-{message.pk}.message[data-seq="{message.seq}"][data-author="{message.author.key}"]'
    called = mentions.called(message.marks)
    return (tag, *(f'[data-mention~="{key}"]' for key in called))


def between(scene: Scene) -> Iterator[Sample]:
    """What asks for older messages, what tells new ones from those that were seen, and what a page remembers."""
    for state, before in (("more", 17), ("beginning", None)):
        for name in ("_older_ask", "_older_more", "_older", "_older_page"):
            yield _older(scene, name, state, before)
    place = scene.room()
    slug = place.slug
    needs: tuple[str, ...] = (f'[hx-swap-oob="beforeend:#log-{slug}"] > .new-line', f'[hx-swap-oob*="#spare-{slug}"]')
    yield Sample("chat/_day_form.html", "some", {"room": place}, ('form[action][method="get"]', '[name="day"]'))
    yield Sample("chat/_new_line.html", "new", {"room": place}, needs)
    said = {"room": place, "before": 17, "length": LOG_LENGTH}
    needs = (f'[hx-swap-oob^="innerHTML:#log-{slug}"]', f'[hx-swap-oob^="delete:#log-{slug}"]')
    yield Sample("chat/_trim.html", "long", said, needs)
    no = Verdict(False, _("This room is archived: it can be read, but nobody can write in it any more."))
    for state, verdict, who in (("member", ALLOWED, YOU), ("guest", ALLOWED, VISITOR), ("reading", no, VISITOR)):
        yield Sample("chat/_room_empty.html", state, {"room": place, "verdict": verdict, "participant": who})
    belongs = f'[form="sync-{slug}"]'
    needs = (f'input#cursor-{slug}[name="cursor"][value="42"]{belongs}',)
    yield Sample("chat/_cursor.html", "moved", {"room": place, "cursor": 42}, needs)
    for state, away in (("away", 40), ("back", None)):
        needs = (f'input#away-{slug}[name="away"][value="{away or ""}"]{belongs}',)
        yield Sample("chat/_away.html", state, {"room": place, "away": away}, needs)
    needs = (f'input#epoch-{slug}[name="epoch"][value="{place.epoch}"]',)
    yield Sample("chat/_epoch.html", "known", {"room": place}, needs)


def _older(scene: Scene, name: str, state: str, before: int | None) -> Sample:
    place = scene.room()
    said: dict[str, Any] = {"room": place, "before": before}
    needs: list[str] = []
    if before:
        needs += [f"#ask-{place.slug}-17[ws-send]", '[name="do"][value="older"]', '[name="before"][value="17"]']
    if name in ("_older_more", "_older"):
        needs.append(f'[hx-get][hx-target="#older-{place.slug}"]')
    if name == "_older":
        needs.append(f"#older-{place.slug}")
    if name == "_older_page":
        rows = [scene.message("Frost tonight, they say.", BEN, room=place), scene.message("Oh no.", YOU, room=place)]
        said |= {"asked": 42, "texts": [fragments.message(row, fragments.Where.of(place)) for row in rows]}
        needs.append(f'[hx-swap-oob="outerHTML:#ask-{place.slug}-42"]')
        needs += [need for row in rows for need in message_needs(row)]
    return Sample(f"chat/{name}.html", state, said, tuple(needs))


def talk(scene: Scene, place: Room) -> list[Message]:
    lines = (
        ("The tomatoes are coming up!", AMARA),
        ("Already? It has been cold.", BEN),
        ("Under the fleece it isn't.", AMARA),
        ("Who waters on Friday?", YOU),
        ("אני יכול", LIOR),
        ("I would, if somebody shows me the tap.", FARID),
    )
    return [scene.message(text, author, room=place) for text, author in lines]
