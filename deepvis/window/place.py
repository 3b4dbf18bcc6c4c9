"""Where the window is, and which moving source goes with it: on this machine's screen, or elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from deepvis.sources.capture import FrameSource
from deepvis.window.ui.window import AnyWindow


class WindowPlace(Protocol):
    """A place other than the screen, as the pages of a browser."""

    def open_window(self, height: int, width: int) -> AnyWindow:
        """A window whose picture has so many pixels at first."""

    def moving_source(self, own: Callable[[], FrameSource] | None) -> FrameSource:
        """What gives pictures by itself. own: makes this machine's camera or video, None where there is none."""

    def close(self) -> None:
        """Let go of the place; a second call does nothing."""
