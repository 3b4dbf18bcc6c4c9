"""A key listener on this process's own window, where there is an X server.

OpenCV's Qt window keeps only the last of the keys that arrive between two looks, cannot tell ``J`` from ``j``, and
does not notice when another client destroys it (``xdotool windowclose``). An X server tells any client that asks of
the key presses and the end of any window: so this asks, on a connection of its own, through libX11.
"""

from __future__ import annotations

import ctypes
import os
import threading
import time
from typing import Any

KEY_PRESS, CREATE_NOTIFY, DESTROY_NOTIFY = 2, 16, 17  # X.h
KEY_PRESS_MASK, STRUCTURE_NOTIFY_MASK, SUBSTRUCTURE_NOTIFY_MASK = 1 << 0, 1 << 17, 1 << 19
CONTROL, ALT = 1 << 2, 1 << 3  # bits of a key event's state
CARDINAL = 6  # Xatom.h
WATCH_SECONDS = 0.0005  # between two looks for new windows
GTK_CONTROL, GTK_ALT = 0x40000, 0x80000  # as deepvis.core.keys takes them
CTRL_V = frozenset({ord("v") | GTK_CONTROL, ord("V") | GTK_CONTROL})

_HANDLER = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
_ignore = _HANDLER(lambda display, event: 0)  # Xlib would end the process at the first window that is gone


class _KeyEvent(ctypes.Structure):
    """XKeyEvent of Xlib.h, within the 192 bytes of an XEvent."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("root", ctypes.c_ulong),
        ("subwindow", ctypes.c_ulong),
        ("time", ctypes.c_ulong),
        ("places", ctypes.c_int * 4),
        ("state", ctypes.c_uint),
        ("keycode", ctypes.c_uint),
        ("same_screen", ctypes.c_int),
        ("rest", ctypes.c_byte * 96),
    )


class KeyListener:
    """Listens to the key presses and the end of a top-level window of this process, found by its title.

    Made before the window: from then on a thread listens to every window as it is made, so that no key is too early.
    found: False until ``listen``, and where there is no such window or no libX11; then no key ever comes.
    window: its number, 0 as long as it is not found.
    """

    def __init__(self, library: str = "libX11.so.6") -> None:
        self.found = False
        self.is_destroyed = False
        self._display = None
        self._pressed: list[tuple[int, int]] = []  # (window, code)
        self._window = 0
        self._new_windows: set[int] = set()
        self._is_found_out = threading.Event()
        try:
            self._x = _declared(ctypes.CDLL(library))
        except OSError:
            return
        self._display = self._x.XOpenDisplay(None)
        if not self._display:
            return
        self._x.XSetErrorHandler(_ignore)
        self._root = self._x.XDefaultRootWindow(self._display)
        self._select(self._root, SUBSTRUCTURE_NOTIFY_MASK)
        self._watcher = threading.Thread(target=self._watch_new_windows, name="key listener", daemon=True)
        self._watcher.start()

    def listen(self, title: str) -> None:
        """Listen to the window of that title from now on, and to it alone; it exists by now."""
        if not self._display:
            return
        self._is_found_out.set()
        self._watcher.join()  # the connection is this thread's again
        self._select(self._root, 0)
        self._window = self._find(title.encode())
        for other in self._new_windows - {self._window}:
            self._select(other, 0)
        if self._window:
            self._select(self._window, KEY_PRESS_MASK | STRUCTURE_NOTIFY_MASK)
            self.found = True

    @property
    def window(self) -> int:
        return self._window

    def take_keys(self) -> list[int]:
        """The keys pressed since the last call, as keysyms with GTK's bits for Ctrl and Alt; sets is_destroyed."""
        if self.found:
            self._take_events()
        pressed, self._pressed = self._pressed, []
        return [code for window, code in pressed if window == self._window]

    def _watch_new_windows(self) -> None:
        """Listen to every window that is made until ``listen`` says which one is meant."""
        while not self._is_found_out.is_set():
            self._take_events()
            time.sleep(WATCH_SECONDS)

    def _take_events(self) -> None:
        event = _KeyEvent()
        while self._x.XPending(self._display):
            self._x.XNextEvent(self._display, ctypes.byref(event))
            if event.type == CREATE_NOTIFY:
                window = event.root  # where a XCreateWindowEvent has the new window
                self._select(window, KEY_PRESS_MASK | STRUCTURE_NOTIFY_MASK)
                self._new_windows.add(window)
            elif event.type == DESTROY_NOTIFY and event.window == self._window:
                self.is_destroyed = True
            elif event.type == KEY_PRESS:
                self._pressed.append((event.window, self._code(event)))

    def _select(self, window: int, mask: int) -> None:
        self._x.XSelectInput(self._display, window, mask)
        self._x.XSync(self._display, 0)

    def close(self) -> None:
        if self._display:
            self._is_found_out.set()
            self._watcher.join()
            self._x.XCloseDisplay(self._display)
        self.found, self._display = False, None

    def _code(self, event: _KeyEvent) -> int:
        text, keysym = ctypes.create_string_buffer(8), ctypes.c_ulong()
        self._x.XLookupString(ctypes.byref(event), text, len(text), ctypes.byref(keysym), None)
        extra = (GTK_CONTROL if event.state & CONTROL else 0) | (GTK_ALT if event.state & ALT else 0)
        return int(keysym.value) | extra

    def _find(self, title: bytes) -> int:
        """The window on the root, or below a window manager's frame there; 0 if there is none."""
        for window in self._children(self._root):
            for candidate in (window, *self._children(window)):
                if self._title(candidate) == title and self._process(candidate) == os.getpid():
                    return candidate
        return 0

    def _children(self, window: int) -> list[int]:
        root, parent, count = ctypes.c_ulong(), ctypes.c_ulong(), ctypes.c_uint()
        found = ctypes.POINTER(ctypes.c_ulong)()
        places = [ctypes.byref(place) for place in (root, parent, found, count)]
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
        self._x.XGetWindowProperty(self._display, window, atom, 0, 1, 0, CARDINAL, *places)
        number = int(value[0]) if value and count.value else 0
        if value:
            self._x.XFree(value)
        return number


def _declared(x: Any) -> Any:
    """libX11 with the types of what is called: pointers and ids are longer than ctypes' int."""
    pointer, window, long, integer = ctypes.c_void_p, ctypes.c_ulong, ctypes.c_long, ctypes.c_int
    x.XOpenDisplay.restype, x.XOpenDisplay.argtypes = pointer, [ctypes.c_char_p]
    x.XCloseDisplay.argtypes = [pointer]
    x.XDefaultRootWindow.restype, x.XDefaultRootWindow.argtypes = window, [pointer]
    x.XInternAtom.restype, x.XInternAtom.argtypes = window, [pointer, ctypes.c_char_p, integer]
    x.XQueryTree.argtypes = [pointer, window, *[pointer] * 4]
    x.XFetchName.argtypes = [pointer, window, pointer]
    x.XFree.argtypes = [pointer]
    x.XGetWindowProperty.argtypes = [pointer, window, window, long, long, integer, window, *[pointer] * 5]
    x.XSelectInput.argtypes = [pointer, window, long]
    x.XSync.argtypes = [pointer, integer]
    x.XPending.argtypes = [pointer]
    x.XNextEvent.argtypes = [pointer, pointer]
    x.XLookupString.argtypes = [pointer, pointer, integer, pointer, pointer]
    return x
