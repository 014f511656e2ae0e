"""The strict policy, on every page."""

import pytest

POLICY = {
    "default-src": {"'none'"},
    "script-src": {"'self'"},
    "style-src": {"'self'"},
    "connect-src": {"'self'"},
    "img-src": {"'self'", "data:"},
    "manifest-src": {"'self'"},
    "form-action": {"'self'"},
    "base-uri": {"'none'"},
    "frame-ancestors": {"'none'"},
}
PAGES = {
    "/": 302,
    "/chat/": 200,
    "/chat/lobby/": 200,
    "/chat/nowhere/": 404,
    "/no/such/address": 404,
    "/chat/lobby/composer/c0ffee/1/": 200,
    "/chat/lobby/connection/reconnecting/": 200,
    "/chat/lobby/connection/silent/": 200,
    "/chat/lobby/older/51/": 200,
    "/chat/lobby/?before=5": 200,
    "/chat/lobby/5/": 404,
    "/chat/lobby/?plain=1": 200,
    "/chat/viewer/g1.css": 200,
    "/chat/manifest.webmanifest": 200,
    "/chat/me/": 200,
    "/accounts/login/": 200,
    "/accounts/sign-up/": 200,
    "/accounts/invitations/": 403,
    "/accounts/password_reset/": 200,
    "/health/": 200,
    "/admin/": 302,
    "/admin/login/": 200,
}


def policy(answer) -> dict[str, set[str]]:
    directives = (directive.split() for directive in answer.headers["Content-Security-Policy"].split(";"))
    return {name: set(sources) for name, *sources in directives}


def test_it_works(client, lobby):
    assert policy(client.get("/chat/")) == POLICY


@pytest.mark.parametrize(("path", "status"), PAGES.items())
def test_the_policy_is_on_every_page(client, lobby, path, status):
    answer = client.get(path)
    assert answer.status_code == status
    assert policy(answer) == POLICY
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "Content-Security-Policy-Report-Only" not in answer.headers


def test_the_policy_is_on_refusals_and_in_the_admin(client, admin_client, lobby):
    assert policy(client.post("/chat/lobby/messages/", {"message": ""})) == POLICY
    assert policy(client.post("/chat/lobby/messages/", {"message": "hello"})) == POLICY
    assert policy(client.get("/chat/", headers={"host": "evil.example"})) == POLICY
    assert policy(admin_client.get("/admin/chat/message/")) == POLICY


def test_no_page_needs_more_than_the_policy_allows(client, lobby, ann):
    for path in ("/chat/", "/chat/nowhere/", "/chat/me/", "/accounts/login/", "/accounts/sign-up/"):
        page = client.get(path).text
        assert 'style="' not in page
        assert "<style" not in page
        assert "javascript:" not in page
        assert "hx-on" not in page
        assert page.count("<script") == page.count('<script src="/static/') > 0


@pytest.mark.parametrize("path", ["/chat/", "/chat/nowhere/", "/health/", "/admin/login/"])
def test_the_other_headers_are_there_as_well(client, lobby, path):
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
