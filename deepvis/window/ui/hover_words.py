"""What a tooltip says of what lies under the pointer: facts read from a scene. Pure; no drawing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from deepvis.core.layer_list import is_open
from deepvis.core.types import LayerInfo, Unit
from deepvis.core.words import field_size_words
from deepvis.window.ui.changes_shown import change_tip
from deepvis.window.ui.fields import cell_edges, middle_edges
from deepvis.window.ui.film_tip import film_tip
from deepvis.window.ui.fires import cell_words, order_words, strongest_here, why_no_cell
from deepvis.window.ui.hover_attribution import attribution_here, attribution_lines, attribution_title
from deepvis.window.ui.hover_compared import compared_words, pinned_tip
from deepvis.window.ui.hover_modes import with_modes
from deepvis.window.ui.hover_pictures import back_tip, picture_tip
from deepvis.window.ui.hover_scale import scale_tip
from deepvis.window.ui.legend import is_signed
from deepvis.window.ui.over_photos import photo_tip
from deepvis.window.ui.panes.status import facts, full_message
from deepvis.window.ui.readings import (
    label_of,
    layer_view,
    number,
    peak_of,
    percentile_words,
    rank_in,
    rank_of,
    said_of,
    shape_name,
    shows_snapshot_input,
)
from deepvis.window.ui.reasons import crumb, reasons_in, unit_words
from deepvis.window.ui.regions import (
    CHANGE,
    CLASS,
    FIRES,
    HEADING,
    MAP,
    PHOTO,
    PICTURE,
    PINNED,
    PREFERRED,
    SCALE,
    SEEK,
    SIDE,
    Hit,
    Tip,
)
from deepvis.window.ui.scalars import is_scalar
from deepvis.window.ui.scene import Scene
from deepvis.window.ui.side_by_side import side_tip
from deepvis.window.ui.steady_bars import steady_words
from deepvis.window.ui.time_pointing import time_tip
from deepvis.window.ui.video_bar import seek_tip
from deepvis.window.ui.what_if_words import class_words, layer_words, listed_classes, rank_of_class
from deepvis.window.ui.what_if_words import unit_words as changed_words

SPACE = "   "  # between the facts of a line
NO_LAYER = "the classes' layer is not in the list"


def tip_of(scene: Scene) -> Tip | None:
    """What is said of what lies under the pointer, and what a caption that is cut there says in full; else None."""
    tip = _tip_of(scene)
    if tip is None or not scene.cut or scene.cut in SPACE.join((tip.title, *tip.lines)):
        return tip
    return replace(tip, lines=(*tip.lines, scene.cut))


def _tip_of(scene: Scene) -> Tip | None:
    hit = scene.hover
    if hit is None or hit.pane is None or scene.state.view.help or scene.state.typing is not None:
        return None
    of_part: dict[str, Callable[[Scene, Hit], Tip | None]] = {
        CLASS: class_tip,
        CHANGE: change_tip,
        MAP: map_tip,
        FIRES: layers_tip,
        SCALE: scale_tip,
        SIDE: side_tip,
        PHOTO: photo_tip,
        SEEK: seek_tip,
    }
    of_pane: dict[str, Callable[[Scene, Hit], Tip | None]] = {
        "control": layer_tip,
        "layers": tile_tip,
        "input": input_tip,
        "jpgvis": picture_tip,
        "back": back_tip,
        "status": status_tip,
        "filmstrip": film_tip,
        "timeline": time_tip,
    }
    tip = of_part.get(hit.part) or of_pane.get(hit.pane)
    return with_modes(scene, hit, tip(scene, hit) if tip is not None else None)


def tile_tip(scene: Scene, hit: Hit) -> Tip | None:
    """Of a tile: number, class, value, rank, percentile, preferred picture."""
    if hit.part == PREFERRED:
        return None
    if hit.channel is None:
        return heading_tip(scene, hit)
    unit, view, layer = Unit(scene.state.layer.name, hit.channel), layer_view(scene), scene.state.layer
    lines = [*said_of(scene, unit), label_of(scene, unit), value_words(scene, hit.channel)]
    lines += [changed_words(scene, unit), compared_words(scene, hit.channel)]
    rank = rank_of(view, hit.channel)
    if rank is not None:
        lines.append(f"rank {rank:,} of {len(view.values):,} in {layer.name}")
    order = scene.state.tile_order
    if order is not None and order.at is not None and order.layer == layer.name and view.has(hit.channel):
        there = order.contributions
        here = rank_in(order.strengths if there is None else there, hit.channel)
        of_place = view.values[hit.channel, order.at[0], order.at[1]] if there is None else there[hit.channel]
        what = "at the place" if there is None else "contribution at the place"
        lines.append(f"{what} {number(float(of_place))}, rank {here:,}")
    reasons = reasons_in(scene)
    if reasons is not None:
        lines += [f"{unit_words(reasons, hit.channel)}, rank {reasons.rank(hit.channel):,} of {len(reasons.sums):,}"]
        lines += [f"to {crumb(scene, reasons.through)}"]
    lines.append(standing_words(scene, hit.channel))
    whole, rgb = scene.whole_layer, None
    if whole is not None and whole.tiles is not None and whole.layer in (layer.name, layer.images_of):
        rgb = whole.tiles[hit.channel] if hit.channel < len(whole.tiles) else None
        lines += ["its preferred input:"] if rgb is not None else []
    return Tip(unit.name, tuple(filter(None, lines)), rgb)


def value_words(scene: Scene, channel: int) -> str:
    """The largest value of a channel and where it is; in words where there is none."""
    view = layer_view(scene)
    peak = peak_of(view, channel)
    if peak is None:
        return view.sentence
    value, row, col = peak
    if value == 0 and not view.values[channel].any():
        nothing = "no change" if view.is_change else "no difference" if view.is_difference else "no diff"
        return f"{nothing}: 0 everywhere" if view.signed else "silent: 0 everywhere"
    stale = ", stale" if view.stale else ""
    if is_scalar(view):
        return f"value {number(value)}{stale}"
    what = "largest difference" if view.is_difference else "strongest" if view.signed else "max"
    what = "change" if view.is_change else what
    return f"{what} {number(value)} at row {row}, col {col}{stale}"


def standing_words(scene: Scene, channel: int) -> str:
    """Where the channel's largest activation lies among the scanned photos; "" where no scan was made."""
    whole, layer, snapshot = scene.whole_layer, scene.state.layer.name, scene.snapshot
    if whole is None or whole.layer != layer or channel >= len(whole.standings) or snapshot is None:
        return ""
    activations = snapshot.activations.get(layer)
    standing = whole.standings[channel]
    if activations is None or not standing.counts:
        return ""
    return percentile_words(standing, float(activations[channel].max()))


