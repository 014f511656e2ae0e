from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import LoginView
from django.templatetags.static import static
from django.urls import include, path
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _
from django.views.generic import RedirectView

from chat.views.health import health
from site_config.views import AskedLogoutView, LimitedPasswordResetView

admin.site.site_header = admin.site.site_title = _("Parley administration")

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="chat:default_room")),
    path("chat/", include("chat.urls")),
    path("accounts/login/", LoginView.as_view(redirect_authenticated_user=True)),
    path("accounts/logout/", AskedLogoutView.as_view()),
    path("accounts/password_reset/", LimitedPasswordResetView.as_view()),
    path("accounts/", include("django.contrib.auth.urls")),
    path("accounts/", include("chat.account_urls")),
    # Asked for by pages that name no icon.
    path("favicon.ico", RedirectView.as_view(url=lazy(static, str)("chat/icon.svg"))),
    path("health/", health, name="health"),
    path("admin/", admin.site.urls),
]
if settings.RELOAD:
    urlpatterns.append(path("__reload__/", include("django_browser_reload.urls")))
