"""From what the user asked for to the two sources of the program: the still one, and the moving one."""

from __future__ import annotations

from deepvis.sources import camera as camera_source
from deepvis.sources import directory, samples, video  # noqa: F401  (they register themselves)
from deepvis.sources.base import SOURCES, MovingSource, StillSource

camera_present = camera_source.camera_present


def open_still(images: str | None) -> StillSource:
    """The photos of ``--images`` (a folder, a photo, a list), the sample photos for None. Scans, decodes nothing."""
    if images is None:
        return SOURCES["samples"]()  # type: ignore[return-value]
    return SOURCES[directory.kind_of(images)](images)  # type: ignore[return-value]


def open_moving(camera: int | None = None, video: str | None = None) -> MovingSource:
    """The video where one is given, else camera number ``camera``, 0 for None. Opens nothing yet."""
    if video is not None:
        return SOURCES["video"](video)  # type: ignore[return-value]
    return SOURCES["camera"](camera or 0)  # type: ignore[return-value]
