"""What is found by a name: the queries that the lists and the search share, and what is asked of them."""

from django.db.models import F, Prefetch, Q, QuerySet
from django.http import HttpRequest

from chat import policy
from chat.models import Kind, Membership, Participant, Room

LONGEST = 100  # characters that are looked for


def rooms_for(participant: Participant, query: str) -> QuerySet[Room]:
    """Those they may know of, the liveliest first, with their own membership in each as `mine`."""
    mine = Membership.objects.filter(participant=participant.pk)
    found = (
        policy.known_rooms(participant)
        .exclude(kind=Kind.DIRECT)
        .order_by(F("spoken").desc(nulls_last=True), "name")
        .prefetch_related(Prefetch("memberships", mine, to_attr="mine"))
    )
    return found.filter(Q(name__icontains=query) | Q(topic__icontains=query)) if query else found


def people_for(participant: Participant, query: str = "") -> QuerySet[Participant]:
    """Whom they may talk to, by name."""
    people = Participant.objects.filter(kind=Participant.Kind.MEMBER, banned=False).exclude(pk=participant.pk)
    return (people.filter(name__icontains=query) if query else people).order_by("name", "pk")


def sought(request: HttpRequest) -> str:
    return storable(request.GET.get("q", "").strip()[:LONGEST])


def storable(text: str) -> str:
    """PostgreSQL refuses to look for what it refuses to hold."""
    return text.replace("\x00", "")
