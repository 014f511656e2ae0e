"""Languages and time zones: each reader has their own, page and pushes alike."""

import ast
import asyncio
import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from asgiref.sync import sync_to_async
from babel.messages.catalog import Message as Text
from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext

from chat import account_urls, actions, urls
from chat.models import Message, Participant
from chat.tests import catalogues
from chat.tests.test_house import chat_code, style_sources, templates
from chat.variant import Variant, asked_by_scope
from chat.views import embed

pytestmark = pytest.mark.django_db

GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}


def person(language: str = "", time_zone: str = "", key: str = "gnora") -> Participant:
    return Participant(key=key, kind=Participant.Kind.GUEST, name="Nora", language=language, time_zone=time_zone)


def test_it_works(client, lobby):
    page = client.get("/chat/", headers=GERMAN)
    assert '<html lang="de" dir="ltr">' in page.text
    assert page["Content-Language"] == "de"
    assert "Accept-Language" in page["Vary"]
    assert '<html lang="en" dir="ltr">' in client.get("/chat/").text


def test_what_one_chose_goes_before_what_the_browser_asks(as_guest, lobby, ann):
    actions.change_person(ann, "", colour="", time_zone="", language="en", rings="all")
    assert '<html lang="en"' in as_guest(ann).get("/chat/", headers=GERMAN).text


@pytest.mark.parametrize("code", ["tlh", "de\x00", "../de", "d" * 16, "de-AT", "DE"])
def test_a_language_that_is_none_is_no_choice(code):
    assert Variant.of(person(language=code), "en") == ("en", "UTC")


@pytest.mark.parametrize("name", ["Mars/Olympus", "../../etc/passwd", "/etc/passwd", "Europe", "\x00", "é", "x" * 64])
def test_a_zone_that_is_none_is_the_sites(name):
    variant = Variant.of(person(time_zone=name), "en")
    assert variant == ("en", "UTC")
    with variant.active():
        pass


@pytest.mark.parametrize(
    ("headers", "query", "language"),
    [
        ({}, b"", "en"),
        ({b"accept-language": b"de"}, b"sync=1", "de"),
        ({b"accept-language": b"de"}, b"sync=1&l=en", "en"),
        ({b"accept-language": b"de"}, b"l=tlh&l=../de", "de"),
        ({b"accept-language": b"\xff\x00;q=,,;;" * 200}, b"&=&&l" * 2000, "en"),
        ({b"accept-language": b"d" * 9000}, b"l=" + b"d" * 9000, "en"),
        ({b"accept-language": b"de;q=1e999, fr;q=-1"}, b"\xff=\xff", "en"),
    ],
)
def test_a_socket_asks_by_its_address_and_its_headers(headers, query, language):
    assert asked_by_scope({"headers": [*headers.items()], "query_string": query, "cookies": {}}) == language


@pytest.mark.parametrize("said", ["de;q=" * 3000, "\u00ff" * 600, "*", "de-" * 900, ";", "q=1,de;q=nan"])
def test_a_hostile_header_is_harmless(client, lobby, said):
    assert client.get("/chat/", headers={"Accept-Language": said}).status_code == 200


# --- Sockets -----------------------------------------------------------------------------------------


async def chooser(key: str, language: str, time_zone: str = "") -> Participant:
    someone = person(key=key)
    await sync_to_async(actions.change_person)(
        someone, "", colour="", time_zone=time_zone, language=language, rings="all"
    )
    return someone


async def test_each_of_two_in_a_room_reads_their_own(connect, lobby):
    ann = await connect(guest=await chooser("gann", "de", "Pacific/Kiritimati"))
    bob = await connect(guest=await chooser("gbob", "en", "Pacific/Pago_Pago"))
    await ann.say(message="hello")
    german, english = (await ann.hears("hello"))[-1], (await bob.hears("hello"))[-1]
    sent = (await Message.objects.aget()).sent
    there, here = sent.astimezone(ZoneInfo("Pacific/Kiritimati")), sent.astimezone(ZoneInfo("Pacific/Pago_Pago"))
    with translation.override("de"):
        assert f">{date_format(there, 'l, j. F Y')} <" in german
    assert f">{date_format(here, 'l, j F Y')} <" in english
    assert f">{there:%H:%M}<" in german
    assert '<span class="zone">+14</span>' in german
    assert f'title="{date_format(here, "j F Y, H:i")} SST"' in english
    assert f">{here:%H:%M}<" in english
    assert ">Gast<" in german
    assert ">guest<" in english


