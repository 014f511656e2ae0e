from site_config.settings import *  # noqa: F403
from site_config.settings import INSTALLED_APPS

# Django's admin asks more of an account than the chat does.
INSTALLED_APPS = [*(app for app in INSTALLED_APPS if app != "django.contrib.admin"), "chat.tests.custom_user"]
ROOT_URLCONF = "chat.tests.custom_user.urls"
AUTH_USER_MODEL = "custom_user.User"
