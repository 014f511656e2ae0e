"""The pages of accounts: signing up, inviting, and what a person says of themselves.

Signing in and out and passwords are django.contrib.auth's own views, with templates of the site.
"""

from typing import Any

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME, authenticate, login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from chat import actions, identity, policy
from chat.account_forms import PersonForm, SignUpForm, User
from chat.conf import conf
from chat.errors import Refused
from chat.fragments import respond
from chat.models import Invitation, Participant
from chat.views.away import patient
from chat.views.forms import SeeOther, number
from chat.views.reader import for_reader

pages = require_http_methods(["GET", "HEAD", "POST"])


@sensitive_post_parameters()
@csrf_protect
@never_cache
@for_reader
@patient
@pages
def sign_up(request: HttpRequest, invitation: str = "") -> HttpResponse:
    """Make an account and be signed in to it. Who was a guest goes on as the member they are now."""
    guest = identity.of_request(request)
    if not guest.is_guest:
        return SeeOther(_next(request))
    verdict = policy.can_sign_up(guest, invited=actions.is_invitation(invitation))
    if not verdict:
        return respond(request, "chat/sign_up.html", {"verdict": verdict}, status=403)
    form = SignUpForm(request.POST or None, initial={"name": guest.name if guest.named else ""})
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                return _signed_up(request, form, guest, invitation)
            except Refused as refusal:
                status = refusal.status
                form.add_error("name" if form.cleaned_data["name"] else User.USERNAME_FIELD, str(refusal))
    context = {"form": form, "verdict": verdict, "next": request.POST.get("next", request.GET.get("next", ""))}
    return respond(request, "chat/sign_up.html", context, status=status)


def _signed_up(request: HttpRequest, form: SignUpForm, guest: Participant, invitation: str) -> HttpResponse:
    password, address = form.cleaned_data["password1"], request.META.get("REMOTE_ADDR")
    actions.sign_up(form.instance, password, guest, form.cleaned_data["name"], address, invitation)
    user = authenticate(request, username=form.instance.get_username(), password=password)
    if user is None:  # whoever guards signing in says no: the account is there all the same
        return SeeOther(resolve_url(settings.LOGIN_URL))
    login(request, user)
    return SeeOther(_next(request))


def _next(request: HttpRequest) -> str:
    """Where to go on: ?next= when it is an address of this site."""
    to = request.POST.get(REDIRECT_FIELD_NAME, request.GET.get(REDIRECT_FIELD_NAME, ""))
    if url_has_allowed_host_and_scheme(to, {request.get_host()}, require_https=request.is_secure()):
        return to
    return reverse("chat:default_room")


@csrf_protect
@never_cache
@for_reader
@patient
@pages
def invitations(request: HttpRequest) -> HttpResponse:
    """Links for whoever may sign up: made and withdrawn by staff members."""
    participant = identity.of_request(request)
    if not (verdict := policy.can_invite(participant)):
        raise PermissionDenied(verdict.why)
    if request.method == "POST":
        if "invitation" in request.POST:
            pk = number(request.POST["invitation"])
            actions.withdraw_invitation(participant, get_object_or_404(Invitation, pk=pk, room=None))
        else:
            actions.invite(participant)
        return SeeOther(request.path)
    found = Invitation.objects.open().filter(room=None).select_related("inviter")
    links = [(one, _link(request, one)) for one in found]
    return respond(request, "chat/invitations.html", {"links": links, "withdraw": request.path, "conf": conf})


def _link(request: HttpRequest, invitation: Invitation) -> str:
    path = reverse("chat_accounts:sign_up_invited", args=[actions.invitation_token(invitation)])
    return request.build_absolute_uri(path)


@csrf_protect
@never_cache
@for_reader
@patient
@pages
def me(request: HttpRequest) -> HttpResponse:
    """What a person says of themselves, guest or member."""
    participant = identity.of_request(request)
    if not (verdict := policy.can_rename(participant)):
        raise PermissionDenied(verdict.why)
    before = participant.language
    if request.method == "POST":
        form = PersonForm(request.POST, given_name=participant.given_name, email=participant.email)
        status = 400
        if form.is_valid():
            try:
                participant = actions.change_person(
                    participant, address=request.META.get("REMOTE_ADDR"), **form.cleaned_data
                )
                response: HttpResponse = SeeOther(f"{reverse('chat:me')}?saved")
                identity.remember(response, participant)
                _keep_language(response, before, participant.language)
                return response
            except Refused as refusal:
                status = refusal.status
                form.add_error("name", str(refusal))
        return _person(request, participant, form, status)
    initial: dict[str, Any] = {
        "name": participant.name if participant.named else "",
        **{field: getattr(participant, field) for field in actions.CHOICES},
    }
    return _person(
        request,
        participant,
        PersonForm(initial=initial, given_name=participant.given_name, email=participant.email),
        200,
    )


def _keep_language(response: HttpResponse, before: str, chosen: str) -> None:
    """For the pages of this browser that are not the chat's, in the cookie of Django's set_language."""
    where: dict[str, Any] = {"path": settings.LANGUAGE_COOKIE_PATH, "domain": settings.LANGUAGE_COOKIE_DOMAIN}
    if chosen:
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            chosen,
            max_age=identity.COOKIE_SECONDS,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
            **where,
        )
    elif before:
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME, samesite="Lax", **where)


def _person(request: HttpRequest, participant: Participant, form: PersonForm, status: int) -> HttpResponse:
    context = {
        "participant": participant,
        "form": form,
        "conf": conf,
        "saved": "saved" in request.GET,
        "can_invite": policy.can_invite(participant),
    }
    response = respond(request, "chat/me.html", context, status=status)
    identity.remember(response, participant)
    return response
