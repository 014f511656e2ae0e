"""A plain project of its own: articles, accounts of its own kind, and a strict policy. The chat is lines 1 to 3."""

import os
from pathlib import Path

from magazine.policy import CSP, MIDDLEWARE_OF_CSP

BASE_DIR = Path(__file__).resolve().parent.parent

SECRET_KEY = "for-this-example-alone"  # noqa: S105
DEBUG = True
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
ROOT_URLCONF = "magazine.urls"
AUTH_USER_MODEL = "magazine.Reader"
LOGIN_URL = "enter"
LOGIN_REDIRECT_URL = "front"
FORCE_SCRIPT_NAME = os.environ.get("PREFIX") or None  # as when the whole site is at /somewhere of another one
STATIC_URL = "static/"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("DATABASE", BASE_DIR / "db.sqlite3"),
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20},
    }
}

INSTALLED_APPS = [
    "daphne",  # 1: these four
    "channels",
    "django_htmx",
    "chat",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "magazine",
]
ASGI_APPLICATION = "chat.asgi.application"  # 2
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}  # 3

MIDDLEWARE = [
    MIDDLEWARE_OF_CSP,
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]

SECURE_CSP = CSP
CONTENT_SECURITY_POLICY = {"DIRECTIVES": CSP}
