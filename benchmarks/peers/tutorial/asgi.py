"""The tutorial's application, and an empty page; its address conf as well."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.peers.tutorial.settings")
django_application = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402

from benchmarks.peers.tutorial import consumers  # noqa: E402


def empty(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [path("", empty)]


def inside(consumer: type) -> object:
    """With all around it that the tutorial has."""
    return AllowedHostsOriginValidator(AuthMiddlewareStack(consumer.as_asgi()))


sockets = [
    path("ws/tutorial/", inside(consumers.TutorialConsumer)),
    path("ws/template/", inside(consumers.TemplateConsumer)),
    path("ws/storing/", inside(consumers.StoringConsumer)),
    path("ws/told-nobody/", inside(consumers.ToldNobodyConsumer)),
    path("ws/empty/", consumers.EmptyConsumer.as_asgi()),  # nothing around it
]
application = ProtocolTypeRouter({"http": django_application, "websocket": URLRouter(sockets)})
