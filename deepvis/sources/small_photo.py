"""A photo as a small picture, decoded no larger than needed where its format allows that."""

from __future__ import annotations

import io
import os

import cv2
import numpy as np
from PIL import Image

from deepvis.core.geometry import Rect, fit_inside
from deepvis.core.regular_file import bytes_of
from deepvis.sources.opened_picture import PICTURE_ERRORS, check_decoded
from deepvis.sources.photos import LARGEST_FILE, load_rgb, rgb_of

JPEG_BEGINS = b"\xff\xd8\xff"


def load_thumbnail(path: str | os.PathLike[str], side: int) -> np.ndarray:
    """(h, w, 3) uint8 RGB, read-only, the longer side at most ``side`` pixels, upright. Raises PhotoError."""
    rgb = _drafted(path, side)
    rgb = load_rgb(path) if rgb is None else rgb
    place = fit_inside(rgb.shape[0], rgb.shape[1], Rect(0, 0, side, side))
    height, width = min(place.height, rgb.shape[0]), min(place.width, rgb.shape[1])
    small = cv2.resize(rgb, (max(width, 1), max(height, 1)), interpolation=cv2.INTER_AREA)
    small.setflags(write=False)
    return small


def _drafted(path: str | os.PathLike[str], side: int) -> np.ndarray | None:
    """A JPEG decoded at a whole part of its size, still larger than the thumbnail; None for all else."""
    try:
        if not os.path.isfile(path) or os.path.getsize(path) > LARGEST_FILE:
            return None
        content = bytes_of(path)
        if not content.startswith(JPEG_BEGINS):
            return None
        with Image.open(io.BytesIO(content)) as image:
            whole = image.size
            image.draft("RGB", (2 * side, 2 * side))
            check_decoded(image, len(content), whole=whole)
            return rgb_of(image)
    except PICTURE_ERRORS:
        return None  # the careful way says what is wrong
