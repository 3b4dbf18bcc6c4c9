"""Asks the X server whether a window of this process is still there.

Qt does not notice when another client destroys its window (a script's ``xdotool windowclose``, some session
managers): it goes on drawing into nothing. Uses libX11 where there is one; elsewhere nothing is known.
"""

from __future__ import annotations

import ctypes
import os
from typing import Any

_HANDLER = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
_ignore = _HANDLER(lambda display, event: 0)  # Xlib would end the process at the first unknown window


class XWindow:
    """A window of this process found by its title. ``exists`` is True as long as nothing else is known."""

    def __init__(self, title: str, library: str = "libX11.so.6") -> None:
        self._x: Any = None
        self._window = 0
        try:
            self._x = _declared(ctypes.CDLL(library))
        except OSError:
            return
        self._display = self._x.XOpenDisplay(None)
        if self._display:
            self._x.XSetErrorHandler(_ignore)
            self._window = self._find(title.encode())

    def exists(self) -> bool:
        """One question to the server, some 0.1 ms."""
        return not self._window or self._is_there(self._window)

    def close(self) -> None:
        if self._x is not None and self._display:
            self._x.XCloseDisplay(self._display)
        self._window, self._display = 0, None

    def _find(self, title: bytes) -> int:
        """The top-level window, or its child below a window manager's frame, with that title and our process id."""
        root = self._x.XDefaultRootWindow(self._display)
        for window in self._children(root):
            for candidate in (window, *self._children(window)):
                if self._title(candidate) == title and self._process(candidate) == os.getpid():
                    return candidate
        return 0

    def _is_there(self, window: int) -> bool:
        attributes = (ctypes.c_long * 64)()  # XWindowAttributes is smaller
        return bool(self._x.XGetWindowAttributes(self._display, window, attributes))

    def _children(self, window: int) -> list[int]:
        root, parent, count = ctypes.c_ulong(), ctypes.c_ulong(), ctypes.c_uint()
        found = ctypes.POINTER(ctypes.c_ulong)()
        places = [ctypes.byref(value) for value in (root, parent, found, count)]
        if not self._x.XQueryTree(self._display, window, *places):
            return []
        children = [found[i] for i in range(count.value)]
        if found:
            self._x.XFree(found)
        return children

    def _title(self, window: int) -> bytes:
        name = ctypes.c_char_p()
        if not self._x.XFetchName(self._display, window, ctypes.byref(name)):
            return b""
        text = name.value or b""
        self._x.XFree(name)
        return text

    def _process(self, window: int) -> int:
        """_NET_WM_PID, 0 if the window has none."""
        atom = self._x.XInternAtom(self._display, b"_NET_WM_PID", 1)
        kind, bits, count, rest = ctypes.c_ulong(), ctypes.c_int(), ctypes.c_ulong(), ctypes.c_ulong()
        value = ctypes.POINTER(ctypes.c_ulong)()
        places = [ctypes.byref(place) for place in (kind, bits, count, rest, value)]
        self._x.XGetWindowProperty(self._display, window, atom, 0, 1, 0, 6, *places)  # 6: XA_CARDINAL
        number = int(value[0]) if value and count.value else 0
        if value:
            self._x.XFree(value)
        return number


def _declared(x: Any) -> Any:
    """libX11 with the types of what is called: pointers and ids are longer than ctypes' int."""
    pointer, window, long = ctypes.c_void_p, ctypes.c_ulong, ctypes.c_long
    x.XOpenDisplay.restype, x.XOpenDisplay.argtypes = pointer, [ctypes.c_char_p]
    x.XCloseDisplay.argtypes = [pointer]
    x.XDefaultRootWindow.restype, x.XDefaultRootWindow.argtypes = window, [pointer]
    x.XInternAtom.restype, x.XInternAtom.argtypes = window, [pointer, ctypes.c_char_p, ctypes.c_int]
    x.XQueryTree.argtypes = [pointer, window, *[pointer] * 4]
    x.XFetchName.argtypes = [pointer, window, pointer]
    x.XFree.argtypes = [pointer]
    x.XGetWindowAttributes.argtypes = [pointer, window, pointer]
    x.XGetWindowProperty.argtypes = [pointer, window, window, long, long, ctypes.c_int, window, *[pointer] * 5]
    return x
