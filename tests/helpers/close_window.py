"""What a window manager sends when the user clicks the cross."""

from __future__ import annotations

import ctypes

from deepvis.window.ui import xlib

CLIENT_MESSAGE = 33  # X.h


class _ClientMessage(xlib.AnyEvent):
    """XClientMessageEvent of Xlib.h, within the 192 bytes of an XEvent."""

    _fields_ = (
        ("message_type", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
        ("rest", ctypes.c_byte * 96),
    )


def close_window(display: str, window: int) -> None:
    """Send WM_DELETE_WINDOW to a window, as ICCCM 4.2.8 has it."""
    x = xlib.library()
    server = xlib.Connection(x, x.XOpenDisplay(display.encode()))
    message = _ClientMessage(type=CLIENT_MESSAGE, window=window, message_type=server.atom("WM_PROTOCOLS"), format=32)
    message.data[0] = server.atom("WM_DELETE_WINDOW")
    place = ctypes.c_void_p(server.display), ctypes.c_ulong(window)
    x.XSendEvent(*place, 0, ctypes.c_long(0), ctypes.byref(message))
    x.XSync(server.display, 0)
    server.close()
