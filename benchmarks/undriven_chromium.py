"""A headless Chromium whose page is only asked now and then, over one DevTools session without any events.

A browser under Playwright tells its driver the whole of each message of a WebSocket, in base64: with the window's
pictures that was 5 of the 19 ms of processor time that a picture took, and nobody who looks at a page has it.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp

NAMES = ("chromium", "chromium-browser", "google-chrome")
SWITCHES = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"),
    *("--no-first-run", "--hide-scrollbars", "--mute-audio", "--remote-debugging-port=0"),
]


class PageError(RuntimeError):
    """A script of the page has failed; the browser's own words."""


class UndrivenPage:
    """A page; all methods wait."""

    def __init__(self, loop: asyncio.AbstractEventLoop, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._loop, self._socket, self._ids = loop, socket, count(1)

    def watch(self, script: str) -> None:
        """Have a script run in each page that is opened from now on, before its own."""
        self._send("Page.enable")
        self._send("Page.addScriptToEvaluateOnNewDocument", source=f"(() => {{{script}}})();")

    def open(self, url: str, width: int, height: int) -> None:
        """Show an address, in a viewport of that size in CSS pixels."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._send("Emulation.setDeviceMetricsOverride", **size)
        self._send("Page.navigate", url=url)

    def evaluate(self, script: str, *arguments: Any) -> Any:
        """The value of an expression; with arguments, what the function that it is gives for them."""
        words = f"({script})({', '.join(map(json.dumps, arguments))})" if arguments else script
        found = self._send("Runtime.evaluate", expression=words, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in found:
            raise PageError(json.dumps(found["exceptionDetails"]))
        return found["result"].get("value")

    def wait_for(self, condition: str, seconds: float = 60.0) -> None:
        """Until an expression is true. Raises PageError."""
        until = time.monotonic() + seconds
        while not self.evaluate(f"Boolean({condition})"):
            if time.monotonic() > until:
                raise PageError(f"within {seconds:g} s it was not so: {condition}")
            time.sleep(0.1)

    def press(self, key: str) -> None:
        """Press a key, by the name that the DOM has for it."""
        self.evaluate("key => document.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}))", key)

    def _send(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._loop.run_until_complete(self._answer(method, parameters))

    async def _answer(self, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
        number = next(self._ids)
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        while (found := await self._socket.receive_json()).get("id") != number:
            pass
        if "error" in found:
            raise PageError(f"{method}: {found['error']}")
        result: dict[str, Any] = found["result"]
        return result


@contextmanager
def undriven_page(folder: Path) -> Iterator[UndrivenPage]:
    """An empty page in a browser of its own. folder: for its profile."""
    path = next(filter(None, map(shutil.which, NAMES)))
    profile = folder / f"profile-{time.monotonic_ns()}"
    browser = subprocess.Popen([path, *SWITCHES, f"--user-data-dir={profile}", "about:blank"], stderr=subprocess.PIPE)
    loop = asyncio.new_event_loop()
    session = None
    try:
        assert browser.stderr is not None
        said = (re.search(rb"listening on ws://([^/]+)/", line) for line in browser.stderr)
        place = next(filter(None, said))[1].decode()
        session, socket = loop.run_until_complete(_connected(place))
        yield UndrivenPage(loop, socket)
    finally:
        if session is not None:
            loop.run_until_complete(session.close())
        loop.close()
        browser.terminate()
        browser.wait(30)


async def _connected(place: str) -> tuple[aiohttp.ClientSession, aiohttp.ClientWebSocketResponse]:
    """The session, and the socket of the browser's first page."""
    session = aiohttp.ClientSession()
    async with session.get(f"http://{place}/json/list") as answer:
        pages = [each for each in await answer.json(content_type=None) if each["type"] == "page"]
    return session, await session.ws_connect(pages[0]["webSocketDebuggerUrl"], max_msg_size=0)
