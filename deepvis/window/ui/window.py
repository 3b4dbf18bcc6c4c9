"""The window on the screen, and one without a screen; both speak in plain events.

A window belongs to one thread, the main one. Facts about OpenCV's Linux wheels (Qt 5): waitKeyEx
gives whole key codes, and of several keys between two looks the last (key_listener.py gets them all); a
window that was closed with the mouse is no longer visible by its property; mouse places are counted
in pixels of the picture even where it is shown larger. Its view zooms with the wheel and pans with a drag: where there
is an X server the mouse's events are therefore taken before Qt gets them (pointer_shield.py). Now and then Qt misses
that its window is on the screen (map_notice.py). WINDOW_GUI_NORMAL leaves out its tool bar, menu and shortcuts.
"""

from __future__ import annotations

import queue
import sys
from collections.abc import Sequence
from typing import Protocol

import cv2
import numpy as np

from deepvis.core.geometry import Rect
from deepvis.core.key_hold import KeyHold
from deepvis.window.ui.clipboard import Clipboard
from deepvis.window.ui.display import display_problem
from deepvis.window.ui.events import Closed, Event, Key, Mouse, Pasted, Resized
from deepvis.window.ui.key_listener import CTRL_V, KeyListener
from deepvis.window.ui.map_notice import MapNotice
from deepvis.window.ui.offered_text import OfferedText
from deepvis.window.ui.pointer_shield import PointerShield

NO_KEY = (-1, 255)
SMALLEST = 160  # pixels of a side below which a size is taken for a minimized window


class WindowError(RuntimeError):
    """There can be no window here; the sentence says why and what to do."""


class AnyWindow(Protocol):
    """What the program's loop needs of a window."""

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the area for the picture."""

    @property
    def pixel_ratio(self) -> float:
        """Pixels of the picture for one by which the user's other text is measured; 1 where nothing is known of it."""

    @property
    def receives_text(self) -> bool:
        """True where capitals, accents and pasted text arrive."""

    @property
    def opens_paths(self) -> bool:
        """True where the user may name files of this machine; False for one who sits elsewhere."""

    @property
    def reserved_keys(self) -> frozenset[str]:
        """Names of keys that never arrive here, as what is around the window keeps them."""

    @property
    def has_press(self) -> bool:
        """A key or a button waits for ``poll``; False too where that cannot be told without looking."""

    @property
    def key_hold(self) -> KeyHold | None:
        """On while the picture that answers a key is on its way; None where a picture is there once it is shown."""

    def show(self, bgr: np.ndarray) -> None:
        """Show an (H, W, 3) uint8 picture; the array may be written again afterwards."""

    def show_early(self, bgr: np.ndarray, areas: Sequence[Rect]) -> None:
        """Show those areas of a picture, in which a key is seen at once; ``show`` follows. It may do nothing."""

    def poll(self, milliseconds: int) -> list[Event]:
        """What happened since the last call; waits so long (at least 1) for a key."""

    def copy(self, text: str) -> bool:
        """Let other programs paste a text; False where this window cannot."""

    def close(self) -> None: ...


