"""The words at the pointer over the filmstrip."""

from __future__ import annotations

from deepvis.window.ui.regions import Hit, Tip
from deepvis.window.ui.scene import Scene


def film_tip(scene: Scene, hit: Hit) -> Tip | None:
    """Of a photo: its name, its place, where it lies, and its picture; else what the strip is for."""
    photos = scene.state.palette_lists.photos
    if hit.index is None or hit.index >= len(photos):
        return Tip("Photos", ("click: show that photo   wheel: scroll   ctrl+a: autoplay   ctrl+f: away with it",))
    path, label = photos[hit.index]
    rgb = scene.thumbnails.pictures.get(path) if scene.thumbnails is not None else None
    lines = (f"{hit.index + 1:,} of {len(photos):,}", path if path != label else "")
    return Tip(label, tuple(filter(None, lines)), rgb if rgb is not None and rgb.size else None)
