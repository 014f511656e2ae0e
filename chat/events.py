"""What a host project may hear of, by Django's signals: sent once it is committed, in the process where it happened.

The chat itself uses none of them. A receiver that fails is logged, and nothing else comes of it; while it runs, whoever
posted waits, so what takes long belongs into a queue.
"""

from typing import Any

from django.db import transaction
from django.dispatch import Signal

message_posted = Signal()
"""message: as it is stored."""
message_edited = Signal()
"""message: with its new text; actor: who changed it."""
message_deleted = Signal()
"""message: without its text; actor: who deleted it."""


def tell(signal: Signal, sender: type, **said: Any) -> None:
    """Once the transaction is committed."""
    if signal.has_listeners(sender):
        transaction.on_commit(lambda: signal.send_robust(sender, **said), robust=True)
