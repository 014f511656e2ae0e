"""Names: a readable one for every guest, the initials of all, and which of those that people choose look the same.

Pure.

A guest's is made from their key: the same key gives the same name, and nothing is stored.
"""

import re
import unicodedata
import zlib
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import Any

FIRST = """
Amber Ample Arctic Autumn Balmy Blithe Bold Brave Breezy Bright Brisk Calm Candid Cheery Civil Clear Clever Copper
Coral Cosy Crimson Curious Dapper Daring Dawn Deft Dewy Eager Early Earnest Easy Fair Fleet Fond Frank Free Fresh
Gentle Glad Golden Grand Happy Hardy Hazel Honest Humble Indigo Ivory Jade Jolly Jovial Keen Kind Lively Loyal Lucid
Lucky Lunar Maple Mellow Merry Mild Misty Modest Neat Nimble Noble Olive Opal Patient Pearl Placid Plucky Polar
Polite Prompt Proud Quick Quiet Rapid Ready Rosy Royal Ruby Rustic Sage Scarlet Serene Silver Snowy Solar Spry
Steady Sunny Swift Tender Tidy Topaz Tranquil Upbeat Velvet Vivid Warm Wise Witty Zesty
""".split()

LAST = """
Albatross Antelope Badger Beaver Bison Bittern Bobcat Buzzard Camel Capybara Caribou Cheetah Chough Condor Cormorant
Crane Cricket Curlew Dolphin Dormouse Dove Dragonfly Dunlin Eagle Egret Elk Ermine Falcon Ferret Finch Firefly
Flamingo Fox Gannet Gazelle Gecko Gibbon Giraffe Goldfinch Goose Grebe Hare Harrier Hawk Hedgehog Heron Hoopoe
Hornbill Ibex Ibis Iguana Jackdaw Jaguar Jay Kestrel Kingfisher Kite Koala Lapwing Lark Lemur Leopard Linnet Llama
Lynx Magpie Mallard Manatee Marten Martin Meerkat Merlin Mongoose Moose Narwhal Newt Nightingale Ocelot Okapi Oriole
Osprey Otter Owl Panda Pangolin Partridge Pelican Penguin Petrel Plover Puffin Puma Quail Rabbit Raven Robin Salmon
Sandpiper Seal Skylark Sparrow Squirrel Starling Stoat Swallow Swan Swift Tapir Tern Thrush Tiger Toucan Turtle Vole
Walrus Weasel Whale Wolf Wombat Wren Yak Zebra
""".split()


def guest_name(key: str) -> str:
    """Two words out of some 12,000 pairs, as in "Amber Otter". Two guests may share one: each can change theirs."""
    first, last = divmod(zlib.crc32(key.encode()), len(LAST))
    return f"{FIRST[first % len(FIRST)]} {LAST[last]}"


# --- A sign of them --------------------------------------------------------------------------------

NO_INITIAL = "•"
LONGEST_INITIAL = 12
"""Code points: a family of four emoji with skins takes eleven, and what piles up accents ends somewhere."""


def initials(name: str) -> str:
    """What an avatar shows: how the first and the last word begin, whole letters, accents and emoji included."""
    words = [found for word in name.split() if (found := _initial(unicodedata.normalize("NFC", word[:80])))]
    if not words:
        return NO_INITIAL
    first, last = words[0], words[-1]
    if len(words) == 1 or not (_is_read(first[0]) and _is_read(last[0])):
        return first
    # Of letters that are written joined each stands by itself.
    joined = unicodedata.bidirectional(first[0]) == unicodedata.bidirectional(last[0]) == "AL"
    return f"{first}\u200c{last}" if joined else first + last


def _initial(word: str) -> str:
    """The first thing in a word that one reads or sees, with all that belongs to it."""
    start = next((at for at, char in enumerate(word) if unicodedata.category(char) in BEGINS), None)
    if start is None:
        return ""
    end = start + 1
    while end < len(word) and end - start < LONGEST_INITIAL and _belongs(word, start, end):
        end += 1
    letter = word[start:end].rstrip("\u200d")
    capital = letter.upper()
    return capital if len(capital) == len(letter) else letter


BEGINS = {"Lu", "Ll", "Lt", "Lo", "Nd", "Nl", "No", "So"}


