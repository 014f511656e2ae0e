"""What was said is found by its words, on either database, by whoever may read it, and not once it is gone."""

import re
from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from chat import actions, rules
from chat.fragments import found
from chat.models import Message, MessageSearch, Role, Room, SearchEntry, newest_found, search_entry
from chat.searching import Term, asked, spans, words
from chat.tests.test_mentions import people  # noqa: F401
from chat.views import found as found_views

pytestmark = pytest.mark.django_db

PATH = "/chat/search/"
BODY = re.compile(r'<section class="message-body" dir="auto">(.*?)</section>', re.S)


@pytest.fixture(autouse=True)
def _unlimited(settings):
    settings.CHAT_RATE_LIMITS = False


@pytest.fixture
def as_member(olive):
    client = Client()
    client.force_login(olive.user)
    return client


def bodies(client, query: str, **more: str) -> list[str]:
    """What the messages say that were found, in their order, marked."""
    answer = client.get(PATH, {"q": query, **more})
    assert answer.status_code == 200, answer.text
    return BODY.findall(answer.text)


def texts(client, query: str, **more: str) -> list[str]:
    return [re.sub(r"<[^>]*>", "", body) for body in bodies(client, query, **more)]


def send_at(row: Message, moment: datetime) -> None:
    """It was sent then."""
    row.sent = moment
    row.save()
    SearchEntry.of(row).save()


