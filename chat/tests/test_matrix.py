"""Who may do what: every member of the cast, in every kind of room, with every verb, and the same through the doors.

The tables are literal, so that a change of a rule shows as a change of cells. Each cell is `yes`, `no` where there is
nothing to say, or a word for the reason, of which WHY has the sentence.
"""

import re
from datetime import UTC, datetime, timedelta

import pytest
from channels.db import database_sync_to_async as threaded
from django.contrib.auth import get_user_model
from django.db import transaction
from django.test import Client
from django.utils.timezone import now

from chat import identity, names, policy
from chat.models import Kind, Membership, Message, Participant, Role, Room, SearchEntry

pytestmark = pytest.mark.django_db

CAST = {
    # who: what is so of them
    "guest": {},
    "newcomer": {"new": True},
    "banned guest": {"banned": True},
    "outsider": {"account": True},
    "member": {"account": True, "role": Role.MEMBER},
    "moderator": {"account": True, "role": Role.MODERATOR},
    "owner": {"account": True, "role": Role.OWNER},
    "banned owner": {"account": True, "role": Role.OWNER, "banned": True},
    "staff": {"account": True, "staff": True},
    "staff inside": {"account": True, "staff": True, "role": Role.MEMBER},
    "banned staff": {"account": True, "staff": True, "banned": True},
    "staff signed off": {"account": True, "staff": True, "active": False},
}
"""A newcomer is a guest who has not written yet; of a conversation all are members alike."""

ROOMS = {
    "public": {},
    "no guests": {"guests_write": False},
    "members": {"kind": Kind.MEMBERS},
    "private": {"kind": Kind.PRIVATE},
    "direct": {"kind": Kind.DIRECT},
    "archived": {"archived": True},
    "closed": {"kind": Kind.PRIVATE, "archived": True},
    "early": {"opens_at": datetime(2190, 1, 1, tzinfo=UTC)},
    "over": {"closes_at": datetime(2000, 1, 1, tzinfo=UTC)},
}

WHY = {
    "nothing": "There is no such room.",
    "banned": "A moderator has closed|a moderator has closed it",
    "archived": "This room is archived",
    "early": "This room opens on 1 January 2190, 00:00 UTC",
    "over": "This room closed on 1 January 2000, 00:00 UTC",
    "guests": "Guests can read this room, but not write in it",
    "yourself": "what you wrote yourself.",
    "deleted": "This message has been deleted.",
    "writer": "Only who wrote a message",
    "old": "This message is too old",
    "keepers": "Only the owner and the moderators of a room can",
    "owners": "Only the owner ",
    "talk": "conversation",
    "account": "Sign in",
    "joined": "You are not a member of this room.",
    "yours": "The room is yours",
    "owned": "owner of a room can't be put out|A room has an owner",
    "accounts": "Conversations are between people who have an account.",
    "staff": "Only staff members",
    "already": "You have an account already",
    "reserved": "This name is reserved",
    "taken": "A member has this name",
}


class World:
    """The cast, in rooms of every kind. In each somebody is a member, a moderator and the owner besides them."""

    def __init__(self):
        self.cast = {who: self._somebody(number, **more) for number, (who, more) in enumerate(CAST.items())}
        self.rooms = {
            name: Room.objects.create(slug=name.replace(" ", "-"), name=name, **more) for name, more in ROOMS.items()
        }
        self.others = {role: self._somebody(50 + number, account=True) for number, role in enumerate(Role)}
        rows = [
            Membership(room=room, participant=who, role=Role.MEMBER if room.kind == Kind.DIRECT else role)
            for room in self.rooms.values()
            for who, role in [*self._insiders(), *((one, role) for role, one in self.others.items())]
        ]
        Membership.objects.bulk_create(rows)

    def _insiders(self):
        return [(self.cast[who], more["role"]) for who, more in CAST.items() if "role" in more]

    def _somebody(
        self, number, account=False, staff=False, active=True, banned=False, new=False, role=None
    ) -> Participant:
        if not account:
            guest = Participant(key=f"g{number}", kind=Participant.Kind.GUEST, name=f"Guest {number}", banned=banned)
            return guest if new else self._stored(guest)
        user = get_user_model().objects.create(username=f"user{number}", is_staff=staff, is_active=active)
        key = Participant.key_of(user)
        return self._stored(
            Participant(
                key=key,
                kind=Participant.Kind.MEMBER,
                user=user,
                name=user.username,
                handle=user.username,
                skeleton=names.skeleton(user.username),
                banned=banned,
            )
        )

    @staticmethod
    def _stored(one: Participant) -> Participant:
        one.save()
        return one

    def other(self, room: Room, role: Role) -> Membership:
        return Membership.objects.select_related("room", "participant__user").get(
            room=room, participant=self.others[role]
        )


@pytest.fixture
def world(db) -> World:
    return World()


def by(who: Participant, room: Room, **more) -> Message:
    return Message(room=room, author=who, **more)


IN_ROOMS = {
    # verb: (what of the policy decides it, what that is asked about)
    "know": ("can_know", lambda world, who, room: (who, room)),
    "read": ("can_read", lambda world, who, room: (who, room)),
    "find": ("known_rooms", lambda world, who, room: (who,)),
    "post": ("can_post", lambda world, who, room: (who, room)),
    "edit own": ("can_edit", lambda world, who, room: (who, by(who, room))),
    "edit own deleted": ("can_edit", lambda world, who, room: (who, by(who, room, deleted=True))),
    "edit another's": ("can_edit", lambda world, who, room: (who, by(world.others[Role.MEMBER], room))),
    "delete own": ("can_delete", lambda world, who, room: (who, by(who, room))),
    "delete another's": ("can_delete", lambda world, who, room: (who, by(world.others[Role.MEMBER], room))),
    "read what own said": ("can_see_versions", lambda world, who, room: (who, by(who, room))),
    "read what another's said": (
        "can_see_versions",
        lambda world, who, room: (who, by(world.others[Role.MEMBER], room)),
    ),
    "pin": ("can_pin", lambda world, who, room: (who, by(world.others[Role.MEMBER], room))),
    "pin deleted": ("can_pin", lambda world, who, room: (who, by(world.others[Role.MEMBER], room, deleted=True))),
    "react": ("can_react", lambda world, who, room: (who, by(world.others[Role.MEMBER], room))),
    "react deleted": ("can_react", lambda world, who, room: (who, by(world.others[Role.MEMBER], room, deleted=True))),
    "mention all": ("can_mention_room", lambda world, who, room: (who, room)),
    "be mentioned": ("readers", lambda world, who, room: (room,)),
    "change": ("can_change_room", lambda world, who, room: (who, room)),
    "export": ("can_export", lambda world, who, room: (who, room)),
    "join": ("can_join", lambda world, who, room: (who, room)),
    "join by a link": ("can_join", lambda world, who, room: (who, room, True)),
    "leave": ("can_leave", lambda world, who, room: (who, room)),
    "invite": ("can_invite_to", lambda world, who, room: (who, room)),
    "put out a member": ("can_remove", lambda world, who, room: (who, world.other(room, Role.MEMBER))),
    "put out a moderator": ("can_remove", lambda world, who, room: (who, world.other(room, Role.MODERATOR))),
    "put out the owner": ("can_remove", lambda world, who, room: (who, world.other(room, Role.OWNER))),
    "say who is what": ("can_set_role", lambda world, who, room: (who, world.other(room, Role.MEMBER))),
    "depose the owner": ("can_set_role", lambda world, who, room: (who, world.other(room, Role.OWNER))),
}

