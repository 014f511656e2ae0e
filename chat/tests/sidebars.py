"""Sidebars as tests read them: in a page, and in frames."""

import re
from html import unescape

from django.contrib.auth import get_user_model

from chat import actions
from chat.models import Membership, Participant, Room

LIST = re.compile(r'<ul[^>]* id="sidebar-(\w+)">(.*?)</ul>', re.DOTALL)
ENTRY = re.compile(r'<li id="listed-([\w-]+)"><a [^>]*?href="([^"]*)"([^>]*)>(.*?)</a></li>', re.DOTALL)
LABEL = re.compile(r'<div hx-swap-oob="innerHTML:#listed-([\w-]+) > a">(.*?)</div>', re.DOTALL)
AVATAR = re.compile(r'<span class="avatar.*?</span>')
TOKEN = re.compile(r'<input id="shows-[\w-]+" [^>]*value="(\w+)"')


def person(name: str) -> Participant:
    """Somebody with an account."""
    return actions.welcome(get_user_model().objects.create_user(name, password=f"{name}-has-a-password"))


def joined(*people: Participant, name: str = "Garden", kind: str = "private") -> Room:
    """A room of the first of these, which the others have joined."""
    room = actions.make_room(people[0], name, kind)
    Membership.objects.bulk_create([Membership(room=room, participant=one) for one in people[1:]])
    return room


def said(text: str) -> str:
    """What one reads: without tags and avatars, blanks made one."""
    text = AVATAR.sub(" ", text)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", text)).split())


def lists(html: str) -> dict[str, list[str]]:
    """{list: what its entries say}, of those of a page that have any."""
    found = {name: [said(entry[3]) for entry in ENTRY.findall(inside)] for name, inside in LIST.findall(html)}
    return {name: entries for name, entries in found.items() if entries}


def lists_of(frame: str) -> dict[str, list[str]]:
    """The same of a frame with all lists."""
    pieces = re.findall(r'<div hx-swap-oob="(?:innerHTML|beforeend):#sidebar-(\w+)">(.*?)</div>', frame, re.DOTALL)
    found: dict[str, list[str]] = {}
    for name, inside in pieces:
        found.setdefault(name, []).extend(said(entry[3]) for entry in ENTRY.findall(inside))
    return {name: entries for name, entries in found.items() if entries}


def labels(frame: str) -> dict[str, str]:
    """{slug: what its entry says now}, of those that a frame changes."""
    return {slug: said(label) for slug, label in LABEL.findall(frame)}
