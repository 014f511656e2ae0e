from django.contrib import admin
from django.contrib.auth.views import LoginView
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView

from chat.views.health import health

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="chat:default_room")),
    path("chat/", include("chat.urls")),
    path("accounts/login/", LoginView.as_view(redirect_authenticated_user=True)),
    path("accounts/", include("django.contrib.auth.urls")),
    path("accounts/", include("chat.account_urls")),
    path("favicon.ico", RedirectView.as_view(url=static("chat/icon.svg"))),  # asked for by pages that name no icon
    path("health/", health, name="health"),
    path("admin/", admin.site.urls),
]
