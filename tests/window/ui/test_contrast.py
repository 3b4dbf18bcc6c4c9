"""Every word that a pane writes, against the ground that it is written on: WCAG 2, level AA, for small text."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from deepvis.core.types import OptimizeProgress
from deepvis.window.ui import text, theme
from deepvis.window.ui.pane import PANES
from deepvis.window.ui.scene import Scene, Status
from tests.helpers.looks import forget_drawn, replace_everywhere
from tests.window.ui.draw_golden import pane_picture
from tests.window.ui.scenes import GOLDEN, UNIT, make_scene, montage, unit_of
from tests.window.ui.test_theme import contrast

AA = 4.5
FAINT_WORDS = {"off", "…", "Loading …", "type to search", "warp", "loss3"}  # no facts, and layers without values

Written = tuple[str, theme.BGR, theme.BGR]  # words, their colour, their ground


def written(monkeypatch: pytest.MonkeyPatch, pane: str, scene: Scene) -> list[Written]:
    """All that is written while a scene's window is drawn; the ground is what the words' place held most of."""
    said: list[Written] = []
    real = text.draw_text

    def write(canvas: np.ndarray, row: int, col: int, line: str, px: int, color: Any, **how: Any) -> int:
        before = canvas.copy()
        wide = real(canvas, row, col, line, px, color, **how)
        inked = (before != canvas).any(axis=2)
        if inked.any():
            rows, cols = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
            place = before[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1].reshape(-1, 3)
            grounds, counts = np.unique(place, axis=0, return_counts=True)
            said.append((line, color, tuple(int(part) for part in grounds[counts.argmax()])))
        return wide

    with monkeypatch.context() as patch:
        replace_everywhere(patch, "draw_text", write, was=real)
        forget_drawn(patch)
        pane_picture(pane, scene)
    return said


MORE = {
    "two_sentences": lambda: make_scene(UNIT, status=Status(error="no camera 0", hint="saved window.png", fps=9.0)),
    "optimizing": lambda: make_scene(UNIT, optimize=OptimizeProgress(unit_of, "3", 340, 1000, 12.34, montage(4))),
    "low_status": lambda: make_scene(UNIT, size=(160, 1000), status=Status(hint="h: help", recorded=12)),
    "debug": lambda: make_scene(UNIT.__class__(debug=2)),
}
COVERS = {"pressed"}  # its plate lies over words that are then not to be read
SCENES = {**{name: make for name, (_, make) in GOLDEN.items() if name not in COVERS}, **MORE}


@pytest.mark.parametrize("name", SCENES)
def test_small_text_passes_aa_wherever_it_stands(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pane = GOLDEN[name][0] if name in GOLDEN else "status"
    found = written(monkeypatch, pane, SCENES[name]())
    assert len(found) > 5
    low = {(line, round(contrast(color, ground), 2)) for line, color, ground in found if contrast(color, ground) < AA}
    assert not low


@pytest.mark.parametrize("name", [name for name, (pane, _) in GOLDEN.items() if pane in PANES])
def test_facts_are_not_the_faintest_words(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = written(monkeypatch, GOLDEN[name][0], GOLDEN[name][1]())
    faint = {line for line, color, _ in lines if color == theme.FAINT}
    assert faint <= FAINT_WORDS
