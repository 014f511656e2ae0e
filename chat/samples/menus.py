"""What may be done with a message, in every state that can be seen."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from chat import fragments
from chat.errors import Refused
from chat.formatting import formatted
from chat.models import Message, Version
from chat.samples.cast import NOW, TOKEN, YOU, Sample, Scene

FORM = {"csrf_token": TOKEN, "back": "", "ticket": "", "composer_field": None}
TOKENED = f'[name="csrfmiddlewaretoken"][value="{TOKEN}"]'
ALL = {"edit", "delete", "pin", "react", "reply", "versions"}


def menus(scene: Scene) -> Iterator[Sample]:
    for name in ("_menu", "_menu_items"):
        for state, may in (("mine", ALL), ("anothers", {"reply"}), ("moderated", {"delete", "pin", "versions"})):
            message = _mine(scene, "We meet at noon.")
            needs = menu_needs(message, may)
            if name == "_menu":
                needs += (f"details#menu-{message.pk}[open]",)
            said = fragments.menu_context(message, may, FORM) | {"composer_field": f"text-{scene.chain()}-0"}
            yield Sample(f"chat/{name}.html", state, said, needs)
            if name == "_menu_items":
                message = _mine(scene, "We meet at noon.")
                alone = fragments.menu_context(message, may, FORM) | {"edit_field": None}
                yield Sample(f"chat/{name}.html", f"{state}-alone", alone, menu_needs(message, may))
    for state, kept in (("in-its-message", True), ("closed-again", False)):
        message = _mine(scene, "We meet at noon.")
        said = fragments.message_context(message, fragments.Where.of(message.room))
        marked = "[hx-preserve]" if kept else '[hx-swap-oob="true"]'
        yield Sample("chat/_more.html", state, {**said, "kept": kept}, (f"{more_needs(message)}{marked}",))
    room = scene.room()
    yield Sample("chat/_unsaved.html", "yet", {"room": room}, (".unsaved-not[hx-get][hx-swap]", ".unsaved"))
    message = _mine(scene, "We meet at noon.")
    texts = [(Version(message=message, body=text, written=NOW), formatted(text).html) for text in ("Noon", "One")]
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
    yield Sample("chat/_change_fields.html", "room", FORM, (TOKENED,))
    framed = {**FORM, "csrf_token": "", "back": "/chat/lobby/embed/", "ticket": "sample"}
    yield Sample("chat/_change_fields.html", "frame", framed, ('[name="ticket"]', '[name="next"]'))


def pinned(scene: Scene) -> Iterator[Sample]:
    """What is kept in view at a room's head."""
    for state, texts in {
        "nothing": [],
        "several": ["Water on Fridays, please.", "To bring:\n- gloves", "W" * 300, "מי משקה ביום שישי?"],
    }.items():
        for name in ("count", "list"):
            place = scene.room()
            said = fragments.pins_context(place, [scene.message(text, room=place) for text in texts])
            yield Sample(f"chat/_pins_{name}.html", state, said, (f"#pins-{name}-{place.slug}",))
        place = scene.room()
        pins = fragments.pins(place, [scene.message(text, room=place) for text in texts])
        needs = tuple(f"#{need}-{place.slug}" for need in ("pins", "pins-count", "pins-list"))
        yield Sample("chat/_pins.html", state, {"room": place, "pins": pins}, needs)


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
        needs += [f'form.change[action="{link}delete/"][hx-post="{link}delete/"]', TOKENED]
    if "pin" in may:
        needs += [f'form.change[action="{link}pin/"][hx-post="{link}pin/"]', '[name="pinned"]']
    if "react" in may:
        needs += [f'form.change[action="{link}react/"][hx-post="{link}react/"]', '[name="emoji"]']
    if "reply" in may:
        to = f'[hx-post="{link}reply/"][hx-include^="#composers-{message.room.slug}"][hx-swap="none"]'
        needs.append(f'[href="{message.room.get_absolute_url()}?reply={message.seq}"]{to}')
    if "versions" in may:
        needs.append(f'[href="{link}#versions-{message.pk}"]')
    return tuple(needs)


def edit_needs(message: Message, alone: bool = False) -> tuple[str, ...]:
    there, link = f"{message.room.slug}-{message.seq}", message.get_permalink()
    kept = "" if alone else '[hx-preserve][hx-get][hx-trigger^="close"][hx-swap="delete"]'
    form = f'form.change[action="{link}edit/"]' + ("" if alone else f'[hx-post="{link}edit/"]')
    field = f'#edit-text-{there}[name="message"]'
    return (f"#edit-{there}[open]{kept}", f"#unchanged-{there}", form, field, TOKENED)
