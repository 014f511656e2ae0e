"""Any AUTH_USER_MODEL works. It is chosen when Django starts, so this one has a Python of its own."""

import json
import os
import subprocess
import sys

import pytest

from chat.tests import servers

STORY = """
import json, re
import django
django.setup()
from django.test import Client
from django.conf import settings
settings.ALLOWED_HOSTS = ["testserver"]
from chat import identity, policy
from chat.models import Message, Participant
from chat.tests.custom_user.models import User

client, seen = Client(), {}
page = client.get("/join/sign-up/").content.decode()
seen["fields"] = re.findall(r'<input type="(?:text|email|password)" name="(\\w+)"', page)
client.get("/chat/")
client.post("/chat/lobby/messages/", {"message": "as a guest"})
form = {"email": "ann@example.org", "city": "Porto", "password1": "a-long-word-1", "password2": "a-long-word-1"}
seen["short"] = client.post("/join/sign-up/", {**form, "city": ""}).status_code
seen["signed up"] = client.post("/join/sign-up/", form).status_code
member = Participant.objects.get()
seen["member"] = [member.kind, member.name, member.user.email, member.key[0]]
seen["moderates"] = member.is_moderator
client.post("/chat/lobby/messages/", {"message": "as a member"})
seen["authors"] = Message.objects.values_list("author").distinct().count()
seen["room"] = client.get("/chat/").status_code
seen["me"] = client.get("/chat/me/").status_code
seen["leaks"] = "ann@example.org" in client.get("/chat/").content.decode()
again = Client()
seen["taken"] = again.post("/join/sign-up/", {**form, "email": "ANN@example.org"}).status_code
again.post("/enter/", {"username": "ann@example.org", "password": "a-long-word-1"})
seen["signed in"] = identity.of_request(again.get("/chat/").wsgi_request).pk == member.pk
other = User.objects.create(email="bob@example.org", city="Rome")
third = Client()
third.force_login(other)
seen["key"] = len(Participant.objects.get(user=other).key)
seen["style"] = third.get(f"/chat/viewer/{Participant.objects.get(user=other).key}.css").status_code
for _ in range(6):
    locked = Client().post("/enter/", {"username": "bob@example.org", "password": "wrong"})
seen["locked"] = locked.status_code
print("STORY", json.dumps(seen))
"""


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{tmp_path_factory.mktemp('custom') / 'db.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "chat.tests.custom_user.settings",
        "DEBUG": "1",
    }

    def run(*arguments):
        command = [sys.executable, *arguments]
        return subprocess.run(
            command, env=environment, cwd=servers.ROOT, capture_output=True, text=True, check=False, timeout=50
        )

    migrated = run("manage.py", "migrate", "--run-syncdb", "--verbosity", "0")
    assert migrated.returncode == 0, migrated.stderr
    told = run("-c", STORY)
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout.split("STORY ")[1])


def test_it_works(story):
    assert (story["signed up"], story["signed in"], story["room"], story["me"]) == (303, True, 200, 200)


def test_the_form_asks_for_what_the_model_needs(story):
    assert story["fields"] == ["email", "city", "password1", "password2", "name"]
    assert (story["short"], story["taken"]) == (400, 400)


def test_a_guest_goes_on_as_the_member(story):
    assert story["member"] == ["member", "ann", "ann@example.org", "g"]
    assert story["authors"] == 1


def test_an_address_to_sign_in_with_is_shown_to_nobody(story):
    assert story["leaks"] is False


def test_who_is_not_said_to_be_of_the_staff_is_not(story):
    assert story["moderates"] is False


def test_a_key_is_made_of_whatever_the_primary_key_is(story):
    assert (story["key"], story["style"]) == (37, 200)


def test_signing_in_is_throttled_as_well(story):
    assert story["locked"] == 429
