"""What Daphne serves: HTTP by Django, websockets by the chat."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import django
from asgiref.sync import SyncToAsync, ThreadSensitiveContext
from channels.routing import ProtocolTypeRouter
from django.core.handlers.asgi import ASGIHandler
from django.db import close_old_connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_config.settings")
django.setup(set_prefix=False)  # loads the apps, so it stands before anything of the chat


class ThreadHandler(ASGIHandler):
    """Runs middleware and view in one go, in one of a few threads that stay, as a WSGI server does: they all are
    synchronous.

    Django's own starts two threads and opens a database connection for each request, and goes to and fro between loop
    and thread for each middleware. Sockets' commands have a thread of their own, and no page waits for it.
    """

    threads = ThreadPoolExecutor(4, "page")
    signals = ThreadSensitiveContext()
    """Stands for one more thread, for what Django does around a view: its signals, and a file that it sends. A response
    that takes long to stream would hold up all others there."""

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        prefix.note(scope, send)
        SyncToAsync.thread_sensitive_context.set(self.signals)  # of this request's task alone
        await self.handle(scope, receive, send)

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        run = copy_context().run
        return await asyncio.get_running_loop().run_in_executor(self.threads, run, self._respond, request)

    def _respond(self, request: HttpRequest) -> HttpResponseBase:
        close_old_connections()  # this thread's; Django's signals come to another one
        prefix.use()  # Django has done so for the loop's thread
        try:
            return self.get_response(request)
        finally:
            close_old_connections()


from chat import prefix  # noqa: E402
from chat.routing import websocket  # noqa: E402

application = ProtocolTypeRouter({"http": ThreadHandler(), "websocket": websocket})
