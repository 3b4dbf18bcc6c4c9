"""What the labels say: facts read from a scene. Pure; no drawing.

Everything that is said of values is read from the snapshot that is drawn; the state only says what
is wanted. Where the two differ, the pane is stale.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from deepvis.core.back_modes import title_of
from deepvis.core.compared import TilesOf
from deepvis.core.state import Show
from deepvis.core.tile_order import strengths_of
from deepvis.core.types import BackRequest, LayerInfo, Snapshot, Unit, UnitImages, UnitStanding
from deepvis.window.ui.before_after import CHANGE, change_of, no_change_words
from deepvis.window.ui.compared_values import compared_values
from deepvis.window.ui.draw_cache import cached
from deepvis.window.ui.scene import Scene

ACTIVATIONS = "activations"
NO_NUMBERS = "no numbers for this picture, which does not go through it; or its weights are not numbers (NaN)"
NO_VALUES = np.empty((0, 1, 1), np.float32)


@dataclass(frozen=True, eq=False)
class LayerView:
    """The values that the layers and aux panes show."""

    values: np.ndarray  # (C, H, W) float32; NO_VALUES with a sentence on why
    signed: bool = False  # diffs around 0, or differences from the pinned frame
    is_difference: bool = False  # of the current frame from the pinned one
    caption: str = ""  # what they are, said by the snapshot
    stale: bool = False  # they are not what is wanted
    sentence: str = ""
    is_change: bool = False  # signed: what interventions change, after minus before
    is_pinned: bool = False  # of the pinned frame

    def has(self, channel: int) -> bool:
        return 0 <= channel < len(self.values)


def layer_view(scene: Scene) -> LayerView:
    """The selected layer's activations or diffs in the newest snapshot."""
    layer, snapshot = scene.state.layer, scene.snapshot
    stale = is_frame_stale(scene) or (
        snapshot is not None and snapshot.request.interventions != scene.state.view.interventions
    )
    if layer.missing:
        return LayerView(NO_VALUES, sentence=f"{layer.missing_words}.")
    if snapshot is None:
        return LayerView(NO_VALUES, sentence="Waiting for the first pass of the network.")
    if scene.state.view.show is Show.ACTIVATIONS:
        values = snapshot.activations.get(layer.name)
        if values is None:
            return LayerView(NO_VALUES, sentence=f"Waiting for {layer.name}.")
        if is_nothing_but_nan(values):
            return LayerView(NO_VALUES, stale=stale, sentence=f"{layer.name}: {NO_NUMBERS}.")
        if scene.state.view.change:
            return change_view(scene, snapshot, stale=stale)
        if scene.state.view.compared is not None:
            return _compared_view(scene, values, stale=stale)
        return LayerView(values, caption=ACTIVATIONS, stale=stale)
    back, request = snapshot.request.back, scene.state.back_request
    if request is None:
        return LayerView(NO_VALUES, sentence="No diffs: the back pass is off. Press b to turn it on.")
    if back is None:
        return LayerView(NO_VALUES, sentence=f"Waiting for the {back_name(request)}.")
    stale = stale or back != request
    values = snapshot.diffs.get(layer.name)
    caption = f"diffs, {back_name(back)}"
    if values is None:
        reason = f"No diffs at {layer.name}: it does not lie between the input and {back.unit.layer}."
        return LayerView(NO_VALUES, signed=True, caption=caption, stale=stale, sentence=reason)
    return LayerView(values, signed=True, caption=caption, stale=stale)


def change_view(scene: Scene, snapshot: Snapshot, *, stale: bool) -> LayerView:
    """What interventions change of the selected layer."""
    layer = scene.state.layer.name
    change, sentence = change_of(snapshot, layer), no_change_words(scene, layer)
    if change is None or sentence:
        return LayerView(NO_VALUES, caption=CHANGE, stale=stale, sentence=sentence)
    return LayerView(change, signed=True, caption=CHANGE, stale=stale, is_change=True)


def _compared_view(scene: Scene, current: np.ndarray, *, stale: bool) -> LayerView:
    """The layer's values while a frame is pinned: of the current one, of the pinned one, or their difference."""
    compared = scene.state.view.compared
    if compared is None or compared.tiles is TilesOf.CURRENT:
        return LayerView(current, caption=ACTIVATIONS, stale=stale)
    found, is_difference = compared_values(scene, compared.tiles), compared.tiles is TilesOf.DIFFERENCE
    if found is None:
        return LayerView(NO_VALUES, sentence=f"Waiting for the values of {compared.name}, which is pinned.")
    if is_difference:
        return LayerView(found, signed=True, is_difference=True, caption="now − pinned", stale=stale)
    return LayerView(found, caption="pinned frame", is_pinned=True)