TABLE = """
know                 public     no guests  members    private    direct     archived   closed     early      over
  guest              yes        yes        nothing    nothing    nothing    yes        nothing    yes        yes
  newcomer           yes        yes        nothing    nothing    nothing    yes        nothing    yes        yes
  banned guest       yes        yes        nothing    nothing    nothing    yes        nothing    yes        yes
  outsider           yes        yes        yes        nothing    nothing    yes        nothing    yes        yes
  member             yes        yes        yes        yes        yes        yes        yes        yes        yes
  moderator          yes        yes        yes        yes        yes        yes        yes        yes        yes
  owner              yes        yes        yes        yes        yes        yes        yes        yes        yes
  banned owner       yes        yes        yes        yes        yes        yes        yes        yes        yes
  staff              yes        yes        yes        nothing    nothing    yes        nothing    yes        yes
  staff inside       yes        yes        yes        yes        yes        yes        yes        yes        yes
  banned staff       yes        yes        yes        nothing    nothing    yes        nothing    yes        yes
  staff signed off   yes        yes        yes        nothing    nothing    yes        nothing    yes        yes
read                 public     no guests  members    private    direct     archived   closed     early      over
  guest              yes        yes        nothing    nothing    nothing    yes        nothing    yes        yes
  newcomer           yes        yes        nothing    nothing    nothing    yes        nothing    yes        yes
  banned guest       banned     banned     nothing    nothing    nothing    banned     nothing    banned     banned
  outsider           yes        yes        yes        nothing    nothing    yes        nothing    yes        yes
  member             yes        yes        yes        yes        yes        yes        yes        yes        yes
  moderator          yes        yes        yes        yes        yes        yes        yes        yes        yes
  owner              yes        yes        yes        yes        yes        yes        yes        yes        yes
  banned owner       banned     banned     banned     banned     banned     banned     banned     banned     banned
  staff              yes        yes        yes        nothing    nothing    yes        nothing    yes        yes
  staff inside       yes        yes        yes        yes        yes        yes        yes        yes        yes
  banned staff       banned     banned     banned     nothing    nothing    banned     nothing    banned     banned
  staff signed off   yes        yes        yes        nothing    nothing    yes        nothing    yes        yes
find                 public     no guests  members    private    direct     archived   closed     early      over
  guest              yes        yes        no         no         no         yes        no         yes        yes
  newcomer           yes        yes        no         no         no         yes        no         yes        yes
  banned guest       yes        yes        no         no         no         yes        no         yes        yes
  outsider           yes        yes        yes        no         no         yes        no         yes        yes
  member             yes        yes        yes        yes        yes        yes        yes        yes        yes
  moderator          yes        yes        yes        yes        yes        yes        yes        yes        yes
  owner              yes        yes        yes        yes        yes        yes        yes        yes        yes
  banned owner       yes        yes        yes        yes        yes        yes        yes        yes        yes
  staff              yes        yes        yes        no         no         yes        no         yes        yes
  staff inside       yes        yes        yes        yes        yes        yes        yes        yes        yes
  banned staff       yes        yes        yes        no         no         yes        no         yes        yes
  staff signed off   yes        yes        yes        no         no         yes        no         yes        yes
post                 public     no guests  members    private    direct     archived   closed     early      over
  guest              yes        guests     nothing    nothing    nothing    archived   nothing    early      over
  newcomer           yes        guests     nothing    nothing    nothing    archived   nothing    early      over
  banned guest       banned     guests     nothing    nothing    nothing    archived   nothing    banned     banned
  outsider           yes        yes        yes        nothing    nothing    archived   nothing    early      over
  member             yes        yes        yes        yes        yes        archived   archived   early      over
  moderator          yes        yes        yes        yes        yes        archived   archived   early      over
  owner              yes        yes        yes        yes        yes        archived   archived   early      over
  banned owner       banned     banned     banned     banned     banned     archived   archived   banned     banned
  staff              yes        yes        yes        nothing    nothing    archived   nothing    early      over
  staff inside       yes        yes        yes        yes        yes        archived   archived   early      over
  banned staff       banned     banned     banned     nothing    nothing    archived   nothing    banned     banned
  staff signed off   yes        yes        yes        nothing    nothing    archived   nothing    early      over
edit own             public     no guests  members    private    direct     archived   closed     early      over
  guest              yes        guests     nothing    nothing    nothing    archived   nothing    early      over
  newcomer           -          -          -          -          -          -          -          -          -
  banned guest       banned     guests     nothing    nothing    nothing    archived   nothing    banned     banned
  outsider           yes        yes        yes        nothing    nothing    archived   nothing    early      over
  member             yes        yes        yes        yes        yes        archived   archived   early      over
  moderator          yes        yes        yes        yes        yes        archived   archived   early      over
  owner              yes        yes        yes        yes        yes        archived   archived   early      over
  banned owner       banned     banned     banned     banned     banned     archived   archived   banned     banned
  staff              yes        yes        yes        nothing    nothing    archived   nothing    early      over
  staff inside       yes        yes        yes        yes        yes        archived   archived   early      over
  banned staff       banned     banned     banned     nothing    nothing    archived   nothing    banned     banned
  staff signed off   yes        yes        yes        nothing    nothing    archived   nothing    early      over
edit own deleted     public     no guests  members    private    direct     archived   closed     early      over
  guest              deleted    deleted    nothing    nothing    nothing    deleted    nothing    deleted    deleted
  newcomer           -          -          -          -          -          -          -          -          -
  banned guest       deleted    deleted    nothing    nothing    nothing    deleted    nothing    deleted    deleted
  outsider           deleted    deleted    deleted    nothing    nothing    deleted    nothing    deleted    deleted
  member             deleted    deleted    deleted    deleted    deleted    deleted    deleted    deleted    deleted
  moderator          deleted    deleted    deleted    deleted    deleted    deleted    deleted    deleted    deleted
  owner              deleted    deleted    deleted    deleted    deleted    deleted    deleted    deleted    deleted
  banned owner       deleted    deleted    deleted    deleted    deleted    deleted    deleted    deleted    deleted
  staff              deleted    deleted    deleted    nothing    nothing    deleted    nothing    deleted    deleted
  staff inside       deleted    deleted    deleted    deleted    deleted    deleted    deleted    deleted    deleted
  banned staff       deleted    deleted    deleted    nothing    nothing    deleted    nothing    deleted    deleted
  staff signed off   deleted    deleted    deleted    nothing    nothing    deleted    nothing    deleted    deleted
edit another's       public     no guests  members    private    direct     archived   closed     early      over
  guest              yourself   yourself   nothing    nothing    nothing    yourself   nothing    yourself   yourself
  newcomer           yourself   yourself   nothing    nothing    nothing    yourself   nothing    yourself   yourself
  banned guest       yourself   yourself   nothing    nothing    nothing    yourself   nothing    yourself   yourself
  outsider           yourself   yourself   yourself   nothing    nothing    yourself   nothing    yourself   yourself
  member             yourself   yourself   yourself   yourself   yourself   yourself   yourself   yourself   yourself
  moderator          yourself   yourself   yourself   yourself   yourself   yourself   yourself   yourself   yourself
  owner              yourself   yourself   yourself   yourself   yourself   yourself   yourself   yourself   yourself
  banned owner       yourself   yourself   yourself   yourself   yourself   yourself   yourself   yourself   yourself
  staff              yourself   yourself   yourself   nothing    nothing    yourself   nothing    yourself   yourself
  staff inside       yourself   yourself   yourself   yourself   yourself   yourself   yourself   yourself   yourself
  banned staff       yourself   yourself   yourself   nothing    nothing    yourself   nothing    yourself   yourself
  staff signed off   yourself   yourself   yourself   nothing    nothing    yourself   nothing    yourself   yourself
delete own           public     no guests  members    private    direct     archived   closed     early      over
  guest              yes        yes        nothing    nothing    nothing    yes        nothing    yes        yes
  newcomer           -          -          -          -          -          -          -          -          -
  banned guest       banned     banned     nothing    nothing    nothing    banned     nothing    banned     banned
  outsider           yes        yes        yes        nothing    nothing    yes        nothing    yes        yes
  member             yes        yes        yes        yes        yes        yes        yes        yes        yes
  moderator          yes        yes        yes        yes        yes        yes        yes        yes        yes
  owner              yes        yes        yes        yes        yes        yes        yes        yes        yes
  banned owner       banned     banned     banned     banned     banned     banned     banned     banned     banned
  staff              yes        yes        yes        nothing    nothing    yes        nothing    yes        yes
  staff inside       yes        yes        yes        yes        yes        yes        yes        yes        yes
  banned staff       banned     banned     banned     nothing    nothing    banned     nothing    banned     banned
  staff signed off   yes        yes        yes        nothing    nothing    yes        nothing    yes        yes
delete another's     public     no guests  members    private    direct     archived   closed     early      over
  guest              yourself   yourself   nothing    nothing    nothing    yourself   nothing    yourself   yourself
  newcomer           yourself   yourself   nothing    nothing    nothing    yourself   nothing    yourself   yourself
  banned guest       yourself   yourself   nothing    nothing    nothing    yourself   nothing    yourself   yourself
  outsider           yourself   yourself   yourself   nothing    nothing    yourself   nothing    yourself   yourself
  member             yourself   yourself   yourself   yourself   yourself   yourself   yourself   yourself   yourself
  moderator          yes        yes        yes        yes        yourself   yes        yes        yes        yes
  owner              yes        yes        yes        yes        yourself   yes        yes        yes        yes
  banned owner       banned     banned     banned     banned     yourself   banned     banned     banned     banned
  staff              yes        yes        yes        nothing    nothing    yes        nothing    yes        yes
  staff inside       yes        yes        yes        yes        yourself   yes        yes        yes        yes
  banned staff       banned     banned     banned     nothing    nothing    banned     nothing    banned     banned
  staff signed off   yourself   yourself   yourself   nothing    nothing    yourself   nothing    yourself   yourself
read what own said   public     no guests  members    private    direct     archived   closed     early      over
  guest              yes        yes        nothing    nothing    nothing    yes        nothing    yes        yes
  newcomer           -          -          -          -          -          -          -          -          -
  banned guest       banned     banned     nothing    nothing    nothing    banned     nothing    banned     banned
  outsider           yes        yes        yes        nothing    nothing    yes        nothing    yes        yes
  member             yes        yes        yes        yes        yes        yes        yes        yes        yes
  moderator          yes        yes        yes        yes        yes        yes        yes        yes        yes
  owner              yes        yes        yes        yes        yes        yes        yes        yes        yes
  banned owner       banned     banned     banned     banned     banned     banned     banned     banned     banned
  staff              yes        yes        yes        nothing    nothing    yes        nothing    yes        yes
  staff inside       yes        yes        yes        yes        yes        yes        yes        yes        yes
  banned staff       banned     banned     banned     nothing    nothing    banned     nothing    banned     banned
  staff signed off   yes        yes        yes        nothing    nothing    yes        nothing    yes        yes
read what another's said  public     no guests  members    private    direct     archived   closed     early      over
  guest              writer     writer     nothing    nothing    nothing    writer     nothing    writer     writer
  newcomer           writer     writer     nothing    nothing    nothing    writer     nothing    writer     writer
  banned guest       banned     banned     nothing    nothing    nothing    banned     nothing    banned     banned
  outsider           writer     writer     writer     nothing    nothing    writer     nothing    writer     writer
  member             writer     writer     writer     writer     writer     writer     writer     writer     writer
  moderator          yes        yes        yes        yes        writer     yes        yes        yes        yes
  owner              yes        yes        yes        yes        writer     yes        yes        yes        yes
  banned owner       banned     banned     banned     banned     banned     banned     banned     banned     banned
  staff              yes        yes        yes        nothing    nothing    yes        nothing    yes        yes
  staff inside       yes        yes        yes        yes        writer     yes        yes        yes        yes
  banned staff       banned     banned     banned     nothing    nothing    banned     nothing    banned     banned
  staff signed off   writer     writer     writer     nothing    nothing    writer     nothing    writer     writer
pin                  public     no guests  members    private    direct     archived   closed     early      over
  guest              keepers    keepers    nothing    nothing    nothing    archived   nothing    keepers    keepers
  newcomer           keepers    keepers    nothing    nothing    nothing    archived   nothing    keepers    keepers
  banned guest       banned     banned     nothing    nothing    nothing    banned     nothing    banned     banned
  outsider           keepers    keepers    keepers    nothing    nothing    archived   nothing    keepers    keepers
  member             keepers    keepers    keepers    keepers    yes        archived   archived   keepers    keepers
  moderator          yes        yes        yes        yes        yes        archived   archived   yes        yes
  owner              yes        yes        yes        yes        yes        archived   archived   yes        yes
  banned owner       banned     banned     banned     banned     banned     banned     banned     banned     banned
  staff              yes        yes        yes        nothing    nothing    archived   nothing    yes        yes
  staff inside       yes        yes        yes        yes        yes        archived   archived   yes        yes
  banned staff       banned     banned     banned     nothing    nothing    banned     nothing    banned     banned
  staff signed off   keepers    keepers    keepers    nothing    nothing    archived   nothing    keepers    keepers
pin deleted          public     no guests  members    private    direct     archived   closed     early      over
  guest              deleted    deleted    nothing    nothing    nothing    deleted    nothing    deleted    deleted
  newcomer           deleted    deleted    nothing    nothing    nothing    deleted    nothing    deleted    deleted
  banned guest       banned     banned     nothing    nothing    nothing    banned     nothing    banned     banned
  outsider           deleted    deleted    deleted    nothing    nothing    deleted    nothing    deleted    deleted
  member             deleted    deleted    deleted    deleted    deleted    deleted    deleted    deleted    deleted
  moderator          deleted    deleted    deleted    deleted    deleted    deleted    deleted    deleted    deleted
  owner              deleted    deleted    deleted    deleted    deleted    deleted    deleted    deleted    deleted
  banned owner       banned     banned     banned     banned     banned     banned     banned     banned     banned
  staff              deleted    deleted    deleted    nothing    nothing    deleted    nothing    deleted    deleted
  staff inside       deleted    deleted    deleted    deleted    deleted    deleted    deleted    deleted    deleted
  banned staff       banned     banned     banned     nothing    nothing    banned     nothing    banned     banned
  staff signed off   deleted    deleted    deleted    nothing    nothing    deleted    nothing    deleted    deleted
react                public     no guests  members    private    direct     archived   closed     early      over
  guest              yes        guests     nothing    nothing    nothing    archived   nothing    early      over
  newcomer           yes        guests     nothing    nothing    nothing    archived   nothing    early      over
  banned guest       banned     banned     nothing    nothing    nothing    banned     nothing    banned     banned
  outsider           yes        yes        yes        nothing    nothing    archived   nothing    early      over
  member             yes        yes        yes        yes        yes        archived   archived   early      over
  moderator          yes        yes        yes        yes        yes        archived   archived   early      over
  owner              yes        yes        yes        yes        yes        archived   archived   early      over
  banned owner       banned     banned     banned     banned     banned     banned     banned     banned     banned
  staff              yes        yes        yes        nothing    nothing    archived   nothing    early      over
  staff inside       yes        yes        yes        yes        yes        archived   archived   early      over
  banned staff       banned     banned     banned     nothing    nothing    banned     nothing    banned     banned
  staff signed off   yes        yes        yes        nothing    nothing    archived   nothing    early      over
react deleted        public     no guests  members    private    direct     archived   closed     early      over
  guest              deleted    deleted    nothing    nothing    nothing    deleted    nothing    deleted    deleted
  newcomer           deleted    deleted    nothing    nothing    nothing    deleted    nothing    deleted    deleted
  banned guest       banned     banned     nothing    nothing    nothing    banned     nothing    banned     banned
  outsider           deleted    deleted    deleted    nothing    nothing    deleted    nothing    deleted    deleted
  member             deleted    deleted    deleted    deleted    deleted    deleted    deleted    deleted    deleted
  moderator          deleted    deleted    deleted    deleted    deleted    deleted    deleted    deleted    deleted
  owner              deleted    deleted    deleted    deleted    deleted    deleted    deleted    deleted    deleted
  banned owner       banned     banned     banned     banned     banned     banned     banned     banned     banned
  staff              deleted    deleted    deleted    nothing    nothing    deleted    nothing    deleted    deleted
  staff inside       deleted    deleted    deleted    deleted    deleted    deleted    deleted    deleted    deleted
  banned staff       banned     banned     banned     nothing    nothing    banned     nothing    banned     banned
  staff signed off   deleted    deleted    deleted    nothing    nothing    deleted    nothing    deleted    deleted
mention all          public     no guests  members    private    direct     archived   closed     early      over
  guest              keepers    guests     nothing    nothing    nothing    archived   nothing    early      over
  newcomer           keepers    guests     nothing    nothing    nothing    archived   nothing    early      over
  banned guest       banned     guests     nothing    nothing    nothing    archived   nothing    banned     banned
  outsider           keepers    keepers    keepers    nothing    nothing    archived   nothing    early      over
  member             keepers    keepers    keepers    keepers    keepers    archived   archived   early      over
  moderator          yes        yes        yes        yes        keepers    archived   archived   early      over
  owner              yes        yes        yes        yes        keepers    archived   archived   early      over
  banned owner       banned     banned     banned     banned     banned     archived   archived   banned     banned
  staff              yes        yes        yes        nothing    nothing    archived   nothing    early      over
  staff inside       yes        yes        yes        yes        keepers    archived   archived   early      over
  banned staff       banned     banned     banned     nothing    nothing    archived   nothing    banned     banned
  staff signed off   keepers    keepers    keepers    nothing    nothing    archived   nothing    early      over
be mentioned         public     no guests  members    private    direct     archived   closed     early      over
  guest              no         no         no         no         no         no         no         no         no
  newcomer           no         no         no         no         no         no         no         no         no
  banned guest       no         no         no         no         no         no         no         no         no
  outsider           yes        yes        yes        no         no         yes        no         yes        yes
  member             yes        yes        yes        yes        yes        yes        yes        yes        yes
  moderator          yes        yes        yes        yes        yes        yes        yes        yes        yes
  owner              yes        yes        yes        yes        yes        yes        yes        yes        yes
  banned owner       no         no         no         no         no         no         no         no         no
  staff              yes        yes        yes        no         no         yes        no         yes        yes
  staff inside       yes        yes        yes        yes        yes        yes        yes        yes        yes
  banned staff       no         no         no         no         no         no         no         no         no
  staff signed off   no         no         no         no         no         no         no         no         no
change               public     no guests  members    private    direct     archived   closed     early      over
  guest              keepers    keepers    nothing    nothing    nothing    keepers    nothing    keepers    keepers
  newcomer           keepers    keepers    nothing    nothing    nothing    keepers    nothing    keepers    keepers
  banned guest       banned     banned     nothing    nothing    nothing    banned     nothing    banned     banned
  outsider           keepers    keepers    keepers    nothing    nothing    keepers    nothing    keepers    keepers
  member             keepers    keepers    keepers    keepers    talk       keepers    keepers    keepers    keepers
  moderator          yes        yes        yes        yes        talk       yes        yes        yes        yes
  owner              yes        yes        yes        yes        talk       yes        yes        yes        yes
  banned owner       banned     banned     banned     banned     banned     banned     banned     banned     banned
  staff              yes        yes        yes        nothing    nothing    yes        nothing    yes        yes
  staff inside       yes        yes        yes        yes        talk       yes        yes        yes        yes
  banned staff       banned     banned     banned     nothing    nothing    banned     nothing    banned     banned
  staff signed off   keepers    keepers    keepers    nothing    nothing    keepers    nothing    keepers    keepers
export               public     no guests  members    private    direct     archived   closed     early      over
  guest              keepers    keepers    nothing    nothing    nothing    keepers    nothing    keepers    keepers
  newcomer           keepers    keepers    nothing    nothing    nothing    keepers    nothing    keepers    keepers
  banned guest       banned     banned     nothing    nothing    nothing    banned     nothing    banned     banned
  outsider           keepers    keepers    keepers    nothing    nothing    keepers    nothing    keepers    keepers
  member             keepers    keepers    keepers    keepers    yes        keepers    keepers    keepers    keepers
  moderator          yes        yes        yes        yes        yes        yes        yes        yes        yes
  owner              yes        yes        yes        yes        yes        yes        yes        yes        yes
  banned owner       banned     banned     banned     banned     banned     banned     banned     banned     banned
  staff              yes        yes        yes        nothing    nothing    yes        nothing    yes        yes
  staff inside       yes        yes        yes        yes        yes        yes        yes        yes        yes
  banned staff       banned     banned     banned     nothing    nothing    banned     nothing    banned     banned
  staff signed off   keepers    keepers    keepers    nothing    nothing    keepers    nothing    keepers    keepers
join                 public     no guests  members    private    direct     archived   closed     early      over
  guest              account    account    account    account    account    account    account    account    account
  newcomer           account    account    account    account    account    account    account    account    account
  banned guest       account    account    account    account    account    account    account    account    account
  outsider           yes        yes        yes        nothing    nothing    yes        nothing    yes        yes
  member             yes        yes        yes        yes        yes        yes        yes        yes        yes
  moderator          yes        yes        yes        yes        yes        yes        yes        yes        yes
  owner              yes        yes        yes        yes        yes        yes        yes        yes        yes
  banned owner       banned     banned     banned     banned     banned     banned     banned     banned     banned
  staff              yes        yes        yes        nothing    nothing    yes        nothing    yes        yes
  staff inside       yes        yes        yes        yes        yes        yes        yes        yes        yes
  banned staff       banned     banned     banned     banned     banned     banned     banned     banned     banned
  staff signed off   yes        yes        yes        nothing    nothing    yes        nothing    yes        yes
join by a link       public     no guests  members    private    direct     archived   closed     early      over
  guest              account    account    account    account    account    account    account    account    account
  newcomer           account    account    account    account    account    account    account    account    account
  banned guest       account    account    account    account    account    account    account    account    account
  outsider           yes        yes        yes        yes        nothing    yes        yes        yes        yes
  member             yes        yes        yes        yes        yes        yes        yes        yes        yes
  moderator          yes        yes        yes        yes        yes        yes        yes        yes        yes
  owner              yes        yes        yes        yes        yes        yes        yes        yes        yes
  banned owner       banned     banned     banned     banned     banned     banned     banned     banned     banned
  staff              yes        yes        yes        yes        nothing    yes        yes        yes        yes
  staff inside       yes        yes        yes        yes        yes        yes        yes        yes        yes
  banned staff       banned     banned     banned     banned     banned     banned     banned     banned     banned
  staff signed off   yes        yes        yes        yes        nothing    yes        yes        yes        yes
leave                public     no guests  members    private    direct     archived   closed     early      over
  guest              joined     joined     joined     joined     joined     joined     joined     joined     joined
  newcomer           joined     joined     joined     joined     joined     joined     joined     joined     joined
  banned guest       joined     joined     joined     joined     joined     joined     joined     joined     joined
  outsider           joined     joined     joined     joined     joined     joined     joined     joined     joined
  member             yes        yes        yes        yes        talk       yes        yes        yes        yes
  moderator          yes        yes        yes        yes        talk       yes        yes        yes        yes
  owner              yours      yours      yours      yours      talk       yours      yours      yours      yours
  banned owner       yours      yours      yours      yours      talk       yours      yours      yours      yours
  staff              joined     joined     joined     joined     joined     joined     joined     joined     joined
  staff inside       yes        yes        yes        yes        talk       yes        yes        yes        yes
  banned staff       joined     joined     joined     joined     joined     joined     joined     joined     joined
  staff signed off   joined     joined     joined     joined     joined     joined     joined     joined     joined
invite               public     no guests  members    private    direct     archived   closed     early      over
  guest              keepers    keepers    nothing    nothing    nothing    archived   nothing    keepers    keepers
  newcomer           keepers    keepers    nothing    nothing    nothing    archived   nothing    keepers    keepers
  banned guest       banned     banned     nothing    nothing    nothing    banned     nothing    banned     banned
  outsider           keepers    keepers    keepers    nothing    nothing    archived   nothing    keepers    keepers
  member             keepers    keepers    keepers    keepers    talk       archived   archived   keepers    keepers
  moderator          yes        yes        yes        yes        talk       archived   archived   yes        yes
  owner              yes        yes        yes        yes        talk       archived   archived   yes        yes
  banned owner       banned     banned     banned     banned     banned     banned     banned     banned     banned
  staff              yes        yes        yes        nothing    nothing    archived   nothing    yes        yes
  staff inside       yes        yes        yes        yes        talk       archived   archived   yes        yes
  banned staff       banned     banned     banned     nothing    nothing    banned     nothing    banned     banned
  staff signed off   keepers    keepers    keepers    nothing    nothing    archived   nothing    keepers    keepers
put out a member     public     no guests  members    private    direct     archived   closed     early      over
  guest              keepers    keepers    nothing    nothing    nothing    keepers    nothing    keepers    keepers
  newcomer           keepers    keepers    nothing    nothing    nothing    keepers    nothing    keepers    keepers
  banned guest       banned     banned     nothing    nothing    nothing    banned     nothing    banned     banned
  outsider           keepers    keepers    keepers    nothing    nothing    keepers    nothing    keepers    keepers
  member             keepers    keepers    keepers    keepers    talk       keepers    keepers    keepers    keepers
  moderator          yes        yes        yes        yes        talk       yes        yes        yes        yes
  owner              yes        yes        yes        yes        talk       yes        yes        yes        yes
  banned owner       banned     banned     banned     banned     banned     banned     banned     banned     banned
  staff              yes        yes        yes        nothing    nothing    yes        nothing    yes        yes
  staff inside       yes        yes        yes        yes        talk       yes        yes        yes        yes
  banned staff       banned     banned     banned     nothing    nothing    banned     nothing    banned     banned
  staff signed off   keepers    keepers    keepers    nothing    nothing    keepers    nothing    keepers    keepers
put out a moderator  public     no guests  members    private    direct     archived   closed     early      over
  guest              keepers    keepers    nothing    nothing    nothing    keepers    nothing    keepers    keepers
  newcomer           keepers    keepers    nothing    nothing    nothing    keepers    nothing    keepers    keepers
  banned guest       banned     banned     nothing    nothing    nothing    banned     nothing    banned     banned
  outsider           keepers    keepers    keepers    nothing    nothing    keepers    nothing    keepers    keepers
  member             keepers    keepers    keepers    keepers    talk       keepers    keepers    keepers    keepers
  moderator          owners     owners     owners     owners     talk       owners     owners     owners     owners
  owner              yes        yes        yes        yes        talk       yes        yes        yes        yes
  banned owner       banned     banned     banned     banned     banned     banned     banned     banned     banned
  staff              yes        yes        yes        nothing    nothing    yes        nothing    yes        yes
  staff inside       yes        yes        yes        yes        talk       yes        yes        yes        yes
  banned staff       banned     banned     banned     nothing    nothing    banned     nothing    banned     banned
  staff signed off   keepers    keepers    keepers    nothing    nothing    keepers    nothing    keepers    keepers
put out the owner    public     no guests  members    private    direct     archived   closed     early      over
  guest              keepers    keepers    nothing    nothing    nothing    keepers    nothing    keepers    keepers
  newcomer           keepers    keepers    nothing    nothing    nothing    keepers    nothing    keepers    keepers
  banned guest       banned     banned     nothing    nothing    nothing    banned     nothing    banned     banned
  outsider           keepers    keepers    keepers    nothing    nothing    keepers    nothing    keepers    keepers
  member             keepers    keepers    keepers    keepers    talk       keepers    keepers    keepers    keepers
  moderator          owned      owned      owned      owned      talk       owned      owned      owned      owned
  owner              owned      owned      owned      owned      talk       owned      owned      owned      owned
  banned owner       banned     banned     banned     banned     banned     banned     banned     banned     banned
  staff              owned      owned      owned      nothing    nothing    owned      nothing    owned      owned
  staff inside       owned      owned      owned      owned      talk       owned      owned      owned      owned
  banned staff       banned     banned     banned     nothing    nothing    banned     nothing    banned     banned
  staff signed off   keepers    keepers    keepers    nothing    nothing    keepers    nothing    keepers    keepers
say who is what      public     no guests  members    private    direct     archived   closed     early      over
  guest              owners     owners     nothing    nothing    nothing    owners     nothing    owners     owners
  newcomer           owners     owners     nothing    nothing    nothing    owners     nothing    owners     owners
  banned guest       banned     banned     nothing    nothing    nothing    banned     nothing    banned     banned
  outsider           owners     owners     owners     nothing    nothing    owners     nothing    owners     owners
  member             owners     owners     owners     owners     talk       owners     owners     owners     owners
  moderator          owners     owners     owners     owners     talk       owners     owners     owners     owners
  owner              yes        yes        yes        yes        talk       yes        yes        yes        yes
  banned owner       banned     banned     banned     banned     banned     banned     banned     banned     banned
  staff              yes        yes        yes        nothing    nothing    yes        nothing    yes        yes
  staff inside       yes        yes        yes        yes        talk       yes        yes        yes        yes
  banned staff       banned     banned     banned     nothing    nothing    banned     nothing    banned     banned
  staff signed off   owners     owners     owners     nothing    nothing    owners     nothing    owners     owners
depose the owner     public     no guests  members    private    direct     archived   closed     early      over
  guest              owners     owners     nothing    nothing    nothing    owners     nothing    owners     owners
  newcomer           owners     owners     nothing    nothing    nothing    owners     nothing    owners     owners
  banned guest       banned     banned     nothing    nothing    nothing    banned     nothing    banned     banned
  outsider           owners     owners     owners     nothing    nothing    owners     nothing    owners     owners
  member             owners     owners     owners     owners     talk       owners     owners     owners     owners
  moderator          owners     owners     owners     owners     talk       owners     owners     owners     owners
  owner              owned      owned      owned      owned      talk       owned      owned      owned      owned
  banned owner       banned     banned     banned     banned     banned     banned     banned     banned     banned
  staff              owned      owned      owned      nothing    nothing    owned      nothing    owned      owned
  staff inside       owned      owned      owned      owned      talk       owned      owned      owned      owned
  banned staff       banned     banned     banned     nothing    nothing    banned     nothing    banned     banned
  staff signed off   owners     owners     owners     nothing    nothing    owners     nothing    owners     owners
"""

