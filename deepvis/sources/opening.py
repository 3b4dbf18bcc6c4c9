"""From what the user asked for to the two sources of the program: the still one, and the moving one."""

from __future__ import annotations

from deepvis.sources import samples  # noqa: F401  (it registers itself)
from deepvis.sources.base import SOURCES, MovingSource, StillSource
from deepvis.sources.camera import camera_present
from deepvis.sources.directory import images_problem, kind_of
from deepvis.sources.video import video_name, video_problem

__all__ = ["camera_present", "images_problem", "open_moving", "open_still", "video_name", "video_problem"]


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
