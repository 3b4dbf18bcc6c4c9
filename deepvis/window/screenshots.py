"""Pictures of the window as files."""

from __future__ import annotations

import re
import time
from pathlib import Path

import cv2
import numpy as np

from deepvis.core.files import written_beside
from deepvis.core.types import Unit


def save_picture(path: Path, bgr: np.ndarray) -> None:
    """Write a picture, (H, W, 3) uint8 BGR, as the file's suffix says: .png, .jpg. Raises OSError."""
    parameters = [cv2.IMWRITE_PNG_COMPRESSION, 2] if path.suffix.lower() == ".png" else []
    done, encoded = cv2.imencode(path.suffix, bgr, parameters)
    if not done:
        raise OSError(f"no picture format has the suffix {path.suffix!r}")
    with written_beside(path) as file:
        file.write(encoded.tobytes())


def picture_name(model: str, unit: Unit) -> str:
    """A file name that tells what was looked at, and when: "deepvis-squeezenet-fire2-concat-7-20260102-030405.png"."""
    stamp = f"{time.strftime('%Y%m%d-%H%M%S')}-{int(time.time() * 1000) % 1000:03d}"
    return re.sub(r"[^\w.-]", "-", f"deepvis-{model}-{unit.layer}-{unit.channel}-{stamp}") + ".png"
