"""Autoplay: the next photo, once each was shown for its seconds."""

from __future__ import annotations

from dataclasses import replace

from deepvis.core.state import AppState, InputState


class AutoplayClock:
    """Counts the seconds of a photo from when the panes have it."""

    def __init__(self) -> None:
        self._shown: InputState | None = None  # the input whose seconds are counted
        self._since = 0.0

    def __call__(self, state: AppState, now: float, *, is_shown: bool) -> AppState:
        """The state at the next photo, if that is due, without a step of the history; else as it is.

        is_shown: the network has passed the photo that the state asks for.
        """
        source = state.input
        if not source.autoplay.is_on or source.moving or state.typing is not None:
            self._shown = None
            return state
        if source != self._shown:
            if is_shown:
                self._shown, self._since = source, now
            return state
        if now - self._since < source.autoplay.seconds:
            return state
        return replace(state, input=replace(source, file_index=source.file_index + 1))