ANYWHERE = {
    "change their name": ("can_rename", lambda world, who: (who,)),
    "take a free name": ("can_take_name", lambda world, who: (who, "Nightingale")),
    "take a member's name": ("can_take_name", lambda world, who: (who, "User50")),
    "take a reserved name": ("can_take_name", lambda world, who: (who, "Admin")),
    "be called as a member": ("can_be_called", lambda world, who: (who, "User50")),
    "sign up": ("can_sign_up", lambda world, who: (who,)),
    "invite to sign up": ("can_invite", lambda world, who: (who,)),
    "make a room": ("can_make_room", lambda world, who: (who,)),
    "see mentions": ("can_see_mentions", lambda world, who: (who,)),
    "search messages": ("can_search", lambda world, who: (who,)),
    "talk to a member": ("can_talk_to", lambda world, who: (who, world.others[Role.MEMBER])),
    "talk to a guest": ("can_talk_to", lambda world, who: (who, world.cast["guest"])),
    "talk to a banned one": ("can_talk_to", lambda world, who: (who, world.cast["banned owner"])),
}

TABLE_ANYWHERE = """
anywhere             change their name      take a free name       take a member's name   take a reserved name
  guest              yes                    yes                    taken                  reserved
  newcomer           yes                    yes                    taken                  reserved
  banned guest       banned                 yes                    taken                  reserved
  outsider           yes                    yes                    taken                  reserved
  member             yes                    yes                    taken                  reserved
  moderator          yes                    yes                    taken                  reserved
  owner              yes                    yes                    taken                  reserved
  banned owner       banned                 yes                    taken                  reserved
  staff              yes                    yes                    taken                  yes
  staff inside       yes                    yes                    taken                  yes
  banned staff       banned                 yes                    taken                  yes
  staff signed off   yes                    yes                    taken                  reserved
anywhere             be called as a member  sign up                invite to sign up      make a room
  guest              taken                  yes                    staff                  account
  newcomer           taken                  yes                    staff                  account
  banned guest       taken                  banned                 staff                  account
  outsider           taken                  already                staff                  yes
  member             taken                  already                staff                  yes
  moderator          taken                  already                staff                  yes
  owner              taken                  already                staff                  yes
  banned owner       taken                  already                staff                  banned
  staff              taken                  already                yes                    yes
  staff inside       taken                  already                yes                    yes
  banned staff       taken                  already                staff                  banned
  staff signed off   taken                  already                staff                  yes
anywhere             see mentions           talk to a member       talk to a guest        talk to a banned one
  guest              account                accounts               accounts               accounts
  newcomer           account                accounts               accounts               accounts
  banned guest       account                accounts               accounts               accounts
  outsider           yes                    yes                    accounts               banned
  member             yes                    yes                    accounts               banned
  moderator          yes                    yes                    accounts               banned
  owner              yes                    yes                    accounts               banned
  banned owner       banned                 banned                 accounts               banned
  staff              yes                    yes                    accounts               banned
  staff inside       yes                    yes                    accounts               banned
  banned staff       banned                 banned                 accounts               banned
  staff signed off   yes                    yes                    accounts               banned
anywhere             search messages
  guest              yes
  newcomer           yes
  banned guest       banned
  outsider           yes
  member             yes
  moderator          yes
  owner              yes
  banned owner       banned
  staff              yes
  staff inside       yes
  banned staff       banned
  staff signed off   yes
"""

