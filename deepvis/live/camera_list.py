"""The cameras that the palette offers: looked up, or tried in a thread of its own, without holding anybody up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from deepvis.sources.camera import camera_present
from deepvis.sources.camera_names import MOST_TRIED, cameras_are_listed, present_cameras

LOOK_SECONDS = 2.0  # between looks, while somebody wants to know

Cameras = tuple[tuple[int, str], ...]


class CameraList:
    """``look`` gives what is known now. Where cameras must be tried, that is done once, by a daemon thread.

    A number that hangs keeps those after it from being tried, and nothing else.
    """

    def __init__(
        self,
        listed: Callable[[], Cameras] | None = None,
        present: Callable[[int], bool] = camera_present,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._listed = listed or (present_cameras if cameras_are_listed() else None)
        self._present, self._clock = present, clock
        self._found: Cameras = ()
        self._next_look = float("-inf")
        self._thread: threading.Thread | None = None

    def look(self) -> Cameras:
        """(number, name) of each camera that is known; never waits for a camera."""
        if self._listed is None:
            if self._thread is None:
                self._thread = threading.Thread(target=self._try_all, name="camera list", daemon=True)
                self._thread.start()
        elif self._clock() >= self._next_look:
            self._next_look = self._clock() + LOOK_SECONDS
            self._found = self._listed()
        return self._found

    def _try_all(self) -> None:
        for number in range(MOST_TRIED):
            if self._present(number):
                self._found = (*self._found, (number, ""))
