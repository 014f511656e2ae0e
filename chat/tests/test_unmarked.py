"""No text is left out of the catalogues: where each translation is marked, nothing unmarked is to be seen."""

import re
from gettext import GNUTranslations
from html.parser import HTMLParser
from pathlib import Path

import django
import pytest
from babel.messages.catalog import Catalog

from chat import actions
from chat.models import Membership, Participant
from chat.tests import catalogues
from chat.tests.test_house import chat_code

BETWEEN = re.compile("⟦[^⟦⟧]*⟧")
SAID = ("aria-label", "placeholder", "title", "alt", "label")
DATA = {"bdi", "code", "time", "textarea", "script", "style"}
"""In these, and where the direction is that of the text, stands what people wrote, or what is no language."""

pytestmark = pytest.mark.usefixtures("_all_is_marked")

WORDS = {"Parley", "Lobby", "English", "Marked", "UTC", "Hill"}


def marked(text: str) -> str:
    return f"⟦{text}⟧"


@pytest.fixture(scope="module")
def language(tmp_path_factory):
    """A language whose word for each text is that text between brackets. What is Django's own is in it as well."""
    catalogue = Catalog()
    for message in (message for folder in catalogues.SOURCES for message in catalogues.wanted(folder) if message.id):
        said = tuple(map(marked, message.id)) if isinstance(message.id, tuple) else marked(message.id)
        catalogue.add(
            message.id,
            said if not (message.context or "").startswith("format") else message.id,
            context=message.context,
        )
    for app in ("conf", "contrib/auth"):
        with (Path(django.__file__).parent / app / "locale/de/LC_MESSAGES/django.mo").open("rb") as file:
            for text in GNUTranslations(file)._catalog:
                one = text if isinstance(text, str) else text[0]  # of several, the first is looked up
                if one and "\x04" not in one and catalogue.get(one) is None:
                    many = (marked(one), marked(one))
                    catalogue.add(one if one == text else (one, one), marked(one) if one == text else many)
    path = tmp_path_factory.mktemp("locale")
    folder = path / "xx" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.mo").write_bytes(catalogues.compiled(catalogue))
    return path


@pytest.fixture
def _all_is_marked(language, settings):
    settings.LOCALE_PATHS = [language]
    settings.LANGUAGES = [("en", "English"), ("xx", "Marked")]


class Seen(HTMLParser):
    """What a page says, to the eye and to the socket."""

    def __init__(self, page: str):
        super().__init__()
        self.text = ""
        self._data: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        said = dict(attributes)
        city = tag == "option" and "/" in (said.get("value") or "")
        initials = "avatar" in (said.get("class") or "").split()
        if tag in DATA or city or initials or (said.get("dir") == "auto" and tag in ("p", "div", "section")):
            self._data.append(tag)
        for name in SAID:
            self.text += f" {marked('')}{said.get(name) or ''}{marked('')} "

    def handle_endtag(self, tag: str) -> None:
        if self._data and tag == self._data[-1]:
            self._data.pop()

    def handle_data(self, data: str) -> None:
        if not self._data:
            self.text += data


def unmarked(page: str) -> list[str]:
    text, before = Seen(page).text, ""
    while text != before:
        text, before = BETWEEN.sub(" ", text), text
    words = re.findall(r"[^\W\d_]{2,}", text)
    return [word for word in words if word not in WORDS]


PAGES = {
    "guest": [
        "/chat/",
        "/chat/?plain=1",
        "/chat/?still=1",
        "/chat/?before=1",
        "/chat/me/?saved",
        "/chat/rooms/?q=nothing",
        "/chat/rooms/new/",
        "/chat/talk/",
        "/chat/hill/about/",
        "/accounts/login/?next=/chat/",
        "/accounts/sign-up/",
        "/accounts/password_reset/",
        "/accounts/password_reset/done/",
        "/accounts/reset/x/y/",
        "/accounts/reset/done/",
        "/chat/no-such-room/",
        "/chat/mentions/",
        "/chat/search/",
        "/chat/search/?q=nothing",
    ],
    "member": [
        "/chat/search/?q=mia",
        "/chat/",
        "/chat/me/",
        "/chat/rooms/",
        "/chat/rooms/new/",
        "/chat/talk/",
        "/chat/mentions/",
        "/chat/hill/about/",
        "/chat/hill/",
        "/accounts/invitations/",
        "/accounts/password_change/",
        "/accounts/password_change/done/",
    ],
}
FRAGMENTS = [
    "composer/c0ffee/1/",
    "lines/c0ffee/1/",
    "connection/silent/",
    "connection/reconnecting/",
    "older/0/",
    "older/7/",
    "new-line/",
    "send/",
]