DASH = "-"
"""A cell of what can't be: a newcomer has written nothing."""


def table(text: str) -> dict[tuple[str, str, str], str]:
    """{(verb, who, room): cell}. A line without cells is a verb; those below it begin with who."""
    cells: dict[tuple[str, str, str], str] = {}
    verb, columns = "", []
    for line in text.strip("\n").splitlines():
        first, *rest = re.split(r"  +", line.strip())
        if not line.startswith(" ") and rest:
            verb, columns = first, rest
        else:
            cells |= {(verb, first, column): cell for column, cell in zip(columns, rest, strict=True)}
    return cells


def said(world: World, who: Participant, room: Room | None, name: str, arguments: tuple) -> str:
    """What the policy says now, as a cell."""
    answer = getattr(policy, name)(*arguments)
    if name == "known_rooms":
        return "yes" if answer.filter(pk=room.pk).exists() else "no"
    if name == "readers":
        return "yes" if answer.filter(pk=who.pk).exists() else "no"
    if answer:
        assert answer.why == ""
        return "yes"
    words = [word for word, why in WHY.items() if re.search(why, str(answer.why))]
    return words[0] if words else str(answer.why)


def in_rooms(world: World, verb: str) -> dict[tuple[str, str, str], str]:
    name, about = IN_ROOMS[verb]
    return {
        (verb, who, where): said(world, one, room, name, about(world, one, room))
        if not (one.pk is None and " own " in f"{verb} ")
        else DASH
        for who, one in world.cast.items()
        for where, room in world.rooms.items()
    }


