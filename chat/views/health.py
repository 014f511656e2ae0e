"""/health/: can this process serve?"""

import asyncio

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chat.models import Room

SECONDS = 2.0


@require_safe
@never_cache
def health(request: HttpRequest) -> HttpResponse:
    """200 when the database and the channel layer answer; 503 with a line for each that doesn't."""
    troubles = [trouble for trouble in (_database(), _layer()) if trouble]
    return HttpResponse(
        "\n".join(troubles or ["ok"]) + "\n", status=503 if troubles else 200, content_type="text/plain"
    )


def _database() -> str:
    try:
        Room.objects.exists()
    except DatabaseError as error:
        return f"down: the database does not answer ({type(error).__name__})"
    return ""


def _layer() -> str:
    try:
        async_to_sync(_touch_layer)()
    except Exception as error:
        return (
            "degraded: the channel layer does not answer, so messages of other processes come late "
            f"({type(error).__name__})"
        )
    return ""


async def _touch_layer() -> None:
    async with asyncio.timeout(SECONDS):
        await get_channel_layer().group_send("chat.health", {"type": "chat.health"})
