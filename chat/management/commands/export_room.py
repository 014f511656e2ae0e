from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from chat import fragments
from chat.conf import conf
from chat.models import Room


class Command(BaseCommand):
    help = (
        "Writes all that was said in a room into files of HTML, which can be read without the chat. What is private in "
        "it is so no more for whoever has them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="of the room, as in its address")
        parser.add_argument("folder", type=Path, help="where they go; it is made")

    def handle(self, *args: Any, **options: Any) -> None:
        room = Room.objects.filter(slug=options["slug"]).first()
        if room is None:
            raise CommandError(f"There is no room {options['slug']!r}.")
        folder: Path = options["folder"]
        is_seen, done, number, last, is_last = self.stderr.isatty(), 0, 0, 0, False
        try:
            folder.mkdir(parents=True, exist_ok=True)
            while not is_last:
                html, _first, last, count, is_last = fragments.export_part(room, last, "")
                done, number = done + count, number + 1
                (folder / f"{room.slug}-{number:04}.html").write_text(html, encoding="utf-8")
                if is_seen:
                    self.stderr.write(f"\r{done:,} messages", ending="" if not is_last else "\n")
        except OSError as error:
            raise CommandError(f"{folder} can't be written to: {error.strerror}") from None
        if not conf.site_url:
            self.stderr.write("CHAT_SITE_URL is not set, so their links lead nowhere.")
        self.stdout.write(f"{done:,} messages are in {number:,} {'file' if number == 1 else 'files'} in {folder}.")