class OpenCVWindow:
    """A resizable cv2 window without tool bar and status bar.

    Raises WindowError where there is no display, or OpenCV was built without windows.
    """

    opens_paths, has_press, pixel_ratio, key_hold = True, False, 1.0, None
    reserved_keys: frozenset[str] = frozenset()

    def __init__(self, title: str, height: int, width: int) -> None:
        problem = display_problem()
        if problem:
            raise WindowError(problem)
        self.title = title
        self._size = (height, width)
        self._mouse: list[Event] = []
        self._closed = False
        self._key_listener = KeyListener()
        try:
            cv2.namedWindow(title, cv2.WINDOW_NORMAL | cv2.WINDOW_FREERATIO | cv2.WINDOW_GUI_NORMAL)
            cv2.resizeWindow(title, width, height)
            cv2.setMouseCallback(title, self._on_mouse)
            early = cv2.waitKeyEx(1)  # the toolkit makes it while it handles events
        except cv2.error as error:
            self._key_listener.close()
            raise WindowError(
                f"OpenCV cannot open a window ({error.err or error}): install opencv-python rather than "
                "opencv-python-headless, or run with --headless"
            ) from error
        self._key_listener.listen(title)
        self._shield = PointerShield(self._key_listener.window)
        self._map_notice = MapNotice(self._key_listener.window)
        self._clipboard = Clipboard() if self._key_listener.found else None
        self._offered = OfferedText()
        self._early = early  # counts where nothing listens beside the toolkit

    @property
    def size(self) -> tuple[int, int]:
        return self._size

    @property
    def receives_text(self) -> bool:
        return sys.platform != "linux" or self._key_listener.found

    def show(self, bgr: np.ndarray) -> None:
        if not self._closed:  # imshow would open a closed window anew
            cv2.imshow(self.title, bgr)

    def show_early(self, bgr: np.ndarray, areas: Sequence[Rect]) -> None:
        """Nothing: all is shown a moment later."""

    def poll(self, milliseconds: int) -> list[Event]:
        self._map_notice.look()
        codes, self._early = [self._early, cv2.waitKeyEx(max(milliseconds, 1))], NO_KEY[0]
        events, self._mouse = self._mouse, []
        if not self._closed:
            events.extend(self._pointed())
        if self._key_listener.found:
            codes = self._key_listener.take_keys()
        self._offered.answer()
        events.extend(Key(code) for code in codes if code not in NO_KEY)
        events.extend(self._pasted(codes))
        if not self._closed and not self._is_visible():
            self._closed = True
            events.append(Closed())
        if not self._closed:
            events.extend(self._resized())
        return events

    def copy(self, text: str) -> bool:
        return self._clipboard is not None and self._offered.offer(text)

    def close(self) -> None:
        self._offered.close()
        if self._is_visible():
            cv2.destroyWindow(self.title)
            cv2.waitKeyEx(1)  # the toolkit destroys it while it handles events
        self._closed = True
        self._shield.close()
        self._map_notice.close()
        if self._clipboard is not None:
            self._clipboard.close()
            self._clipboard = None
        self._key_listener.close()

    def _is_visible(self) -> bool:
        if self._key_listener.is_destroyed:
            return False
        try:
            return not self._closed and cv2.getWindowProperty(self.title, cv2.WND_PROP_VISIBLE) >= 1
        except cv2.error:
            return False

    def _pasted(self, codes: list[int]) -> list[Event]:
        """The text that Ctrl + V or the middle button has asked for, once it has come."""
        if self._clipboard is None:
            return []
        if CTRL_V & set(codes):
            self._clipboard.request("CLIPBOARD")
        text = self._clipboard.take()
        return [Pasted(text)] if text else []

    def _resized(self) -> list[Event]:
        _, _, width, height = cv2.getWindowImageRect(self.title)
        if min(width, height) < SMALLEST or (height, width) == self._size:
            return []
        self._size = (height, width)
        return [Resized(height, width)]

    def _pointed(self) -> list[Event]:
        """What the mouse did, in pixels of the picture: on a screen of high resolution Qt's may be larger than X's."""
        events = self._shield.take_events()
        if not events:
            return []
        if self._clipboard is not None and any(change.kind == "middle" for change in events):
            self._clipboard.request("PRIMARY")
        tall, wide = self._shield.size()
        down, across = (self._size[0] / tall, self._size[1] / wide) if tall and wide else (1, 1)
        return [
            Mouse(change.kind, int(change.row * down), int(change.col * across), change.steps)
            for change in events
            if change.kind != "middle"  # pastes
        ]

    def _on_mouse(self, kind: int, col: int, row: int, flags: int, _: object) -> None:
        if kind in (cv2.EVENT_LBUTTONDOWN, cv2.EVENT_LBUTTONDBLCLK):
            self._mouse.append(Mouse("press", row, col))
        elif kind == cv2.EVENT_MBUTTONDOWN and self._clipboard is not None:
            self._clipboard.request("PRIMARY")
        elif kind == cv2.EVENT_MOUSEWHEEL:
            turned = flags >> 16
            self._mouse.append(Mouse("wheel", row, col, steps=1 if turned > 0 else -1))
        elif kind == cv2.EVENT_MOUSEMOVE:
            if self._mouse and isinstance(self._mouse[-1], Mouse) and self._mouse[-1].kind == "move":
                self._mouse.pop()
            self._mouse.append(Mouse("move", row, col))


class MemoryWindow:
    """The same without a display: for --headless, recordings and tests.

    ``send`` may be called from any thread; ``picture`` is a copy of what was shown last.
    """

    opens_paths, has_press, pixel_ratio, key_hold = True, False, 1.0, None
    reserved_keys: frozenset[str] = frozenset()

    def __init__(self, title: str = "", height: int = 930, width: int = 1500) -> None:
        self.title = title
        self.picture: np.ndarray | None = None
        self.shown = 0  # pictures so far
        self._size = (height, width)
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.receives_text = True
        self.copied = ""  # the text that was copied last

    @property
    def size(self) -> tuple[int, int]:
        return self._size

    def send(self, event: Event) -> None:
        """Make ``event`` happen, as if the user had caused it."""
        self._events.put(event)

    def show(self, bgr: np.ndarray) -> None:
        if self.picture is None or self.picture.shape != bgr.shape:
            self.picture = bgr.copy()
        else:
            np.copyto(self.picture, bgr)
        self.shown += 1

    def show_early(self, bgr: np.ndarray, areas: Sequence[Rect]) -> None:
        """Nothing: all is shown a moment later."""

    def copy(self, text: str) -> bool:
        self.copied = text
        return True

    def poll(self, milliseconds: int) -> list[Event]:
        events: list[Event] = []
        try:
            events.append(self._events.get(timeout=max(milliseconds, 1) / 1000))
            while True:
                events.append(self._events.get_nowait())
        except queue.Empty:
            pass
        for event in events:
            if isinstance(event, Resized):
                self._size = (event.height, event.width)
        return events

    def close(self) -> None:
        """Nothing to do: there is no toolkit."""