def heading_tip(scene: Scene, hit: Hit) -> Tip | None:
    """Of the layers pane's heading, which may be cut."""
    if hit.part != HEADING:
        return None
    layer, view = scene.state.layer, layer_view(scene)
    phrase = (f"{layer.type} {shape_name(layer)}".strip(), view.caption, order_words(scene, view))
    return Tip(layer.name, tuple(filter(None, phrase)))


def layer_tip(scene: Scene, hit: Hit) -> Tip | None:
    """Of a name in the layer list: the whole name, type, shape."""
    if hit.layer_index is None:
        return None
    layer = scene.state.info.layers[hit.layer_index]
    if layer.missing:
        return Tip(layer.name, tuple(filter(None, (layer.type, layer.missing))))
    lines = [f"{layer.type} {shape_name(layer)}".strip()]
    if layer.borrows:
        lines.append(f"unit images of {layer.borrows}")
    lines += [field_words(scene, layer), steady_words(scene, layer.name), layer_words(scene, layer.name)]
    if layer.folds:
        lines.append("click the mark or press Enter: " + ("close" if is_open(scene.state.view, layer) else "open"))
    return Tip(layer.name, tuple(filter(None, lines)))


def field_words(scene: Scene, layer: LayerInfo) -> str:
    """How much of the input a unit in the middle of a layer sees; "" where that is not known."""
    _, height, width = scene.state.info.input_shape
    edges = middle_edges(scene, layer)
    return "" if edges is None else field_size_words(edges, height, width)