def anywhere(world: World, verb: str) -> dict[tuple[str, str, str], str]:
    name, about = ANYWHERE[verb]
    return {("anywhere", who, verb): said(world, one, None, name, about(world, one)) for who, one in world.cast.items()}


def test_it_works(world):
    assert table(TABLE)["post", "outsider", "private"] == "nothing"
    assert (
        said(world, world.cast["outsider"], None, "can_post", (world.cast["outsider"], world.rooms["private"]))
        == "nothing"
    )


def test_every_cell_is_there_and_every_verb_of_the_policy():
    assert [*table(TABLE)] == [(verb, who, room) for verb in IN_ROOMS for who in CAST for room in ROOMS]
    assert {*table(TABLE_ANYWHERE)} == {("anywhere", who, verb) for verb in ANYWHERE for who in CAST}
    asked = {name for name, _ in [*IN_ROOMS.values(), *ANYWHERE.values()]}
    assert {name for name in vars(policy) if name.startswith("can_")} <= asked
    assert {*table(TABLE).values(), *table(TABLE_ANYWHERE).values()} <= {*WHY, "yes", "no", DASH}


@pytest.mark.parametrize("who", CAST)
def test_after_a_while_only_moderators_delete(world, settings, who):
    settings.CHAT_EDIT_SECONDS = 60
    one, sent = world.cast[who], {"new": now() - timedelta(seconds=30), "old": now() - timedelta(seconds=61)}
    for name, room in world.rooms.items() if one.pk else ():
        for verb, action in (("edit own", "can_edit"), ("delete own", "can_delete")):
            word = table(TABLE)[verb, who, name]
            assert said(world, one, room, action, (one, by(one, room, sent=sent["new"]))) == word
            late = said(world, one, room, action, (one, by(one, room, sent=sent["old"])))
            keeps = verb == "delete own" and table(TABLE)["delete another's", who, name] in ("yes", "banned")
            assert late == (word if word == "nothing" or keeps else "old"), (verb, name)