async def test_in_a_room_with_too_many_zones_one_more_reads_in_the_sites(connect, lobby, monkeypatch):
    """Or each message would be rendered for all 600 that somebody brings."""
    monkeypatch.setattr("chat.live.fanout.MOST_VARIANTS", 2)
    zones = ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Tokyo", "Pacific/Pago_Pago"]
    people = [await chooser(f"gzone{number}", "en", zone) for number, zone in enumerate(zones)]
    sockets = [await connect(guest=one) for one in people]
    await sockets[0].say(message="the time")
    frames = [(await socket.hears("the time"))[-1] for socket in sockets]
    sent = (await Message.objects.aget()).sent
    for frame, zone in zip(frames, [*zones[:2], "UTC", zones[3]], strict=True):
        assert f">{sent.astimezone(ZoneInfo(zone)):%H:%M}</time>" in frame


async def test_what_one_socket_asked_for_is_said_in_its_language(connect, lobby):
    guest = await chooser("gann", "de")
    ann = await connect("/ws/chat/?sync=1", guest=guest)
    await ann.say(do="sync", cursor="0")
    assert "?l=de" in (await ann.hears('data-state="live"'))[-1]
    await ann.say(message="", nonce="n-1")
    assert "Nichts zu senden: Die Nachricht ist leer." in (await ann.hears("refusal-n-1"))[-1]
    await ann.say(message="m" * 4001, nonce="n-2")
    assert "Sie hat 4.001 Zeichen, höchstens 4.000 passen." in (await ann.hears("refusal-n-2"))[-1]
    await ann.say(do="fly")
    assert "Dieses Verb kennt der Server nicht." in (await ann.hears("notice-lobby"))[-1]
    await ann.say(do="rename", name="\u200b")
    assert "Ein Name braucht mindestens einen Buchstaben." in (await ann.hears("renamed-lobby"))[-1]
    await ann.say(do="older", before="1")
    assert "Hier fing es an." in (await ann.hears("older-page"))[-1]
    await sync_to_async(actions.ban)(await Participant.objects.aget(key=guest.key), True)
    assert "Die Moderation hat dich" in (await ann.hears('data-state="ended"'))[-1]


async def test_in_one_transaction_each_is_refused_in_their_own_language(connect, lobby):
    """What several people send at once is stored together, by a thread that is nobody's."""
    ann, bob = await connect(guest=await chooser("gann", "de")), await connect(guest=await chooser("gbob", "en"))
    for number in range(5):
        await ann.say(message="", nonce=f"a-{number}")
        await bob.say(message="", nonce=f"b-{number}")
    assert all("Die Nachricht ist leer" in frame for frame in await ann.hears("refusal-a-4"))
    assert all("the message is empty" in frame for frame in await bob.hears("refusal-b-4"))


async def test_an_open_page_goes_on_in_what_its_person_chooses(connect, lobby):
    """Long before the socket would be rechecked, and without a command of its own."""
    guest = await chooser("gann", "")
    ann, bob = await connect(guest=guest), await connect()
    await bob.say(message="first")
    assert ">guest<" in (await ann.hears("first"))[-1]
    await chooser("gann", "de")
    heard, number = "", 0
    async with asyncio.timeout(30):
        while ">Gast<" not in heard:
            number += 1
            await bob.say(message=f"message {number}")
            heard = (await ann.hears(f"message {number}<"))[-1]
    assert ">guest<" in (await bob.hears(f"message {number}<"))[-1]


async def test_a_guest_who_chose_nothing_has_what_their_browser_asks(connect, lobby):
    ann = await connect(headers={"accept-language": "de-AT,de;q=0.9"})
    bob = await connect("/ws/chat/?l=de")
    for one in (ann, bob):
        await one.say(do="fly")
        assert "Dieses Verb kennt der Server nicht." in (await one.hears("notice-lobby"))[-1]
    nobody = await connect("/ws/chat/no-such-room/?l=de")
    assert "Diesen Raum gibt es nicht." in (await nobody.hears('data-state="ended"'))[-1]


# --- Pages and fragments -----------------------------------------------------------------------------

