"""The consumers: the tutorial's, one that renders a template, one that stores, and an empty one."""

import json
import os
from functools import cache
from pathlib import Path

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import transaction
from django.template import Template, engines
from django.utils.html import escape

from benchmarks.peers.tutorial.models import Line


@cache
def fragment() -> str:
    """Parley's own, so that all send as many bytes."""
    return Path(os.environ["FRAGMENT"]).read_text()


@cache
def template() -> Template:
    return engines["django"].from_string(fragment())


class TutorialConsumer(AsyncWebsocketConsumer):
    group = "chat_lobby"

    async def connect(self) -> None:
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    async def disconnect(self, close_code: int) -> None:
        await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        message = json.loads(text_data)["message"]
        await self.channel_layer.group_send(self.group, {"type": "chat.message", "message": message})

    async def chat_message(self, event: dict) -> None:
        await self.send(text_data=fragment().replace("{{ message }}", escape(event["message"])))


class TemplateConsumer(TutorialConsumer):
    group = "chat_template"

    async def chat_message(self, event: dict) -> None:
        await self.send(text_data=template().render({"message": event["message"]}))


class StoringConsumer(TutorialConsumer):
    """A transaction for each message, then the acknowledgement, then the group."""

    group = "chat_storing"

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        command = json.loads(text_data)
        await self.store(command["message"])
        await self.send(text_data=f'<div hx-swap-oob="delete:#composer-{escape(command["nonce"])}"></div>')
        await self.tell(command["message"])

    @database_sync_to_async
    def store(self, message: str) -> None:
        with transaction.atomic():
            Line.objects.create(body=message)

    async def tell(self, message: str) -> None:
        await self.channel_layer.group_send(self.group, {"type": "chat.message", "message": message})


class ToldNobodyConsumer(StoringConsumer):
    """The same without the group: what storing alone costs."""

    async def tell(self, message: str) -> None:
        pass


class EmptyConsumer(AsyncWebsocketConsumer):
    pass
