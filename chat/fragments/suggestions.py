"""Whom an @ at the end of a draft may mean, as buttons at its composer."""

import json
import re
from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString

from chat.fragments.lookup import place_of
from chat.fragments.templates import in_address, render
from chat.models import Room

COMPOSER = re.compile(r"([0-9a-f]{1,32})-(\d{1,7})")


def next_nonce(nonce: str) -> str | None:
    """That of the composer which follows; None where no page made the nonce."""
    composer = COMPOSER.fullmatch(nonce)
    return f"{composer[1]}-{int(composer[2]) + 1}" if composer else None


def begun(room: Room, nonce: str, text: str, lines: bool) -> SafeString:
    """How the text of the composer with this nonce begins, in a field of its own."""
    chain, _dash, number = nonce.partition("-")
    said = {"room": room, "chain": chain, "number": number, "begun": text, "lines": lines, "pushed": True}
    return render("chat/_begun.html", said)


def suggestions(room: Room, nonce: str, names: Sequence[str], lines: bool) -> SafeString:
    """For the composer with this nonce; without names what stood there goes. Nothing where no page made the nonce."""
    composer = COMPOSER.fullmatch(nonce)
    if composer is None:
        return SafeString("")
    address = reverse("chat:composer_lines" if lines else "chat:composer", args=[room.slug, *composer.groups()])
    return render("chat/_suggestions.html", suggestions_context(room, nonce, names, address))


def suggestions_context(room: Room, nonce: str, names: Sequence[str], address: str) -> dict[str, Any]:
    """What _suggestions.html asks for; `address`: of the composer with that nonce."""
    people = [(name, json.dumps({"chosen": name})) for name in names]
    return {"room": room, "nonce": nonce, "people": people, "address": address + in_address(place_of(room))}
