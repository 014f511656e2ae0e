from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from magazine.models import Article


def front(request: HttpRequest) -> HttpResponse:
    """Three rooms side by side."""
    return render(
        request, "magazine/front.html", {"articles": Article.objects.all(), "slugs": ["lobby", "news", "sport"]}
    )


def article(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "magazine/article.html", {"article": get_object_or_404(Article, pk=pk)})