def map_tip(scene: Scene, hit: Hit) -> Tip | None:
    """Of a cell of the enlarged map: its value and its receptive field; of a scalar: what it is."""
    view, unit = layer_view(scene), scene.state.unit
    if not view.has(unit.channel):
        return None
    if hit.cell is None:
        lines = [*said_of(scene, unit), label_of(scene, unit), value_words(scene, unit.channel)]
        lines.append(compared_words(scene, unit.channel))
        return Tip(unit.name, tuple(filter(None, lines)))
    row, col = hit.cell
    value = float(view.values[unit.channel, row, col])
    zero = "  (looks like 0)" if value < 0 and not is_signed(scene.state.view, view) else ""
    here = compared_words(scene, unit.channel, hit.cell)
    lines = [f"{'difference' if view.is_difference else 'value'} {number(value)}{zero}"]
    lines += [*filter(None, (here,)), value_words(scene, unit.channel)]
    if (edges := cell_edges(scene, hit.cell)) is not None:
        top, left, bottom, right = edges
        _, height, width = scene.state.info.input_shape
        is_whole = edges == (0, 0, height, width)
        some = f"sees rows {top} to {bottom - 1}, cols {left} to {right - 1} of the input"
        lines.append("sees the whole picture" if is_whole else some)
    return Tip(f"{unit.name}, row {row}, col {col}", tuple(lines))


def class_tip(scene: Scene, hit: Hit) -> Tip | None:
    """Of a class: the whole name, probability, rank, where a click goes."""
    best = listed_classes(scene, hit.pane or "", (hit.index or 0) + 1)
    if hit.index is None or len(best) <= hit.index:
        return None
    channel, probability = best[hit.index]
    layer = scene.state.info.class_layer(scene.state.layer.name)
    goes = f"click: {layer} · {channel}" if layer else NO_LAYER
    rank = (
        f"probability {100 * probability:.3g} %, rank {rank_of_class(scene, channel)} in {scene.state.info.prob_layer}"
    )
    return Tip(scene.state.info.class_title(channel), tuple(filter(None, (rank, class_words(scene, channel), goes))))


def input_tip(scene: Scene, hit: Hit) -> Tip | None:
    """Of a place of the input: what fires there; of all else there: the file, and what the network is fed with."""
    if hit.part == PICTURE and shows_snapshot_input(scene):
        return place_tip(scene, hit)
    if hit.part == PINNED:
        return pinned_tip(scene)
    frame = scene.frame
    where = frame.path if frame is not None and frame.path else ""
    source = scene.status.source or (frame.label if frame is not None else "")
    title = attribution_title(scene) or source
    fed = (where or source if title != source else where, scene.state.info.input_words)
    lines = tuple(filter(None, (*attribution_lines(scene), *fed)))
    return Tip(title or "Input", lines) if title or lines else None


def place_tip(scene: Scene, hit: Hit) -> Tip:
    """Of a place of the input: the units of the selected layer that fire most there."""
    layer, view, words = scene.state.layer, layer_view(scene), scene.state.info.input_words
    phrase = ("click: the tiles by what fires here",) if scene.state.view.place is None else ()
    if here := attribution_here(scene, hit.spot):
        phrase = (here, *phrase)
    if hit.cell is None:
        why = why_no_cell(scene, layer)
        return Tip(layer.name, tuple(filter(None, (why, *phrase, words))))
    if not view.has(0):
        return Tip(layer.name, tuple(filter(None, (view.sentence, words))))
    title = f"{layer.name}, row {hit.cell[0]}, col {hit.cell[1]}"
    return Tip(title, tuple(filter(None, (*cell_words(scene, view, hit.cell), *phrase, words))))


def layers_tip(scene: Scene, hit: Hit) -> Tip | None:
    """Of a row of the list of layers: the strongest unit at the pinned place."""
    if hit.layer_index is None:
        return Tip(
            "All layers at the pinned place", ("click: the strongest unit there of every layer, in place of this",)
        )
    layer, here = scene.state.info.layers[hit.layer_index], strongest_here(scene, hit.layer_index)
    if here.unit is None:
        return Tip(layer.name, (here.sentence,))
    phrase = f"value {number(here.value)} here, {100 * here.share:.0f} % of the layer's largest"
    return Tip(here.unit.name, tuple(filter(None, (label_of(scene, here.unit), phrase, "click: go there"))))


def status_tip(scene: Scene, hit: Hit) -> Tip | None:
    """Of the status line: all that it says, what is cut too."""
    if phrase := full_message(scene):
        return Tip("Error" if scene.status.error else "Note", (phrase,))
    if scene.status.path:
        return Tip(scene.status.path, ("click: copy this path",))
    title, *lines = (text for text, _ in facts(scene))
    return Tip(title, tuple(lines))