def _belongs(word: str, start: int, end: int) -> bool:
    """Is what stands at `end` one with what began at `start`: an accent, a skin, a joined emoji, half a flag?"""
    char, before = word[end], word[end - 1]
    if unicodedata.category(char)[0] == "M":
        return end - start <= 2 or unicodedata.category(word[start]) == "So"
    if "\U0001f1e6" <= char <= "\U0001f1ff":
        return end == start + 1 and "\U0001f1e6" <= before <= "\U0001f1ff"
    emoji = unicodedata.category(word[start]) == "So"
    return emoji and (char == "\u200d" or before == "\u200d" or "\U0001f3fb" <= char <= "\U0001f3ff")


# --- What looks the same ---------------------------------------------------------------------------

SKELETON_LENGTH = 255
"""Of the column; what is longer is compared by its beginning."""

ADDRESSED = ("all", "anonymous", "channel", "everyone", "guest", "here", "me", "room", "you")
"""Nobody's name, alone: they speak of somebody else, or of all."""

ACCENTS = re.compile("[\u0300-\u036f]")


def skeleton(name: str) -> str:
    """What is left of a name to the eye: two names with the same skeleton may be taken for each other.

    That of UTS 39, in which a Cyrillic a is a Latin one and rn is m. Case, blanks and punctuation
    don't count.
    """
    plain = unicodedata.normalize("NFKC", name)
    shape = _shape("".join(filter(_leaves_a_letter, plain)) or plain)  # before casefold: a capital I looks like l
    return _shape(shape.casefold().replace("i", "l"))[:SKELETON_LENGTH]  # but Ian is ian, so i is l as well


def handle(name: str) -> str:
    """What one types after an @ to mean somebody: letters and digits count, in whatever case, and where words end."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    words = "".join(char if _is_read(char) else " " for char in plain).split()
    return (" ".join(words) or plain.strip())[:SKELETON_LENGTH]


def is_reserved(name: str, words: Iterable[str]) -> bool:
    """Does the name claim to be one of these, as "Admin", "the admin", "admin2" or "a.d.m.1.n" would?"""
    plain = ACCENTS.sub("", unicodedata.normalize("NFKD", name))
    parts = "".join(char if _is_read(char) else " " for char in plain).split()
    claimed = {skeleton(plain), *map(skeleton, parts), *(skeleton(part.strip("0123456789")) for part in parts)}
    roles = {skeleton(word) for word in words if word.strip()}
    return not claimed.isdisjoint(roles) or skeleton(plain) in {skeleton(word) for word in ADDRESSED}


def _is_read(char: str) -> bool:
    return unicodedata.category(char)[0] in "LMN"


def _leaves_a_letter(char: str) -> bool:
    """| is no letter but looks like one, and the click of Khoisan is one that looks like an exclamation mark."""
    shape = _shape(char)
    return any(map(_is_read, shape)) or (_is_read(char) and unicodedata.category(shape[0])[0] == "S")


def _shape(text: str) -> str:
    shapes, shape = _shapes(), unicodedata.normalize("NFD", text)
    for _ in range(3):  # what stands for a character may have one that stands for it
        shape = unicodedata.normalize("NFD", "".join(shapes.get(char, char) for char in shape))
    return shape


@cache
def _shapes() -> dict[str, str]:
    """{character: what it looks like}, of Unicode's confusables.

    The library lists them both ways. Each set is a star: all look like the one in its middle, which knows them all.
    """
    from confusable_homoglyphs.confusables import confusables_data  # 60 ms, for those who come to choose a name

    known: defaultdict[str, set[str]] = defaultdict(set)
    for one, others in confusables_data.items():
        for other in others:
            here, there = one.strip("\u200e"), other["c"].strip("\u200e")
            known[here].add(there)
            known[there].add(here)

    def rank(text: str) -> tuple[int, int, str]:
        return (-len(known[text]), -len(text), text)  # of two that only know each other, the longer is in the middle

    return {
        char: min(others, key=rank)
        for char, others in known.items()
        if len(char) == 1 and rank(min(others, key=rank)) < rank(char)
    }


LONGEST_NAME = 80
"""Characters, as many as the column holds."""


def account_name(user: Any) -> str:
    """What an account calls its owner; of an e-mail address only what stands before the @, as everybody reads it."""
    full_name = getattr(user, "get_full_name", str)().strip()
    return (full_name or user.get_username().split("@")[0] or f"Member {user.pk}")[:LONGEST_NAME]
