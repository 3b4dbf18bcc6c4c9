"""Edges: outlines stay, colours, shading and most textures are taken."""

from __future__ import annotations

import cv2
import numpy as np

from deepvis.core.picture_changes import Takes, picture_change

SIGMA_PART = 160.0  # the blur before: a sigma of so small a part of the shorter side
LOW_OF_HIGH = 0.4  # the lower of Canny's thresholds, of the higher
HIGHEST = 0.9  # the share of the pixels whose gradient lies below the higher threshold


@picture_change(
    "edges",
    "Edges",
    words="Canny's edges of the gray picture, dark lines on white; thresholds from the picture's own gradients",
    takes=Takes.TEXTURE,
    source="Canny 1986; Geirhos et al. 2019 (texture bias), figure 2: edges",
)
def edges(rgb: np.ndarray) -> np.ndarray:
    """Canny's edges after a slight blur, as (H, W, 3): 0 on a line, 255 elsewhere."""
    gray = cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2GRAY)
    sigma = max(min(gray.shape) / SIGMA_PART, 0.3)
    smooth = cv2.GaussianBlur(gray, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101)
    across = cv2.Sobel(smooth, cv2.CV_16S, 1, 0)
    down = cv2.Sobel(smooth, cv2.CV_16S, 0, 1)
    sizes = np.abs(across.astype(np.int32)) + np.abs(down.astype(np.int32))
    high = max(float(np.quantile(sizes, HIGHEST)), 1.0)
    lines = cv2.Canny(across, down, LOW_OF_HIGH * high, high)
    return np.repeat(np.subtract(255, lines, dtype=np.uint8)[..., np.newaxis], 3, axis=2)
