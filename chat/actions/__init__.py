"""Every verb that changes something. Only this package writes rows and rings the bell.

Each action checks the policy itself, whoever calls it, and raises errors.Refused with a sentence when it can't.
"""

from chat.actions.accounts import invite, is_invitation, sign_up, welcome
from chat.actions.limits import count_frame
from chat.actions.people import ban, change_person, enrol, rename, signed_out
from chat.actions.posting import Outcome, Post, delete_message, edit_message, post_message, post_messages
from chat.actions.rooms import open_room, renew_epochs, save_room

__all__ = [
    "Outcome",
    "Post",
    "ban",
    "change_person",
    "count_frame",
    "delete_message",
    "edit_message",
    "enrol",
    "invite",
    "is_invitation",
    "open_room",
    "post_message",
    "post_messages",
    "rename",
    "renew_epochs",
    "save_room",
    "sign_up",
    "signed_out",
    "welcome",
]
