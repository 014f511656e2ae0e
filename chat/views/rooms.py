"""The pages around rooms: which there are, making one, who is in it, and what may be done with it.

They are forms and redirects: nothing here needs JavaScript.
"""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods

from chat import actions, identity, policy
from chat.conf import conf
from chat.errors import Refused
from chat.fragments import respond
from chat.models import Invitation, Kind, Membership, Participant, Presence, Role, Room
from chat.views.away import patient
from chat.views.forms import SeeOther, number
from chat.views.found import people_for, rooms_for, sought, storable
from chat.views.pages import find
from chat.views.reader import for_reader
from chat.views.times import times_for_form, typed_times

PAGE = 50  # rooms, or people, on one page


def page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """What all of these are: fresh at each visit, guarded, their reader's, and patient with a database that is away."""
    return csrf_protect(never_cache(for_reader(patient(require_http_methods(["GET", "HEAD", "POST"])(view)))))


@page
def rooms(request: HttpRequest) -> HttpResponse:
    """Those that one may read, the liveliest first; ?q= searches their names and topics."""
    participant = identity.of_request(request)
    query = sought(request)
    context = {
        "page": Paginator(rooms_for(participant, query), PAGE).get_page(request.GET.get("page")),
        "query": query,
        "participant": participant,
        "can_make_room": policy.can_make_room(participant),
    }
    return _remembered(respond(request, "chat/rooms.html", context), participant)


@page
def new_room(request: HttpRequest) -> HttpResponse:
    participant = identity.of_request(request)
    context: dict[str, Any] = {
        "kinds": [(kind.value, kind.label) for kind in Kind if kind != Kind.DIRECT],
        "verdict": policy.can_make_room(participant),
        "typed": {"kind": request.POST.get("kind", Kind.PUBLIC.value), **_typed(request)},
        "next": request.path,
        "participant": participant,
    }
    status = 200 if context["verdict"] else 403
    if request.method == "POST" and context["verdict"]:
        try:
            room = actions.make_room(participant, kind=context["typed"]["kind"], **_typed(request))
            return SeeOther(room.get_absolute_url())
        except Refused as refusal:
            context["reason"], status = refusal, refusal.status
    return respond(request, "chat/new_room.html", context, status=status)


@page
def talk(request: HttpRequest) -> HttpResponse:
    """Choose people and begin a conversation, or go on with the one that these people have."""
    participant = identity.of_request(request)
    query = sought(request)
    keys = [storable(key) for key in request.POST.getlist("key")[: conf.conversation_size + 1]]
    people = people_for(participant)
    context: dict[str, Any] = {"query": query, "participant": participant, "next": request.path}
    status = 403 if participant.is_guest else 200
    if request.method == "POST":
        try:
            return SeeOther(actions.talk(participant, people.filter(key__in=keys)).get_absolute_url())
        except Refused as refusal:
            context["reason"], status = refusal, refusal.status
    if not participant.is_guest:
        context["people"] = people_for(participant, query)[:PAGE]
        context["chosen"] = people.filter(key__in=keys)
    return respond(request, "chat/talk.html", context, status=status)


@page
def about(request: HttpRequest, slug: str) -> HttpResponse:
    """What the room is, who is in it, and what one may change; by POST its name, its topic, and who may write."""
    room, participant = find(request, slug)
    if request.method == "POST":
        before = room.name
        try:
            actions.change_room(participant, room, **_typed(request), times=typed_times(request))
            return SeeOther(reverse("chat:about", args=[slug]))
        except Refused as refusal:
            room.name = before
            typed = {**_typed(request), "times": typed_times(request) or times_for_form(room)}
            return show_about(request, room, participant, refusal, typed)
    return show_about(request, room, participant)


