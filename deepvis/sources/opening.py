"""From what the user asked for to the two sources of the program: the still one, and the moving one."""

from __future__ import annotations

from typing import cast

import deepvis.sources.camera  # the sources register themselves
import deepvis.sources.samples
import deepvis.sources.video  # noqa: F401
from deepvis.sources.base import SOURCES
from deepvis.sources.capture import CaptureSource
from deepvis.sources.directory import kind_of
from deepvis.sources.stills import Stills


def open_still(images: str | None) -> Stills:
    """The photos of ``--images`` (folder, photo or list), the sample photos for None. Decodes nothing."""
    if images is None:
        return cast(Stills, SOURCES["samples"]())
    return cast(Stills, SOURCES[kind_of(images)](images))


def open_moving(camera: int | None = None, video: str | None = None) -> CaptureSource:
    """The video where one is given, else camera number ``camera``, 0 for None. Opens nothing yet."""
    if video is not None:
        return cast(CaptureSource, SOURCES["video"](video))
    return cast(CaptureSource, SOURCES["camera"](camera or 0))
