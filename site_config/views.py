"""What this site changes of Django's own pages."""

from django.contrib.auth.forms import PasswordResetForm
from django.contrib.auth.views import LogoutView, PasswordResetView
from django.http import HttpRequest, HttpResponse

from chat import actions
from chat.errors import TooFast


class LimitedPasswordResetView(PasswordResetView):
    """Sends letters to whatever address it is given, so it is counted who asks."""

    def form_valid(self, form: PasswordResetForm) -> HttpResponse:
        try:
            actions.count_letter(self.request.META.get("REMOTE_ADDR"))
        except TooFast as refusal:
            form.add_error("email", str(refusal))
            response = self.form_invalid(form)
            response.status_code = refusal.status
            return response
        return super().form_valid(form)


class AskedLogoutView(LogoutView):
    """Signs out by a form alone. Whoever comes by a link, or reloads, finds that form."""

    http_method_names = ["get", "head", "post", "options"]

    def get(self, request: HttpRequest, *arguments: object, **named: object) -> HttpResponse:
        return self.render_to_response(self.get_context_data())
