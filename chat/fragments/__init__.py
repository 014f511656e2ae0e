"""The only place that renders a template for a socket.

A fragment is HTML whose top-level elements htmx swaps out of band: each by its own id, or as its `hx-swap-oob` says.
"""

from chat.fragments.changes import LOG_LENGTH, TRIM_EVERY, Changes
from chat.fragments.elements import TAKES as ELEMENTS
from chat.fragments.elements import avatar, element, element_context
from chat.fragments.letters import Letter, digest
from chat.fragments.lookup import lookup, place_of
from chat.fragments.menu import below, closed_menu, edit, edit_context, editing, menu, menu_context
from chat.fragments.messages import Log, Where, cursor, excerpt, forget_logs, log, message, message_context, older
from chat.fragments.page import (
    MOST_UNREAD,
    acknowledged,
    away,
    closed,
    connection,
    ended,
    gone,
    head,
    left,
    pulse,
    refused,
    renamed,
    tab,
    unsent,
)
from chat.fragments.past import log_after, log_around, log_before
from chat.fragments.people import gathered, gathering, gathering_context, people, writing, writing_context
from chat.fragments.pins import Pins, pins, pins_context, pins_of
from chat.fragments.room import (
    COMPOSERS_AHEAD,
    LINES,
    composer_context,
    embedded,
    not_for_them,
    promised_context,
    room_context,
    scripts,
    styles,
)
from chat.fragments.sidebar import Entry, Sidebar, entries, sidebar_context, sidebars
from chat.fragments.sidebar_frames import sidebar_anew, sidebar_changes
from chat.fragments.suggestions import begun, next_nonce, suggestions, suggestions_context
from chat.fragments.templates import draw, in_address, place_at, place_in, render, respond, tried

__all__ = [
    "COMPOSERS_AHEAD",
    "ELEMENTS",
    "LINES",
    "LOG_LENGTH",
    "MOST_UNREAD",
    "TRIM_EVERY",
    "Changes",
    "Entry",
    "Letter",
    "Log",
    "Pins",
    "Sidebar",
    "Where",
    "acknowledged",
    "avatar",
    "away",
    "begun",
    "below",
    "closed",
    "closed_menu",
    "composer_context",
    "connection",
    "cursor",
    "digest",
    "draw",
    "edit",
    "edit_context",
    "editing",
    "element",
    "element_context",
    "embedded",
    "ended",
    "entries",
    "excerpt",
    "forget_logs",
    "gathered",
    "gathering",
    "gathering_context",
    "gone",
    "head",
    "in_address",
    "left",
    "log",
    "log_after",
    "log_around",
    "log_before",
    "lookup",
    "menu",
    "menu_context",
    "message",
    "message_context",
    "next_nonce",
    "not_for_them",
    "older",
    "people",
    "pins",
    "pins_context",
    "pins_of",
    "place_at",
    "place_in",
    "place_of",
    "promised_context",
    "pulse",
    "refused",
    "renamed",
    "render",
    "respond",
    "room_context",
    "scripts",
    "sidebar_anew",
    "sidebar_changes",
    "sidebar_context",
    "sidebars",
    "styles",
    "suggestions",
    "suggestions_context",
    "tab",
    "tried",
    "unsent",
    "writing",
    "writing_context",
]
