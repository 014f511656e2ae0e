"""Who may do what: `can_…(participant, thing)` gives a Verdict, the same for every door. It writes nothing."""

from chat.policy.messages import (
    can_delete,
    can_edit,
    can_mention_room,
    can_see_mentions,
    can_see_versions,
)
from chat.policy.people import (
    can_be_called,
    can_invite,
    can_rename,
    can_sign_up,
    can_take_name,
    can_talk_to,
)
from chat.policy.rooms import (
    can_change_room,
    can_invite_to,
    can_join,
    can_know,
    can_leave,
    can_make_room,
    can_post,
    can_read,
    can_remove,
    can_set_role,
    is_shut_to,
    known_rooms,
    moderates,
    readers,
)
from chat.rules import Verdict

__all__ = [
    "Verdict",
    "can_be_called",
    "can_change_room",
    "can_delete",
    "can_edit",
    "can_invite",
    "can_invite_to",
    "can_join",
    "can_know",
    "can_leave",
    "can_make_room",
    "can_mention_room",
    "can_post",
    "can_read",
    "can_remove",
    "can_rename",
    "can_see_mentions",
    "can_see_versions",
    "can_set_role",
    "can_sign_up",
    "can_take_name",
    "can_talk_to",
    "is_shut_to",
    "known_rooms",
    "moderates",
    "readers",
]
