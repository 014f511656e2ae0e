"""Signing up, for a site that wants it: include these beside django.contrib.auth.urls, or leave them out."""

from django.urls import path

from chat.views import accounts

app_name = "chat_accounts"
urlpatterns = [
    path("sign-up/", accounts.sign_up, name="sign_up"),
    path("sign-up/<str:invitation>/", accounts.sign_up, name="sign_up_invited"),
    path("invitations/", accounts.invitations, name="invitations"),
]
