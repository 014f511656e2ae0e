"""What one's rooms cost a page: the same page for members of many rooms, of some, and of none."""

from functools import partial

from benchmarks.contest import Contest, Entrant, Figure, Run
from benchmarks.contestants import PRODUCTION, Parley, target
from benchmarks.load import Target
from benchmarks.load.pages import fetch
from benchmarks.stage import Stage
from chat.tests import servers

PEOPLE, ROOMS, MESSAGES = 5000, 500, 20  # MESSAGES in each of the rooms
MANY, CONVERSATIONS, SOME = 500, 100, 30  # rooms of one person, who has as many conversations; of all others but one
SHOWN = {"many": 201, "some": 31, "none": 1}
"""Entries of their sidebars: at most a hundred of each kind, and the default room."""

FILL = f"""
import random
from django.contrib.auth import get_user_model
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone
from chat.models import Membership, Mention, Message, Participant, Room
rnd, now, User = random.Random(1), timezone.now(), get_user_model()
rooms = Room.objects.bulk_create(
    [Room(slug=f"room-{{n}}", name=f"Room {{n}}", seq={MESSAGES}, spoken=now) for n in range({ROOMS})])
users = User.objects.bulk_create([User(username=f"user{{n}}", password="!") for n in range({PEOPLE})])
people = Participant.objects.bulk_create(
    [Participant(key=f"u{{user.pk}}", kind="member", name=user.username, user=user) for user in users])
def join(person, room, read):
    return Membership(room=room, participant=person, read_seq=read)
rows = [join(people[0], room, 0) for room in rooms[:{MANY}]]
for person in people[2:]:
    rows += [join(person, room, rnd.choice([{MESSAGES}] * 4 + [{MESSAGES} // 2])) for room in rnd.sample(rooms, {SOME})]
for other in people[2:2 + {CONVERSATIONS}]:
    talk = Room.objects.create(slug=f"talk-{{other.pk}}", name="talk", kind="direct", people=str(other.pk), spoken=now)
    rows += [join(people[0], talk, 0), join(other, talk, 0)]
Membership.objects.bulk_create(rows, batch_size=5000)
messages = Message.objects.bulk_create([
    Message(room=room, author=rnd.choice(people), author_name="somebody", body="hello", seq=n, changed=n, sent=now)
    for room in rooms for n in range(1, {MESSAGES} + 1)], batch_size=5000)
some = rnd.sample(messages, 1000)
Mention.objects.bulk_create([Mention(message=one, participant=rnd.choice(people)) for one in some])
for name, user in {{"many": users[0], "none": users[1], "some": users[-1]}}.items():
    session = SessionStore()
    session["_auth_user_id"], session["_auth_user_hash"] = str(user.pk), user.get_session_auth_hash()
    session["_auth_user_backend"] = "django.contrib.auth.backends.ModelBackend"
    session._session_key = f"benchmarks-{{name}}"
    session.save(must_create=True)
from django.db import connection
connection.cursor().execute("ANALYZE")
"""


def pages(there: Target, who: str, seconds: float) -> Run:
    cookies = {b"sessionid": f"benchmarks-{who}".encode()}
    fetched = fetch(there, "/chat/", seconds, b'id="listed-', SHOWN[who], cookies)
    return Run([fetched.count / fetched.server_cpu], fetched.client_share)


def sidebar(stage: Stage) -> list[Contest]:
    site = stage.own.enter_context(Parley(stage.postgres.create("sidebar")))
    servers.manage(site.database_url, "shell", "--verbosity", "0", "--command", FILL, **PRODUCTION)
    there = target(site, helpers=(stage.postgres,))
    labels = {
        "many": f"in {MANY} rooms and {CONVERSATIONS} conversations, with news in all",
        "some": f"in {SOME} rooms",
        "none": "in no room",
    }
    entrants = {who: Entrant(label, partial(pages, there, who, stage.seconds)) for who, label in labels.items()}
    figures = [Figure("room page", "per CPU second")]
    name = f"sidebar, {ROOMS} rooms, {PEOPLE:,} members"
    return [Contest(name, figures, entrants[who], [entrants["none"]]) for who in ("many", "some")]
