"""Pages and files travel compressed, whether `collectstatic` ran or not.

What is compressed beside a secret can tell it to whoever sees how long it becomes and may choose another part of the
page (BREACH). Here nobody can have a browser ask for a page as its person unseen: the cookies of accounts and of guests
are SameSite=Lax, and a guest's in a frame says no more than whose a new page is, and is kept apart for each site
around. Django writes its form token anew in each page, and its middleware adds up to 100 random bytes. Sockets' frames
are not compressed.
"""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

TEXTS = ("text/", "application/json", "application/manifest+json", "image/svg+xml")


class CompressionMiddleware(GZipMiddleware):
    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        # A part counts in bytes that are not compressed, and HEAD says how many of those there are.
        whole = request.method != "HEAD" and response.status_code != 206
        if whole and response.headers.get("Content-Type", "").startswith(TEXTS):
            return super().process_response(request, response)
        return response
