"""The window for the loop, and where it is: in the pages of a server's viewers."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

import numpy as np

from deepvis.core.geometry import Rect
from deepvis.core.key_hold import KeyHold
from deepvis.serve.address import ServeAddress
from deepvis.serve.browser_keys import BROWSERS_OWN
from deepvis.serve.server import WindowServer
from deepvis.sources.capture import FrameSource
from deepvis.window.ui.events import Event, Resized


class ServedWindow:
    """One more window: pictures go to the viewers, their events come from them."""

    receives_text, opens_paths, reserved_keys = True, False, BROWSERS_OWN
    pixel_ratio = 1.0  # of the page that gives the size

    def __init__(self, server: WindowServer, height: int, width: int) -> None:
        self._server = server
        self._size = (height, width)
        self._answers, self._is_answer_due = 0, False

    @property
    def size(self) -> tuple[int, int]:
        return self._size

    @property
    def key_hold(self) -> KeyHold:
        """From a key in a page until a page has drawn what came of it."""
        return self._server.hub.key_hold

    @property
    def has_press(self) -> bool:
        return self._server.events.has_press

    def show(self, bgr: np.ndarray) -> None:
        self._answers += self._is_answer_due
        self._is_answer_due = False
        self._server.publish(bgr, self._answers)

    def show_early(self, bgr: np.ndarray, areas: Sequence[Rect]) -> None:
        self._answers += 1
        self._server.publish(bgr, self._answers, areas)

    def poll(self, milliseconds: int) -> list[Event]:
        events = self._server.events.take(max(milliseconds, 1) / 1000)
        self._is_answer_due = self._is_answer_due or bool(events)
        for event in events:
            if isinstance(event, Resized):
                self._size, self.pixel_ratio = (event.height, event.width), event.pixel_ratio
        return events

    def copy(self, text: str) -> bool:
        """A page may not write to the clipboard of its browser by itself."""
        return False

    def close(self) -> None:
        self._server.stop()


class InBrowsers:
    """Where the window is, for ``Toolbox``. on_open: called once the window stands, with the address, token
    included, and with that to look on alone, "" for none.

    Raises UsageError where the address cannot be had.
    """

    def __init__(self, address: ServeAddress, on_open: Callable[[str, str], None]) -> None:
        self.server = WindowServer(address)
        self._on_open = on_open

    def open_window(self, height: int, width: int) -> ServedWindow:
        window = ServedWindow(self.server, height, width)
        self._on_open(self.server.url, self.server.view_url)
        return window

    def moving_source(self, own: Callable[[], FrameSource] | None) -> FrameSource:
        return self.server.hub.camera.moving_source(None if own is None else own())

    def close(self) -> None:
        self.server.stop()


def say_addresses(url: str, view_url: str) -> None:
    """Print them. The first line is the address that controls, alone: scripts read it."""
    sys.stdout.write(f"{url}\n")
    if view_url:
        sys.stdout.write(f"to look on, without control: {view_url}\n")
    sys.stdout.flush()
