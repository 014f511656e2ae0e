"""What one types in, in every state, and what is said at it."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from chat import fragments
from chat.conf import conf
from chat.errors import sentence
from chat.samples.cast import AMARA, LIOR, LONG, TOKEN, Sample, Scene

QUESTION = fragments.Answered(17, AMARA.name, "Who waters on Friday?", "#message-17")
SENDS = ('[ws-send][hx-vals*="grows"]', '[ws-send][hx-vals*="late"]')


def composer_needs(said: dict[str, Any]) -> tuple[str, ...]:
    slug, nonce = said["room"].slug, f"{said['chain']}-{said['number']}"
    needs = [f'form#composer-{nonce}.composer[method="post"][action]', f'[name="nonce"][value="{nonce}"]']
    needs += ['.composer-text[name="message"]', '[type="submit"]', f"#begun-{nonce}"]
    needs += [f"#refusal-{nonce}", f"#left-{nonce}", *answers_needs(said)]
    needs += [f'[name="discard"][value="{nonce}"][form="sync-{slug}"]']
    if said.get("csrf_token"):
        needs.append(f'[name="csrfmiddlewaretoken"][value="{said["csrf_token"]}"]')
    if said.get("promise"):
        needs += ['[name="promise"]', f'form[hx-post][hx-target="#room-{slug}"]']
    elif not said.get("plain"):
        needs += [f"#suggest-{nonce}", f"#suggested-{nonce}", *SENDS]
        needs.append(f'[hx-get="{said["next"]}"][hx-target="#composers-{slug}"]')
    if said.get("held"):
        needs.append(f'.composer-hold[hx-get="{said["next"]}"]')
    return (*needs, *(['[name="lines"][value="1"]'] if said.get("lines") else []))


def answers_needs(said: dict[str, Any]) -> tuple[str, ...]:
    nonce = f"{said['chain']}-{said['number']}"
    if said.get("promise"):
        return ()
    kept = "[hx-preserve]" if said.get("kept") else '[hx-swap-oob="true"]' if said.get("pushed") else ""
    return (f"#answers-{nonce}{kept}", *([f'[name="reply-{nonce}"]'] if said.get("answered") else []))


def composers(scene: Scene) -> Iterator[Sample]:
    """The one to type in. That one is on its way, or late, is said by style, of each but the last."""
    longest = conf.message_length
    too_long = _("This message is too long: it has {length} characters, and at most {longest} fit.")
    states: dict[str, dict[str, Any]] = {
        "empty": {},
        "draft": {"text": "The tomatoes are coming up"},
        "several-lines": {"lines": True, "text": "Who waters on Friday?\n\nI can on Saturday."},
        "mentioning": {"begun": "Have you seen this, @Amara Okafor "},
        "pending": {"text": "The tomatoes are coming up"},
        "late": {"text": "The tomatoes are coming up"},
        "kept": {"held": True, "kept": True, "begun": "@Amara Okafor ", "text": "Typed on in another shape"},
        "held": {"held": True, "text": "Typed while off-line"},
        "held-mentioning": {"held": True, "begun": "Have you seen this, @Amara Okafor "},
        "refused": {"text": "x " * 200, "reason": sentence(too_long, length=longest + 17, longest=longest)},
        "plain": {"plain": True},
        "replying": {"answered": QUESTION, "text": "I can"},
        "replying-plain": {"plain": True, "answered": fragments.Answered(17, LONG.name, "W" * 140, "#message-17")},
        "right-to-left": {"text": "מי משקה ביום שישי?"},
    }
    for state, more in states.items():
        place = scene.room()
        said = fragments.composer_context(place.slug, scene.chain(), 0, bool(more.get("lines")), range(1, 3))
        said |= {"room": place, "csrf_token": TOKEN, "embed": True, **more}
        yield Sample("chat/_composer.html", state, said, composer_needs(said))


def answers(scene: Scene) -> Iterator[Sample]:
    for state, answered in (
        ("nothing", None),
        ("somebody", QUESTION),
        ("right-to-left", fragments.Answered(17, LIOR.name, "מי משקה ביום שישי?", "#message-17")),
        ("long-name", fragments.Answered(17, LONG.name, "W" * 140, "#message-17")),
    ):
        place = scene.room()
        said = fragments.composer_context(place.slug, scene.chain(), 0, False, ())
        said = {name: said[name] for name in ("chain", "number")} | {
            "room": place,
            "answered": answered,
            "pushed": True,
        }
        yield Sample("chat/_answers.html", state, said, answers_needs(said))


def limits(scene: Scene) -> Iterator[Sample]:
    """What is said at a composer, and of what was refused."""
    place = scene.room()
    said: dict[str, Any]
    needs: tuple[str, ...]
    for state, left in (("left", 12), ("one-left", 1), ("over", -37), ("nothing", None), ("joined", None)):
        nonce = f"{scene.chain()}-0"
        said = {
            "room": place,
            "nonce": nonce,
            "left": left,
            "over": max(-(left or 0), 0),
            "amount": str(abs(left or 0)),
        }
        said["joined"] = state == "joined"
        yield Sample("chat/_left.html", state, said, (f"#left-{nonce}",))
    nonce, reason = f"{scene.chain()}-0", _("Nothing to send: the message is empty.")
    needs = (f"#refusal-{nonce}", 'button[type="submit"]', f'[name="refused"][value="{nonce}"]')
    yield Sample("chat/_refusal.html", "refused", {"room": place, "nonce": nonce, "reason": reason}, needs)
    yield Sample("chat/_notice.html", "refused", {"room": place, "reason": reason}, (f"#notice-{place.slug}",))
    for everywhere in (False, True):
        needs = (*SENDS, *([".composer-sends[hx-swap-oob]"] if everywhere else []))
        said = {"room": place} | ({"everywhere": True} if everywhere else {})
        yield Sample("chat/_send.html", "everywhere" if everywhere else "own", said, needs)
    for lines in (False, True):
        chain, field = scene.chain(), "textarea" if lines else "input"
        said = {"room": place, "chain": chain, "number": 0, "begun": "Yes, I w", "lines": lines, "pushed": True}
        needs = (
            f'[hx-swap-oob*="#begun-{chain}-0"]',
            f'{field}.composer-begun[name="begun-{chain}-0"]',
            "[formnovalidate]",
        )
        yield Sample("chat/_begun.html", "several-lines" if lines else "pushed", said, needs)
    chain = scene.chain()
    needs = (f"#suggest-{chain}-0", f"#suggested-{chain}-0")
    yield Sample("chat/_suggest.html", "empty", {"chain": chain, "number": 0}, needs)
    for state, names in (("people", [AMARA.name, LIOR.name, LONG.name]), ("nobody", [])):
        place, chain = scene.room(), scene.chain()
        address = fragments.composer_context(place.slug, chain, 0, False, ())["next"]
        said = fragments.suggestions_context(place, f"{chain}-0", names, address)
        needs = (f'[hx-swap-oob*="#suggest-{chain}-0"]', f'[hx-swap-oob*="#suggested-{chain}-0"]')
        yield Sample("chat/_suggestions.html", state, said, (*needs, *(["button[hx-post][hx-vals]"] if names else [])))
