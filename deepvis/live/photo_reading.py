"""Waiting for photos no longer than for an answer to something else: a disk or a share may hang."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import wait
from typing import TypeVar

from deepvis.core.state import InputState
from deepvis.core.types import Frame
from deepvis.live.photo_thread import PhotoThread
from deepvis.live.worker import Worker

SILENT_SECONDS = 4.0  # without a frame or an answer until a camera, a video or a disk is said to hang
QUICK_SECONDS = 0.5  # within which most photos are read
LOOK_SECONDS = 1.0

T = TypeVar("T")


class LeftBehind(Exception):
    """Something else is wanted than what is being read."""


class PhotoReading(Worker[InputState, Frame]):
    """A worker that has photos read in a thread beside its own.

    Where a disk or a share gives no answer, that is said after ``patience`` seconds, and a request for a camera, a
    video or other images leaves that thread behind, which ends when it has its answer.
    """

    def __init__(self, name: str, patience: float) -> None:
        super().__init__(name)
        self._patience = patience
        self._photo_thread = PhotoThread()
        self._state: InputState | None = None  # what is wanted; None: nothing is shown of the last request

    def read(self, act: Callable[[], T]) -> T:
        """What a call gives that reads photos. Raises what it raises, and LeftBehind."""
        reading = self._photo_thread.begin(act)
        if wait([reading], min(self._patience, QUICK_SECONDS)).done:
            return reading.result()
        reading.add_done_callback(lambda _: self._wake.put(None))
        is_said, began = False, time.monotonic()
        try:
            while not reading.done():
                self._wake.take(min(self._patience, LOOK_SECONDS))
                if not reading.done() and self._has_left():
                    raise LeftBehind
                if not (is_said or reading.done()) and time.monotonic() - began >= self._patience:
                    self.fail(silence_words(None if self._state is None else self._state.images))
                    is_said = True
        finally:
            self._wake.put(None)  # what has come meanwhile is looked at
        if is_said:
            self.recover()
        return reading.result()

    def forget_photos(self, images: str | None) -> None:
        """Open these images anew when they are wanted again: the thread left behind still has them."""

    def _has_left(self) -> bool:
        """Leave the thread behind, if other pictures are wanted than those that hang, or none."""
        wanted, state = self.inbox.peek(), self._state
        if not self.inbox.is_closed and (wanted is None or state is None or not wants_others(state, wanted)):
            return False
        self._photo_thread.leave()
        self._photo_thread = PhotoThread()
        self.forget_photos(None if state is None else state.images)
        return True


def wants_others(before: InputState, state: InputState) -> bool:
    """Does a request want a camera, a video or other images than the one before?"""
    return state.moving or state.images != before.images


def silence_words(images: str | None) -> str:
    """Says that photos cannot be read for now. images: as of InputState."""
    which = "the photos" if images is None else f"the photos in {images}"
    return f"{which} cannot be read: the disk or the share gives no answer; waiting for it (c or / for others)"
