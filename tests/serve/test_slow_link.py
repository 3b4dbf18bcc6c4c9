"""A link of few bytes a second: the newest picture is shown, nothing queues, and a key is answered soon."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.helpers.waiting import until
from tests.serve.chromium_page import page_of
from tests.serve.conftest import serving

BYTES_A_SECOND = 20_000
COUNT = """() => {
  window.sizes = [];
  socket.addEventListener("message", ({data}) => { if (data.byteLength) sizes.push(data.byteLength); });
}"""


class SlowLink:
    """Passes bytes from a port of its own to the server's, and back so many a second, of all connections together."""

    def __init__(self, port: int, bytes_a_second: float) -> None:
        self._to, self._rate = port, bytes_a_second
        self._free_at, self._lock = time.monotonic(), threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._run, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _run(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket()
                client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)  # a link keeps little
                server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
                server.connect(("127.0.0.1", self._to))
                for one, other, is_slow in ((client, server, False), (server, client, True)):
                    threading.Thread(target=self._pass_on, args=(one, other, is_slow), daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket, is_slow: bool) -> None:
        with suppress(OSError):
            while content := one.recv(2048):
                if is_slow:
                    with self._lock:
                        self._free_at = max(self._free_at, time.monotonic()) + len(content) / self._rate
                        wait = self._free_at - time.monotonic()
                    time.sleep(max(wait, 0.0))
                other.sendall(content)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@pytest.mark.slow
def test_over_a_slow_link_pictures_are_small_and_the_newest_is_shown(
    chromium: Any, tiny: list[str], video: Path, tmp_path: Path
) -> None:
    with serving(*tiny, "--video", str(video), folder=tmp_path) as served:
        parts = urlsplit(served.url)
        link = SlowLink(parts.port or 0, BYTES_A_SECOND)
        with page_of(chromium, f"http://localhost:{link.port}/?{parts.query}") as page:
            rate = page.evaluate("Number(new URL(socket.url).searchParams.get('rate'))")
            assert 0.5 * BYTES_A_SECOND < rate < 2 * BYTES_A_SECOND, (
                "as the page itself has come: the first picture follows"
            )
            page.wait_for_timeout(3000)
            page.evaluate(COUNT)
            page.wait_for_timeout(6000)
            sizes = page.evaluate("sizes")
            assert len(sizes) > 4 and max(sizes) < 2 * BYTES_A_SECOND  # whole pictures have 60 kB and more
            before = page.evaluate("sizes.length")
            page.keyboard.press("f")  # it stands: what comes now is that alone, in full quality some time
            until(lambda: page.wait_for_timeout(100) or page.evaluate("sizes.length") > before, "the key's picture")
            sent = sum(page.evaluate("sizes")[before:])
            assert sent < 3 * BYTES_A_SECOND  # nothing had queued
        link.close()
