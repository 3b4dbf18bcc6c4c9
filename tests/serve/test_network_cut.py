"""The way between page and server is cut, as networks are, and comes back."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.helpers.waiting import until
from tests.serve.chromium_page import changes, moves, page_of, settled
from tests.serve.conftest import Served


class Tunnel:
    """Passes bytes from a port of its own to the server's and back, until it is cut.

    A tunnel of ssh looks the same to both sides.
    """

    def __init__(self, port: int) -> None:
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._ends: list[socket.socket] = []
        self._is_cut = False
        self._passes = threading.Event()
        self._passes.set()
        threading.Thread(target=self._run, daemon=True).start()

    def cut(self) -> None:
        """End every connection, and refuse new ones."""
        self._is_cut = True
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._ends.clear()

    def fall_silent(self) -> None:
        """Pass nothing more, and end nothing: as a radio link out of reach, or a router that has forgotten."""
        self._passes.clear()

    def mend(self) -> None:
        self._is_cut = False
        self._passes.set()

    def close(self) -> None:
        self._listener.close()
        self.cut()

    def _run(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self._is_cut:
                    client.close()
                    continue
                server = socket.create_connection(("127.0.0.1", self._to))
                self._ends += [client, server]
                for one, other in ((client, server), (server, client)):
                    threading.Thread(target=self._pass_on, args=(one, other), daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while content := one.recv(1 << 16):
                self._passes.wait()
                other.sendall(content)
        self._passes.wait()
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@pytest.mark.slow
def test_a_cut_network_is_said_and_all_goes_on_when_it_is_back(chromium: Any, served: Served) -> None:
    parts = urlsplit(served.url)
    tunnel = Tunnel(parts.port or 0)
    with page_of(chromium, f"http://localhost:{tunnel.port}/?{parts.query}") as page:
        before = settled(page)
        tunnel.cut()
        page.wait_for_selector("#veil")
        until(lambda: "connection is lost" in page.inner_text("#veil"), "the sentence")
        page.wait_for_timeout(1500)  # some tries in vain
        tunnel.mend()
        page.wait_for_selector("#veil", state="hidden")
        assert page.is_hidden("#take")  # it controls as before
        page.keyboard.press("o")
        changes(page, before, "what a key does afterwards")
        page.click("#camera")
        moves(page, "the camera's pictures")
        tunnel.cut()
        until(lambda: "connection is lost" in page.inner_text("#veil"), "the sentence")
        tunnel.mend()
        page.wait_for_selector("#veil", state="hidden")
        moves(page, "the camera's pictures after the connection has come back")
        assert page.get_attribute("#camera", "aria-pressed") == "true"
    tunnel.close()


@pytest.mark.slow
def test_a_network_that_falls_silent_is_said_and_all_goes_on_when_it_is_back(chromium: Any, served: Served) -> None:
    parts = urlsplit(served.url)
    tunnel = Tunnel(parts.port or 0)
    with page_of(chromium, f"http://localhost:{tunnel.port}/?{parts.query}") as page:
        before = settled(page)
        page.wait_for_timeout(12_000)  # nothing changes in the window, and yet the server is heard
        assert page.is_hidden("#veil")
        tunnel.fall_silent()
        until(lambda: page.wait_for_timeout(50) or "connection is lost" in page.inner_text("#veil"), "the sentence")
        page.wait_for_timeout(1500)  # a try in vain
        assert page.is_visible("#veil")
        tunnel.mend()
        page.wait_for_selector("#veil", state="hidden")
        assert page.is_hidden("#take")  # it controls as before
        page.keyboard.press("o")
        changes(page, before, "what a key does afterwards")
    tunnel.close()
