"""What a tooltip says of the unit's pictures: its preferred input, its top 9, the back projection."""

from __future__ import annotations

import numpy as np

from deepvis.core.back_modes import DECONV, OFF, title_of
from deepvis.core.past_pictures import has_past
from deepvis.core.types import PREFERRED_INPUT, Patch
from deepvis.window.ui.panes.jpgvis import PARTS, images_of_unit
from deepvis.window.ui.readings import back_name, number
from deepvis.window.ui.regions import HEADING, PATCHES, PICTURE, PREFERRED, TOP, Hit, Tip
from deepvis.window.ui.scene import Scene

ALIKE = "of frames that look alike or lie within a second, only the best is kept"


def picture_tip(scene: Scene, hit: Hit) -> Tip | None:
    """Of the unit's pictures: what is said in the heading, whole; of a patch its photo, value, place."""
    images = images_of_unit(scene)
    if hit.part == HEADING and hit.index is not None:
        name, title = PARTS[hit.index]
        title = preferred_title(scene) if name == PREFERRED else title
        phrase = images.notes.get(name, "") if images is not None else ""
        has_samples = name == TOP and images is not None and images.samples > 0
        marks = "a marked corner: a sample photo, none of yours" if has_samples else ""
        has_frames = name in PATCHES and images is not None and any(not patch.path for patch in images.patches)
        return Tip(title, tuple(filter(None, (scene.state.unit.name, phrase, ALIKE if has_frames else "", marks))))
    if hit.part not in PATCHES or hit.index is None or images is None:
        is_there = hit.part == PREFERRED and images is not None and images.optimized is not None
        lines = (
            "click: large",
            "wheel: through the pictures of its climb" if has_past(scene.state, scene.climb) else "",
        )
        return Tip(preferred_title(scene), tuple(filter(None, lines))) if is_there else None
    if not images.patches:
        return Tip(f"Patch {hit.index + 1}", ("which photo it is from is not known",))
    if hit.index >= len(images.patches):
        return Tip("Empty", ("no photo has excited the unit here yet",))
    is_sample = hit.index >= len(images.patches) - images.samples
    return Tip(*patch_words(images.patches[hit.index], hit, is_sample=is_sample))


def preferred_title(scene: Scene) -> str:
    """What the picture on the first card is."""
    progress, images = scene.optimize, images_of_unit(scene)
    if progress is not None and progress.unit == scene.state.unit:
        return progress.title
    return images.title if images is not None else PREFERRED_INPUT


def patch_words(patch: Patch, hit: Hit, *, is_sample: bool) -> tuple[str, tuple[str, ...]]:
    """(title, lines) of a patch."""
    name = patch.path.replace("\\", "/").rsplit("/", 1)[-1] or "a frame of the stream"
    kind = f"{title_of(DECONV)} of patch {(hit.index or 0) + 1}" if hit.part == PATCHES[1] else ""
    lines = (
        "a sample photo, not one of yours" if is_sample else "",
        kind,
        f"value {number(patch.value)} at row {patch.row}, col {patch.col}",
        patch.path,
        "click: show it" if patch.path else "there is no file to open",
        "" if patch.path else ALIKE,
    )
    return name, tuple(filter(None, lines))


def back_tip(scene: Scene, hit: Hit) -> Tip | None:
    """Of the back projection: whose it is, and whether there is anything in it."""
    snapshot = scene.snapshot
    back = snapshot.request.back if snapshot is not None else None
    if scene.state.view.back_mode == OFF or snapshot is None or back is None or snapshot.input_diff is None:
        return None
    peak = float(np.abs(snapshot.input_diff).max(initial=0))
    phrase = f"largest magnitude {number(peak)}" if peak else "0 everywhere: nothing of this picture reaches the unit"
    return Tip(back_name(back), (phrase, "click: large") if hit.part == PICTURE else (phrase,))
