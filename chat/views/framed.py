"""A room in a frame of another site. Nothing there goes by cookies: who it is says a ticket, which every form, request
and socket of the page brings along, and which no other page can know.

So nobody is signed in there whose click another site could steal, and no form can be forged.
"""

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.csrf import csrf_protect

from chat import identity, tickets
from chat.conf import conf
from chat.origin import ancestors, is_own
from chat.variant import ADDRESS, asked_by_page_around

View = Callable[..., HttpResponse]


def allowed() -> list[str]:
    """Which sites may have a room in a frame. None while the setting says something else."""
    try:
        return ancestors(conf.frame_ancestors)
    except ValueError:  # `manage.py check` says which
        return []


def by_ticket(view: View, guard: Callable[[View], View] = csrf_protect) -> View:
    """Whoever brings a ticket is who it says, and needs no token against forgery: nothing that a browser adds by itself
    counts. With a ticket that is too old they are a new guest, so that nothing they typed is lost."""
    guarded = guard(view)

    @wraps(view)
    def admitted(request: HttpRequest, slug: str, **named: object) -> HttpResponse:
        said = request.POST.get(tickets.FIELD, request.GET.get(tickets.FIELD, ""))
        framed = request.method == "POST" or "HX-Request" in request.headers  # what the page itself asks
        # A ticket in a link of somebody else's is not to count.
        if not (said and framed and allowed() and is_own(request)):
            return guarded(request, slug=slug, **named)
        identity.admit(request, tickets.read(said, slug) or tickets.new(slug))
        return view(request, slug=slug, **named)

    admitted.csrf_exempt = True  # type: ignore[attr-defined]
    return admitted


def address(request: HttpRequest) -> str:
    """Of the page in the frame, with its ticket, to which its forms lead back; nothing where there is no frame."""
    ticket = identity.ticket_of(request)
    if ticket is None:
        return ""
    said = {tickets.FIELD: str(ticket), ADDRESS: asked_by_page_around(request)}
    query = urlencode({name: value for name, value in said.items() if value})
    return f"{reverse('chat:embed', args=[ticket.room])}?{query}"


def let_in(response: HttpResponse) -> HttpResponse:
    """The one page that others may frame. Its policy is its own, and as strict as ours: what a project's says of frames
    could not be taken back by a second one."""
    host = urlsplit(static("chat/chat.css"))
    framers = " ".join(allowed()) or "'none'"
    own = " ".join(["'self'", *([f"{host.scheme}://{host.netloc}"] if host.scheme and host.netloc else [])])
    response["Content-Security-Policy"] = (
        f"default-src 'none'; script-src {own}; style-src {own}; connect-src 'self'; img-src {own} data:; "
        f"form-action 'self'; base-uri 'none'; frame-ancestors {framers}"
    )
    response.xframe_options_exempt = True
    return response
