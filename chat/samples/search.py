"""What is searched for, and what was found."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext as _

from chat.errors import Refused
from chat.fragments import found_messages
from chat.samples.cast import AMARA, BEN, CSRF, TOKEN, VISITOR, YOU, Sample, Scene
from chat.searching import Term


def searches(scene: Scene, found: Sequence[Any]) -> Iterator[Sample]:
    said: dict[str, Any] = {
        "query": "",
        "participant": YOU,
        "rooms": [],
        "people": [],
        "more_rooms": False,
        "more_people": False,
    }
    said |= {
        "messages": [],
        "older": "",
        "searched": False,
        "best": False,
        "reason": None,
        "sought": "",
        "csrf_token": TOKEN,
    }
    search = '[name="q"]'
    yield Sample("chat/search.html", "empty", said, (search,))
    some = {"query": "e", "rooms": found, "people": [AMARA, BEN], "more_rooms": True, "more_people": True}
    yield Sample("chat/search.html", "some", {**said, **some}, (search, CSRF, '[name="key"]'))
    yield Sample("chat/search.html", "none", {**said, "query": "pumpkin", "searched": True}, (search,))
    late = Refused(_("That was too much searching: wait a moment, then try again."))
    yield Sample("chat/search.html", "refused", {**said, "query": "pumpkin", "reason": late}, (search,))
    rows = [scene.message("The tomatoes are coming up!"), scene.message("Which tomatoes do you like?", BEN)]
    terms = [Term(["tomato"], whole=False)]
    asked = {"query": "in:garden tomato", "searched": True, "messages": [*found_messages(rows, terms)]}
    more = {"older": "q=in%3Agarden+tomato&before=41"}
    needs = (search, "li > a[href]", "mark", 'a[href="?q=in%3Agarden+tomato&before=41"]')
    yield Sample("chat/search.html", "messages", {**said, **asked, **more}, needs)
    asked["messages"] = [*found_messages([scene.message("Tomato soup for twelve.")], terms)]
    yield Sample("chat/search.html", "best-messages", {**said, **asked, "best": True}, (search, "mark"))
    for state, query in (("open", ""), ("asked", "tomato")):
        yield Sample("chat/_search_help.html", state, {"query": query})
    yield Sample("chat/_room_search.html", "any", {"room": found[0]}, ('form[role="search"] > [name="in"]', search))
    yield Sample("chat/search.html", "guest", {**said, "participant": VISITOR}, (search,))
