from chat.models.invitation import Invitation
from chat.models.membership import Membership, Role
from chat.models.mention import Mention
from chat.models.message import Message
from chat.models.participant import Participant
from chat.models.presence import Presence
from chat.models.reaction import Reaction
from chat.models.room import Kind, Room
from chat.models.search_entry import MessageSearch, SearchEntry, newest_found
from chat.models.version import Version

__all__ = [
    "Invitation",
    "Kind",
    "Membership",
    "Mention",
    "Message",
    "MessageSearch",
    "Participant",
    "Presence",
    "Reaction",
    "Role",
    "Room",
    "SearchEntry",
    "Version",
    "newest_found",
]
