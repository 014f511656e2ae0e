"""What may be done with a message, in every state that can be seen."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from chat import fragments, mentions
from chat.errors import Refused
from chat.models import Message, Version
from chat.samples.cast import NOW, TOKEN, YOU, Sample, Scene

FORM = {"csrf_token": TOKEN, "back": "", "ticket": ""}
ALL = {"edit", "delete", "versions"}


def menus(scene: Scene) -> Iterator[Sample]:
    for name in ("_menu", "_menu_items"):
        for state, may in (("mine", ALL), ("anothers", set[str]()), ("moderated", {"delete", "versions"})):
            message = _mine(scene, "We meet at noon.")
            needs = menu_needs(message, may)
            if name == "_menu":
                needs += (f"details#menu-{message.pk}[open]",)
            yield Sample(f"chat/{name}.html", state, fragments.menu_context(message, may, FORM), needs)
    for state, kept in (("in-its-message", True), ("closed-again", False)):
        message = _mine(scene, "We meet at noon.")
        said = fragments.message_context(message, message.room.get_absolute_url())
        marked = "[hx-preserve]" if kept else '[hx-swap-oob="true"]'
        yield Sample("chat/_more.html", state, {**said, "kept": kept}, (f"{more_needs(message)}{marked}",))
    message = _mine(scene, "We meet at noon.")
    texts = [(Version(message=message, body=text, written=NOW), mentions.html(text, [])) for text in ("Noon", "One")]
    yield Sample("chat/_versions.html", "two", {"message": message, "earlier": texts}, (f"#versions-{message.pk}",))
    yield Sample("chat/_versions.html", "none", {"message": message, "earlier": []})


def edits(scene: Scene) -> Iterator[Sample]:
    long = "There is far too much to say about it. " * 40
    texts = {"one-line": "We meet at noon.", "several-lines": "To bring:\n\n  - gloves\n  - a bucket", "long": long}
    for state, text in texts.items():
        yield _edit(scene, state, text)
    yield _edit(scene, "refused", " ", reason=Refused(_("Nothing to send: the message is empty.")))
    yield _edit(scene, "alone", "We meet at noon.", alone=True)
    message = _mine(scene, "We meet at noon.")
    said = fragments.edit_context(message, FORM, message.body, None)
    needs = (f'{more_needs(message)}[hx-swap-oob="true"]', *edit_needs(message))
    yield Sample("chat/_editing.html", "begun", said, needs)
    said = {**FORM, "message": message, "verb": "edit"}
    yield Sample("chat/_change_fields.html", "edit", said, fields_needs(message, "edit"))
    room = scene.room()
    why = Refused(_("This message is too old to be changed."))
    into = f'[hx-swap-oob="innerHTML:#unchanged-{room.slug}-7, #spare-{room.slug}"]'
    yield Sample("chat/_unchanged.html", "late", {"room": room, "seq": 7, "reason": why}, (into,))


def _mine(scene: Scene, text: str) -> Message:
    message = scene.message(text, YOU)
    message.seq += 1000  # so that it is another number than its id
    return message


def _edit(scene: Scene, state: str, text: str, reason: Refused | None = None, alone: bool = False) -> Sample:
    message = _mine(scene, text)
    said = fragments.edit_context(message, FORM, text, reason)
    return Sample("chat/_edit.html", state, {**said, "alone": alone}, edit_needs(message, alone))


def more_needs(message: Message) -> str:
    return f"#menu-{message.pk}[href][hx-get]"


def menu_needs(message: Message, may: set[str]) -> tuple[str, ...]:
    link = message.get_permalink()
    needs: list[str] = [f'[href="{link}"]']
    if "edit" in may:
        needs.append(f'[href="{link}edit/"][hx-get="{link}edit/"][hx-target="#edits-{message.room.slug}"]')
    if "delete" in may:
        needs += [f'form[action="{link}delete/"][ws-send]', *fields_needs(message, "delete")]
    if "versions" in may:
        needs.append(f'[href="{link}#versions-{message.pk}"]')
    return tuple(needs)


def edit_needs(message: Message, alone: bool = False) -> tuple[str, ...]:
    there = f"{message.room.slug}-{message.seq}"
    form = f'form[action="{message.get_permalink()}edit/"][ws-send]'
    kept = "" if alone else '[hx-preserve][hx-get][hx-trigger^="close"][hx-swap="delete"]'
    return (f"#edit-{there}[open]{kept}", f"#unchanged-{there}", form, *fields_needs(message, "edit"))


def fields_needs(message: Message, verb: str) -> tuple[str, ...]:
    token = f'[name="csrfmiddlewaretoken"][value="{TOKEN}"]'
    return (f'[name="do"][value="{verb}"]', f'[name="seq"][value="{message.seq}"]', token)
