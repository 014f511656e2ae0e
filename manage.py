#!/usr/bin/env python
"""Django's command-line utility for administrative tasks."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_config.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError as error:
        raise ImportError(
            "Django is not installed for this Python. Run `make run`, or `pip install -r requirements.txt` "
            "and then `python manage.py migrate`."
        ) from error
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
