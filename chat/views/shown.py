"""What others show of the chat: a device that has it as an app, and whoever shows a link to a room or finds it."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chat import fragments, policy
from chat.conf import conf
from chat.models import Kind, Message, Participant, Room
from chat.views.reader import for_address

CANVAS = "#f5f6f4"  # the light one, as a manifest has but one; the page itself says both
SHORT = 12  # characters that fit below an icon
SAID = 200  # characters of a message


@require_safe
@for_address
def manifest(request: HttpRequest) -> HttpResponse:
    """The web app manifest: with it browsers offer to install the chat. It says nothing of who asks."""
    home = reverse("chat:default_room")
    said = {
        "name": conf.site_name,
        "short_name": conf.site_name[:SHORT],
        "id": home,
        "start_url": home,
        "scope": home,
        "display": "standalone",
        "theme_color": CANVAS,
        "background_color": CANVAS,
        "icons": [
            _icon("icon.svg", "any", "any", "image/svg+xml"),
            _icon("icon-192.png", "192x192"),
            _icon("icon-512.png", "512x512"),
            _icon("icon-maskable.png", "512x512", "maskable"),
        ],
    }
    headers = {"Cache-Control": "public, max-age=3600"}
    return JsonResponse(said, content_type="application/manifest+json", headers=headers)


def _icon(name: str, sizes: str, purpose: str = "any", kind: str = "image/png") -> dict[str, str]:
    return {"src": static(f"chat/{name}"), "sizes": sizes, "type": kind, "purpose": purpose}


def shown(request: HttpRequest, room: Room, message: Message | None = None) -> dict[str, Any] | None:
    """What may be shown of the room, or of a message in it, where a link to it is: its address, a line about it, and a
    picture. None when a stranger may not read it."""
    if room.kind != Kind.PUBLIC or not policy.can_read(Participant.guest(""), room):
        return None
    path, site = message.get_permalink() if message else room.get_absolute_url(), conf.site_url.rstrip("/")
    said = (
        f"{message.author_name}: {Truncator(fragments.text_of(message)).chars(SAID)}"
        if message and not message.deleted
        else ""
    )
    return {
        "url": f"{site}{path}" if site else request.build_absolute_uri(path),
        "own": message is not None,
        "about": said or room.topic or _about(room),
        "image": request.build_absolute_uri(static("chat/share.png")),
    }


def _about(room: Room) -> str:
    if room.guests_write and not room.archived:
        return _("Read along, or write: no account is needed.")
    return _("Read along, live.")