def test_in_a_room(world):
    assert {cell: word for verb in IN_ROOMS for cell, word in in_rooms(world, verb).items()} == table(TABLE)


def test_anywhere(world):
    said = {cell: word for verb in ANYWHERE for cell, word in anywhere(world, verb).items()}
    assert said == table(TABLE_ANYWHERE)


def test_signing_up_and_making_rooms_where_the_site_restricts_it(world, settings):
    words = table(TABLE_ANYWHERE)
    for who in CAST:
        one, may_make = world.cast[who], words["anywhere", who, "make a room"] == "yes"
        settings.CHAT_MAKE_ROOMS = "staff"
        assert bool(policy.can_make_room(one)) == (may_make and who in ("staff", "staff inside")), who
        settings.CHAT_SIGN_UP = "invitation"
        assert not policy.can_sign_up(one), who
        assert bool(policy.can_sign_up(one, invited=True)) == (words["anywhere", who, "sign up"] == "yes"), who
        settings.CHAT_SIGN_UP = "closed"
        assert not policy.can_sign_up(one, invited=True), who
        assert not policy.can_invite(one), who


# --- The doors: HTTP -------------------------------------------------------------------------------

UNKNOWN = "never-used"


def cells(verb: str, who: str) -> dict[str, str]:
    """{room: word}. Whose account is closed comes as a new guest."""
    who = "newcomer" if who == "staff signed off" else who
    return {room: word for (of, one, room), word in table(TABLE).items() if (of, one) == (verb, who)}


