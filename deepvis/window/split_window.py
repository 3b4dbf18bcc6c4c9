"""One window for two toolboxes, side by side; each half is a window of its own to its toolbox."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from deepvis.core.geometry import Rect
from deepvis.core.key_hold import KeyHold
from deepvis.core.panes import text_scale_of
from deepvis.window.ui import theme
from deepvis.window.ui.canvas import fill
from deepvis.window.ui.events import CameraEnded, CameraGiven, Closed, Event, Key, Mouse, Pasted, PhotoGiven, Resized
from deepvis.window.ui.text import draw_text, line_height
from deepvis.window.ui.window import AnyWindow

STRIP_HEIGHT = 26  # pixels of the names at text scale 1
KEYS_GO_HERE, HOW_TO_TURN = "keys go here", "ctrl+o, or a click: keys go here"


class SplitWindow:
    """Two halves of a window, left and right, each below a strip with its network's name.

    Keys go to the half in use, a click makes a half that; wheel and pointer belong to the half under them.
    names: of the networks. in_use: 0 or 1. picture: (H, W, 3) uint8 BGR, both halves, None before the first.
    """

    def __init__(self, window: AnyWindow, names: tuple[str, str]) -> None:
        self.in_use = 0
        self.picture: np.ndarray | None = None
        self._window, self._names = window, names
        self._pointed: int | None = None  # the half under the pointer
        self._drawn_for: tuple[object, ...] = ()
        self._has_changed = False
        self.halves = (HalfWindow(self, 0), HalfWindow(self, 1))

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of a half, without its strip; the right one begins at ``width + gap``."""
        height, width = self._window.size
        return max(height - self._strip, 1), (width - self._gap) // 2

    @property
    def pixel_ratio(self) -> float:
        return self._window.pixel_ratio

    @property
    def receives_text(self) -> bool:
        return self._window.receives_text

    @property
    def opens_paths(self) -> bool:
        return self._window.opens_paths

    @property
    def reserved_keys(self) -> frozenset[str]:
        return self._window.reserved_keys

    @property
    def key_hold(self) -> KeyHold | None:
        return self._window.key_hold

    def turn_to(self, half: int) -> None:
        """Have keys go to a half from now on."""
        self.in_use = half

    def collect(self, milliseconds: int) -> None:
        """Hand what happened since the last call to the halves; waits as ``AnyWindow.poll``."""
        for event in self._window.poll(milliseconds):
            self._hand_on(event)

    def show_half(self, half: int, bgr: np.ndarray) -> None:
        """Take over what a half shows."""
        self._make_picture()
        assert self.picture is not None
        height, width = self.size
        place = Rect(self._strip, self._left(half), height, width)
        if bgr.shape[:2] == (height, width):  # else it was drawn before the window's size changed
            self.picture[place.slices] = bgr
            self._has_changed = True

    def show(self) -> bool:
        """Show both halves, if one of them has changed; True if they were."""
        self._make_picture()
        if not self._has_changed or self.picture is None:
            return False
        self._window.show(self.picture)
        self._has_changed = False
        return True

    def with_halves(self, panes: Sequence[np.ndarray]) -> np.ndarray:
        """The window's picture with others in its halves, those of its size: without what lies over the panes."""
        self._make_picture()
        assert self.picture is not None
        picture, (height, width) = self.picture.copy(), self.size
        for half, bgr in enumerate(panes):
            if bgr.shape[:2] == (height, width):
                picture[Rect(self._strip, self._left(half), height, width).slices] = bgr
        return picture

    def copy(self, text: str) -> bool:
        return self._window.copy(text)

    def close(self) -> None:
        self._window.close()

    @property
    def _scale(self) -> float:
        height, width = self._window.size
        return text_scale_of(height, width)

    @property
    def _strip(self) -> int:
        return round(STRIP_HEIGHT * self._scale)

    @property
    def _gap(self) -> int:
        return max(round(4 * self._scale), 2)

    def _left(self, half: int) -> int:
        return half * (self.size[1] + self._gap)

    def _hand_on(self, event: Event) -> None:
        if isinstance(event, (Key, Pasted, PhotoGiven, CameraGiven, CameraEnded)):
            self.halves[self.in_use].events.append(event)
        elif isinstance(event, Mouse):
            self._hand_on_mouse(event)
        elif isinstance(event, Resized):
            for half in self.halves:
                half.events.append(Resized(*self.size))
        elif isinstance(event, Closed):
            for half in self.halves:
                half.events.append(event)

    def _hand_on_mouse(self, event: Mouse) -> None:
        half = None if event.kind == "leave" else int(event.col >= self._left(1))
        if self._pointed is not None and half != self._pointed:
            self.halves[self._pointed].events.append(Mouse("leave", 0, 0))
        self._pointed = half
        if half is None:
            return
        if event.kind == "press":
            self.turn_to(half)
        row, col = event.row - self._strip, event.col - self._left(half)
        if row >= 0 and col < self.size[1]:
            self.halves[half].events.append(Mouse(event.kind, row, col, event.steps))

    def _make_picture(self) -> None:
        """The buffer in the window's size, with the strips as they are now."""
        drawn_for = (self._window.size, self.in_use)
        if drawn_for == self._drawn_for and self.picture is not None:
            return
        height, width = self._window.size
        if self.picture is None or self.picture.shape[:2] != (height, width):
            self.picture = np.empty((height, width, 3), np.uint8)
            fill(self.picture, Rect(0, 0, height, width), theme.BACKGROUND)
        for half in (0, 1):
            self._draw_strip(self.picture, half)
        self._drawn_for, self._has_changed = drawn_for, True

    def _draw_strip(self, canvas: np.ndarray, half: int) -> None:
        """The network's name; of the half in use on the colour of what is selected, with a line below it."""
        is_used, scale = half == self.in_use, self._scale
        place = Rect(0, self._left(half), self._strip, self.size[1])
        fill(canvas, place, theme.CHOSEN if is_used else theme.BACKGROUND)
        line = max(round(2 * scale), 1)
        fill(canvas, Rect(place.bottom - line, place.col, line, place.width), theme.SELECTED if is_used else theme.LINE)
        px, margin = round(theme.SIZE_TEXT * scale), round(10 * scale)
        row = (place.height - line - line_height(px, True)) // 2
        color, room = theme.TEXT if is_used else theme.SOFT, place.width - 2 * margin
        used = draw_text(canvas, row, place.col + margin, self._names[half], px, color, bold=is_used, width=room)
        words = KEYS_GO_HERE if is_used else HOW_TO_TURN
        room -= used + margin
        draw_text(canvas, row, place.right - margin - room, words, px, theme.FAINT, width=room, align="right")


