"""Looking at a rectangle of a virtual screen while keys are pressed: how soon it changes, how often it is new."""

from __future__ import annotations

import ctypes
import time
from dataclasses import dataclass

import numpy as np

from deepvis.window.ui import xlib
from tests.helpers.screen import Screen

LOOK_SECONDS = 0.001  # between two looks
ALIKE = 14  # levels of gray that a picture may differ by: JPEG, and OpenCV makes it as large as the first
LONGEST_WAIT = 5.0  # seconds for a key to be answered


@dataclass(frozen=True)
class Rectangle:
    """Pixels of the screen."""

    row: int
    col: int
    height: int
    width: int


class ScreenWatch:
    """Presses keys with XTEST and looks at the framebuffer, which is mapped: no program is asked for pixels."""

    def __init__(self, screen: Screen) -> None:
        header = np.fromfile(screen.framebuffer, np.uint8, 100).view(">u4")  # XWDFile.h
        size, height, stride, colours = (int(header[i]) for i in (0, 5, 12, 19))
        pixels = np.memmap(screen.framebuffer, np.uint32, "r", size + 12 * colours, (height, stride // 4))
        self._pixels = pixels
        self._x = xlib.library()
        self._test = ctypes.CDLL("libXtst.so.6")
        self._display = self._x.XOpenDisplay(screen.display.encode())
        self._test.XTestFakeKeyEvent.argtypes = [ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_ulong]

    def _part(self, where: Rectangle) -> np.ndarray:
        return self._pixels[where.row : where.row + where.height, where.col : where.col + where.width]

    def press(self, key: str) -> float:
        """Press and release a key, by X's name, and return when, on ``time.perf_counter``."""
        symbol = ctypes.c_ulong(self._x.XStringToKeysym(key.encode()))
        code = self._x.XKeysymToKeycode(ctypes.c_void_p(self._display), symbol) & 0xFF
        began = time.perf_counter()
        for is_down in (1, 0):
            self._test.XTestFakeKeyEvent(self._display, code, is_down, 0)
        self._x.XSync(ctypes.c_void_p(self._display), 0)
        return began

    def key_to_pixel(self, key: str, where: Rectangle) -> float | None:
        """Milliseconds from the press of a key to the first pixel of a rectangle that changes; None: none did."""
        part = self._part(where)
        before = part.copy()
        began = self.press(key)
        while (now := time.perf_counter()) - began < LONGEST_WAIT:
            if not np.array_equal(part, before):
                return (now - began) * 1e3
            time.sleep(LOOK_SECONDS)
        return None

    def seconds_until_gray(self, gray: int, where: Rectangle, longest: float) -> float | None:
        """Seconds until the middle of a rectangle is a gray (0..255), to a few levels; None: not within ``longest``."""
        began = time.perf_counter()
        part = self._part(where)
        middle = part[part.shape[0] // 2, part.shape[1] // 2 :][:1]
        while (now := time.perf_counter()) - began < longest:
            if np.abs(middle.view(np.uint8)[:3].astype(int) - gray).max() <= ALIKE:
                return now - began
            time.sleep(0.01)
        return None

    def pictures_per_second(self, where: Rectangle, seconds: float) -> float:
        """How often a rectangle is another than at the look before."""
        part, count = self._part(where)[::4, ::4], 0
        before, end = part.copy(), time.perf_counter() + seconds
        while time.perf_counter() < end:
            if not np.array_equal(part, before):
                count, before = count + 1, part.copy()
            time.sleep(0.005)
        return round(count / seconds, 1)

    def close(self) -> None:
        self._x.XCloseDisplay(ctypes.c_void_p(self._display))
