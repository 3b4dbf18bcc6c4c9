"""From what the user asked for to the two sources of the program: the still one, and the moving one."""

from __future__ import annotations

from deepvis.core.playing import MovingSource
from deepvis.sources.camera import Camera
from deepvis.sources.capture import CaptureSource
from deepvis.sources.directory import photos_at
from deepvis.sources.samples import samples
from deepvis.sources.stills import Stills
from deepvis.sources.video import Video


def open_still(images: str | None) -> Stills:
    """The photos of ``--images`` (folder, photo or list), the sample photos for None. Decodes nothing."""
    return samples() if images is None else photos_at(images)


def open_moving(source: MovingSource) -> CaptureSource:
    """The video where one is given, else the camera. Opens nothing yet."""
    return Video(source.video) if source.video else Camera(source.camera)
