"""Firefox and WebKit for the tests, by what they speak themselves: https://w3c.github.io/webdriver-bidi/ and
https://w3c.github.io/webdriver/. Chromium has Playwright."""

import itertools
import json
import os
import re
import urllib.request
from contextlib import ExitStack
from typing import Any

from websockets.sync.client import ClientConnection, connect

from chat.tests import servers
from chat.tests.people import until

KEYS = {"\n": "\ue007", "Backspace": "\ue003", "End": "\ue010", "PageUp": "\ue00e", "Tab": "\ue004"}
"""As WebDriver writes the keys that are no letters."""

LISTENS = re.compile(r"WebDriver BiDi listening on (ws://\S+)")


class Tab:
    """A page of one person."""

    def close(self) -> None: ...

    def go(self, url: str) -> None:
        raise NotImplementedError

    def reload(self) -> None:
        raise NotImplementedError

    def back(self) -> None:
        raise NotImplementedError

    def run(self, expression: str) -> str | None:
        raise NotImplementedError

    def act(self, *devices: dict[str, Any]) -> None:
        raise NotImplementedError

    def sees(self, expression: str) -> Any:
        """What the expression is, in the page, as JSON can say it."""
        return json.loads(self.run(f"JSON.stringify({expression})") or "null")

    def until(self, expression: str) -> None:
        until(lambda: self.sees(expression), f"in the page, {expression}")

    def type(self, text: str) -> None:
        self.press(*text)

    def press(self, *keys: str) -> None:
        """Each down and up again, with nothing in between."""
        each = [{"type": way, "value": KEYS.get(key, key)} for key in keys for way in ("keyDown", "keyUp")]
        self.act({"type": "key", "id": "keyboard", "actions": each})


# --- Firefox -------------------------------------------------------------------------------------


class Firefox(servers.Server):
    """One, without a window."""

    name = "firefox"
    socket: ClientConnection

    def command(self) -> list[str]:
        browser = [servers.firefox_binary(), "--headless", "--no-remote", "--profile", str(self.folder)]
        return [*browser, f"--remote-debugging-port={self.port}"]

    def ready(self) -> bool:
        return bool(LISTENS.search(self.log.read_text(errors="replace")))

    def start(self) -> None:
        super().start()
        address = LISTENS.search(self.log.read_text(errors="replace"))
        assert address
        self.socket = connect(f"{address[1]}/session", max_size=None, proxy=None, open_timeout=servers.PATIENCE)
        self.numbers = itertools.count(1)
        self.ask("session.new", capabilities={})

    def stop(self) -> None:
        if hasattr(self, "socket"):
            self.socket.close()
        super().stop()

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """What the command gives; what else Firefox tells meanwhile is left out."""
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            told = json.loads(self.socket.recv(servers.PATIENCE))
            if told.get("id") == number:
                assert told["type"] == "success", told
                return told["result"]

    def new_tab(self, url: str) -> Tab:
        """The page, opened by a new person."""
        return FirefoxTab(self, url)


class FirefoxTab(Tab):
    def __init__(self, firefox: Firefox, url: str):
        self.firefox = firefox
        self.person = firefox.ask("browser.createUserContext")["userContext"]
        self.context = firefox.ask("browsingContext.create", type="tab", userContext=self.person)["context"]
        self.go(url)

    def close(self) -> None:
        self.firefox.ask("browser.removeUserContext", userContext=self.person)

    def go(self, url: str) -> None:
        self.firefox.ask("browsingContext.navigate", context=self.context, url=url, wait="complete")

    def reload(self) -> None:
        self.firefox.ask("browsingContext.reload", context=self.context, wait="complete")

    def back(self) -> None:
        self.firefox.ask("browsingContext.traverseHistory", context=self.context, delta=-1)

    def run(self, expression: str) -> str | None:
        page = {"context": self.context}
        told = self.firefox.ask("script.evaluate", expression=expression, target=page, awaitPromise=False)
        assert told["type"] == "success", told
        return told["result"].get("value")

    def act(self, *devices: dict[str, Any]) -> None:
        self.firefox.ask("input.performActions", context=self.context, actions=devices)


# --- WebKit --------------------------------------------------------------------------------------


class Screen(servers.Server):
    """WebKit has no way to do without one."""

    name = "screen"

    def command(self) -> list[str]:
        screen = servers.find("A screen in memory", "XVFB", ["Xvfb"])
        return [screen, self.display, "-screen", "0", "1400x1000x24", "-nolisten", "tcp"]

    @property
    def display(self) -> str:
        return f":{self.port}"  # as free as the port is

    def ready(self) -> bool:
        return os.path.exists(f"/tmp/.X11-unix/X{self.port}")


class WebKitDriver(servers.Server):
    """One, and the browser of one person that it begins."""

    name = "webkit"

    def __init__(self, screen: Screen):
        super().__init__()
        self.screen = screen

    def command(self) -> list[str]:
        return [servers.webkit_binary(), f"--port={self.port}"]

    def options(self) -> dict:
        alone = {"WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1", "WEBKIT_DISABLE_COMPOSITING_MODE": "1"}
        return {"env": {**os.environ, **alone, "DISPLAY": self.screen.display}}

    def ask(self, path: str, body: dict[str, Any] | None = None, method: str = "POST") -> Any:
        data = json.dumps(body or {}).encode() if method == "POST" else None
        request = urllib.request.Request(f"http://{servers.HOST}:{self.port}{path}", data, method=method)
        with urllib.request.urlopen(request, timeout=servers.PATIENCE) as answer:
            return json.load(answer)["value"]


class WebKit:
    """As many as there are people, on one screen."""

    def __enter__(self) -> "WebKit":
        self.stack = ExitStack()
        self.screen = self.stack.enter_context(Screen())
        return self

    def __exit__(self, *exception: object) -> None:
        self.stack.close()

    def new_tab(self, url: str) -> Tab:
        """The page, opened by a new person."""
        return WebKitTab(self.stack.enter_context(WebKitDriver(self.screen)), url)


class WebKitTab(Tab):
    def __init__(self, driver: WebKitDriver, url: str):
        self.driver = driver
        browser = {"binary": servers.webkit_browser(), "args": ["--automation"]}
        wanted = {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": browser}}}
        self.session = f"/session/{driver.ask('/session', wanted)['sessionId']}"
        self.go(url)

    def close(self) -> None:
        self.driver.ask(self.session, method="DELETE")
        self.driver.stop()

    def go(self, url: str) -> None:
        self.driver.ask(f"{self.session}/url", {"url": url})

    def reload(self) -> None:
        self.driver.ask(f"{self.session}/refresh")

    def back(self) -> None:
        self.driver.ask(f"{self.session}/back")

    def run(self, expression: str) -> str | None:
        return self.driver.ask(f"{self.session}/execute/sync", {"script": f"return {expression}", "args": []})

    def act(self, *devices: dict[str, Any]) -> None:
        self.driver.ask(f"{self.session}/actions", {"actions": devices})
