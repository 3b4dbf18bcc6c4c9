"""What the viewers do, on its way to the window's thread: in order, bounded, with old moves and sizes left out."""

from __future__ import annotations

import threading

from deepvis.serve.limits import MOST_EVENTS
from deepvis.window.ui.events import CameraEnded, CameraGiven, Event, Key, Mouse, Resized


class EventBox:
    """Filled by the server's thread, emptied by the window's."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._events: list[Event] = []

    @property
    def is_full(self) -> bool:
        """The window has not looked for so long that there is no room."""
        return len(self._events) >= MOST_EVENTS

    @property
    def has_press(self) -> bool:
        """A key or a button of the mouse waits for the window."""
        return any(isinstance(each, Key) or (isinstance(each, Mouse) and each.kind == "press") for each in self._events)

    def put(self, event: Event) -> bool:
        """Add an event; False where there is no room. For a size, and for the camera, there always is."""
        with self._condition:
            if isinstance(event, (Resized, CameraGiven, CameraEnded)):
                self._events = [each for each in self._events if type(each) is not type(event)] + [event]
            elif self._events and _replaces(event, self._events[-1]):
                self._events[-1] = event
            elif len(self._events) >= MOST_EVENTS:
                return False
            else:
                self._events.append(event)
            self._condition.notify()
            return True

    def take(self, seconds: float) -> list[Event]:
        """All events since the last call; waits so long for the first."""
        with self._condition:
            if not self._events:
                self._condition.wait(seconds)
            events, self._events = self._events, []
            return events


def _replaces(event: Event, before: Event) -> bool:
    """True for a move after a move: only the newer one counts."""
    return isinstance(event, Mouse) and isinstance(before, Mouse) and event.kind == before.kind == "move"
