"""Qt gets the message again that its window is on the screen: now and then it misses the first, and never paints.

Measured with opencv-python 4.14 (Qt 5.15) under Xvfb on a busy machine: one window in fifteen stayed black, with keys
and mouse at work. Neither an Expose event nor a new size wakes it, a second MapNotify does; one too many does nothing
but paint the window once more.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any, ClassVar

from deepvis.window.ui import xlib

MAP_NOTIFY = 19  # X.h
STRUCTURE_NOTIFY_MASK = 1 << 17
AT_LOOKS = frozenset(2**n for n in range(10))  # the first few seconds, ever more rarely


class MapEvent(xlib.AnyEvent):
    """XMapEvent of Xlib.h, within the 192 bytes of an XEvent; ``window`` is who gets it. XUnmapEvent is alike."""

    _fields_: ClassVar[Sequence[tuple[str, Any]]] = (
        ("mapped", ctypes.c_ulong),
        ("override_redirect", ctypes.c_int),
        ("rest", ctypes.c_byte * 144),
    )


class MapNotice:
    """Repeats MapNotify to a window of this process at some of the first looks for events.

    window: its number; 0 where there is none, then nothing is sent.
    """

    def __init__(self, window: int) -> None:
        self._window, self._looks = window, 0
        self._server = xlib.connected() if window else None

    def look(self) -> None:
        """Call before each look for events. A window that is not on the screen, such as a minimized one, gets none."""
        if self._server is None:
            return
        self._looks += 1
        if self._looks in AT_LOOKS and self._server.is_viewable(self._window):
            send(self._server, MAP_NOTIFY, self._window)
        if self._looks >= max(AT_LOOKS):
            self.close()

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self._server = None


def send(server: xlib.Connection, kind: int, window: int) -> None:
    """Send MapNotify or UnmapNotify of a window to those that listen to it."""
    event = MapEvent(type=kind, window=window, mapped=window)
    server.x.XSendEvent(server.display, window, 0, STRUCTURE_NOTIFY_MASK, ctypes.byref(event))
    server.x.XSync(server.display, 0)
