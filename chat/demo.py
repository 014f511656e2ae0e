"""A place that looks lived in: rooms, people, and what they said over some weeks. Pure, and the same each time."""

import hashlib
import random
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

PEOPLE = (
    *(
        "Amara Okafor",
        "Ben Halloran",
        "Chiara Rossi",
        "Dimitri Volkov",
        "Elif Demir",
        "Farid Haddad",
        "Greta Lindqvist",
    ),
    *("Hana Suzuki", "Ines Duarte", "Jakub Nowak", "Kofi Mensah", "Lotte de Vries", "Malik Rahman", "Noor Aziz"),
    *("Oisín Byrne", "Priya Nair", "Quentin Roux", "Rosa Jiménez", "Sanna Virtanen", "Tomás Herrera", "ליאור כהן"),
    *("محمد الفارسي", "陳怡君", "Xenia Papadaki"),
)

COLOURS = ("red", "orange", "olive", "green", "teal", "blue", "violet", "pink")


class DemoRoom(NamedTuple):
    slug: str
    name: str
    topic: str
    kind: str
    share: int
    """Of all that is said, in parts."""
    talks: list[list[str]]
    """Each a conversation; in its lines {a}, {b} and {c} are who takes part, and the other words are chosen anew."""
    people: tuple[str, ...] = PEOPLE
    """Who talks there; of a direct one, its two people."""
    viewer: str = ""
    """Who is shown around, {v} in the lines."""
    muted: bool = False


WORDS = {
    "thing": "the draft,the budget,the poster,the new logo,the newsletter,the offer,the guest list".split(","),
    "place": "the big hall,the library,room 204,the garden,the café downstairs,the workshop".split(","),
    "day": "Monday,Tuesday,Wednesday,Thursday,Friday,next week,the day after tomorrow".split(","),
    "time": "9:30,half past ten,noon,14:00,a quarter past three,16:45".split(","),
    "dish": "lentil soup,mushroom risotto,dal,potato salad,shakshuka,dumplings,focaccia".split(","),
    "plant": "tomatoes,beans,the sunflowers,courgettes,raspberries,the old pear tree,sweet peas".split(","),
    "book": "Middlemarch,Pachinko,The Periodic Table,Austerlitz,Small Things Like These,The Waves".split(","),
    "part": "the search page,the import,signing in,the calendar,the export,the mobile menu".split(","),
    "n": "2,3,4,5,7,9,12,17".split(","),
}

LOBBY = [
    ["Good morning, everybody ☀️", "Morning, {a}!", "Morning. Is the coffee machine working again?", "It is, {c}."],
    ["Has anybody seen {thing}?", "On my desk, @{a}. I'll bring it over.", "Thank you!"],
    ["We meet on {day} at {time}, in {place}.", "I'll be there.", "Can I join from the train?", "Of course, @{c}."],
    ["Whose bicycle is in front of the gate? A van can't get through.", "Mine, sorry. On my way down."],
    [
        "Somebody left an umbrella in {place}. Blue, with a wooden handle.",
        "That could be {c}'s.",
        "It is! Thank you 🙏",
    ],
    ["The printer is out of paper again.", "There is more in the cupboard behind you, {a}."],
    [
        "Does {thing} still need a second pair of eyes?",
        "It does. I have marked {n} places that I'm not sure about.",
        "Then I'll take it home. You will have it on {day}.",
    ],
    ["A parcel for {b} is at the front desk.", "Finally! I have been waiting for {n} days."],
    ["Who else hears that noise?", "They are drilling next door until {time}.", "I'll work from {place} then."],
    ["Happy birthday, {b}! 🎂", "Thank you! There is cake in the kitchen.", "There *was* cake in the kitchen."],
    [
        "Reminder: {thing} is due on {day}.",
        "Mine is done.",
        "Mine isn't. Can we move it to {day}?",
        "Only for you, {c}.",
    ],
    ["I am away from {day} on. {b} knows about everything.", "About nearly everything.", "Have a good time, {a}!"],
]
GARDEN = [
    ["{plant} are coming up!", "Already? It has been cold.", "Under the fleece it isn't."],
    ["Who waters on {day}?", "I can.", "And I on the day after."],
    [
        "There are far too many slugs this year.",
        "Copper tape, {a}. It helps more than beer.",
        "The beer is for us, I hope.",
    ],
    [
        "I have {n} seedlings of {plant} to give away.",
        "Two for me, please!",
        "I'd take the rest.",
        "Fetch them from {place}.",
    ],
    ["Frost tonight, they say.", "I have covered {plant}.", "You are a treasure, {b}."],
    ["The compost is ready. It smells of forest.", "Then I'll bring the wheelbarrow on {day}."],
]
KITCHEN = [
    ["Today there is {dish}.", "At what time?", "About {time}, if nobody eats the bread before.", "Too late…"],
    ["Is there anything without nuts?", "Everything but the cake, {a}. I have put a note beside it."],
    ["I am making {dish} for {n} on {day}. Who helps to chop?", "I do.", "I bring my knife and good music 🎶"],
    ["Whose lunch is that in the blue box? It has been there since {day}.", "Throw it away. Please don't open it."],
    ["What did you put into the {dish}? I want the recipe.", "Smoked paprika, and patience."],
]
HELP = [
    [
        "{part} is slow for me today. Anybody else?",
        "For me too, since {time}.",
        "We are looking at it.",
        "It was a query without an index. Better now?",
        "Much better, thank you!",
    ],
    ["How do I get at {part} from my phone?", "The three lines at the top left, {a}.", "Hidden in plain sight."],
    [
        "I can't find {thing} any more.",
        "Search for its title; it was moved on {day}.",
        "Found it. Sorry for the noise.",
    ],
    ["Is there a way to undo that?", "Within {n} minutes, yes. After that ask @{c}.", "That is me. Which one was it?"],
    ["A guest asked whether one needs an account.", "No: opening the page is enough."],
]
BOOKS = [
    ["We read {book} next.", "Oh, good. I have it twice, if anybody wants one.", "I'd love to, {b}."],
    ["I have finished {book} at {time} in the morning.", "And?", "I'd begin again at once."],
    ["{n} pages a day and we are done by {day}.", "I am at page {n}.", "Don't tell me the end!"],
    ["The translation of {book} is wonderful.", "Who did it?", "It says so on the cover, for once."],
]
RELEASE = [
    [
        "{part} is ready for a look.",
        "I'll go through it on {day}.",
        "Found {n} small things, nothing that holds it up.",
        "Mended. Thank you, {b}.",
    ],
    ["Do we ship on {day}?", "If {part} holds.", "It has held for {n} days.", "Then yes. 🚀"],
    ["The tests are red.", "That was me. Green again in five minutes.", "It has been {n}.", "Now they are."],
    ["Who writes the notes for {part}?", "I do, if {c} reads them."],
]

