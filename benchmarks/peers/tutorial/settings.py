"""The tutorial's settings: its apps and its in-memory layer; the database and all else as Parley has them."""

from site_config.settings import *  # noqa: F403

INSTALLED_APPS = [
    "daphne",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "channels",
    "benchmarks.peers.tutorial",
]
MIDDLEWARE = []
ROOT_URLCONF = "benchmarks.peers.tutorial.asgi"
ASGI_APPLICATION = "benchmarks.peers.tutorial.asgi.application"
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels.layers.InMemoryChannelLayer",
        "CONFIG": {"capacity": 10_000},  # beyond its own 100 it drops messages silently, and such a run is no result
    }
}
