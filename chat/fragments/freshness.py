"""What is kept rendered for a while, whatever may have changed meanwhile."""

import time

clock = time.time


def period(seconds: float) -> int:
    """Which period of this length it is. In a cache's key: what was made in the one before is made anew."""
    return int(clock() // seconds)
