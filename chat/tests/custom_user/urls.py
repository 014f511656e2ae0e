"""A host with its own pages for signing in, and none for passwords."""

from django.contrib.auth.views import LoginView
from django.urls import include, path

urlpatterns = [
    path("chat/", include("chat.urls")),
    path("enter/", LoginView.as_view(), name="login"),
    path("join/", include("chat.account_urls")),
]
