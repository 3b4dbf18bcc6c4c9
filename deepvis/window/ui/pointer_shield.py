"""A pane of glass over OpenCV's window: where there is an X server, it takes the mouse's events and Qt gets none.

OpenCV's Qt view zooms by itself with the wheel and pans by itself with a drag; no flag and no property turns that
off or back. So a child window without pixels (InputOnly) lies over all of it and takes every press, turn of the wheel
and move of the pointer; none is passed on to the window below, not even what XInput 2 adds for smooth scrolling.
Keys go on to Qt's window as before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from deepvis.window.ui import xlib

BUTTON_PRESS, MOTION_NOTIFY, LEAVE_NOTIFY = 4, 6, 8  # X.h
BUTTON_PRESS_MASK, BUTTON_RELEASE_MASK, LEAVE_MASK, MOTION_MASK, DRAG_MASK = 1 << 2, 1 << 3, 1 << 5, 1 << 6, 1 << 13
POINTER_MASK = BUTTON_PRESS_MASK | BUTTON_RELEASE_MASK | MOTION_MASK | DRAG_MASK
LEFT, MIDDLE, WHEEL_UP, WHEEL_DOWN = 1, 2, 4, 5  # X's numbers of buttons
LARGER_THAN_ANY = 32000  # pixels; X clips a child window to its parent, whatever size that gets
NOTIFY_NORMAL = 0  # mode of a crossing that no grab has caused


@dataclass(frozen=True)
class PointerChange:
    """What the mouse did, at a place of the window, counted in the X server's pixels. middle: that button."""

    kind: Literal["press", "middle", "wheel", "move", "leave"]
    row: int = 0
    col: int = 0
    steps: int = 0  # of the wheel, positive away from the user


class PointerShield:
    """Lies over a window of this process and takes the mouse's events there, on a connection of its own.

    window: its number. Where there is no X server to ask, the mouse goes to Qt as ever.
    """

    def __init__(self, window: int) -> None:
        self._window = window
        self._server = xlib.connected() if window else None
        if self._server is None:
            return
        glass = self._server.new_window(window, LARGER_THAN_ANY, POINTER_MASK | LEAVE_MASK, POINTER_MASK)
        self._server.x.XMapRaised(self._server.display, glass)
        self._server.x.XSync(self._server.display, 0)

    def take_events(self) -> list[PointerChange]:
        """What the mouse did since the last call; of moves without anything between them the last."""
        events: list[PointerChange] = []
        for event in self._server.events() if self._server is not None else ():
            change = _pointed(event.input)
            if change is None:
                continue
            if change.kind == "move" and events and events[-1].kind == "move":
                events.pop()
            events.append(change)
        return events

    def size(self) -> tuple[int, int]:
        """(height, width) of the window in the X server's pixels; (0, 0) once it is gone."""
        return (0, 0) if self._server is None else self._server.size_of(self._window)

    def close(self) -> None:
        """Take the glass away: it goes with the connection that made it."""
        if self._server is not None:
            self._server.close()
        self._server = None


def _pointed(event: xlib.InputEvent) -> PointerChange | None:
    """The event in plain words; None for what means nothing here: the menu button, releases."""
    if event.type == MOTION_NOTIFY:
        return PointerChange("move", event.row, event.col)
    if event.type == LEAVE_NOTIFY:
        return PointerChange("leave") if event.state == NOTIFY_NORMAL else None
    if event.type != BUTTON_PRESS:
        return None
    if event.button in (LEFT, MIDDLE):
        return PointerChange("press" if event.button == LEFT else "middle", event.row, event.col)
    if event.button in (WHEEL_UP, WHEEL_DOWN):
        return PointerChange("wheel", event.row, event.col, steps=1 if event.button == WHEEL_UP else -1)
    return None
