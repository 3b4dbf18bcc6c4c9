"""Pictures of the window as files."""

from __future__ import annotations

import re
import time
from pathlib import Path

import cv2
import numpy as np

from deepvis.core.answers import Answer, EffectReport
from deepvis.core.effects import SavePicture
from deepvis.core.files import written_beside
from deepvis.core.state import AppState
from deepvis.core.types import Unit


def save_picture(path: Path, bgr: np.ndarray) -> None:
    """Write a picture, (H, W, 3) uint8 BGR, as the file's suffix says: .png, .jpg. Raises OSError."""
    parameters = [cv2.IMWRITE_PNG_COMPRESSION, 2] if path.suffix.lower() == ".png" else []
    done, encoded = cv2.imencode(path.suffix, bgr, parameters)
    if not done:
        raise OSError(f"no picture format has the suffix {path.suffix!r}")
    with written_beside(path) as file:
        file.write(encoded.tobytes())


class KeyPictures:
    """The pictures that key p asks for, each written once what was pressed before is on the screen.

    folder: where they go. error: of the last that could not be saved, "" once one could.
    """

    def __init__(self, folder: Path) -> None:
        self.error = ""
        self._folder = folder
        self._asked: list[SavePicture] = []

    def take(self, effect: SavePicture) -> None:
        self._asked.append(effect)

    def turn(self, picture: np.ndarray | None, state: AppState) -> list[Answer[SavePicture, EffectReport]]:
        """Write what was asked for, and report on it. picture: what stands in the window; None before the first."""
        if picture is None:
            return []
        asked, self._asked = self._asked, []
        return [self._written(effect, picture, state) for effect in asked]

    def _written(self, effect: SavePicture, picture: np.ndarray, state: AppState) -> Answer[SavePicture, EffectReport]:
        path = self._folder / picture_name(state.info.name, state.unit)
        try:
            save_picture(path, picture)
        except OSError as error:
            self.error = f"the picture {path} could not be saved: {error.strerror or error}"
            return Answer(effect, error=self.error)
        self.error = ""
        return Answer(effect, EffectReport(f"saved {path}", path=str(path.absolute())))


def picture_name(model: str, unit: Unit) -> str:
    """A file name that tells what was looked at, and when: "deepvis-squeezenet-fire2-concat-7-20260102-030405.png"."""
    stamp = f"{time.strftime('%Y%m%d-%H%M%S')}-{int(time.time() * 1000) % 1000:03d}"
    return re.sub(r"[^\w.-]", "-", f"deepvis-{model}-{unit.layer}-{unit.channel}-{stamp}") + ".png"
