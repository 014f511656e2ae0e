from django.urls import path, re_path

from chat.consumers import ChatConsumer
from chat.origin import turn_away

websocket_urlpatterns = [
    path("ws/chat/", ChatConsumer.as_asgi()),
    path("ws/chat/<slug:slug>/", ChatConsumer.as_asgi()),
    re_path("", turn_away),  # type: ignore[arg-type]  # an ASGI application, as Channels wants it
]