@pytest.fixture
def hill(lobby, member, ann):
    """A room that the member owns, with somebody to be put out of it, and a link into it."""
    member.user.is_staff = True
    member.user.save()
    member.refresh_from_db()
    hill = actions.make_room(member, "Hill", "members", "A hill")
    other = Participant.objects.create(
        key="u77", kind=Participant.Kind.MEMBER, name="Max", skeleton="max", handle="max"
    )
    Membership.objects.create(room=hill, participant=other)
    actions.invite_to_room(member, hill)
    message = actions.post_message(lobby, ann, "hello @mia")
    actions.edit_message(message.pk, ann, "hello again @mia")
    actions.delete_message(actions.post_message(lobby, ann, "gone").pk, ann)
    return hill


def test_it_works(client, lobby):
    page = client.get("/chat/", headers={"Accept-Language": "xx"}).text
    assert 'aria-label="⟦Messages⟧"' in page
    assert unmarked(page) == []
    assert unmarked("<p>⟦one <bdi>Ann</bdi>⟧ two</p>") == ["two"]
    assert unmarked('<p title="one">⟦⟦two⟧ three⟧</p>') == ["one"]


@pytest.mark.parametrize(("who", "path"), [(who, path) for who, paths in PAGES.items() for path in paths])
def test_a_page_says_nothing_else(client, hill, member, who, path):
    if who == "member":
        client.force_login(member.user)
    assert unmarked(client.get(path, headers={"Accept-Language": "xx"}).text) == []


@pytest.mark.parametrize("path", FRAGMENTS)
def test_a_fragment_says_nothing_else(client, path):
    assert unmarked(client.get(f"/chat/lobby/{path}?l=xx").text) == []


BARE = re.compile(r"""(Verdict\(False, |Refused\(|Forbidden\(|Ended\(|Http404\()f?["'][^"']""")


def test_no_reason_is_given_without_a_mark():
    assert [path for path, text in chat_code().items() if BARE.search(text)] == []
    assert BARE.search('Verdict(False, "No.")')
    assert BARE.search("raise Refused(f'No {x}')")
    assert not BARE.search('Verdict(False, _("No.")), Verdict(False, "")')


def test_a_form_that_is_refused_says_nothing_else(client, hill, member):
    asked = {"Accept-Language": "xx"}
    for path, form in {
        "/chat/lobby/messages/": {"message": "m" * 4001},
        "/chat/lobby/name/": {"name": "admin"},
        "/chat/me/": {"name": "n" * 41},
        "/accounts/sign-up/": {"username": "mia", "password1": "1", "password2": "2"},
        "/accounts/login/": {"username": "mia", "password": "wrong"},
    }.items():
        answer = client.post(path, form, headers=asked)
        assert unmarked(answer.text) == []
        assert 'class="refusal"' in answer.text or 'class="errorlist' in answer.text
    client.force_login(member.user)
    assert unmarked(client.post("/chat/talk/", {}, headers=asked).text) == []
    assert unmarked(client.post("/accounts/invitations/", headers=asked).text) == []
    assert unmarked(client.post("/accounts/logout/", headers=asked).text) == []


async def test_what_a_socket_is_told_says_nothing_else(connect, hill, ann, member):
    ann_here, mia = await connect("/ws/chat/?sync=1&l=xx", guest=ann), await connect("/ws/chat/")
    frames: list[str] = []
    for command, answer in (
        ({"do": "sync", "cursor": "0", "away": "0"}, "data-state"),
        ({"do": "back"}, "away-lobby"),
        ({"do": "away"}, "away-lobby"),
        ({"do": "older", "before": "2"}, "older-page"),
        ({"do": "draft", "nonce": "c0ffee-1", "message": "@mi"}, "suggest-c0ffee-1"),
        ({"do": "draft", "nonce": "c0ffee-1", "message": "m" * 3990}, "left-c0ffee-1"),
        ({"do": "rename", "name": "admin"}, "renamed-lobby"),
        ({"do": "sync", "cursor": "seven"}, "notice-lobby"),
        ({"message": "", "nonce": "c0ffee-2"}, "refusal-c0ffee-2"),
    ):
        await ann_here.say(**command)
        frames += await ann_here.hears(answer)
    await mia.say(message="hello")
    frames += await ann_here.hears(">hello<")
    await mia.say(do="typing")
    frames += await ann_here.hears("typing-lobby")
    assert "⟦" in "".join(frames)
    assert [word for frame in frames for word in unmarked(frame)] == []