def browser_of(one: Participant) -> Client:
    client = Client()
    if one.user is not None:
        client.force_login(one.user)
    else:
        client.cookies[identity.COOKIE] = identity._signer().sign(one.key)
    return client


def status(word: str, allowed: int) -> int:
    return {"yes": allowed, "nothing": 404}.get(word, 403)


def plain(answer, slug: str) -> str:
    """What it says, without what is new each time and the address that was asked for."""
    text = re.sub(r'(name="csrfmiddlewaretoken" value=|nonce=)"[^"]*"', "", answer.content.decode())
    return text.replace(slug, "SLUG")


def headers(answer) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in ("Content-Length", "Expires")}


@pytest.fixture
def unhurried(settings):
    settings.CHAT_RATE_LIMITS = False


@pytest.mark.parametrize("who", CAST)
def test_pages(world, unhurried, who):
    browser = browser_of(world.cast[who])
    for name, word in cells("read", who).items():
        slug = world.rooms[name].slug
        by(world.others[Role.OWNER], world.rooms[name], seq=1, changed=1, sent=now()).save()
        for path in ("", "about/", "?before=9", "?after=0", "?plain=1", "1/"):
            assert browser.get(f"/chat/{slug}/{path}").status_code == status(word, 200), (name, path)


@pytest.mark.parametrize("who", CAST)
def test_all_of_it_as_a_file(world, unhurried, who):
    browser = browser_of(world.cast[who])
    for name, word in cells("export", who).items():
        by(world.others[Role.OWNER], world.rooms[name], seq=1, changed=1, sent=now(), body="taken along").save()
        answer = browser.get(f"/chat/{world.rooms[name].slug}/export/")
        assert answer.status_code == status(word, 200), name
        assert ("Content-Disposition" in answer) == (word == "yes")
        assert (b"taken along" in answer.getvalue()) == (word == "yes")


@pytest.mark.parametrize("who", CAST)
def test_no_page_names_what_one_may_not_know(world, unhurried, who):
    browser, known = browser_of(world.cast[who]), cells("know", who)
    if cells("read", who)["public"] != "yes":
        return  # who is banned sees no page
    for path in ("/chat/public/", "/chat/public/about/", "/chat/public/?plain=1", "/chat/rooms/", "/chat/me/"):
        page = browser.get(path).text
        assert [name for name in known if known[name] == "nothing" and f"/chat/{world.rooms[name].slug}/" in page] == []


@pytest.mark.parametrize("who", CAST)
def test_lists_show_what_one_may_know_and_nothing_else(world, who):
    browser = browser_of(world.cast[who])
    for path in ("/chat/rooms/", "/chat/rooms/?q=i"):
        page = browser.get(path).text
        for name, word in cells("find", who).items():
            listed = f"/chat/{world.rooms[name].slug}/" in page
            sought = name != "direct" and ("q=" not in path or "i" in name)
            assert listed == (word == "yes" and sought), (path, name)


@pytest.mark.parametrize("who", CAST)
def test_search_finds_what_one_may_read_and_nothing_else(world, unhurried, who):
    for room in world.rooms.values():
        message = by(world.others[Role.OWNER], room, body="treasure", seq=1, changed=1, sent=now())
        message.save()
        SearchEntry.of(message).save()
    browser, reads = browser_of(world.cast[who]), cells("read", who)
    page = browser.get("/chat/search/", {"q": "treasure"}).text
    found = {name for name, room in world.rooms.items() if f'href="/chat/{room.slug}/1/"' in page}
    assert found == {name for name, word in reads.items() if word == "yes"}
    for name, room in world.rooms.items():
        page = browser.get("/chat/search/", {"q": "treasure", "in": room.slug}).text
        assert (f'href="/chat/{room.slug}/1/"' in page) == (reads[name] == "yes"), name


FORMS = (
    "1/menu",
    "1/edit",
    "1/delete",
    "1/pin",
    "1/react",
    "1/reply",
    "messages",
    "name",
    "plain",
    "join",
    "leave",
    "about",
    "about/archive",
    "about/invite",
    "about/remove",
    "about/mute",
)


@pytest.mark.parametrize("who", CAST)
def test_what_is_not_for_somebody_looks_like_what_is_not_there(world, unhurried, who):
    browser = browser_of(world.cast[who])
    hidden = [world.rooms[name].slug for name, word in cells("know", who).items() if word == "nothing"]
    for room in world.rooms.values():  # there is something to tell of
        by(world.others[Role.OWNER], room, seq=1, changed=1, sent=now()).save()
    for path in ("", "?before=9", "1/", "about/", *(f"{form}/" for form in FORMS)):
        for ask in (browser.get, browser.post):
            nothing = ask(f"/chat/{UNKNOWN}/{path}", {"message": "hi", "key": "u1"} if ask == browser.post else None)
            for slug in hidden:
                answer = ask(f"/chat/{slug}/{path}", {"message": "hi", "key": "u1"} if ask == browser.post else None)
                assert answer.status_code == nothing.status_code in (404, 405), (path, slug)
                assert plain(answer, slug) == plain(nothing, UNKNOWN)
                assert headers(answer) == headers(nothing)
    assert Message.objects.count() == len(world.rooms)


