from django.http import HttpRequest


def brought(request: HttpRequest) -> set[str]:
    """What the page has already of what the chat needs once, as its stylesheets and scripts."""
    had: set[str] = request.__dict__.setdefault("_chat_brought", set())
    return had


def forget(request: HttpRequest) -> None:
    """Another page begins."""
    request.__dict__.pop("_chat_brought", None)
