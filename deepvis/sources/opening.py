"""From what the user asked for to the two sources of the program: the still one, and the moving one."""

from __future__ import annotations

import deepvis.sources.camera  # the sources register themselves
import deepvis.sources.samples
import deepvis.sources.video  # noqa: F401
from deepvis.sources.base import SOURCES, MovingSource, StillSource
from deepvis.sources.directory import kind_of


def open_still(images: str | None) -> StillSource:
    """The photos of ``--images`` (folder, photo or list), the sample photos for None. Decodes nothing."""
    if images is None:
        return SOURCES["samples"]()  # type: ignore[return-value]
    return SOURCES[kind_of(images)](images)  # type: ignore[return-value]


def open_moving(camera: int | None = None, video: str | None = None) -> MovingSource:
    """The video where one is given, else camera number ``camera``, 0 for None. Opens nothing yet."""
    if video is not None:
        return SOURCES["video"](video)  # type: ignore[return-value]
    return SOURCES["camera"](camera or 0)  # type: ignore[return-value]
