"""How large a window may be at the start: what panels, the window's frame and the edges of its screen leave."""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import closing
from typing import Any

from deepvis.core.geometry import Rect
from deepvis.window.ui import xlib

FRAME = (40, 8)  # (height, width) in pixels that a window manager's title bar and borders take, generously


class _Monitor(ctypes.Structure):
    """XineramaScreenInfo of Xinerama.h."""

    _fields_ = (
        ("number", ctypes.c_int),
        ("col", ctypes.c_short),
        ("row", ctypes.c_short),
        ("width", ctypes.c_short),
        ("height", ctypes.c_short),
    )


def room_for_window() -> tuple[int, int] | None:
    """(height, width) in pixels of the largest picture that a new window shows whole; None where nobody knows.

    Of several monitors the one under the pointer counts: there window managers put new windows.
    """
    if sys.platform != "linux" or not os.environ.get("DISPLAY"):
        return None
    x = xlib.library()
    display = x.XOpenDisplay(None) if x is not None else None
    if not display:
        return None
    with closing(_Connection(x, display)) as server:
        area = server.work_area().clipped(server.monitor())
        frame = FRAME if server.is_managed() else (0, 0)
    height, width = area.height - frame[0], area.width - frame[1]
    return (height, width) if min(height, width) > 0 else None


def fitted(size: tuple[int, int], room: tuple[int, int] | None) -> tuple[int, int]:
    """A wanted (height, width), no larger than the room on either side."""
    return size if room is None else (min(size[0], room[0]), min(size[1], room[1]))


class _Connection:
    """Questions to one X server."""

    def __init__(self, x: Any, display: int) -> None:
        self._x, self._display, self._root = x, display, x.XDefaultRootWindow(display)

    def close(self) -> None:
        self._x.XCloseDisplay(self._display)

    def is_managed(self) -> bool:
        """True if a window manager runs, which puts a frame around each window."""
        return bool(xlib.numbers(self._x, self._display, self._root, "_NET_SUPPORTING_WM_CHECK"))

    def work_area(self) -> Rect:
        """What panels leave of all monitors together, on the desktop that is shown; else all."""
        numbers = xlib.numbers(self._x, self._display, self._root, "_NET_WORKAREA")
        desktop = xlib.numbers(self._x, self._display, self._root, "_NET_CURRENT_DESKTOP")
        at = 4 * desktop[0] if desktop else 0
        col, row, width, height = [*numbers[at : at + 4], 0, 0, 0, 0][:4]
        whole = Rect(0, 0, *xlib.size_of(self._x, self._display, self._root))
        area = Rect(row, col, height, width).clipped(whole)
        return whole if area.is_empty else area

    def monitor(self) -> Rect:
        """The monitor under the pointer; all of the screen where Xinerama is missing."""
        whole = Rect(0, 0, *xlib.size_of(self._x, self._display, self._root))
        row, col = self._pointer()
        monitors = self._monitors()
        return next((place for place in monitors if place.contains(row, col)), monitors[0] if monitors else whole)

    def _monitors(self) -> list[Rect]:
        try:
            xinerama = ctypes.CDLL("libXinerama.so.1")
        except OSError:
            return []
        xinerama.XineramaQueryScreens.restype = ctypes.POINTER(_Monitor)
        xinerama.XineramaQueryScreens.argtypes = [ctypes.c_void_p, ctypes.POINTER(ctypes.c_int)]
        count = ctypes.c_int()
        found = xinerama.XineramaQueryScreens(self._display, ctypes.byref(count))
        if not found:
            return []
        places = [Rect(m.row, m.col, m.height, m.width) for m in found[: count.value]]
        self._x.XFree(found)
        return places

    def _pointer(self) -> tuple[int, int]:
        """(row, column) of the pointer on the root window."""
        windows, places = [ctypes.c_ulong() for _ in range(2)], [ctypes.c_int() for _ in range(4)]
        parts = [ctypes.byref(part) for part in (*windows, *places, ctypes.c_uint())]
        self._x.XQueryPointer(self._display, self._root, *parts)
        return places[1].value, places[0].value
