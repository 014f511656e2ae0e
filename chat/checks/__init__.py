"""What `manage.py check` says of a wrong set-up before a user meets it. Importing this registers all of it."""

from chat.checks import project, settings, templates

__all__ = ["project", "settings", "templates"]
