from typing import Any

from django.core.management.base import BaseCommand

from chat import actions


class Command(BaseCommand):
    help = "Run it after restoring a backup: pages that saw messages the backup doesn't have then fetch their log anew."

    def handle(self, *args: Any, **options: Any) -> None:
        rooms = actions.renew_epochs()
        self.stdout.write(f"{rooms} rooms have a new epoch. Open pages replace their log within seconds.")
