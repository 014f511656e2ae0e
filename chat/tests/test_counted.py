"""What is counted in the tab of a page that nobody looks at: as its person chose."""

import re

import pytest
from channels.db import database_sync_to_async as threaded
from django.contrib.auth import get_user_model

from chat import actions
from chat.models import Participant, Room
from chat.models.participant import Rings
from chat.tests.people import cookies_of

SAID = ["to nobody", "to @boss", "to @mia", "to @room"]


@pytest.fixture
def cast(transactional_db):
    """The one who is away, a staff member, and the lobby."""
    people = []
    for name, staff in (("mia", False), ("boss", True)):
        user = get_user_model().objects.create_user(name, is_staff=staff)
        people.append(Participant.objects.select_related("user").get(pk=actions.welcome(user).pk))
    return [*people, actions.open_room("lobby")]


def say(room: Room, who: Participant) -> None:
    for text in SAID:
        actions.post_message(room, who, text)


async def counts(connect, room: Room, mia: Participant, boss: Participant, rings: str) -> tuple[int, int]:
    """How many a page counts that is left before all is said, and one that comes back after."""
    await Participant.objects.filter(pk=mia.pk).aupdate(rings=rings)
    cookies = await threaded(cookies_of)(mia)
    socket = await connect(f"/ws/chat/{room.slug}/", cookies=cookies)
    await socket.say(do="away")
    await socket.hears("away-")
    await threaded(say)(room, boss)
    frames = []
    while "</article>" not in (frames or [""])[-1] or SAID[-1][-5:] not in re.sub(r"<[^>]*>", "", frames[-1]):
        frames.append(await socket.receive_from(timeout=30))
    await socket.say(do="older", before="1")  # whatever is counted has been said by then
    frames += await socket.hears("ask-")
    live = [int(number) for number in re.findall(r">\((\d+)\) ", "".join(frames))]
    later = await connect(f"/ws/chat/{room.slug}/?sync=1", cookies=cookies)
    head = (await Room.objects.aget(pk=room.pk)).seq
    await later.say(do="sync", cursor=str(head), away=str(head - len(SAID)))
    read = re.findall(r">\((\d+)\) ", "".join(await later.hears('rel="icon"')))
    return (max(live, default=0), int(read[0]) if read else 0)


@pytest.mark.parametrize(("rings", "number"), [(Rings.ALL, 4), (Rings.MENTIONS, 2), (Rings.NOTHING, 0)])
async def test_it_works(connect, cast, rings, number):
    mia, boss, lobby = cast
    assert await counts(connect, lobby, mia, boss, rings) == (number, number)


async def test_a_conversation_is_all_for_oneself(connect, cast):
    mia, boss, _ = cast
    room = await threaded(actions.talk)(boss, [mia])
    assert await counts(connect, room, mia, boss, Rings.MENTIONS) == (4, 4)


def test_whoever_chose_nothing_has_all_counted(member, ann):
    assert member.rings == ann.rings == Participant(key="gnew").rings == Rings.ALL
