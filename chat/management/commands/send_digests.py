import logging
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse
from django.utils import timezone

from chat import actions, fragments, policy
from chat.conf import conf
from chat.models import Mention, Participant
from chat.variant import Variant

logger = logging.getLogger("chat.digests")

MOST = 50  # mentions in one letter


class Command(BaseCommand):
    help = "Writes to members who chose so of what spoke of them, and they have not seen. Run it daily, by cron."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say to whom, and send nothing")

    def handle(self, *args: Any, dry_run: bool = False, **options: Any) -> None:
        site = conf.site_url.rstrip("/")
        if urlsplit(site).scheme not in ("http", "https") or not urlsplit(site).netloc:
            raise CommandError("Set CHAT_SITE_URL to where the site is, as https://chat.example.org: links need it.")
        connection = get_connection()
        sent = failed = 0
        for member in Participant.objects.with_account().filter(digest=True, banned=False).select_related("user"):
            now = timezone.now()  # before it is read: what is said from here on comes by the next
            rows = [*unseen(member)[: MOST + 1]]
            if not rows or not member.email:
                continue
            self.stdout.write(f"{member.key}: {len(rows[:MOST])}{'+' if len(rows) > MOST else ''} mentions")
            if dry_run:
                continue
            try:
                letter(member, rows, site, connection).send()
            except Exception as error:  # whatever a backend raises: the others' letters are to go out, and theirs later
                logger.warning("A digest could not be sent to %s; the next run tries again: %r", member.key, error)
                failed += 1
                continue
            actions.note_digest(member, now)
            sent += 1
        self.stdout.write("Nothing was sent." if dry_run else f"{sent} letters were sent.")
        if failed:
            raise CommandError(f"{failed} letters could not be sent; the next run tries them again.")


def unseen(member: Participant) -> Any:
    """What spoke of them since their last letter, in rooms they may still read, and they have not read, by rooms."""
    rows = Mention.objects.of(member).unseen().filter(message__room__in=policy.known_rooms(member))
    if member.digested is not None:
        rows = rows.said_after(member.digested)
    return rows.select_related("message__room").order_by("message__room__name", "message__room", "message")


def letter(member: Participant, rows: list[Mention], site: str, connection: BaseEmailBackend) -> EmailMultiAlternatives:
    with Variant.of(member, settings.LANGUAGE_CODE).active():
        said = fragments.digest(member, rows[:MOST], site, more=len(rows) > MOST)
        headers = {"Auto-Submitted": "auto-generated", "List-Unsubscribe": f"<{site}{reverse('chat:me')}>"}
    mail = EmailMultiAlternatives(said.subject, said.text, to=[member.email], headers=headers, connection=connection)
    mail.attach_alternative(said.html, "text/html")
    return mail
