"""Scenes of the filmstrip and of a video, on those of scenes.py."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from deepvis.core.filmstrip import Filmstrip, Thumbnails
from deepvis.core.playing import Autoplay, MovingSource, Playback, VideoPlace
from deepvis.core.state import InputState, PaletteLists
from deepvis.core.strips import strips_of, with_strips
from deepvis.window.ui.scene import Scene

PHOTOS = PaletteLists(tuple((f"/p/{n}.jpg", f"{n}.jpg") for n in range(50_000)), -7)


def wave(height: int, width: int, phase: int) -> np.ndarray:
    """(h, w, 3) uint8 RGB."""
    rows, cols = np.mgrid[:height, :width]
    bands = [127 + 120 * np.sin(rows / 9 + phase + i + cols / (7 + i)) for i in range(3)]
    return np.stack(bands, axis=-1).astype(np.uint8)


def film_scene(scene: Scene, index: int = 100) -> Scene:
    """The strip around a photo; of its neighbours one cannot be read, and one is still to come."""
    view = replace(scene.state.view, filmstrip=Filmstrip(True))
    source = InputState(file_index=index - 7, autoplay=Autoplay(True, 2.5))
    state = replace(scene.state, view=view, palette_lists=PHOTOS, input=source)
    assert scene.frame is not None
    shown = replace(scene.frame, path=f"/p/{index}.jpg", index=index, count=50_000)
    shapes = {-2: (60, 90), 0: (90, 60), 1: (72, 90), 2: (40, 90)}
    pictures = {f"/p/{index + n}.jpg": wave(*shape, phase=n) for n, shape in shapes.items()}
    pictures[f"/p/{index - 1}.jpg"] = np.zeros((0, 0, 3), np.uint8)
    layout = with_strips(scene.layout, strips_of(view))
    return replace(scene, state=state, frame=shown, layout=layout, thumbnails=Thumbnails(1, pictures))


def video_scene(scene: Scene, seconds: float = 12.0, speed: float = 0.5) -> Scene:
    """A video of 3:04."""
    assert scene.frame is not None
    shown = replace(scene.frame, seconds=seconds, video=VideoPlace(184.0))
    source = InputState(moving=True, moving_source=MovingSource("clip.mp4", playback=Playback(speed)))
    return replace(scene, frame=shown, state=replace(scene.state, input=source))
