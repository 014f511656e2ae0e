"""Emoji at messages, and how one puts them there."""

from collections.abc import Iterator

from chat import fragments
from chat.samples.cast import BEN, LIOR, LONG, YOU, Sample, Scene
from chat.samples.log import REACTIONS
from chat.samples.menus import FORM, TOKENED


def reactions(scene: Scene) -> Iterator[Sample]:
    message = scene.message("The first strawberry!", BEN, reactions=REACTIONS)
    said = fragments.message_context(message, fragments.Where.of(message.room))
    needs = tuple(
        f'[data-by="{one.keys}"][href][hx-post="{said["permalink"]}react/"][hx-vals]' for one in said["reactions"]
    )
    yield Sample("chat/_reactions.html", "several", said, needs)
    for state, sought in (("begun", ""), ("found", "berry"), ("none", "quasar")):
        message = scene.message("The first strawberry!", BEN)
        link, place = message.get_permalink(), f"emoji-{message.room.slug}-{message.seq}"
        told = fragments.menu_context(message, {"react"}, FORM) | fragments.emoji_context(sought)
        form = f'form.change[action="{link}react/"][hx-post="{link}react/"]'
        search = f'form[action="{link}"][hx-get][hx-target="#{place}"]'
        yield Sample("chat/_react.html", state, told, (form, TOKENED, search, f"#{place}", '[name="emoji"]'))
        needs = ('button[name="emoji"]',) if told["found"] else ()
        yield Sample("chat/_emoji.html", state, fragments.emoji_context(sought), needs)
    named = [("🍓", [YOU.name, LIOR.name, LONG.name], "38 others"), ("👍", [BEN.name], "")]
    yield Sample("chat/_reacted.html", "several", {"message": message, "reacted": named}, (f"#reacted-{message.pk}",))
    yield Sample("chat/_reacted.html", "none", {"message": message, "reacted": []})
