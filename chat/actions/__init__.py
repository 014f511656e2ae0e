"""Every verb that changes something. Only this package writes rows and rings the bell.

Each action checks the policy itself, whoever calls it, and raises errors.Refused with a sentence when it can't.
"""

from chat.actions.accounts import sign_up, welcome
from chat.actions.changing import delete_message, edit_message, pin_message
from chat.actions.invitations import (
    find_invitation,
    invitation_token,
    invite,
    invite_to_room,
    is_invitation,
    withdraw_invitation,
)
from chat.actions.limits import count_export, count_frame, count_letter, count_search
from chat.actions.members import join_room, leave_room, mute_room, remove_member, set_role, talk
from chat.actions.objects import has_times, object_deleted, object_saved, post_first, promise, promised_room, room_of
from chat.actions.people import CHOICES, ban, change_person, enrol, note_digest, rename, signed_out
from chat.actions.post import Outcome, Post
from chat.actions.posting import post_message, post_messages
from chat.actions.presence import keep_presence, note_presence, say_writing, say_written
from chat.actions.reacting import react
from chat.actions.reading import mark_read, read_room
from chat.actions.rendering import render_messages
from chat.actions.repeats import begins, unsaid
from chat.actions.rooms import archive_room, change_room, make_room, open_room, renew_epochs, save_room
from chat.actions.seeding import seed_demo
from chat.actions.visitors import welcome_visitor

__all__ = [
    "CHOICES",
    "Outcome",
    "Post",
    "archive_room",
    "ban",
    "begins",
    "change_person",
    "change_room",
    "count_export",
    "count_frame",
    "count_letter",
    "count_search",
    "delete_message",
    "edit_message",
    "enrol",
    "find_invitation",
    "has_times",
    "invitation_token",
    "invite",
    "invite_to_room",
    "is_invitation",
    "join_room",
    "keep_presence",
    "leave_room",
    "make_room",
    "mark_read",
    "mute_room",
    "note_digest",
    "note_presence",
    "object_deleted",
    "object_saved",
    "open_room",
    "pin_message",
    "post_first",
    "post_message",
    "post_messages",
    "promise",
    "promised_room",
    "react",
    "read_room",
    "remove_member",
    "rename",
    "render_messages",
    "renew_epochs",
    "room_of",
    "save_room",
    "say_writing",
    "say_written",
    "seed_demo",
    "set_role",
    "sign_up",
    "signed_out",
    "talk",
    "unsaid",
    "welcome",
    "welcome_visitor",
    "withdraw_invitation",
]
