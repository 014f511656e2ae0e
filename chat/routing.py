"""Where sockets are: at CHAT_SOCKET_PATH, below the prefix that the site as a whole may have."""

import re

from channels.routing import URLRouter
from channels.sessions import SessionMiddlewareStack
from django.conf import settings
from django.urls import re_path

from chat.conf import conf
from chat.consumers import ChatConsumer
from chat.origin import SameOrigin, turn_away

# A proxy may hand the prefix on or take it away; Django's own addresses stand for either as well.
_prefix = f"(?:{re.escape(prefix)}/)?" if (prefix := (settings.FORCE_SCRIPT_NAME or "").strip("/")) else ""
_base = f"^{_prefix}" + re.escape(conf.socket_path.lstrip("/"))

websocket_urlpatterns = [
    re_path(f"{_base}$", ChatConsumer.as_asgi()),
    re_path(f"{_base}(?P<slug>[-a-zA-Z0-9_]+)/$", ChatConsumer.as_asgi()),
    re_path("", turn_away),  # type: ignore[arg-type]  # an ASGI application, as Channels wants it
]
websocket = SameOrigin(SessionMiddlewareStack(URLRouter(websocket_urlpatterns)))
"""The application for websockets, whole: what `ProtocolTypeRouter` asks for. Whose a session is, the consumer asks
anew at each command (chat/identity.py): Channels' AuthMiddleware has nothing left to do, and a user in the scope is not
looked at."""
