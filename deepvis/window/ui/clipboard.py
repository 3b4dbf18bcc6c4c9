"""Text that another program has copied or selected, asked for on a connection of its own to the X server.

ICCCM 2.4: who wants a selection names a property of a window of his; the owner writes the text there and says so.
Only pieces that fit into one message are taken: some hundred kilobytes, more than a path has.
"""

from __future__ import annotations

import ctypes
import time
from typing import Any

SELECTION_NOTIFY = 31  # X.h
ANY_PROPERTY_TYPE, CURRENT_TIME = 0, 0
MOST_LONGS = 65536  # of 4 bytes
PATIENCE = 2.0  # seconds until an owner that does not answer is given up


class _SelectionEvent(ctypes.Structure):
    """XSelectionEvent of Xlib.h, within the 192 bytes of an XEvent."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("requestor", ctypes.c_ulong),
        ("selection", ctypes.c_ulong),
        ("target", ctypes.c_ulong),
        ("property", ctypes.c_ulong),
        ("time", ctypes.c_ulong),
        ("rest", ctypes.c_byte * 120),
    )


class Clipboard:
    """Asks for "CLIPBOARD" (what was copied) or "PRIMARY" (what is selected), and takes the text when it has come.

    Does nothing where there is no libX11 or no server.
    """

    def __init__(self, library: str = "libX11.so.6") -> None:
        self._display: Any = None
        self._requested_at: float | None = None
        try:
            self._x = _declared(ctypes.CDLL(library))
        except OSError:
            return
        self._display = self._x.XOpenDisplay(None)
        if self._display:
            root = self._x.XDefaultRootWindow(self._display)
            self._window = self._x.XCreateSimpleWindow(self._display, root, 0, 0, 1, 1, 0, 0, 0)  # never shown

    def request(self, selection: str) -> None:
        """Ask for the text; ``take`` has it a little later."""
        if not self._display:
            return
        atoms = [self._atom(name) for name in (selection, "UTF8_STRING", "DEEPVIS_PASTED")]
        self._x.XConvertSelection(self._display, *atoms, self._window, CURRENT_TIME)
        self._x.XFlush(self._display)
        self._requested_at = time.monotonic()

    def take(self) -> str:
        """The text that was asked for, once; "" as long as it has not come, and where there is none."""
        if self._requested_at is None:
            return ""
        event = _SelectionEvent()
        while self._x.XPending(self._display):
            self._x.XNextEvent(self._display, ctypes.byref(event))
            if event.type == SELECTION_NOTIFY:
                self._requested_at = None
                return self._text(event.property) if event.property else ""
        if time.monotonic() - self._requested_at > PATIENCE:
            self._requested_at = None
        return ""

    def close(self) -> None:
        if self._display:
            self._x.XCloseDisplay(self._display)
        self._display = self._requested_at = None

    def _atom(self, name: str) -> int:
        return int(self._x.XInternAtom(self._display, name.encode(), 0))

    def _text(self, atom: int) -> str:
        kind, bits, count, rest = ctypes.c_ulong(), ctypes.c_int(), ctypes.c_ulong(), ctypes.c_ulong()
        data = ctypes.POINTER(ctypes.c_ubyte)()
        places = [ctypes.byref(place) for place in (kind, bits, count, rest, data)]
        self._x.XGetWindowProperty(self._display, self._window, atom, 0, MOST_LONGS, 1, ANY_PROPERTY_TYPE, *places)
        if not data:
            return ""
        text = bytes(data[: count.value]).decode("utf-8", "replace") if bits.value == 8 else ""
        self._x.XFree(data)
        return text


def _declared(x: Any) -> Any:
    """libX11 with the types of what is called: pointers and ids are longer than ctypes' int."""
    pointer, window, long, integer = ctypes.c_void_p, ctypes.c_ulong, ctypes.c_long, ctypes.c_int
    x.XOpenDisplay.restype, x.XOpenDisplay.argtypes = pointer, [ctypes.c_char_p]
    x.XCloseDisplay.argtypes = [pointer]
    x.XDefaultRootWindow.restype, x.XDefaultRootWindow.argtypes = window, [pointer]
    x.XCreateSimpleWindow.restype = window
    x.XCreateSimpleWindow.argtypes = [pointer, window, integer, integer, *[ctypes.c_uint] * 3, window, window]
    x.XInternAtom.restype, x.XInternAtom.argtypes = window, [pointer, ctypes.c_char_p, integer]
    x.XConvertSelection.argtypes = [pointer, *[window] * 5]
    x.XFlush.argtypes = [pointer]
    x.XPending.argtypes = [pointer]
    x.XNextEvent.argtypes = [pointer, pointer]
    x.XFree.argtypes = [pointer]
    x.XGetWindowProperty.argtypes = [pointer, window, window, long, long, integer, window, *[pointer] * 5]
    return x
