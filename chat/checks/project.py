"""What causes trouble in a project in which a step of docs/embedding.md is missing."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.checks import Warning as CheckWarning
from django.urls import NoReverseMatch, reverse
from django.utils.module_loading import import_string

REQUEST = "django.template.context_processors.request"
DJANGO_TEMPLATES = "django.template.backends.django.DjangoTemplates"
NEEDED = (
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
)


@register()
def check_apps(**kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if not apps.is_installed("django_htmx"):
        hint = 'Add "django_htmx" to INSTALLED_APPS: the scripts come from it.'
        found.append(Error("The chat's pages have no scripts.", hint=hint, id="chat.E005"))
    if not apps.is_installed("django.contrib.staticfiles"):
        hint = 'Add "django.contrib.staticfiles" to INSTALLED_APPS, or see to it yourself that static files are served.'
        found.append(CheckWarning("Nothing serves the chat's stylesheet and scripts.", hint=hint, id="chat.W003"))
    names = [config.name for config in apps.get_app_configs()]
    in_front = "daphne" in names and names.index("daphne") < names.index("chat")
    if not in_front and "channels" in names:  # without channels more is amiss, and said by another check
        hint = 'Put "daphne" in front of INSTALLED_APPS, unless another ASGI server is used in development as well.'
        found.append(CheckWarning("`manage.py runserver` speaks no websockets.", hint=hint, id="chat.W002"))
    return found


@register()
def check_addresses(**kwargs: Any) -> list[CheckMessage]:
    try:
        reverse("chat:room", args=["lobby"])
    except NoReverseMatch:
        hint = 'Add path("chat/", include("chat.urls")) to the urlpatterns of ROOT_URLCONF.'
        return [Error("The chat's pages have no addresses.", hint=hint, id="chat.E006")]
    return []


@register()
def check_sockets(**kwargs: Any) -> list[CheckMessage]:
    path = getattr(settings, "ASGI_APPLICATION", None)
    if not path or not apps.is_installed("channels"):
        return []  # said by another check
    hint = (
        'ASGI_APPLICATION = "chat.asgi.application" has all of it. One of your own gives its ProtocolTypeRouter '
        '{"websocket": chat.routing.websocket}, or its URLRouter chat.routing.websocket_urlpatterns.'
    )
    try:
        application = import_string(path)
    except Exception as error:
        return [Error(f"ASGI_APPLICATION, {path}, can't be imported: {error}", hint=hint, id="chat.E007")]
    protocols = getattr(application, "application_mapping", None)
    if protocols is None:
        found = type(application).__name__ != "ASGIHandler"  # what wraps it otherwise can't be looked into
    else:
        found = "websocket" in protocols and _may_lead_to_the_chat(protocols["websocket"])
    return [] if found else [Error("No websocket leads to the chat.", hint=hint, id="chat.E007")]


def _may_lead_to_the_chat(application: Any) -> bool:
    """Through what wraps it, as middleware of ASGI does, to its routes; true as well when these can't be seen."""
    while not hasattr(application, "routes"):
        inside = getattr(application, "application", None) or getattr(application, "inner", None)
        if inside is None:
            return True
        application = inside
    return any(name.startswith("chat.consumers") for name in _modules(application.routes))


def _modules(routes: Any) -> Iterator[str]:
    for route in routes:
        consumer = getattr(route.callback, "consumer_class", None)
        yield getattr(consumer, "__module__", "")
        yield from _modules(getattr(route.callback, "routes", ()))


@register()
def check_requests(**kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    engines = [engine for engine in settings.TEMPLATES if engine["BACKEND"] == DJANGO_TEMPLATES]
    if engines and not any(REQUEST in _processors(engine) for engine in engines):
        hint = f'Add "{REQUEST}" to the context_processors of TEMPLATES.'
        found.append(Error("The chat does not learn whose page it is in.", hint=hint, id="chat.E008"))
    there = [import_string(name) for name in settings.MIDDLEWARE]
    for name in NEEDED:
        if not any(isinstance(one, type) and issubclass(one, import_string(name)) for one in there):
            hint = f'Add "{name}" to MIDDLEWARE.'
            found.append(Error(f"The chat needs {name.rpartition('.')[2]}.", hint=hint, id="chat.E009"))
    return found


def _processors(engine: dict[str, Any]) -> list[str]:
    return engine.get("OPTIONS", {}).get("context_processors", [])
