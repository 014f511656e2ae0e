"""The whole site, as a browser has it that keeps no cookies: for test_going_on.py."""

from site_config.asgi import application as site


async def application(scope, receive, send):
    headers = [one for one in scope.get("headers", ()) if one[0] != b"cookie"]
    await site({**scope, "headers": headers}, receive, send)
