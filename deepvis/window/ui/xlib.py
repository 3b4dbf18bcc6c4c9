"""libX11 through ctypes: connections of the window's own to the X server, and what it asks there."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, ClassVar

NAME = "libX11.so.6"
ANY_TYPE = 0  # AnyPropertyType
INPUT_ONLY = 2
IS_VIEWABLE = 2  # of map_state
SET_EVENT_MASK, SET_DO_NOT_PROPAGATE = 1 << 11, 1 << 12  # CWEventMask, CWDontPropagate
_HANDLER = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
_ignore = _HANDLER(lambda display, event: 0)  # Xlib would end the process at the first window that is gone


class AnyEvent(ctypes.Structure):
    """XAnyEvent of Xlib.h: what all events begin with."""

    _fields_: ClassVar[Sequence[tuple[str, Any]]] = (
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
    )


class InputEvent(AnyEvent):
    """XKeyEvent, XButtonEvent, XMotionEvent and XCrossingEvent, alike up to here."""

    _fields_ = (
        ("root", ctypes.c_ulong),  # of a XCreateWindowEvent: the new window
        ("subwindow", ctypes.c_ulong),
        ("time", ctypes.c_ulong),
        ("col", ctypes.c_int),
        ("row", ctypes.c_int),
        ("on_root", ctypes.c_int * 2),
        ("state", ctypes.c_uint),  # of a crossing: the mode
        ("button", ctypes.c_uint),  # or the key's code
    )


class SelectionEvent(AnyEvent):
    """XSelectionEvent."""

    _fields_ = (
        ("selection", ctypes.c_ulong),
        ("target", ctypes.c_ulong),
        ("property", ctypes.c_ulong),
        ("time", ctypes.c_ulong),
    )


class XEvent(ctypes.Union):
    """XEvent of Xlib.h, of whichever kind ``type`` says."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("input", InputEvent),
        ("selection", SelectionEvent),
        ("pad", ctypes.c_long * 24),
    )


class _WindowAttributes(ctypes.Structure):
    """XSetWindowAttributes of Xlib.h."""

    _fields_ = (
        ("background_and_border", ctypes.c_ulong * 4),
        ("gravities_and_store", ctypes.c_int * 3),
        ("backing", ctypes.c_ulong * 2),
        ("save_under", ctypes.c_int),
        ("event_mask", ctypes.c_long),
        ("do_not_propagate_mask", ctypes.c_long),
        ("override_redirect", ctypes.c_int),
        ("colormap", ctypes.c_ulong),
        ("cursor", ctypes.c_ulong),
    )


class _Attributes(ctypes.Structure):
    """XWindowAttributes of Xlib.h."""

    _fields_ = (
        ("place_border_and_depth", ctypes.c_int * 6),
        ("visual", ctypes.c_void_p),
        ("root", ctypes.c_ulong),
        ("class_gravities_and_store", ctypes.c_int * 4),
        ("backing", ctypes.c_ulong * 2),
        ("save_under", ctypes.c_int),
        ("colormap", ctypes.c_ulong),
        ("map_installed", ctypes.c_int),
        ("map_state", ctypes.c_int),
        ("event_masks", ctypes.c_long * 3),
        ("override_redirect", ctypes.c_int),
        ("screen", ctypes.c_void_p),
    )


