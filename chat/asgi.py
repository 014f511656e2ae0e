"""A whole ASGI application, for a project that has none of its own: HTTP to Django, websockets to the chat."""

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

http = get_asgi_application()  # it loads the apps, so it stands before anything of the chat

from chat.routing import websocket  # noqa: E402

application = ProtocolTypeRouter({"http": http, "websocket": websocket})
