"""Every pane against its stored picture, rendered without a window.

The tolerance is for other versions of FreeType and OpenCV: edges of letters, roundings of resizes.
"""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from deepvis.window.ui.pane import OVERLAYS, PANES
from tests.window.ui.draw_golden import FOLDER, pane_picture
from tests.window.ui.scenes import GOLDEN

MEAN = 1.0  # of the absolute difference
FAR, SHARE = 60, 0.003  # at most this share of the pixels differs by more than FAR in any colour


@pytest.mark.parametrize("name", GOLDEN)
def test_pane_looks_as_stored(name: str) -> None:
    pane, make = GOLDEN[name]
    stored = cv2.imread(str(FOLDER / f"{name}.png"))
    assert stored is not None, f"no {name}.png: python -m tests.window.ui.draw_golden draws it"
    drawn = pane_picture(pane, make())
    assert drawn.shape == stored.shape
    difference = np.abs(drawn.astype(int) - stored)
    assert difference.mean() <= MEAN and (difference.max(axis=2) > FAR).mean() <= SHARE


def test_every_pane_has_a_stored_picture() -> None:
    assert {pane for pane, _ in GOLDEN.values()} == {*PANES, *OVERLAYS}


def test_no_stored_picture_is_left_over() -> None:
    assert {path.stem for path in FOLDER.glob("*.png")} == set(GOLDEN)
