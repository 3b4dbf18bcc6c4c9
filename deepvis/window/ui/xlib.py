"""libX11 through ctypes: the calls that the window needs of it, with their types."""

from __future__ import annotations

import ctypes
from functools import lru_cache
from typing import Any

NAME = "libX11.so.6"
ANY_TYPE = 0  # AnyPropertyType
_HANDLER = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
_ignore = _HANDLER(lambda display, event: 0)  # Xlib would end the process at the first window that is gone


@lru_cache(maxsize=1)
def library() -> Any:
    """libX11 with the types of what is called (pointers and ids are longer than ctypes' int); None without it."""
    try:
        x = ctypes.CDLL(NAME)
    except OSError:
        return None
    pointer, window, long, integer = ctypes.c_void_p, ctypes.c_ulong, ctypes.c_long, ctypes.c_int
    x.XOpenDisplay.restype, x.XOpenDisplay.argtypes = pointer, [ctypes.c_char_p]
    x.XCloseDisplay.argtypes = [pointer]
    x.XDefaultRootWindow.restype, x.XDefaultRootWindow.argtypes = window, [pointer]
    x.XInternAtom.restype, x.XInternAtom.argtypes = window, [pointer, ctypes.c_char_p, integer]
    x.XFree.argtypes = [pointer]
    x.XGetWindowProperty.argtypes = [pointer, window, window, long, long, integer, window, *[pointer] * 5]
    x.XGetGeometry.argtypes = [pointer, window, *[pointer] * 7]
    places = [integer, integer, ctypes.c_uint, ctypes.c_uint, ctypes.c_uint]
    x.XCreateWindow.restype = window
    x.XCreateWindow.argtypes = [pointer, window, *places, integer, ctypes.c_uint, pointer, window, pointer]
    x.XMapRaised.argtypes = [pointer, window]
    x.XQueryPointer.argtypes = [pointer, window, *[pointer] * 7]
    x.XSync.argtypes = [pointer, integer]
    x.XPending.argtypes = [pointer]
    x.XNextEvent.argtypes = [pointer, pointer]
    x.XSetErrorHandler(_ignore)
    return x


def numbers(x: Any, display: int, window: int, name: str, most: int = 256) -> list[int]:
    """A property of whole numbers of a window, such as _NET_WORKAREA; empty where it has none."""
    atom = x.XInternAtom(display, name.encode(), 1)
    if not atom:
        return []
    kind, bits, count, rest = ctypes.c_ulong(), ctypes.c_int(), ctypes.c_ulong(), ctypes.c_ulong()
    values = ctypes.POINTER(ctypes.c_ulong)()  # Xlib hands 32-bit numbers over as longs
    places = [ctypes.byref(place) for place in (kind, bits, count, rest, values)]
    x.XGetWindowProperty(display, window, atom, 0, most, 0, ANY_TYPE, *places)
    found = [int(values[i]) for i in range(count.value)] if values and bits.value == 32 else []
    if values:
        x.XFree(values)
    return found


def size_of(x: Any, display: int, window: int) -> tuple[int, int]:
    """(height, width) of a window; (0, 0) if there is no such window."""
    root, place, sizes = ctypes.c_ulong(), [ctypes.c_int() for _ in range(2)], [ctypes.c_uint() for _ in range(4)]
    if not x.XGetGeometry(display, window, *[ctypes.byref(part) for part in (root, *place, *sizes)]):
        return 0, 0
    return sizes[1].value, sizes[0].value
