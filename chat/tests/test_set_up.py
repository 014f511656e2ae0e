"""A project that leaves out a step of docs/embedding.md is told which, by `manage.py check`."""

import pytest
from django.core.checks import run_checks

pytestmark = pytest.mark.django_db  # Django 6 asks SQLite whether it knows JSON


def ids() -> set[str]:
    return {message.id for message in run_checks() if message.id.startswith("chat.")}


def without(names, name: str) -> list[str]:
    assert name in names
    return [one for one in names if one != name]


def test_it_works():
    assert ids() == set()


@pytest.mark.parametrize(
    ("name", "said"),
    [("django_htmx", "chat.E005"), ("daphne", "chat.W002"), ("django.contrib.staticfiles", "chat.W003")],
)
def test_an_app_that_is_missing(settings, name, said):
    settings.INSTALLED_APPS = without(settings.INSTALLED_APPS, name)
    assert ids() == {said}


def test_daphne_comes_first(settings):
    settings.INSTALLED_APPS = [*without(settings.INSTALLED_APPS, "daphne"), "daphne"]
    assert "chat.W002" in ids()


@pytest.mark.urls("chat.account_urls")
def test_addresses_that_are_not_included():
    assert "chat.E006" in ids()


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("chat.asgi.application", set()),
        ("chat.tests.asgi.whole", set()),
        ("chat.tests.asgi.with_routes_of_others", set()),
        ("chat.tests.asgi.wrapped_by_somebody", set()),
        ("chat.tests.asgi.http_alone", {"chat.E007"}),
        ("chat.tests.asgi.without_websockets", {"chat.E007"}),
        ("chat.tests.asgi.with_other_websockets", {"chat.E007"}),
        ("chat.tests.asgi.gone", {"chat.E007"}),
    ],
)
def test_sockets_that_lead_nowhere(settings, path, said):
    settings.ASGI_APPLICATION = path
    assert ids() == said


def test_templates_that_get_no_request(settings):
    (engine,) = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "OPTIONS": {"context_processors": []}}]
    assert "chat.E008" in ids()


@pytest.mark.parametrize("name", ["auth.middleware.AuthenticationMiddleware", "middleware.csrf.CsrfViewMiddleware"])
def test_middleware_that_is_missing(settings, name):
    (whole,) = [one for one in settings.MIDDLEWARE if one.endswith(name)]
    settings.MIDDLEWARE = without(settings.MIDDLEWARE, whole)
    assert "chat.E009" in ids()