class Connection:
    """A connection to the X server, for one thread at a time.

    x, display: libX11 and what it calls the connection, for calls that have no method here. root: the root window.
    """

    def __init__(self, x: Any, display: int) -> None:
        self.x, self.display, self.root = x, display, int(x.XDefaultRootWindow(display))

    def close(self) -> None:
        """The windows that were made over it go too."""
        self.x.XCloseDisplay(self.display)

    def events(self) -> Iterator[XEvent]:
        """What has come by now, without waiting; each is valid until the next."""
        event = XEvent()
        while self.x.XPending(self.display):
            self.x.XNextEvent(self.display, ctypes.byref(event))
            yield event

    def atom(self, name: str, *, must_be: bool = False) -> int:
        """The number of a name; must_be: 0 where nobody has used it yet."""
        return int(self.x.XInternAtom(self.display, name.encode(), must_be))

    def numbers(self, window: int, name: str, most: int = 256) -> list[int]:
        """A property of whole numbers of a window, such as _NET_WORKAREA; empty where it has none."""
        atom = self.atom(name, must_be=True)
        # Xlib hands 32-bit numbers over as longs
        return self._property(window, atom, ctypes.c_ulong, 32, most) if atom else []

    def taken_text(self, window: int, atom: int, most: int) -> str:
        """A property's text, at most ``most`` times 4 bytes of it; the property is deleted."""
        return bytes(self._property(window, atom, ctypes.c_ubyte, 8, most, delete=True)).decode("utf-8", "replace")

    def new_window(self, parent: int, side: int, events: int = 0, only_here: int = 0) -> int:
        """A square without pixels (InputOnly) at the corner of its parent, not shown yet; 0 where that is gone.

        events: mask of those that come here. only_here: mask of those that the windows below do not get.
        """
        wants = _WindowAttributes(event_mask=events, do_not_propagate_mask=only_here)
        which = SET_EVENT_MASK | SET_DO_NOT_PROPAGATE
        place = (0, 0, side, side, 0, 0)
        window = self.x.XCreateWindow(self.display, parent, *place, INPUT_ONLY, None, which, ctypes.byref(wants))
        return int(window)

    def size_of(self, window: int) -> tuple[int, int]:
        """(height, width) of a window; (0, 0) if there is no such window."""
        root, place, sizes = ctypes.c_ulong(), [ctypes.c_int() for _ in range(2)], [ctypes.c_uint() for _ in range(4)]
        parts = [ctypes.byref(part) for part in (root, *place, *sizes)]
        if not self.x.XGetGeometry(self.display, window, *parts):
            return 0, 0
        return sizes[1].value, sizes[0].value

    def is_viewable(self, window: int) -> bool:
        """True if a window is on the screen with all that it lies in; False if it is minimized or gone."""
        found = _Attributes()
        is_there = self.x.XGetWindowAttributes(self.display, window, ctypes.byref(found))
        return bool(is_there) and found.map_state == IS_VIEWABLE

    def _property(
        self, window: int, atom: int, number: type[Any], bits: int, most: int, *, delete: bool = False
    ) -> list[int]:
        """The numbers of a property if they have so many bits."""
        kind, found_bits, count, rest = ctypes.c_ulong(), ctypes.c_int(), ctypes.c_ulong(), ctypes.c_ulong()
        values = ctypes.POINTER(number)()
        parts = [ctypes.byref(part) for part in (kind, found_bits, count, rest, values)]
        self.x.XGetWindowProperty(self.display, window, atom, 0, most, delete, ANY_TYPE, *parts)
        found = list(values[: count.value]) if values and found_bits.value == bits else []
        if values:
            self.x.XFree(values)
        return found


def connected() -> Connection | None:
    """A new connection; None where there is no libX11, or no server that answers."""
    x = library()
    display = None if x is None else x.XOpenDisplay(None)
    return Connection(x, display) if display else None


@lru_cache(maxsize=1)
def library() -> Any:
    """libX11 with the types of what is called (pointers and ids are longer than ctypes' int); None without it."""
    try:
        x = ctypes.CDLL(NAME)
    except OSError:
        return None
    pointer, window, long, integer = ctypes.c_void_p, ctypes.c_ulong, ctypes.c_long, ctypes.c_int
    x.XOpenDisplay.restype = pointer
    for gives_number in (x.XDefaultRootWindow, x.XInternAtom, x.XCreateWindow, x.XGetSelectionOwner):
        gives_number.restype = window
    places = [integer, integer, ctypes.c_uint, ctypes.c_uint, ctypes.c_uint]
    arguments = {
        "XOpenDisplay": [ctypes.c_char_p],
        "XCloseDisplay": [pointer],
        "XDefaultRootWindow": [pointer],
        "XInternAtom": [pointer, ctypes.c_char_p, integer],
        "XFree": [pointer],
        "XGetWindowProperty": [pointer, window, window, long, long, integer, window, *[pointer] * 5],
        "XGetGeometry": [pointer, window, *[pointer] * 7],
        "XGetWindowAttributes": [pointer, window, pointer],
        "XSendEvent": [pointer, window, integer, long, pointer],
        "XCreateWindow": [pointer, window, *places, integer, ctypes.c_uint, pointer, window, pointer],
        "XMapRaised": [pointer, window],
        "XSetSelectionOwner": [pointer, window, window, window],
        "XGetSelectionOwner": [pointer, window],
        "XChangeProperty": [pointer, window, window, window, integer, integer, pointer, integer],
        "XConvertSelection": [pointer, *[window] * 5],
        "XQueryPointer": [pointer, window, *[pointer] * 7],
        "XQueryTree": [pointer, window, *[pointer] * 4],
        "XFetchName": [pointer, window, pointer],
        "XSelectInput": [pointer, window, long],
        "XLookupString": [pointer, pointer, integer, pointer, pointer],
        "XSync": [pointer, integer],
        "XFlush": [pointer],
        "XPending": [pointer],
        "XNextEvent": [pointer, pointer],
    }
    for name, types in arguments.items():
        getattr(x, name).argtypes = types
    x.XSetErrorHandler(_ignore)
    return x
