"""How large a window may be at the start: what panels, the window's frame and the edges of its screen leave."""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import closing

from deepvis.core.geometry import Rect
from deepvis.window.ui import xlib

FRAME = (40, 8)  # (height, width) in pixels that a window manager's title bar and borders take, generously


class _MonitorInfo(ctypes.Structure):
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
    connection = xlib.connected()
    if connection is None:
        return None
    with closing(connection) as server:
        area = _work_area(server).clipped(_monitor(server))
        frame = FRAME if _is_managed(server) else (0, 0)
    height, width = area.height - frame[0], area.width - frame[1]
    return (height, width) if min(height, width) > 0 else None


def fitted(size: tuple[int, int], room: tuple[int, int] | None) -> tuple[int, int]:
    """A wanted (height, width), no larger than the room on either side."""
    return size if room is None else (min(size[0], room[0]), min(size[1], room[1]))


def _is_managed(server: xlib.Connection) -> bool:
    """True if a window manager runs, which puts a frame around each window."""
    return bool(server.numbers(server.root, "_NET_SUPPORTING_WM_CHECK"))


def _work_area(server: xlib.Connection) -> Rect:
    """What panels leave of all monitors together, on the desktop that is shown; else all."""
    numbers, desktop = (server.numbers(server.root, name) for name in ("_NET_WORKAREA", "_NET_CURRENT_DESKTOP"))
    at = 4 * desktop[0] if desktop else 0
    col, row, width, height = [*numbers[at : at + 4], 0, 0, 0, 0][:4]
    whole = Rect(0, 0, *server.size_of(server.root))
    area = Rect(row, col, height, width).clipped(whole)
    return whole if area.is_empty else area


def _monitor(server: xlib.Connection) -> Rect:
    """The monitor under the pointer; all of the screen where Xinerama is missing."""
    row, col = _pointer(server)
    monitors = _monitors(server) or [Rect(0, 0, *server.size_of(server.root))]
    return next((place for place in monitors if place.contains(row, col)), monitors[0])


def _monitors(server: xlib.Connection) -> list[Rect]:
    try:
        xinerama = ctypes.CDLL("libXinerama.so.1")
    except OSError:
        return []
    xinerama.XineramaQueryScreens.restype = ctypes.POINTER(_MonitorInfo)
    xinerama.XineramaQueryScreens.argtypes = [ctypes.c_void_p, ctypes.POINTER(ctypes.c_int)]
    count = ctypes.c_int()
    found = xinerama.XineramaQueryScreens(server.display, ctypes.byref(count))
    if not found:
        return []
    places = [Rect(m.row, m.col, m.height, m.width) for m in found[: count.value]]
    server.x.XFree(found)
    return places


def _pointer(server: xlib.Connection) -> tuple[int, int]:
    """(row, column) of the pointer on the root window."""
    windows, places = [ctypes.c_ulong() for _ in range(2)], [ctypes.c_int() for _ in range(4)]
    parts = [ctypes.byref(part) for part in (*windows, *places, ctypes.c_uint())]
    server.x.XQueryPointer(server.display, server.root, *parts)
    return places[1].value, places[0].value
