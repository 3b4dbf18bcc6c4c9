"""The pinned frame in a session's file: a photo by its path, a frame of a camera or video as a PNG beside it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2

from deepvis.core.compared import PinnedFrame, TilesOf
from deepvis.schema.plain_values import PlainError, plain, read_plain
from deepvis.sources.base import new_frame
from deepvis.sources.photos import PhotoError, load_rgb
from deepvis.window.new_files import new_file
from deepvis.window.png_text import png_of


@dataclass(frozen=True)
class PinnedPhoto:
    """photo: a path, absolute or from the session's folder. label, seconds: as of the frame."""

    photo: str
    label: str = ""
    seconds: float | None = None
    tiles: TilesOf = TilesOf.CURRENT


def pinned_table(pinned: PinnedFrame | None, folder: Path, stem: str) -> dict[str, Any] | None:
    """What the file says of it; a frame that no file has is written into ``folder``. Raises OSError."""
    if pinned is None:
        return None
    frame = pinned.frame
    if frame.path:
        photo = os.path.abspath(frame.path)
    else:
        with new_file(folder, f"{stem}-pinned", ".png") as (path, file):
            file.write(png_of(cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2BGR), {}))
        photo = path.name
    table: dict[str, Any] = plain(PinnedPhoto(photo, frame.label, frame.seconds, pinned.tiles))
    return table


def read_pinned(content: Mapping[str, Any] | None, folder: Path, where: str) -> PinnedFrame | None:
    """The pinned frame, read from its picture. Raises PlainError for a wrong value or a picture that cannot be read."""
    if content is None:
        return None
    said = read_plain(PinnedPhoto, content, where)
    path = folder / said.photo
    try:
        rgb = load_rgb(path)
    except PhotoError as error:
        raise PlainError(f"{where}.photo: {error}") from None
    is_photo = os.path.isabs(said.photo)
    frame = new_frame(rgb, said.label, path=str(path) if is_photo else None, seconds=said.seconds)
    return PinnedFrame(frame, said.tiles)
