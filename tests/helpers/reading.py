"""Reads words off a screenshot: does a caption, drawn as the window draws it, stand somewhere in the picture?"""

from __future__ import annotations

import cv2
import numpy as np

from deepvis.window.ui.text import draw_text, line_height, text_width

SIZES = range(10, 24)  # pixels of the em square that the window uses, at any size
LIKENESS = 0.82  # correlation with the drawn word: one that differs in a figure stays below (151 as 152: 0.77)


def reads(bgr: np.ndarray, words: str) -> bool:
    """True if the words stand in the picture, in any colour and any of the window's sizes.

    bgr: (H, W, 3) uint8. Each word is looked for by itself, as a line may begin at any fraction of a pixel; all of
    them must stand on one line.
    """
    return any(_reads(bgr, words.split(), px, is_bold) for px in SIZES for is_bold in (False, True))


def _reads(bgr: np.ndarray, words: list[str], px: int, is_bold: bool) -> bool:
    lines: np.ndarray | None = None
    for word in words:
        places = likeness(bgr, word, px, is_bold)
        if places.size == 0 or places.max() < LIKENESS:
            return False
        rows = places.max(axis=1) >= LIKENESS
        lines = rows if lines is None else lines & cv2.dilate(rows.astype(np.uint8), np.ones((3, 1))).ravel() > 0
        if not lines.any():
            return False
    return True


def likeness(bgr: np.ndarray, word: str, px: int, is_bold: bool = False) -> np.ndarray:
    """Correlation, -1 to 1, of the word with what stands at each place: (rows, columns) of its upper left corner."""
    drawn = np.zeros((line_height(px, is_bold), text_width(word, px, is_bold) + 2, 3), np.uint8)
    draw_text(drawn, 0, 1, word, px, (255, 255, 255), bold=is_bold)
    if bgr.shape[0] < drawn.shape[0] or bgr.shape[1] < drawn.shape[1]:
        return np.empty((0, 0), np.float32)
    grey = cv2.cvtColor(np.ascontiguousarray(bgr), cv2.COLOR_BGR2GRAY)
    return cv2.matchTemplate(grey, cv2.cvtColor(drawn, cv2.COLOR_BGR2GRAY), cv2.TM_CCOEFF_NORMED)