def show_about(
    request: HttpRequest, room: Room, participant: Participant, reason: Refused | None = None, typed: Any = None
) -> HttpResponse:
    """`reason`: why something was not done. `typed`: what the form held that was refused for it."""
    members = room.memberships.select_related("participant__user", "room")
    people = Paginator(members.order_by("participant__name", "pk"), PAGE).get_page(request.GET.get("page"))
    here = Presence.objects.seats([room.pk])[room.pk]
    rows = [
        (one, here.get(one.participant.key), policy.can_set_role(participant, one), policy.can_remove(participant, one))
        for one in people
    ]
    may_invite = policy.can_invite_to(participant, room)
    open_links = room.invitations.open().select_related("inviter") if may_invite else ()
    context = {
        "room": room,
        "participant": participant,
        "mine": members.filter(participant=participant.pk).first(),
        "people": people,
        "rows": rows,
        "roles": Role.choices,
        "typed": typed
        or {"name": room.name, "topic": room.topic, "guests_write": room.guests_write, "times": times_for_form(room)},
        "has_times": actions.has_times(room),
        "zone": timezone.get_current_timezone_name(),
        "reason": None if typed else reason,
        "form_reason": reason if typed else None,
        "can_change": policy.can_change_room(participant, room),
        "can_join": policy.can_join(participant, room),
        "can_leave": policy.can_leave(participant, room),
        "can_invite": may_invite,
        "can_export": policy.can_export(participant, room),
        "links": [(one, _link(request, room, one)) for one in open_links],
    }
    status = reason.status if reason else 200
    return _remembered(respond(request, "chat/about.html", context, status=status), participant)


@page
def act(request: HttpRequest, slug: str, verb: str) -> HttpResponse:
    """One of VERBS, by POST; then the page about the room again, or the list of rooms when one has left it."""
    room, participant = find(request, slug)
    if verb not in VERBS:
        raise Http404(_("There is no such verb."))
    if request.method != "POST":
        return SeeOther(reverse("chat:about", args=[slug]))
    try:
        VERBS[verb](request, room, participant)
    except Refused as refusal:
        return show_about(request, room, participant, refusal)
    if verb == "join":
        return SeeOther(room.get_absolute_url())
    if not policy.can_know(participant, room):
        return SeeOther(reverse("chat:rooms"))
    return SeeOther(reverse("chat:about", args=[slug]))


@page
def invited(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """A link into a room: says which, and whoever has an account joins by a button."""
    room = Room.objects.filter(slug=slug).first()
    if room is None or actions.find_invitation(token, room) is None:
        raise Http404(_("There is no such invitation, or it is good no more."))
    participant = identity.of_request(request)
    if participant.banned:
        raise PermissionDenied(policy.can_join(participant, room, invited=True).why)
    verdict = policy.can_join(participant, room, invited=True)
    if verdict and request.method == "POST":
        actions.join_room(participant, room, token)
        return SeeOther(room.get_absolute_url())
    context = {"room": room, "participant": participant, "verdict": verdict, "next": request.path}
    return _remembered(respond(request, "chat/invited.html", context), participant)


def _set_role(request: HttpRequest, room: Room, participant: Participant) -> None:
    actions.set_role(participant, _member(request, room), request.POST.get("role", ""))


def _remove(request: HttpRequest, room: Room, participant: Participant) -> None:
    actions.remove_member(participant, _member(request, room))


def _withdraw(request: HttpRequest, room: Room, participant: Participant) -> None:
    pk = number(request.POST.get("invitation", ""))
    found = get_object_or_404(Invitation.objects.select_related("room"), pk=pk, room=room)
    actions.withdraw_invitation(participant, found)


def _member(request: HttpRequest, room: Room) -> Membership:
    rows = Membership.objects.select_related("room", "participant__user")
    return get_object_or_404(rows, participant__key=storable(request.POST.get("key", "")), room=room)


VERBS: dict[str, Callable[[HttpRequest, Room, Participant], Any]] = {
    "join": lambda request, room, participant: actions.join_room(participant, room),
    "leave": lambda request, room, participant: actions.leave_room(participant, room),
    "mute": lambda request, room, participant: actions.mute_room(participant, room, True),
    "unmute": lambda request, room, participant: actions.mute_room(participant, room, False),
    "archive": lambda request, room, participant: actions.archive_room(participant, room, True),
    "reopen": lambda request, room, participant: actions.archive_room(participant, room, False),
    "invite": lambda request, room, participant: actions.invite_to_room(participant, room),
    "withdraw": _withdraw,
    "role": _set_role,
    "remove": _remove,
}


def _typed(request: HttpRequest) -> dict[str, Any]:
    return {
        "name": request.POST.get("name", ""),
        "topic": request.POST.get("topic", ""),
        "guests_write": "guests_write" in request.POST or request.method != "POST",
    }


def _link(request: HttpRequest, room: Room, invitation: Invitation) -> str:
    token = actions.invitation_token(invitation)
    return request.build_absolute_uri(reverse("chat:invited", args=[room.slug, token]))


def _remembered(response: HttpResponse, participant: Participant) -> HttpResponse:
    identity.remember(response, participant)
    return response