FRAGMENTS = {
    "composer/c0ffee/1/": ("Write a message", "Schreib eine Nachricht"),
    "lines/c0ffee/1/": ("One line", "Eine Zeile"),
    "connection/silent/": ("No sign of life", "Kein Lebenszeichen"),
    "older/7/": ("Older messages", "Ältere Nachrichten"),
    "new-line/": ("New", "Neu"),
}


@pytest.mark.parametrize("path", FRAGMENTS)
def test_the_address_of_a_fragment_says_its_language(client, lobby, django_assert_num_queries, path):
    english, german = FRAGMENTS[path]
    with django_assert_num_queries(0):
        asked = {
            said: client.get(f"/chat/lobby/{path}{said}", headers=GERMAN) for said in ("", "?l=de", "?l=tlh", "?l=en")
        }
    for said, answer in asked.items():
        assert (german if said == "?l=de" else english) in answer.text
        assert answer["Content-Language"] == ("de" if said == "?l=de" else "en")
        assert "immutable" in answer["Cache-Control"]
        assert not answer.cookies


def test_a_page_asks_for_fragments_in_its_own_language(client, lobby):
    for headers, said in (({}, ""), (GERMAN, "?l=de")):
        page = client.get("/chat/", headers=headers).text
        kept = re.findall(r'hx-get="/chat/lobby/(?:composer|connection|older|send|new-line)/[^"?]*([^"]*)"', page)
        assert len(kept) > 14
        assert {*kept} == {said}
    fragment = client.get("/chat/lobby/composer/c0ffee/1/?l=de").text
    assert {*re.findall(r'hx-(?:get|post)="[^"?]*([^"]*)"', fragment)} == {"?l=de"}


def test_what_one_chose_is_kept_for_pages_that_are_not_the_chats(client, lobby):
    choices = {"name": "", "colour": "", "time_zone": "", "rings": "all"}
    client.post("/chat/me/", {**choices, "language": "de"})
    assert "Anmelden" in client.get("/accounts/login/").text
    assert "Hier ist nichts" in client.get("/nowhere/").text
    client.post("/chat/me/", {**choices, "language": ""})
    assert "Sign in" in client.get("/accounts/login/").text
    client.cookies["django_language"] = "de"  # by a page of the host's own
    client.post("/chat/me/", {**choices, "language": ""})
    assert '<html lang="de"' in client.get("/chat/").text


def test_a_refusal_of_a_form_is_in_their_language(client, lobby):
    answer = client.post("/chat/lobby/messages/", {"message": " "}, headers=GERMAN)
    assert answer.status_code == 400
    assert "Nichts zu senden: Die Nachricht ist leer." in answer.text


def test_so_is_a_page_that_says_no(as_guest, lobby, ann):
    actions.change_person(ann, "", colour="", time_zone="", language="de", rings="all")
    assert "Hier ist nichts" in as_guest(ann).get("/chat/no-such-room/").text
    actions.ban(ann, True)
    page = as_guest(ann).get("/chat/")
    assert (page.status_code, page["Content-Language"]) == (403, "de")
    assert "Die Moderation hat dich aus diesem Raum ausgeschlossen." in page.text


def test_a_page_that_another_host_put_in_a_language_says_so_to_its_socket(client, lobby, settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "chat.tests.test_languages.always_german"]
    page = client.get("/chat/").text
    assert '<html lang="de"' in page
    assert 'ws-connect="/ws/chat/lobby/?sync=1&amp;l=de"' in page


def always_german(get_response):
    """As a host project whose addresses, or whose accounts, say the language."""

    def middleware(request):
        request.LANGUAGE_CODE = "de"
        return get_response(request)

    return middleware


def test_it_needs_no_middleware_of_the_host(client, lobby, settings):
    settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if "LocaleMiddleware" not in one]
    assert '<html lang="de"' in client.get("/chat/", headers=GERMAN).text
    assert translation.get_language() == "en"


def test_a_letter_to_somebody_who_forgot_is_in_their_language(client, member, mailoutbox):
    member.user.email = "mia@example.org"
    member.user.set_password("a-very-good-password")
    member.user.save()
    client.post("/accounts/password_reset/", {"email": "mia@example.org"}, headers=GERMAN)
    assert mailoutbox[0].subject == "Ein neues Passwort für testserver"
    assert "Wähle es hier:" in mailoutbox[0].body


