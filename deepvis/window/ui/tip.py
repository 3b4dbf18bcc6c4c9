"""What a tooltip holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Tip:
    """title: what it is. lines: facts of it. rgb: a small picture, (h, w, 3) uint8 RGB."""

    title: str
    lines: tuple[str, ...] = ()
    rgb: np.ndarray | None = None
