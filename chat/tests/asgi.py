"""ASGI applications as projects have them, for test_set_up.py."""

from channels.generic.websocket import WebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from channels.sessions import SessionMiddlewareStack
from django.core.asgi import get_asgi_application
from django.urls import path

from chat.routing import websocket, websocket_urlpatterns

http_alone = get_asgi_application()
others = [path("ws/other/", WebsocketConsumer.as_asgi())]

whole = ProtocolTypeRouter({"http": http_alone, "websocket": websocket})
with_routes_of_others = ProtocolTypeRouter(
    {"websocket": AllowedHostsOriginValidator(SessionMiddlewareStack(URLRouter([*others, *websocket_urlpatterns])))}
)
without_websockets = ProtocolTypeRouter({"http": http_alone})
with_other_websockets = ProtocolTypeRouter({"websocket": SessionMiddlewareStack(URLRouter(others))})


async def wrapped_by_somebody(scope, receive, send):
    await whole(scope, receive, send)