def test_from_right_to_left(client, lobby, settings):
    settings.LANGUAGES = [("en", "English"), ("ar", "العربية")]
    assert '<html lang="ar" dir="rtl">' in client.get("/chat/", headers={"Accept-Language": "ar"}).text


SIDES = re.compile(r"(?<![\w-])-?([mp][lr]|left|right|border-[lr]|rounded-[lr]|text-left|text-right)(?![a-z])")


def test_the_stylesheet_knows_no_left_and_no_right():
    lines = style_sources().splitlines()
    applied = [line for line in lines if "@apply" in line]
    assert len(applied) > 100
    assert [line for line in applied if SIDES.search(line)] == []
    classes = re.findall(r'class="([^"]*)"', "".join(text for text in templates().values()))
    assert [one for one in classes if SIDES.search(one)] == []
    assert SIDES.search("absolute right-0")
    assert SIDES.search("pl-5")
    assert SIDES.search("-ml-1")


def chain(view):
    """The view, and what it wraps."""
    while view:
        yield view
        view = getattr(view, "__wrapped__", None)


def test_every_address_of_the_chat_is_its_readers_or_its_own():
    patterns = {one.name: one.callback for one in [*urls.urlpatterns, *account_urls.urlpatterns]}
    assert len(patterns) > 20
    files = {name: {Path(view.__code__.co_filename).name for view in chain(one)} for name, one in patterns.items()}
    others = [name for name, places in files.items() if "reader.py" not in places]
    assert others == ["viewer_style", "embed"]  # the one has no words, the other asks who reads once it knows them
    assert Path(embed._page.__code__.co_filename).name == "reader.py"


# --- The catalogues ----------------------------------------------------------------------------------

CATALOGUES = [(folder, language) for folder in catalogues.SOURCES for language in catalogues.languages(folder)]


def test_the_site_offers_what_is_translated():
    assert {language for _folder, language in CATALOGUES} == {code for code, _name in settings.LANGUAGES} - {"en"}


@pytest.mark.parametrize(("folder", "language"), CATALOGUES)
def test_a_catalogue_is_complete(folder, language):
    assert catalogues.faults(folder, language) == []


SYNONYMS = {"Save"}
"""Whose translation by Django is another, but as good."""


@pytest.mark.parametrize(("folder", "language"), CATALOGUES)
def test_nobody_elses_catalogue_has_another_word_for_it(folder, language):
    """Django looks a text up in those of all apps; one that another app translates otherwise needs a context."""
    with translation.override(language):
        for message in catalogues.translated(folder, language):
            if isinstance(message.id, str) and message.id:
                said = pgettext(message.context, message.id) if message.context else gettext(message.id)
                assert said == message.string or message.id in SYNONYMS


@pytest.mark.parametrize(
    ("message", "fault"),
    [
        (Text("one", ""), "not translated"),
        (Text(("one", "two"), ("eins", "")), "not translated"),
        (Text("one", "eins", flags=["fuzzy"]), "fuzzy"),
        (Text("one {what}", "eins"), "other placeholders"),
        (Text("one %(what)s", "eins %(was)s"), "other placeholders"),
        (Text(("%(n)s one", "%(n)s two"), ("%(n)s eins", "zwei")), "other placeholders"),
    ],
)
def test_a_faulty_translation_is_caught(message, fault):
    assert catalogues.faults_of(message) == [fault]


def test_texts_are_found_wherever_they_are():
    found = catalogues.texts_in(
        """<p title="{% translate 'one' %}">\n    {% blocktranslate count n=n %}{{ n }} two{% plural %}{{ n }} twos"""
        """{% endblocktranslate %}{{ x|default:_("three") }} {% translate "four" context "five" as six %}</p>""",
        is_template=True,
    )
    found = {(message.id, message.context) for message in found if message.id}
    assert found == {("one", None), (("%(n)s two", "%(n)s twos"), None), ("three", None), ("four", "five")}
    found = catalogues.texts_in('A = _("one"), ngettext("two", "twos", 2), pgettext("five", "four"), say("x")', False)
    assert {message.id for message in found if message.id} == {"one", ("two", "twos"), "four"}


def test_what_marks_a_text_is_not_given_another_meaning():
    """`row, _ = …` in a function makes `_` a variable in all of it."""
    for path, source in chat_code().items():
        if re.search(r"import gettext\w* as _\b", source):
            names = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name) and node.id == "_"]
            assert not any(isinstance(name.ctx, ast.Store) for name in names), path
