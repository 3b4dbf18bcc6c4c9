"""Draws the stored pictures of every pane anew: python -m tests.window.ui.draw_golden. Look before committing.

A stored picture that the test takes for the same stays as it is: other processors round a few pixels otherwise. The
words in them are in words.py, by hand.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from deepvis.window.ui.compose import Composer
from deepvis.window.ui.scene import Scene
from tests.helpers.looks import unlike
from tests.window.ui.scenes import GOLDEN

FOLDER = Path(__file__).parent / "golden"


def pane_picture(pane: str, scene: Scene) -> np.ndarray:
    """(h, w, 3) uint8 BGR: the pane's part of the window; of an overlay, all of it."""
    window = Composer()(scene)
    return window[scene.layout[pane].slices] if pane in scene.layout else window


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, (pane, make) in GOLDEN.items():
        store(FOLDER / f"{name}.png", pane_picture(pane, make()))


def store(path: Path, picture: np.ndarray) -> None:
    """Write (h, w, 3) uint8 BGR, unless a picture that is like it is there."""
    stored = cv2.imread(str(path)) if path.exists() else None
    if stored is None or unlike(picture, stored):
        cv2.imwrite(str(path), picture, [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == "__main__":
    main()
