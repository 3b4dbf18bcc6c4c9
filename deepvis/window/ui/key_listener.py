"""A key listener on this process's own window, where there is an X server.

OpenCV's Qt window keeps only the last of the keys that arrive between two looks, cannot tell ``J`` from ``j``, and
does not notice when another client destroys it (``xdotool windowclose``). An X server reports the key
presses and the end of any window to each client that asks: so this asks, on a connection of its own, through libX11.
"""

from __future__ import annotations

import ctypes
import os
import threading
import time

from deepvis.window.ui import xlib

KEY_PRESS, CREATE_NOTIFY, DESTROY_NOTIFY = 2, 16, 17  # X.h
KEY_PRESS_MASK, STRUCTURE_NOTIFY_MASK, SUBSTRUCTURE_NOTIFY_MASK = 1 << 0, 1 << 17, 1 << 19
CONTROL, ALT = 1 << 2, 1 << 3  # bits of a key event's state
WATCH_SECONDS = 0.0005  # between two looks for new windows
GTK_CONTROL, GTK_ALT = 0x40000, 0x80000  # as deepvis.core.keys takes them
CTRL_V = frozenset({ord("v") | GTK_CONTROL, ord("V") | GTK_CONTROL})


class KeyListener:
    """Listens to the key presses and the end of a top-level window of this process, found by its title.

    It is there before the window: a thread listens to every new window from its beginning, so that no key is too early.
    found: False until ``listen``, and where there is no such window or no libX11; then no key ever comes.
    window: its number, 0 as long as it is not found.
    """

    def __init__(self) -> None:
        self.found = False
        self.is_destroyed = False
        self.window = 0
        self._pressed: list[tuple[int, int]] = []  # (window, code)
        self._new_windows: set[int] = set()
        self._is_found_out = threading.Event()
        self._server = xlib.connected()
        if self._server is None:
            return
        self._select(self._server, self._server.root, SUBSTRUCTURE_NOTIFY_MASK)
        self._watcher = threading.Thread(
            target=self._watch_new_windows, args=(self._server,), name="key listener", daemon=True
        )
        self._watcher.start()

    def listen(self, title: str) -> None:
        """Listen to the window of that title from now on, and to it alone; it exists by now."""
        server = self._server
        if server is None:
            return
        self._is_found_out.set()
        self._watcher.join()  # the connection is this thread's again
        self._select(server, server.root, 0)
        self.window = _own_window(server, title.encode())
        for other in self._new_windows - {self.window}:
            self._select(server, other, 0)
        if self.window:
            self._select(server, self.window, KEY_PRESS_MASK | STRUCTURE_NOTIFY_MASK)
            self.found = True

    def take_keys(self) -> list[int]:
        """The keys pressed since the last call, as keysyms with GTK's bits for Ctrl and Alt; sets is_destroyed."""
        if self.found and self._server is not None:
            self._take_events(self._server)
        pressed, self._pressed = self._pressed, []
        return [code for window, code in pressed if window == self.window]

    def close(self) -> None:
        if self._server is not None:
            self._is_found_out.set()
            self._watcher.join()
            self._server.close()
        self.found, self._server = False, None

    def _watch_new_windows(self, server: xlib.Connection) -> None:
        """Listen to every window that is made until ``listen`` says which one is meant."""
        while not self._is_found_out.is_set():
            self._take_events(server)
            time.sleep(WATCH_SECONDS)

    def _take_events(self, server: xlib.Connection) -> None:
        for event in server.events():
            if event.type == CREATE_NOTIFY:
                window = event.input.root  # where a XCreateWindowEvent has the new window
                self._select(server, window, KEY_PRESS_MASK | STRUCTURE_NOTIFY_MASK)
                self._new_windows.add(window)
            elif event.type == DESTROY_NOTIFY and event.input.window == self.window:
                self.is_destroyed = True
            elif event.type == KEY_PRESS:
                self._pressed.append((event.input.window, _code(server, event.input)))

    @staticmethod
    def _select(server: xlib.Connection, window: int, mask: int) -> None:
        server.x.XSelectInput(server.display, window, mask)
        server.x.XSync(server.display, 0)


def _code(server: xlib.Connection, event: xlib.InputEvent) -> int:
    text, keysym = ctypes.create_string_buffer(8), ctypes.c_ulong()
    server.x.XLookupString(ctypes.byref(event), text, len(text), ctypes.byref(keysym), None)
    extra = (GTK_CONTROL if event.state & CONTROL else 0) | (GTK_ALT if event.state & ALT else 0)
    return int(keysym.value) | extra


def _own_window(server: xlib.Connection, title: bytes) -> int:
    """This process's window of a title, on the root or below a window manager's frame there; 0 if there is none."""
    for window in _children(server, server.root):
        for candidate in (window, *_children(server, window)):
            if _title(server, candidate) == title and server.numbers(candidate, "_NET_WM_PID") == [os.getpid()]:
                return candidate
    return 0


def _children(server: xlib.Connection, window: int) -> list[int]:
    root, parent, count = ctypes.c_ulong(), ctypes.c_ulong(), ctypes.c_uint()
    found = ctypes.POINTER(ctypes.c_ulong)()
    places = [ctypes.byref(place) for place in (root, parent, found, count)]
    if not server.x.XQueryTree(server.display, window, *places):
        return []
    children = list(found[: count.value]) if found else []
    if found:
        server.x.XFree(found)
    return children


def _title(server: xlib.Connection, window: int) -> bytes:
    name = ctypes.c_char_p()
    if not server.x.XFetchName(server.display, window, ctypes.byref(name)):
        return b""
    text = name.value or b""
    server.x.XFree(name)
    return text
