"""All that was said in a room, to take along."""

from collections.abc import AsyncIterator, Iterator
from typing import cast

from channels.db import database_sync_to_async
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.timezone import localdate
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from chat import actions, policy
from chat.errors import Forbidden, Refused
from chat.fragments import exported
from chat.views.away import patient
from chat.views.pages import find
from chat.views.reader import for_reader
from chat.views.rooms import show_about


@require_safe
@never_cache
@for_reader
@patient
def export(request: HttpRequest, slug: str) -> HttpResponse:
    """One file of HTML with every message. Sent as it is drawn, so the first of it comes at once, and no more than a
    piece is ever held."""
    room, participant = find(request, slug)
    try:
        if not (verdict := policy.can_export(participant, room)):
            raise Forbidden(verdict.why)
        if request.method != "HEAD":
            actions.count_export(participant)
    except Refused as refusal:
        return show_about(request, room, participant, refusal)
    pieces = exported(room, request.build_absolute_uri("/")) if request.method != "HEAD" else iter(())
    response = StreamingHttpResponse(_in_turn(pieces) if hasattr(request, "scope") else pieces)
    response["Content-Disposition"] = f'attachment; filename="{room.slug}-{localdate():%Y-%m-%d}.html"'
    return cast(HttpResponse, response)  # to what is around it, it is one as any other


async def _in_turn(pieces: Iterator[str]) -> AsyncIterator[str]:
    """Each drawn in the thread that asks the database, so that others are served between two of them."""
    following = database_sync_to_async(next)
    while (piece := await following(pieces, None)) is not None:
        yield piece