def is_nothing_but_nan(values: np.ndarray) -> bool:
    """True for values (C, H, W) that say nothing: of a module that this picture does not go through."""
    return bool(values.size) and bool(np.isnan(values.flat[0])) and bool(np.isnan(values).all())


def peak_of(view: LayerView, channel: int) -> tuple[float, int, int] | None:
    """A channel's largest value (diffs: of the largest magnitude), its row and column; None without values."""
    if not view.has(channel):
        return None
    values = view.values[channel]
    at = max(values.argmax(), values.argmin(), key=lambda i: abs(values.flat[i])) if view.signed else values.argmax()
    row, col = divmod(int(at), values.shape[1])
    return float(values[row, col]), row, col


def peaks_of(view: LayerView) -> np.ndarray:
    """(C,) float32: what is said of every channel, its largest value (diffs: of the largest magnitude)."""
    if not view.values.size:
        return np.empty(0, np.float32)
    high, low = extremes_of(view.values)
    return np.where(-low > high, low, high) if view.signed else high


def extremes_of(values: np.ndarray) -> np.ndarray:
    """(2, C): the largest and the smallest value of each channel of a layer (C, H, W), found once for each pass."""

    def find() -> np.ndarray:
        flat = values.reshape(len(values), -1)
        return np.stack([flat.max(axis=1), flat.min(axis=1)])

    return cached("extremes", values, find)


def rank_of(view: LayerView, channel: int) -> int | None:
    """The channel's place in its layer by its value (diffs: magnitude), 1 for the highest; None without values."""
    if not view.has(channel):
        return None
    return rank_in(strengths_of(peaks_of(view), magnitude=view.signed), channel)


def rank_in(strengths: np.ndarray, channel: int) -> int:
    """The place of a channel among strengths (C,), 1 for the highest."""
    return 1 + int((strengths > strengths[channel]).sum())


def value_of(view: LayerView, channel: int) -> float | None:
    """The value that is said of a channel: its peak."""
    peak = peak_of(view, channel)
    return None if peak is None else peak[0]


def is_frame_stale(scene: Scene) -> bool:
    """True if the newest snapshot is of another picture than the one that stands in the input pane.

    A moving source is never stale: the panes, the input pane among them, show the newest pass.
    """
    snapshot, frame = scene.snapshot, scene.frame
    if snapshot is None or frame is None or shows_snapshot_input(scene):
        return False
    return snapshot.request.frame.id != frame.id or snapshot.request.fit is not scene.state.input.fit


def shows_snapshot_input(scene: Scene) -> bool:
    """True if the input pane shows what the newest snapshot was made of.

    So it is while a source moves, whatever arrived since, and for a still picture once it was passed.
    """
    snapshot, frame = scene.snapshot, scene.frame
    if snapshot is None or snapshot.input_rgb is None:
        return False
    if frame is None:
        return True
    asked = snapshot.request
    if asked.fit is not scene.state.input.fit:
        return False
    if frame.moving and not scene.state.input.frozen:
        return asked.frame.moving
    return asked.frame.id == frame.id


def is_back_stale(scene: Scene) -> bool:
    """True if the newest back projection is not the one that is wanted, of the picture that is wanted."""
    snapshot = scene.snapshot
    return snapshot is not None and (snapshot.request.back != scene.state.back_request or is_frame_stale(scene))


def said_of(scene: Scene, unit: Unit) -> tuple[str, ...]:
    """What the user says of a unit: its star and name, and the note on it."""
    note = scene.state.naming.names.of(unit)
    return tuple(filter(None, (note.words, note.note)))


def called(scene: Scene, unit: Unit) -> str:
    """A unit's star and name, "" without."""
    return scene.state.naming.names.of(unit).words


def back_name(back: BackRequest) -> str:
    """'deconv of inception_4c/output · 3'."""
    return f"{title_of(back.mode)} of {back.unit.name}"