@pytest.mark.parametrize("who", CAST)
def test_the_form_to_write(world, unhurried, who):
    browser = browser_of(world.cast[who])
    for name, word in cells("post", who).items():
        answer = browser.post(f"/chat/{world.rooms[name].slug}/messages/", {"message": f"by {who}"})
        assert answer.status_code == status(word, 303), name
        assert world.rooms[name].messages.exists() == (word == "yes"), name


ACTS = {
    # the form: (the verb in the table, what it sends)
    "about/archive": ("change", lambda world: {}),
    "about/reopen": ("change", lambda world: {}),
    "about": ("change", lambda world: {"name": "Another"}),
    "join": ("join", lambda world: {}),
    "leave": ("leave", lambda world: {}),
    "about/invite": ("invite", lambda world: {}),
    "about/remove": ("put out a member", lambda world: {"key": world.others[Role.MEMBER].key}),
    "about/remove/": ("put out a moderator", lambda world: {"key": world.others[Role.MODERATOR].key}),
    "about/remove//": ("put out the owner", lambda world: {"key": world.others[Role.OWNER].key}),
    "about/role": ("say who is what", lambda world: {"key": world.others[Role.MEMBER].key, "role": "moderator"}),
    "about/role/": ("depose the owner", lambda world: {"key": world.others[Role.OWNER].key, "role": "member"}),
}


@pytest.mark.parametrize("act", ACTS)
def test_the_forms_about_a_room(world, unhurried, act):
    verb, data = ACTS[act]
    for who in ("guest", "outsider", "member", "moderator", "owner", "banned owner", "staff"):
        browser, readable = browser_of(world.cast[who]), cells("read", who)
        for name, word in cells(verb, who).items():
            with transaction.atomic():
                answer = browser.post(f"/chat/{world.rooms[name].slug}/{act.rstrip('/')}/", data(world))
                transaction.set_rollback(True)
            expected = status(word if readable[name] == "yes" else readable[name], 303)
            assert answer.status_code == expected, (who, name)


OF_MESSAGES = {
    # the form: (what it sends, {by whom: the verb in the table})
    "edit": ({"message": "changed"}, {"own": "edit own", "another's": "edit another's"}),
    "delete": ({}, {"own": "delete own", "another's": "delete another's"}),
    "pin": ({"pinned": "1"}, {"own": "pin", "another's": "pin"}),
    "react": ({"emoji": "🎉"}, {"own": "react", "another's": "react"}),
}


@pytest.mark.parametrize("form", OF_MESSAGES)
@pytest.mark.parametrize("whose", ["own", "another's"])
def test_the_forms_of_a_message(world, unhurried, form, whose):
    data, verbs = OF_MESSAGES[form]
    for who in [who for who, one in world.cast.items() if one.pk and who != "staff signed off"]:
        author = world.cast[who] if whose == "own" else world.others[Role.MEMBER]
        browser, readable, words = browser_of(world.cast[who]), cells("read", who), cells(verbs[whose], who)
        for name, word in words.items():
            with transaction.atomic():
                by(author, world.rooms[name], body="as it was", seq=1, changed=1, sent=now()).save()
                address = f"/chat/{world.rooms[name].slug}/1/"
                menu = browser.get(f"{address}menu/", headers={"HX-Request": "true"})
                answer = browser.post(f"{address}{form}/", data)
                after = Message.objects.get(room=world.rooms[name])
                transaction.set_rollback(True)
            word = word if readable[name] == "yes" else readable[name]
            assert answer.status_code == status(word, 303), (who, name)
            assert menu.status_code == status(readable[name], 200), (who, name)
            assert (f"{form}/" in menu.text) == (word == "yes"), (who, name)
            pinned = after.pinned is not None
            done = {"edit": after.body == "changed", "delete": after.deleted and not after.body, "pin": pinned}
            done["react"] = [kind[0] for kind in after.reactions] == ["🎉"]
            untouched = (after.body, after.deleted, pinned, after.reactions) == ("as it was", False, False, [])
            assert done[form] if word == "yes" else untouched, (who, name)


# --- The doors: sockets ----------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("who", CAST)
async def test_sockets(connect, settings, who):
    settings.CHAT_RATE_LIMITS = False
    world = await threaded(World)()
    one = world.cast[who]
    browser = await threaded(browser_of)(one)
    cookies = {name: cookie.value for name, cookie in browser.cookies.items()}
    nothing = await (await connect(f"/ws/chat/{UNKNOWN}/", cookies=cookies)).receive_from(timeout=30)
    reads, posts, deletes = cells("read", who), cells("post", who), cells("delete another's", who)
    for name, room in world.rooms.items():
        socket = await connect(f"/ws/chat/{room.slug}/", cookies=cookies)
        if reads[name] != "yes":
            (frame,) = await socket.hears('data-state="ended"')
            assert re.search(WHY[reads[name]], frame)
            assert (reads[name] != "nothing") or frame.replace(room.slug, UNKNOWN) == nothing
            assert (await socket.receive_output(timeout=30))["code"] == 4403
            continue
        theirs = await threaded(Message.objects.create)(
            room=room, author=world.others[Role.MEMBER], body="as it was", seq=90, changed=90, sent=now()
        )
        await socket.say(do="edit", seq="90", message=f"by {who}")
        await socket.hears("what you wrote yourself")
        await socket.say(do="delete", seq="90")
        may_delete = deletes[name] == "yes"
        await socket.say(do="edit", seq="90", message=f"by {who} as well")  # so that there is an answer
        await socket.hears("has been deleted" if may_delete else "what you wrote yourself")
        await threaded(theirs.refresh_from_db)()
        assert (theirs.body, theirs.deleted) == (("", True) if may_delete else ("as it was", False)), name
        await socket.say(message=f"by {who}", nonce=room.slug)
        frames = await socket.hears(f"delete:#composer-{room.slug}" if posts[name] == "yes" else f"refusal-{room.slug}")
        assert posts[name] == "yes" or re.search(WHY[posts[name]], frames[-1])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("who", CAST)
async def test_frames_about_a_message(connect, settings, who):
    """What they become is waited for one by one: a refusal and what is shown to all take different ways."""
    settings.CHAT_RATE_LIMITS = False
    world = await threaded(World)()
    browser = await threaded(browser_of)(world.cast[who])
    cookies = {name: cookie.value for name, cookie in browser.cookies.items()}
    theirs = {}
    for name in [name for name, word in cells("read", who).items() if word == "yes"]:
        room = world.rooms[name]
        row = by(world.others[Role.MEMBER], room, body="as it was", seq=1, changed=1, sent=now())
        await threaded(row.save)()
        await threaded(Room.objects.filter(pk=room.pk).update)(seq=1)
        theirs[name] = row, await connect(f"/ws/chat/{room.slug}/", cookies=cookies)
    for verb, more, shown in (("react", {"emoji": "🎉"}, 'class="reactions"'), ("pin", {}, ">pinned</p>")):
        for name, (row, socket) in theirs.items():
            word = cells(verb, who)[name]
            await socket.say(do=verb, seq="1", **more)
            await socket.hears(shown if word == "yes" else WHY[word])
            await threaded(row.refresh_from_db)()
            done = {"react": row.reactions != [], "pin": row.pinned is not None}[verb]
            assert done == (word == "yes"), (verb, name)
