"""What of ``--replay`` is still to be done again, and what held when it was recorded."""

from __future__ import annotations

from collections.abc import Sequence

from deepvis.window.gestures import Gesture, Replay


class Replaying:
    """pixel_ratio: of the recorded window; None where nothing is done again: the window's own counts.

    pause: seconds before the gesture that is being done again; None while none is.
    """

    def __init__(self, replay: Replay | None) -> None:
        self._gestures = list(replay.gestures) if replay is not None else []
        self.pixel_ratio = None if replay is None else replay.start.pixel_ratio
        self.pause: float | None = None

    @property
    def tokens(self) -> Sequence[str]:
        """One for each gesture, as a script's keys."""
        return [gesture.token for gesture in self._gestures]

    def take(self) -> Gesture | None:
        """The next gesture; None once there are no more."""
        return self._gestures.pop(0) if self._gestures else None

    def resized(self, pixel_ratio: float) -> None:
        """A recorded size has another ratio."""
        self.pixel_ratio = None if self.pixel_ratio is None else pixel_ratio
