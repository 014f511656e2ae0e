from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from chat import actions, identity


class Command(BaseCommand):
    help = "Fill a lively place to look at: rooms, people, weeks of messages. A room with messages stays as it is."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--messages", type=int, default=3000, help="about so many in all; 3000 unless you say")
        parser.add_argument("--weeks", type=int, default=3, help="over which they are spread; 3 unless you say")
        parser.add_argument("--for", dest="account", default="", help="an account that is to be a member everywhere")
        parser.add_argument("--force", action="store_true", help="also where DEBUG is off")

    def handle(self, *args: Any, **options: Any) -> None:
        if not (settings.DEBUG or options["force"]):
            raise CommandError("DEBUG is off, so this may be a real place. To have the demo in it, add --force.")
        if not (1 <= options["messages"] <= 100_000 and 1 <= options["weeks"] <= 520):
            raise CommandError("From 1 to 100,000 messages fit, over 1 to 520 weeks.")
        total = 0
        for room, count in actions.seed_demo(options["messages"], options["weeks"], self._viewer(options["account"])):
            said = f"{count} messages" if count else "left as it is"
            self.stdout.write(f"{room.get_absolute_url()}: {said}")
            total += count
        self.stdout.write(f"{total} messages. Open pages show them within seconds.")

    def _viewer(self, account: str) -> Any:
        if not account:
            return None
        user = get_user_model()
        try:
            return identity.of_user(user._default_manager.get_by_natural_key(account))
        except user.DoesNotExist:
            raise CommandError(f"There is no account {account}: sign up first.") from None