class HalfWindow:
    """A half of a split window, as an ``AnyWindow``. events: that wait for its toolbox."""

    has_press = False  # both are drawn in turn: neither stops for the other

    def __init__(self, whole: SplitWindow, half: int) -> None:
        self.events: list[Event] = []
        self._whole, self._half = whole, half

    @property
    def size(self) -> tuple[int, int]:
        return self._whole.size

    @property
    def pixel_ratio(self) -> float:
        return self._whole.pixel_ratio

    @property
    def receives_text(self) -> bool:
        return self._whole.receives_text

    @property
    def opens_paths(self) -> bool:
        return self._whole.opens_paths

    @property
    def reserved_keys(self) -> frozenset[str]:
        return self._whole.reserved_keys

    @property
    def key_hold(self) -> KeyHold | None:
        return self._whole.key_hold

    def show(self, bgr: np.ndarray) -> None:
        self._whole.show_half(self._half, bgr)

    def show_early(self, bgr: np.ndarray, areas: Sequence[Rect]) -> None:
        """Nothing: both halves are shown together."""

    def poll(self, milliseconds: int) -> list[Event]:
        """What was handed to this half; the left one waits for more, for both."""
        if self._half == 0:
            self._whole.collect(milliseconds)
        events, self.events = self.events, []
        return events

    def copy(self, text: str) -> bool:
        return self._whole.copy(text)

    def close(self) -> None:
        """Nothing to do: the whole window is closed by who opened it."""
