"""The chart of changed pictures as a picture of its own."""

from __future__ import annotations

import numpy as np

from deepvis.core.geometry import Rect
from deepvis.window.ui import theme
from deepvis.window.ui.change_chart import Chart, draw_chart
from deepvis.window.ui.text import draw_text

HEIGHT, WIDTH, HEADING, MARGIN = 930, 900, 30, 10


def sheet(title: str, chart: Chart) -> np.ndarray:
    """(H, W, 3) uint8 BGR: the title above the chart."""
    canvas = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    canvas[:] = theme.FACE
    wide = WIDTH - 2 * MARGIN
    draw_text(canvas, 8, MARGIN, title, round(theme.SIZE_TEXT), theme.TEXT, bold=True, width=wide)
    draw_chart(canvas, Rect(HEADING, MARGIN, HEIGHT - HEADING - MARGIN // 2, wide), chart, round)
    return canvas
