from chat.models.message import Message
from chat.models.participant import Participant
from chat.models.room import Room

__all__ = ["Message", "Participant", "Room"]
