"""A pane of glass over OpenCV's window: where there is an X server, the mouse is heard here and Qt never sees it.

OpenCV's Qt view zooms by itself with the wheel and pans by itself with a drag; no flag and no property turns that
off or back. So a child window without pixels (InputOnly) lies over all of it and takes every press, turn of the wheel
and move of the pointer; none is passed on to the window below, not even what XInput 2 adds for smooth scrolling.
Keys go on to Qt's window as before.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Literal

from deepvis.window.ui import xlib

BUTTON_PRESS, MOTION_NOTIFY, LEAVE_NOTIFY = 4, 6, 8  # X.h
BUTTON_PRESS_MASK, BUTTON_RELEASE_MASK, LEAVE_MASK, MOTION_MASK, DRAG_MASK = 1 << 2, 1 << 3, 1 << 5, 1 << 6, 1 << 13
POINTER_MASK = BUTTON_PRESS_MASK | BUTTON_RELEASE_MASK | MOTION_MASK | DRAG_MASK
LEFT, MIDDLE, WHEEL_UP, WHEEL_DOWN = 1, 2, 4, 5  # X's numbers of buttons
INPUT_ONLY = 2
SET_EVENT_MASK, SET_DO_NOT_PROPAGATE = 1 << 11, 1 << 12  # CWEventMask, CWDontPropagate
LARGER_THAN_ANY = 32000  # pixels; X clips a child window to its parent, whatever size that gets
NOTIFY_NORMAL = 0  # mode of a crossing that no grab has caused


@dataclass(frozen=True)
class PointerChange:
    """What the mouse did, at a place of the window, counted in the X server's pixels. middle: that button."""

    kind: Literal["press", "middle", "wheel", "move", "leave"]
    row: int = 0
    col: int = 0
    steps: int = 0  # of the wheel, positive away from the user


class _PointerEvent(ctypes.Structure):
    """XButtonEvent, XMotionEvent and XCrossingEvent of Xlib.h, alike up to here, within the 192 bytes of an XEvent."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("root", ctypes.c_ulong),
        ("subwindow", ctypes.c_ulong),
        ("time", ctypes.c_ulong),
        ("col", ctypes.c_int),
        ("row", ctypes.c_int),
        ("on_root", ctypes.c_int * 2),
        ("state_or_mode", ctypes.c_uint),  # of a crossing: the mode
        ("button", ctypes.c_uint),
        ("rest", ctypes.c_byte * 96),
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


class PointerShield:
    """Lies over a window of this process and hears the mouse there, on a connection of its own.

    window: its number. is_up: False where there is no X server to ask; then the mouse goes to Qt as ever.
    """

    def __init__(self, window: int) -> None:
        self.is_up = False
        self._window = window
        self._x = xlib.library()
        self._display = self._x.XOpenDisplay(None) if self._x is not None and window else None
        if not self._display:
            return
        wants = _WindowAttributes(event_mask=POINTER_MASK | LEAVE_MASK, do_not_propagate_mask=POINTER_MASK)
        which = SET_EVENT_MASK | SET_DO_NOT_PROPAGATE
        side = LARGER_THAN_ANY
        glass = self._x.XCreateWindow(
            self._display, window, 0, 0, side, side, 0, 0, INPUT_ONLY, None, which, ctypes.byref(wants)
        )
        self._x.XMapRaised(self._display, glass)
        self._x.XSync(self._display, 0)
        self.is_up = bool(glass)

    def take_events(self) -> list[PointerChange]:
        """What the mouse did since the last call; of moves without anything between them the last."""
        events: list[PointerChange] = []
        event = _PointerEvent()
        while self._display and self._x.XPending(self._display):
            self._x.XNextEvent(self._display, ctypes.byref(event))
            change = _pointed(event)
            if change is None:
                continue
            if change.kind == "move" and events and events[-1].kind == "move":
                events.pop()
            events.append(change)
        return events

    def size(self) -> tuple[int, int]:
        """(height, width) of the window in the X server's pixels; (0, 0) once it is gone."""
        return xlib.size_of(self._x, self._display, self._window) if self._display else (0, 0)

    def close(self) -> None:
        """Take the glass away: it goes with the connection that made it."""
        if self._display:
            self._x.XCloseDisplay(self._display)
        self.is_up, self._display = False, None


def _pointed(event: _PointerEvent) -> PointerChange | None:
    """The event in plain words; None for what means nothing here: the menu button, releases."""
    if event.type == MOTION_NOTIFY:
        return PointerChange("move", event.row, event.col)
    if event.type == LEAVE_NOTIFY:
        return PointerChange("leave") if event.state_or_mode == NOTIFY_NORMAL else None
    if event.type != BUTTON_PRESS:
        return None
    if event.button in (LEFT, MIDDLE):
        return PointerChange("press" if event.button == LEFT else "middle", event.row, event.col)
    if event.button in (WHEEL_UP, WHEEL_DOWN):
        return PointerChange("wheel", event.row, event.col, steps=1 if event.button == WHEEL_UP else -1)
    return None