def is_in_step() -> bool:
    """The index of words has what the entries have, as the database itself says."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "INSERT INTO chat_searchentry_index(chat_searchentry_index, rank) VALUES ('integrity-check', 1)"
            )
            return True
        cursor.execute(
            "SELECT count(*) FROM chat_searchentry WHERE vector <> array_to_tsvector(string_to_array(words, ' '))"
        )
        return cursor.fetchone() == (0,)


def test_it_works(client, lobby, ann):
    actions.post_message(lobby, ann, "The deploy failed again")
    message = actions.post_message(lobby, ann, "Who **deployed** it?")
    assert bodies(client, "deploy") == [
        "Who <strong><mark>deployed</mark></strong> it?",
        "The <mark>deploy</mark> failed again",
    ]
    assert texts(client, "DEPLOY failed") == ["The deploy failed again"]
    assert f'href="/chat/lobby/{message.seq}/"' in client.get(PATH, {"q": "deploy"}).text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("tomat", ["Tomatoes, tomorrow", "the tomato Éa"]),
        ('"tomato"', ["the tomato Éa"]),
        ("to", []),
        ("the to", []),
        ('"the tomato"', ["the tomato Éa"]),
        ('"tomato the"', []),
        ("ea", ["the tomato Éa"]),
        ("éA", ["the tomato Éa"]),
        ("the-tom", ["the tomato Éa"]),
        ("本語", ["日本語で書く"]),
        ("語本", []),
        ("user_nam", ["in user_name, __init__"]),
        ("init", ["in user_name, __init__"]),
        ("🎉", ["so 🎉"]),
        ("tomato -- ' \" * ( OR NEAR", []),
    ],
)
def test_by_words(client, lobby, ann, query, found):
    for text in ("the tomato Éa", "Tomatoes, tomorrow", "日本語で書く", "in user_name, __init__", "so 🎉", "other"):
        actions.post_message(lobby, ann, text)
    assert texts(client, query) == found


HOSTILE = [
    *(
        '"',
        '""',
        "*",
        "a*",
        "'",
        "''",
        "\\",
        "(",
        ")",
        "a AND",
        "OR",
        "NOT b",
        "NEAR(a b)",
        "^a",
        "-a",
        "a:b",
        "words:a",
    ),
    *(
        "words:a",
        "%",
        "_",
        "_r1",
        "_link",
        ":*",
        "&",
        "| !",
        "<->",
        "'a':*",
        "a' & 'b",
        "\x00",
        "in:\x00",
        "from:\x00",
        "\ud800",
    ),
    *("{x}", "a;--", "in:a'b", 'from:"', "in:%", "from:_", "on:\x00", "x" * 10_000, "ﷺ" * 200, "a " * 100, '"' * 99),
    *("before:-5", "has:"),
]


@pytest.mark.parametrize("query", HOSTILE)
def test_whatever_is_typed_is_text(client, lobby, ann, query):
    actions.post_message(lobby, ann, "nothing of the kind")
    answer = client.get(f"{PATH}?q=" + "".join(f"%{byte:02x}" for byte in query.encode(errors="replace")))
    assert answer.status_code in (200, 400)
    assert "nothing of the kind" not in answer.text


def test_nobody_finds_what_they_may_not_read(client, as_member, lobby, olive, gina, ann, garden, settings):
    for room, who in ((lobby, ann), (garden, gina), (actions.make_room(gina, "Shed", "private"), gina)):
        actions.post_message(room, who, f"secret of {room.slug}")
    assert texts(client, "secret") == ["secret of lobby"]
    assert texts(as_member, "secret") == [f"secret of {garden.slug}", "secret of lobby"]
    assert "There is no room “shed”" in as_member.get(PATH, {"q": "secret in:shed"}).text
    settings.CHAT_POLICY = "chat.tests.test_found_messages.NothingInTheLobby"
    assert texts(as_member, "secret") == [f"secret of {garden.slug}"]
    settings.CHAT_POLICY = "chat.rules.Policy"
    actions.ban(olive, True)
    answer = as_member.get(PATH, {"q": "secret"})
    assert (answer.status_code, "secret of" in answer.text) == (403, False)


def test_who_leaves_a_room_finds_nothing_in_it_any_more(as_member, olive, gina, garden):
    actions.post_message(garden, gina, "secret")
    shed = actions.make_room(gina, "Shed", "private")
    shed.memberships.create(participant=olive, role=Role.MEMBER)
    actions.post_message(shed, gina, "secret of the shed")
    assert texts(as_member, "secret") == ["secret of the shed", "secret"]
    actions.leave_room(olive, shed)
    assert texts(as_member, "secret") == ["secret"]


def test_by_who_and_where(client, as_member, as_guest, lobby, olive, gina, ann, people):  # noqa: F811
    (bee,) = people("Ann Bee")
    other = actions.make_room(olive, "Tea kitchen", "public")
    for room, who, text in ((lobby, ann, "one"), (other, ann, "two"), (lobby, bee, "three"), (other, olive, "four")):
        actions.post_message(room, who, text)
    assert texts(client, "from:ann") == ["two", "one"]
    assert texts(client, "from:@ANN in:lobby") == ["one"]
    assert texts(client, 'from:"ann bee"') == ["three"]
    assert (
        texts(client, 'in:"tea Kitchen"')
        == texts(client, "in:tea-kitchen")
        == texts(client, "in:#tea-kitchen")
        == ["four", "two"]
    )
    assert texts(client, "from:ann from:olive in:tea-kitchen") == ["four", "two"]
    assert texts(as_member, "from:me") == ["four"]
    assert texts(Client(), "from:me") == []
    assert texts(as_guest(ann), "from:me two") == ["two"]
    assert texts(client, "two", **{"in": "tea-kitchen"}) == ["two"]
    assert texts(client, "two", **{"in": "lobby"}) == []
    assert 'value="two in:lobby"' in client.get(PATH, {"q": "two", "in": "lobby"}).text
    assert texts(client, "from:nobody one") == texts(client, "from:gina one") == []  # and no more is said of either
    named = actions.make_room(olive, "Lobby", "public")
    actions.post_message(named, ann, "one more")
    assert texts(client, "in:lobby one") == ["one"]
    assert texts(client, f"in:{named.slug} one") == ["one more"]
    Room.objects.create(slug="Team-A", name="Äpfel")
    for called in ("Team-A", "ÄPFEL", "äpfel"):
        assert client.get(PATH, {"q": f"in:{called} one"}).status_code == 200


def test_by_days_of_the_readers_own(client, as_guest, lobby, ann):
    evening = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    for days in range(4):
        row = actions.post_message(lobby, ann, f"day {days}")
        send_at(row, evening + timedelta(days=days))
    assert texts(client, "on:2026-03-02") == ["day 1"]
    assert texts(client, "day before:2026-03-03") == ["day 1", "day 0"]
    assert texts(client, "day after:2026-03-02") == ["day 3", "day 2"]
    assert texts(client, "day on:2026-03") == ["day 3", "day 2", "day 1", "day 0"]
    assert texts(client, "day after:2026") == texts(client, "day before:2026") == []
    ann.time_zone = "Asia/Tokyo"
    ann.save()
    assert texts(as_guest(ann), "on:2026-03-02") == ["day 0"]
    assert "is no day" in client.get(PATH, {"q": "before:soon day"}).text


def test_days_are_right_whatever_order_messages_were_stored_in(client, lobby, ann):
    """As of a history that was brought along."""
    for days in (40, 3, 400, 2, 1):
        row = actions.post_message(lobby, ann, f"{days} days")
        send_at(row, row.sent - timedelta(days=days))
    week = (datetime.now(UTC) - timedelta(days=7)).date()
    assert texts(client, f"days after:{week}") == ["1 days", "2 days", "3 days"]
    assert texts(client, f"days before:{week}") == ["400 days", "40 days"]
    assert texts(client, f"before:{week} after:{week - timedelta(days=100)}") == ["40 days"]


@pytest.mark.parametrize(
    ("since", "until", "months"),
    [
        ("2026-01-31T12:00", "2026-03-01T06:00", ["_m202601", "_m202602", "_m202603"]),
        ("2025-12-31T23:59", "2026-01-01T00:00", ["_m202512", "_m202601"]),
        ("2200-01-01T00:00", None, ["_m220001"]),
    ],
)
def test_the_months_of_a_time(since, until, months):
    moments = (moment and datetime.fromisoformat(moment).replace(tzinfo=UTC) for moment in (since, until))
    assert search_entry._months(*moments) == months


def test_by_links(client, lobby, ann):
    for text in ("see https://example.org/a", "see a", "me@example.org", "@ann"):
        actions.post_message(lobby, ann, text)
    assert texts(client, "has:link") == ["me@example.org", "see https://example.org/a"]
    assert texts(client, "has:link see") == ["see https://example.org/a"]
    assert texts(client, "example.org/a") == ["see https://example.org/a"]
    assert "has:link" in client.get(PATH, {"q": "has:picture see"}).text


def test_the_index_goes_with_the_message(client, lobby, ann):
    row = actions.post_message(lobby, ann, "before")
    actions.edit_message(row.pk, ann, "afterwards")
    assert (texts(client, "before"), texts(client, "afterwards")) == ([], ["afterwards"])
    assert is_in_step()
    actions.delete_message(row.pk, ann)
    assert texts(client, "afterwards") == texts(client, "from:ann") == []
    assert not SearchEntry.objects.exists()
    assert is_in_step()


def test_a_room_takes_what_was_said_in_it_along(client, lobby, ann):
    actions.post_message(lobby, ann, "gone with it")
    Room.objects.get(pk=lobby.pk).delete()
    assert not SearchEntry.objects.exists()
    assert is_in_step()
    actions.open_room("lobby")
    assert texts(client, "gone") == []


@pytest.mark.django_db(transaction=True)
def test_what_is_not_stored_is_not_found(client, lobby, ann, monkeypatch):
    monkeypatch.setattr("chat.actions.posting.bus.ring", lambda *told: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        actions.post_message(lobby, ann, "lost")
    monkeypatch.undo()
    actions.post_message(lobby, ann, "kept")
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        actions.edit_message(Message.objects.get().pk, ann, "lost")
        raise ZeroDivisionError
    assert (texts(client, "lost"), texts(client, "kept")) == ([], ["kept"])
    assert is_in_step()


def test_many_at_once_and_what_grows_are_found_as_well(client, lobby, ann, bob):
    actions.post_messages([actions.Post(lobby, who, f"batch of {who.name}") for who in (ann, bob)])
    assert texts(client, "batch") == ["batch of Bob", "batch of Ann"]


def test_page_by_page(client, lobby, ann):
    for number in range(45):
        actions.post_message(lobby, ann, f"number {number}")
    shown, address = [], f"{PATH}?q=number"
    while address:
        page = client.get(address).text
        shown += BODY.findall(page)
        more = re.search(r'href="(\?[^"]*before=\d+)"', page)
        address = PATH + more[1].replace("&amp;", "&") if more else ""
    assert shown == [f"<mark>number</mark> {number}" for number in reversed(range(45))]


def test_the_best_come_first(client, lobby, ann):
    for text in ("red fox", "a red fox in a red house", "fox, and then red", "reddish foxes", "red"):
        actions.post_message(lobby, ann, text)
    assert texts(client, "red fox", order="best") == [
        "red fox",
        "a red fox in a red house",
        "fox, and then red",
        "reddish foxes",
    ]
    assert texts(client, "red fox") == ["reddish foxes", "fox, and then red", "a red fox in a red house", "red fox"]


def test_each_stands_for_itself_and_offers_nothing_that_is_not_there(client, lobby, ann, bob):
    first = actions.post_message(lobby, ann, "apple one")
    second = actions.post_message(lobby, ann, "apple two", reply_to=first.seq)
    actions.react(second.pk, bob, "👍")
    page = client.get(PATH, {"q": "apple"}).text
    assert page.count('class="message"') == 2  # and none that goes on from the one above
    assert page.count('class="day"') == 0
    assert page.count('class="message-answers"') == 1
    assert "reaction" not in page.partition("<main")[2]
    assert f'id="message-{first.pk}"' in page
    assert f'id="message-{second.pk}"' in page


def test_what_is_hidden_stays_so(client, lobby, ann):
    actions.post_message(lobby, ann, "It was ||the gardener|| after all")
    (body,) = bodies(client, "gardener")
    assert '<details class="hidden-text"><summary>Hidden text</summary>the <mark>gardener</mark></details>' in body
    actions.post_message(lobby, ann, "||the butler|| " + "and so on " * 100)
    (body,) = bodies(client, "butler")
    assert "butler" not in body
    assert body.startswith("▒▒▒ and so on")
    actions.post_message(lobby, ann, "hidden ||in here||")
    (body,) = bodies(client, "hidden")
    assert body.startswith("<mark>hidden</mark> <details")
    assert body.count("<mark>") == 1  # what leads to it is none of its text


def test_a_long_message_shows_where_it_is(client, lobby, ann):
    actions.post_message(lobby, ann, "early <b> " + "x " * 900 + "the needle & more " + "y " * 900)
    (body,) = bodies(client, "needle")
    assert "the <mark>needle</mark> &amp; more y y" in body
    assert body.startswith("…x x")
    assert body.endswith("…")
    assert len(re.sub(r"<[^>]*>", "", body)) < found.LONGEST + 20
    (body,) = bodies(client, "early")
    assert body.startswith("<mark>early</mark> &lt;b&gt; x x")


@pytest.mark.parametrize(
    ("html", "query", "marked"),
    [
        ("a <em>b</em>c", "abc", "a <em>b</em>c"),
        ("the <em>cat</em> sat", '"the cat sat"', "<mark>the </mark><em><mark>cat</mark></em> <mark>sat</mark>"),
        ("x &amp; amp", "amp", "x &amp; <mark>amp</mark>"),
        ('<a href="https://cat.org/">cat</a>', "cat", '<a href="https://cat.org/"><mark>cat</mark></a>'),
        ("Café ½", "cafe 2", "<mark>Café</mark> <mark>½</mark>"),
        ("½", "1 2", "<mark>½</mark>"),
        ("&lt;script&gt;", "script", "&lt;<mark>script</mark>&gt;"),
    ],
)
def test_marks(html, query, marked):
    shown = found.marked(html, asked(query, datetime(2026, 1, 1, tzinfo=UTC).date()).terms)
    assert shown.replace("<mark>the</mark> ", "<mark>the </mark>") == marked


def test_what_a_rule_of_the_host_forbids_takes_no_place(client, lobby, ann, olive, settings, monkeypatch):
    open_room = actions.make_room(olive, "Open", "public")
    actions.post_message(open_room, ann, "word of all")
    for _number in range(25):
        actions.post_message(lobby, ann, "word of few")
    settings.CHAT_POLICY = "chat.tests.test_found_messages.NothingInTheLobby"
    assert texts(client, "word") == texts(client, "word", order="best") == ["word of all"]
    monkeypatch.setattr(found_views, "FEW_ROOMS", 0)  # then each message is looked at, and a page may be a short one
    page = client.get(PATH, {"q": "word"}).text
    assert "word of" not in page
    (older,) = re.findall(r'href="(\?[^"]*before=\d+)"', page)
    assert BODY.findall(client.get(PATH + older.replace("&amp;", "&")).text) == ["<mark>word</mark> of all"]


@pytest.mark.parametrize("most", [64, 1, 0])
def test_among_few_rooms_and_many(as_member, lobby, olive, ann, garden, gina, monkeypatch, most):
    monkeypatch.setattr(found_views, "FEW_ROOMS", most)
    hidden = actions.make_room(gina, "Shed", "private")
    for room, who in ((lobby, ann), (garden, gina), (hidden, gina)):
        actions.post_message(room, who, f"word {room.slug}")
    assert texts(as_member, "word") == [f"word {garden.slug}", "word lobby"]
    assert texts(as_member, "after:2020") == [f"word {garden.slug}", "word lobby"]
    assert texts(as_member, "word in:lobby after:2020") == ["word lobby"]


def test_it_costs_the_same_however_much_is_found(as_member, lobby, ann, django_assert_max_num_queries):
    for number in range(25):
        row = actions.post_message(lobby, ann, f"word {number}", reply_to=None if number < 2 else number - 1)
    with django_assert_max_num_queries(12):
        assert len(texts(as_member, "word after:2020 from:ann")) == 20
    assert row.reply_to_id


def test_nor_does_it_cost_more_in_many_rooms(as_member, olive, gina, django_assert_max_num_queries):
    for number in range(15):
        room = actions.make_room(gina, f"Bed {number}", "private")
        room.memberships.create(participant=olive, role=Role.MEMBER)
        actions.post_message(room, gina, "word")
    with django_assert_max_num_queries(12):
        assert len(texts(as_member, "word")) == 15


@pytest.mark.parametrize("query", ["???", "...", "‽"])
def test_where_there_is_no_word_nothing_is_found_and_that_is_said(client, lobby, query):
    assert f"Nothing was found for “{query}”" in client.get(PATH, {"q": query}).text


def test_who_searches_too_much_is_asked_to_wait(as_member, lobby, ann, settings):
    settings.CHAT_RATE_LIMITS, settings.CHAT_SEARCH_RATE = True, "2/day"
    actions.post_message(lobby, ann, "word")
    for client in (as_member, Client()):
        for _try in range(2):
            assert texts(client, "word") == ["word"]
        answer = client.get(PATH, {"q": "word"})
        assert (answer.status_code, "wait a moment" in answer.text, 'value="word"' in answer.text) == (429, True, True)
        assert client.get(PATH).status_code == 200
    assert Client().get(PATH, {"q": "word"}).status_code == 429  # another guest, from the same place


def test_what_an_older_release_has_stored_is_found(client, lobby, ann):
    rows = [actions.post_message(lobby, ann, text) for text in ("old https://a.b", "older", "gone")]
    actions.delete_message(rows[2].pk, ann)
    made = dict(SearchEntry.objects.values_list("pk", "words"))
    SearchEntry.objects.all().delete()
    assert texts(client, "old") == []
    assert [*actions.render_messages()] == [(2, 2)]
    assert texts(client, "old") == ["older", "old https://a.b"]
    assert dict(SearchEntry.objects.values_list("pk", "words")) == made
    assert [*actions.render_messages()] == []
    SearchEntry.objects.filter(message=rows[0]).delete()
    import_module("chat.migrations.0017_fill_search").fill(apps, connection.schema_editor())
    assert dict(SearchEntry.objects.values_list("pk", "words")) == made
    assert is_in_step()


def test_what_an_older_release_changes_beside_this_one_is_not_found_as_it_was(client, lobby, ann):
    gone, changed, _same = (actions.post_message(lobby, ann, f"secret {number}") for number in range(3))
    Message.objects.filter(pk=gone.pk).update(deleted=True, body="")
    Message.objects.filter(pk=changed.pk).update(edited=datetime.now(UTC), body="harmless")
    assert "secret 0" not in "".join(texts(client, "secret"))
    assert len(texts(client, "secret")) == 2  # one of them says something else by now
    assert [*actions.render_messages()] == [(2, 2)]
    assert texts(client, "secret") == ["secret 2"]
    assert not SearchEntry.objects.filter(message=gone).exists()
    assert is_in_step()


class NothingInTheLobby(rules.Policy):
    def can_read(self, participant, room):
        return rules.Verdict(False, "no") if room.slug == "lobby" else super().can_read(participant, room)


LETTERS = st.sampled_from(["a", "ab", "abc", "abcd", "b", "日", "é", "本", "ß", "x-y", "🎉"])
TEXTS = st.lists(LETTERS, min_size=1, max_size=6).map(" ".join)
QUERIES = st.lists(st.one_of(LETTERS, TEXTS.map(lambda text: f'"{text}"')), min_size=1, max_size=3).map(" ".join)


@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(TEXTS, min_size=1, max_size=5), QUERIES)
def test_the_database_finds_what_the_words_say(lobby, ann, said, query):
    terms = asked(query, datetime(2026, 1, 1, tzinfo=UTC).date()).terms
    with transaction.atomic():
        rows = [actions.post_message(lobby, ann, text) for text in said]
        expected = [row.pk for row in reversed(rows) if all(spans(words(row.body), [term]) for term in terms)]
        assert (
            newest_found(MessageSearch(terms, [lobby.pk]), 10)
            == newest_found(MessageSearch(terms, Room.objects.all()), 10)
            == expected
        )
        transaction.set_rollback(True)


def test_in_no_room_and_by_nobody_nothing_is_found(lobby, ann):
    actions.post_message(lobby, ann, "x")
    assert newest_found(MessageSearch([Term(["x"], True)], []), 10) == []
    assert newest_found(MessageSearch([Term(["x"], True)], [lobby.pk], authors=[]), 10) == []
