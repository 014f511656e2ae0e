"""What is wrong with a setting."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.checks import Warning as CheckWarning
from django.core.validators import slug_re
from limits import parse

from chat import rules
from chat.conf import conf
from chat.formatting import one_emoji
from chat.origin import ancestors

LONGEST_ESCAPE = 6  # "&#x27;": what escaping makes of one character, in bytes
SHORTEST_SECRET = 32  # characters
FRAGMENT_ROOM = 16 * 1024  # the rest of a message's fragment, in bytes: what people put to it most of all


@register()
def check_settings(**kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for setting in conf:
        try:
            value = setting.read()
            if setting.name.endswith("_RATE"):
                parse(value)
            if setting.name == "CHAT_DEFAULT_ROOM" and not slug_re.fullmatch(value):
                raise ValueError(f"{value!r} is not a slug: letters, digits, - and _")
            if setting.name == "CHAT_REACTIONS" and (wrong := [one for one in value.split() if not one_emoji(one)]):
                raise ValueError(f"{' '.join(wrong)} is no emoji")
        except ValueError as error:
            found.append(Error(f"{setting.name} can't be read: {error}", hint="See docs/settings.md.", id="chat.E001"))
    if not found and conf.message_length * LONGEST_ESCAPE + FRAGMENT_ROOM > conf.frame_limit:
        found.append(
            Error(
                f"A message of CHAT_MESSAGE_LENGTH ({conf.message_length}) characters may not fit into a frame of "
                f"CHAT_FRAME_LIMIT ({conf.frame_limit}) bytes.",
                hint=f"At most {(conf.frame_limit - FRAGMENT_ROOM) // LONGEST_ESCAPE} characters are sure to fit.",
                id="chat.E002",
            )
        )
    return found


@register()
def check_frames(**kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    try:
        ancestors(conf.frame_ancestors)
    except ValueError as error:
        hint = "Separate them by blanks; nobody may have a room in a frame until then."
        found.append(Error(f"CHAT_FRAME_ANCESTORS can't be used: {error}", hint=hint, id="chat.E013"))
    if conf.frame_secret and len(conf.frame_secret) < SHORTEST_SECRET:
        hint = "`python -c 'import secrets; print(secrets.token_urlsafe(40))'` makes one."
        found.append(Error("CHAT_FRAME_SECRET is short enough to be guessed.", hint=hint, id="chat.E014"))
    return found


@register()
def check_policy(**kwargs: Any) -> list[CheckMessage]:
    try:
        rules.of_host()
    except Exception as error:
        hint = "Name a class that inherits chat.rules.Policy, by its dotted path."
        return [Error(f"CHAT_POLICY can't be used: {error}", hint=hint, id="chat.E010")]
    return []


@register()
def check_channels(**kwargs: Any) -> list[CheckMessage]:
    if not apps.is_installed("channels") or not getattr(settings, "ASGI_APPLICATION", None):
        hint = 'Add "channels" to INSTALLED_APPS and set ASGI_APPLICATION.'
        return [Error("The chat needs Channels.", hint=hint, id="chat.E003")]
    layer = getattr(settings, "CHANNEL_LAYERS", {}).get("default", {}).get("BACKEND", "")
    if not layer:
        hint = "For one process channels.layers.InMemoryChannelLayer will do."
        return [Error("CHANNEL_LAYERS has no default.", hint=hint, id="chat.E004")]
    if layer == "channels_redis.core.RedisChannelLayer":
        return [
            CheckWarning(
                "channels_redis.core.RedisChannelLayer drops rings beyond 100 and forgets groups when Redis restarts.",
                hint="Use channels_redis.pubsub.RedisPubSubChannelLayer.",
                id="chat.W001",
            )
        ]
    return []
