"""Static files with a hash in their name once `collectstatic` ran, and under their plain name before."""

from typing import cast

from django.urls import get_script_prefix
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    manifest_strict = False
    base_url = cast(str, property(lambda self: f"{get_script_prefix()}static/"))
    """As STATIC_URL, but for each request anew: only with it the server says below which path the site is."""

    def hashed_name(self, name: str, content: object = None, filename: str | None = None) -> str:
        try:
            return super().hashed_name(name, content, filename)
        except ValueError:  # not collected: WhiteNoise finds the file in its app
            return name
