"""What can be refused, and in which words. Doors turn it into a fragment or an HTTP answer, each in one place.

The words are lazy: they are said in the language of whoever reads them, where that one's page is rendered. What
several people post may be refused in one transaction.
"""

from datetime import datetime

from django.utils.formats import date_format, number_format
from django.utils.functional import Promise, lazystr
from django.utils.timezone import is_aware, localtime
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

Sentence = str | Promise

NO_COOKIES = _(
    "No cookie of this site came along. Cookies say who you are from one message to the next: "
    "allow them here, and go on."
)
SOMEBODY_ELSE = _("In this browser you are somebody else by now.")


class _Filled:
    def __init__(self, text: Sentence, values: dict[str, object]):
        self.text, self.values = text, values

    def __str__(self) -> str:
        return str(self.text).format(**{name: _said(value) for name, value in self.values.items()})


def _said(value: object) -> object:
    """Numbers and moments as they are written in the language and the time zone that are active."""
    if isinstance(value, int):
        return number_format(value, force_grouping=True)
    if isinstance(value, datetime):
        local = localtime(value) if is_aware(value) else value
        return f"{date_format(local, pgettext('format of a moment', 'j F Y, H:i'))} {local.tzname() or ''}".rstrip()
    return value


def sentence(text: Sentence, **values: object) -> Sentence:
    """The text with these values in it, where it says `{name}`."""
    return lazystr(_Filled(text, values))


class Refused(Exception):
    """A request that was understood and is not carried out. Its text is a sentence for the person who asked."""

    status = 400  # as HTTP says it
    field = ""
    """Of a form: what was typed there is what can't be taken."""


class Forbidden(Refused):
    status = 403


class TooFast(Refused):
    status = 429


class Ended(Exception):
    """This socket can't go on; its text is the reason, for the person, whose page may go on by another one."""


def explained(error: Exception) -> str:
    """An error of the database, for the log, with what to do about it where that is known."""
    missing = any(words in str(error) for words in ("no such table", "does not exist", "doesn't exist"))
    return f"{error!r}. `manage.py migrate` makes the tables of the chat." if missing else repr(error)


class Gone(ConnectionError):
    """A connection is lost or closing, or was dropped. Nobody is there to be told."""
