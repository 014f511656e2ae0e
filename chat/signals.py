"""The door of Django's signals: what signing in, anywhere on the site, means here."""

from typing import Any

from django.db import transaction

from chat import actions, fragments, identity
from chat.actions.objects import TIMES


def signed_in(request: Any = None, user: Any = None, **signal: Any) -> None:
    """Receives user_logged_in: the account is a member from now on, as the guest this browser was, if need be."""
    if user is not None:
        actions.welcome(user, identity.of_cookies(request.COOKIES) if request is not None else None)


def person_saved(created: bool = False, **signal: Any) -> None:
    """Receives post_save of a participant: pages that are kept rendered show how they looked before."""
    if not created:
        transaction.on_commit(fragments.forget_logs)


def object_saved(instance: Any = None, **signal: Any) -> None:
    """Receives post_save of all there is: what has times of its own opens and closes its room by them."""
    if hasattr(type(instance), TIMES) and not signal.get("raw"):
        actions.object_saved(instance)
