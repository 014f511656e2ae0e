"""The forms of accounts, for whatever AUTH_USER_MODEL is: they ask and check, and actions write."""

import zoneinfo
from functools import cache
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.forms import BaseUserCreationForm, UsernameField
from django.db.models import CharField, EmailField
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from chat.conf import conf
from chat.errors import Sentence
from chat.models.participant import Colour, Rings

User = get_user_model()
EMAIL = getattr(User, "EMAIL_FIELD", "")
REGIONS = {
    "Africa": _("Africa"),
    "America": _("America"),
    "Antarctica": _("Antarctica"),
    "Arctic": _("Arctic"),
    "Asia": _("Asia"),
    "Atlantic": _("Atlantic"),
    "Australia": _("Australia"),
    "Europe": _("Europe"),
    "Indian": _("Indian Ocean"),
    "Pacific": _("Pacific"),
}

FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"  # what is between them has a direction of its own, as in <bdi>

Choices = list[tuple[Sentence, Any]]


def account_fields() -> list[str]:
    """What an account can't do without, by its model, and an address to which a new password can be sent."""
    here = {field.name for field in User._meta.get_fields()}
    wanted = [User.USERNAME_FIELD, *User.REQUIRED_FIELDS, *([EMAIL] if EMAIL in here else [])]
    return [*dict.fromkeys(wanted)]


def is_plain_name() -> bool:
    field = User._meta.get_field(User.USERNAME_FIELD)
    return isinstance(field, CharField) and not isinstance(field, EmailField)


class SignUpForm(BaseUserCreationForm):
    name = forms.CharField(
        label=_("Name to show"),
        required=False,
        help_text=_("Everybody sees it beside what you write. Empty: your account's."),
    )

    class Meta:
        model = User
        fields = account_fields()
        field_classes = {User.USERNAME_FIELD: UsernameField} if is_plain_name() else {}

    def __init__(self, *arguments: Any, **named: Any):
        super().__init__(*arguments, **named)
        self.fields["name"].widget.attrs |= {"dir": "auto", "autocomplete": "nickname", "maxlength": conf.name_length}
        if EMAIL in self.fields:
            self.fields[EMAIL].widget.attrs["autocomplete"] = "email"
            if not self.fields[EMAIL].required:
                self.fields[EMAIL].help_text = _("Only to send you a new password, should you forget yours.")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        username = data.get(User.USERNAME_FIELD)
        same = {f"{User.USERNAME_FIELD}__iexact": username}  # Ann and ann would be two accounts
        if username and User._default_manager.filter(**same).exists():
            self.add_error(User.USERNAME_FIELD, _("This is taken. Choose another one, or sign in if it is yours."))
        return data


class PersonForm(forms.Form):
    name = forms.CharField(label=_("Name"), required=False)
    colour = forms.ChoiceField(label=_("Colour of your name"), choices=Colour.choices, required=False)
    time_zone = forms.ChoiceField(label=_("Time zone"), required=False)
    language = forms.ChoiceField(label=_("Language"), required=False)
    rings = forms.ChoiceField(
        label=_("What is counted in the tab while I look elsewhere"), choices=Rings.choices, widget=forms.RadioSelect
    )
    digest = forms.BooleanField(label=_("Write me an e-mail of mentions that I have not seen"), required=False)
    shows_typing = forms.BooleanField(label=_("Others see that I am writing"), required=False)

    def __init__(self, *arguments: Any, given_name: str = "", email: str = "", **named: Any):
        super().__init__(*arguments, **named)
        if not email:
            del self.fields["digest"]
        self.fields["colour"].widget = forms.RadioSelect(choices=Colour.choices)
        name = self.fields["name"]
        name.help_text = _("Everybody sees it beside what you write. Empty: %(name)s") % {
            "name": f"{FIRST_STRONG_ISOLATE}{given_name}{POP_ISOLATE}"
        }
        name.widget.attrs |= {"dir": "auto", "autocomplete": "nickname", "maxlength": conf.name_length}
        for field, choices in (("time_zone", time_zones()), ("language", languages())):
            self.fields[field].choices = choices  # type: ignore[attr-defined]


def time_zones() -> Choices:
    return [("", _("The site's (%(zone)s)") % {"zone": settings.TIME_ZONE}), ("UTC", "UTC"), *_zones_by_region()]


@cache
def _zones_by_region() -> Choices:
    zones = sorted(zoneinfo.available_timezones())
    named = {region: [zone for zone in zones if zone.startswith(f"{region}/")] for region in REGIONS}
    return [
        (REGIONS[region], [(zone, zone.split("/", 1)[1].replace("_", " ").replace("/", ", ")) for zone in found])
        for region, found in named.items()
        if found
    ]


def languages() -> Choices:
    return [("", _("As your browser asks")), *((code, _own_name(code, name)) for code, name in settings.LANGUAGES)]


def _own_name(code: str, name: Any) -> str:
    try:
        return get_language_info(code)["name_local"].capitalize()
    except KeyError:
        return str(name)
