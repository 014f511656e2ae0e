"""Runs a module of Python while Django's clock stands still: python -m chat.tests.clock daphne …

What a page says of times is then the same each time it is drawn.
"""

import runpy
import sys
from datetime import UTC, datetime

from django.utils import timezone

NOW = datetime(2026, 11, 25, 10, 24, tzinfo=UTC)

if __name__ == "__main__":
    timezone.now = lambda: NOW
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
