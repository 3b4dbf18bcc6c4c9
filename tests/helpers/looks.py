"""Pictures of panes compared so that a mark, a word or a colour counts; and the words that a pane writes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from deepvis.core.geometry import Rect
from deepvis.window.ui import bars, draw_cache, text
from deepvis.window.ui.pane import OVERLAYS, PANES
from deepvis.window.ui.scene import Scene

BLOCK = 32  # pixels; a mark or a word fills a good part of one
FAR, FEW = 8, 4  # at most FEW pixels of a block are further than FAR from the stored ones, in any colour
MEAN = 0.75  # of the absolute difference over a block: where a face or a picture has another shade
# The stored pictures hold this FreeType's letters. Older ones place letters up to a quarter of a pixel elsewhere,
# which in pixels is as much as another word; OpenCV 4.10 to 4.14 and Pillow 12 and 13 draw the very same pixels.
FREETYPE = (2, 14)


def unlike(drawn: np.ndarray, stored: np.ndarray) -> list[str]:
    """What a viewer would notice, one line for each block of 32 x 32 pixels; empty where nothing.

    drawn, stored: (h, w, 3) uint8. No sum over the whole picture: there a missing mark is lost in what is alike.
    """
    if drawn.shape != stored.shape:
        return [f"the picture has the shape {drawn.shape}, expected {stored.shape}"]
    away = np.abs(drawn.astype(int) - stored)
    said = []
    for block in blocks(*drawn.shape[:2]):
        part = away[block.slices]
        far, mean = int((part.max(axis=2) > FAR).sum()), float(part.mean())
        if far > FEW or mean > MEAN:
            rows, cols = f"{block.row}..{block.bottom}", f"{block.col}..{block.right}"
            said.append(f"rows {rows}, columns {cols}: {far} pixels far from the stored ones, {mean:.2f} on average")
    return said


def blocks(height: int, width: int) -> Iterator[Rect]:
    """The picture cut into blocks; the last of a row or a column may be smaller."""
    for row in range(0, height, BLOCK):
        for col in range(0, width, BLOCK):
            yield Rect(row, col, min(BLOCK, height - row), min(BLOCK, width - col))


def forget_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing that was drawn before serve again: a pane draws all of itself."""
    monkeypatch.setattr(draw_cache, "_results", type(draw_cache._results)())


def replace_everywhere(monkeypatch: pytest.MonkeyPatch, name: str, value: Any, *, was: Any) -> None:
    """Put ``value`` where a module of the window has ``was`` under ``name``, imported or its own."""
    for module in [module for key, module in sys.modules.items() if key.startswith("deepvis.window.ui")]:
        if getattr(module, name, None) is was:
            monkeypatch.setattr(module, name, value)


def words_of(monkeypatch: pytest.MonkeyPatch, name: str, scene: Scene) -> list[str]:
    """What a pane or an overlay writes, in its order, as it is seen: shortened where it was too long."""
    said: list[str] = []
    real = text.draw_text

    def write(canvas: np.ndarray, row: int, col: int, line: str, px: int, color: Any, **how: Any) -> int:
        shown = text.one_line(line)
        if how.get("width") is not None:
            shown = text.elide(shown, px, how["width"], how.get("bold", False))
        said.append(shown)
        return real(canvas, row, col, line, px, color, **how)

    def lay(letters: np.ndarray, numbers: Any, *where: Any, **how: Any) -> None:
        said.extend(numbers)

    with monkeypatch.context() as patch:
        replace_everywhere(patch, "draw_text", write, was=real)
        replace_everywhere(patch, "lay_numbers", lay, was=bars.lay_numbers)
        forget_drawn(patch)
        whole = Rect(0, 0, scene.layout.height, scene.layout.width)
        place = scene.layout[name] if name in PANES else whole
        drawing = PANES[name] if name in PANES else OVERLAYS[name]
        drawing.draw(np.zeros((place.height, place.width, 3), np.uint8), scene)
    return said