DIRECT = [
    ["Do you have a minute?", "For you always.", "It is about {thing}.", "Come to {place}, I am there until {time}."],
    ["Thank you for {day}!", "It was nothing. I liked it."],
    ["I have read {thing} at last.", "And?", "Good. The second half even better than the first."],
    ["Lunch at {time}?", "There is {dish} today.", "Then rather {time}."],
]

CALLS = [
    ["@{v}, have you seen {thing}?", "It can wait until {day}."],
    ["{thing} is for @{v}.", "I'll bring it over."],
]

ROOMS = [
    DemoRoom("lobby", "Lobby", "Come in, sit down", "public", 9, LOBBY),
    DemoRoom("garden", "Garden", "What grows, and who waters it", "public", 4, GARDEN),
    DemoRoom("kitchen", "Kitchen", "What there is today", "public", 4, KITCHEN, muted=True),
    DemoRoom("help", "Help", "Ask. Everybody began once", "public", 4, HELP),
    DemoRoom("book-club", "Book club", "One book a month, and no spoilers", "members", 3, BOOKS),
    DemoRoom("next-release", "Next release", "For those who build it", "private", 5, RELEASE),
]


def rooms_for(viewer: str, default_room: str) -> list[DemoRoom]:
    """All of them, the first at the default room's address; and two conversations with whoever is shown around."""
    first, *others = ROOMS
    rooms = [first._replace(slug=default_room), *others]
    if viewer:
        rooms = [room._replace(talks=[*room.talks, *CALLS], viewer=viewer) for room in rooms]
        rooms += [
            DemoRoom(f"{slug}-{_digest(viewer)}", f"{other}, {viewer}", "", "direct", 1, DIRECT, (other, viewer))
            for slug, other in (("demo-one", PEOPLE[0]), ("demo-two", PEOPLE[9]))
        ]
    return rooms


def key_of(name: str) -> str:
    """Of somebody in the demo."""
    return f"demo-{_digest(name)}"


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:12]


SENTENCES = re.compile(r"(?<=[.!?]) ")
IN_PIECES = 0.3
"""So many of the lines are sent sentence by sentence."""


class DemoLine(NamedTuple):
    author: str
    text: str
    sent: datetime


def talk(room: DemoRoom, count: int, begin: datetime, end: datetime) -> list[DemoLine]:
    """About `count` lines said in the room between these times, in their order: by day rather than by night."""
    return sorted((line for line in _talk(room, count, begin, end) if line.sent < end), key=lambda line: line.sent)


def _talk(room: DemoRoom, count: int, begin: datetime, end: datetime) -> Iterator[DemoLine]:
    chance = random.Random(room.slug)  # noqa: S311
    lengths = sum(map(len, room.talks)) / len(room.talks)
    talks = max(round(count / lengths), 1)
    for _ in range(talks):
        sent = _moment(chance, begin, end)
        people = chance.sample(room.people, min(len(room.people), 3))
        names = {letter: people[number % len(people)] for number, letter in enumerate("abc")}
        for number, line in enumerate(chance.choice(room.talks)):
            words = {name: chance.choice(choices) for name, choices in WORDS.items()}
            text = line.format(v=room.viewer, **names, **words)
            for part in SENTENCES.split(text) if chance.random() < IN_PIECES else [text]:
                yield DemoLine(people[number % len(people)], part[:1].upper() + part[1:], sent)
                sent += timedelta(seconds=chance.randint(4, 240))


def _moment(chance: random.Random, begin: datetime, end: datetime) -> datetime:
    """Some time in between, of the day if there is one."""
    moment = begin
    for _ in range(12):
        moment = begin + (end - begin) * chance.random()
        if 8 <= moment.hour < 20:
            break
    return moment
