"""What may be done with a message: its menu, the form that changes it, and what it said before."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.utils.safestring import SafeString

from chat.conf import conf
from chat.errors import Refused
from chat.formatting import formatted, one_emoji
from chat.fragments.lookup import place_of
from chat.fragments.messages import Where, message_context, ready
from chat.fragments.reactions import emoji_context, reacted
from chat.fragments.room import longest
from chat.fragments.templates import render
from chat.models import Message, Version


def _about(message: Message, form: Mapping[str, Any]) -> dict[str, Any]:
    """`form`: what all forms of the page send along."""
    field = f"edit-text-{message.room.slug}-{message.seq}"
    return {"room": message.room, "message": message, "permalink": message.get_permalink(), "edit_field": field, **form}


def menu_context(message: Message, may: Collection[str], form: Mapping[str, Any]) -> dict[str, Any]:
    """What the templates of a menu ask for. `may`: what this person may do, of react, reply, edit, delete, pin and
    versions."""
    context, slug = _about(message, form), message.room.slug
    context |= {
        "edits": f"#edits-{slug}",
        "reply": f"{message.room.get_absolute_url()}?reply={message.seq}" if "reply" in may else "",
        "replying": f"{context['permalink']}reply/",
        "composer": f"#composers-{slug} > .composer:last-child > [name=nonce], #plain-{slug}, #place-{slug}",
    }
    ways = {
        "edit": "edit/",
        "delete": "delete/",
        "pin": "pin/",
        "react": "react/",
        "versions": f"#versions-{message.pk}",
    }
    context |= {"quick": [*filter(None, map(one_emoji, conf.reactions.split()))], "found": [], "sought": ""}
    return {**context, **{verb: context["permalink"] + way if verb in may else "" for verb, way in ways.items()}}


def menu(message: Message, may: Collection[str], form: Mapping[str, Any]) -> SafeString:
    """In its log, in place of what asked for it."""
    return render("chat/_menu.html", menu_context(message, may, form))


def closed_menu(message: Message) -> SafeString:
    """What opens it, in its place."""
    context = message_context(message, Where.of(message.room))
    return render("chat/_more.html", context, place_of(message.room))


def below(
    message: Message, may: Collection[str], form: Mapping[str, Any], before: Sequence[Version], sought: str = ""
) -> SafeString:
    """On its own page: the same, all who reacted, and what it said before it was changed. `sought`: an emoji."""
    earlier = [(one, ready(formatted(one.body, one.marks).html)) for one in before]
    context = {**menu_context(message, {*may} - {"versions"}, form), "edit_field": None, "composer_field": None}
    context |= emoji_context(sought)
    items, place = render("chat/_menu_items.html", context), place_of(message.room)
    people = render("chat/_reacted.html", {"message": message, "reacted": reacted(message)}, place)
    return items + people + render("chat/_versions.html", {"message": message, "earlier": earlier}, place)


def edit_context(message: Message, form: Mapping[str, Any], text: str, reason: Refused | None) -> dict[str, Any]:
    """What _edit.html asks for."""
    said = {"text": text, "reason": reason or "", "longest": longest(), "alone": False}
    return {**_about(message, form), **said}


def edit(message: Message, form: Mapping[str, Any], text: str, reason: Refused | None = None) -> SafeString:
    """The form that changes it, on its own page, with this text in it and why that was not taken, if it was not."""
    return render("chat/_edit.html", {**edit_context(message, form, text, reason), "alone": True})


def editing(message: Message, form: Mapping[str, Any]) -> SafeString:
    """The same for its room, in answer to whoever chose that in its menu, which is closed."""
    return render("chat/_editing.html", edit_context(message, form, message.body, None))