def shape_name(layer: LayerInfo) -> str:
    """'512 × 14 × 14', '1000' for a vector, "" while the network has not been read yet."""
    if not layer.type or layer.missing:
        return ""
    return f"{layer.channels} × {layer.height} × {layer.width}" if layer.is_spatial else f"{layer.channels}"


def label_of(scene: Scene, unit: Unit) -> str:
    """The class that a unit stands for, "" if it stands for none."""
    return scene.state.info.class_of(unit)


def top_classes(scene: Scene, count: int = 5) -> list[tuple[str, float]]:
    """The most probable classes of the newest snapshot, best first; empty where the network has none.

    Where the probabilities are maps, their largest value counts.
    """
    return [(scene.state.info.class_title(channel), probability) for channel, probability in top_channels(scene, count)]


def top_channels(scene: Scene, count: int = 5) -> list[tuple[int, float]]:
    """The same by the classes' numbers."""
    info, snapshot = scene.state.info, scene.snapshot
    probs = snapshot.activations.get(info.prob_layer) if snapshot and info.prob_layer else None
    if probs is None:
        return []
    best = probs.reshape(len(probs), -1).max(axis=1)
    order = np.argsort(-best, kind="stable")[:count]
    return [(int(i), float(best[i])) for i in order]


def percentile(standing: UnitStanding, value: float) -> float:
    """The share of the collection's images, 0..100, whose maximum lies below ``value``.

    Linear within a bin of the histogram.
    """
    total = sum(standing.counts)
    if not total:
        return 0.0
    below = 0.0
    for low, high, count in zip(standing.edges, standing.edges[1:], standing.counts, strict=False):
        if value >= high:
            below += count
        elif value > low:
            below += count * (value - low) / (high - low)
    return 100 * below / total


def standing_sentence(scene: Scene) -> str:
    """Where the selected unit's activation lies among the scanned photos, "" where that is unknown."""
    images, unit = scene.unit_images, scene.state.unit
    if images is None or images.unit != unit or images.standing is None or not images.standing.counts:
        return ""
    activations = scene.snapshot.activations.get(unit.layer) if scene.snapshot else None
    standing = images.standing
    asleep = f"silent in {100 * (1 - standing.active):.0f} % of {standing.images:,} images"
    if activations is None:
        return asleep
    value = float(activations[unit.channel].max())
    if images.patches and value >= images.patches[0].value > 0:
        return f"the highest of {standing.images:,} images"
    return percentile_words(standing, value) or asleep


def percentile_words(standing: UnitStanding, value: float) -> str:
    """'percentile 73 of 250 images'; with a digit more from a thousand on; "" where no image lies below."""
    place = percentile(standing, value)
    digits = 1 if standing.images >= 1000 else 0
    return f"percentile {place:.{digits}f} of {standing.images:,} images" if place > 0 else ""


def reached_words(value: float, images: UnitImages | None) -> str:
    """The preferred picture's activation beside the unit's best: "value 41.2, photos' best 28.7 (1.4x)"."""
    words = f"value {number(value)}"
    if images is None or (images.loading and not images.patches):
        return words
    if not images.patches:
        return f"{words}, no photos scanned" if images.top is None else words
    best = images.patches[0]
    of = "samples'" if images.samples == len(images.patches) else "photos'" if best.path else "stream's"
    ratio = f" ({value / best.value:.1f}x)" if min(best.value, value) > 0 else ""
    return f"{words}, {of} best {number(best.value)}{ratio}"


def signed(value: float) -> str:
    """A number with its sign: +0.577."""
    return f"+{number(value)}" if value > 0 else number(value)


def number(value: float) -> str:
    """Three significant digits, without an exponent where that stays short: 0.0123, 12.3, 1230, 1.2e+06."""
    if not math.isfinite(value):
        return str(value)
    size = abs(value)
    if 1e-4 <= size < 999.5:  # the commonest, quickly
        text = f"{size:#.3g}".rstrip(".")
        return f"−{text}" if value < 0 else text
    if size != 0 and (size < 1e-4 or size >= 1e5):
        return f"{value:.2g}".replace("-", "−", 1) if value < 0 else f"{value:.2g}"
    rounded = float(f"{size:.3g}")  # 0.9997 is 1.00, not 1.000
    decimals = min(max(2 - math.floor(math.log10(rounded)), 0), 6) if size else 0
    text = f"{size:.{decimals}f}" if size else "0"
    return f"−{text}" if value < 0 else text
