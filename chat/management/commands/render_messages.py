from typing import Any

from django.core.management.base import BaseCommand

from chat import actions

WIDTH = 40  # of the bar, in characters


class Command(BaseCommand):
    help = (
        "Formats messages anew that were stored before a new version of the formatting: without it they are formatted "
        "each time they are shown. And has search find what an older release has stored or changed beside this one. "
        "It can be stopped, and run again, at any time, and while the site runs."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        is_seen, done = self.stderr.isatty(), 0
        try:
            for done, total in actions.render_messages():
                if is_seen:
                    bar = "#" * (WIDTH * done // total)
                    self.stderr.write(f"\r[{bar:<{WIDTH}}] {done:,} of {total:,}", ending="")
        except KeyboardInterrupt:
            self.stderr.write(f"\nStopped after {done:,} messages, which stay done. Run it again to go on.")
            raise SystemExit(130) from None
        if is_seen and done:
            self.stderr.write("")
        self.stdout.write(f"{done:,} messages were made anew.")
