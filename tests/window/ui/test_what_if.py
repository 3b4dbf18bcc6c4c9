"""What interventions change, in the window: numbers and words against the arrays, marks, and where there is nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deepvis.core.interventions import clamped, extreme, switched_off
from deepvis.core.state import Cursor, Order, Show, ViewState
from deepvis.core.types import Unit
from deepvis.window.tile_orders import TileOrders
from deepvis.window.ui import theme
from deepvis.window.ui.before_after import CHANGE, ClassChange, change_of, class_changes, status_words
from deepvis.window.ui.compose import Composer
from deepvis.window.ui.fires import order_words
from deepvis.window.ui.hit import hit
from deepvis.window.ui.hover_words import tip_of
from deepvis.window.ui.panes.aux import class_row
from deepvis.window.ui.panes.status import facts
from deepvis.window.ui.readings import layer_view, number
from deepvis.window.ui.regions import CLASS, Hit
from deepvis.window.ui.scene import Scene
from deepvis.window.ui.what_if_marks import decimals_of, fitting_mark
from deepvis.window.ui.what_if_words import layer_words, unit_words
from tests.helpers.looks import words_of
from tests.window.ui.scenes import UNIT, WHAT_IF, make_scene
from tests.window.ui.what_if_scenes import LAYER, OFF, SEVERAL, intervened


def what_if(**view: object) -> Scene:
    return intervened(make_scene(replace(UNIT, interventions=OFF, **view)))


def peak(scene: Scene, layer: str, channel: int, *, before: bool = False) -> str:
    assert scene.snapshot is not None and scene.snapshot.before is not None
    return number(float((scene.snapshot.before if before else scene.snapshot.activations)[layer][channel].max()))


def test_before_and_now_of_a_unit() -> None:
    scene = what_if()
    was = peak(scene, LAYER, 7, before=True)
    assert unit_words(scene, Unit(LAYER, 7)) == f"before {was}, now 0 (switched off)"
    assert unit_words(scene, Unit(LAYER, 7), is_short=True) == f"before {was}, now 0 (off)"
    was, now = peak(scene, "fc3", 4, before=True), peak(scene, "fc3", 4)
    assert unit_words(scene, Unit("fc3", 4)) == f"before {was}, now {now} ({LAYER} · 7 switched off)"
    assert unit_words(scene, Unit("conv1/3x3", 4)) == (
        f"before and now {peak(scene, 'conv1/3x3', 4)}: not changed by {LAYER} · 7 switched off"
    )
    assert unit_words(make_scene(UNIT), Unit(LAYER, 7)) == ""


def test_the_tooltips_of_tile_layer_and_class_say_it() -> None:
    scene = what_if()
    tile = tip_of(replace(scene, hover=Hit("layers", channel=7)))
    assert f"before {peak(scene, LAYER, 7, before=True)}, now 0 (switched off)" in tile.lines
    changed = np.abs(scene.snapshot.activations["fc3"] - scene.snapshot.before["fc3"]).max(axis=(1, 2))
    layer = tip_of(replace(scene, hover=Hit("control", layer_index=3)))
    count, most = int((changed > 0).sum()), int(changed.argmax())
    assert any(line.startswith(f"{count} of 30 units changed, the most {most} by ") for line in layer.lines)
    assert layer_words(scene, "conv1/3x3") == f"no unit changed by {LAYER} · 7 switched off"
    of_class = tip_of(replace(scene, hover=Hit("aux", part=CLASS, index=0)))
    assert any(line.startswith("before ") and "switched off" in line for line in of_class.lines)


def test_classes_before_and_now() -> None:
    scene = what_if()
    found = class_changes(scene, 5)
    after, before = scene.snapshot.activations["prob"].ravel(), scene.snapshot.before["prob"].ravel()
    assert [each.after for each in found] == sorted((each.after for each in found), reverse=True)
    best = set(np.argsort(-np.maximum(before, after), kind="stable")[:5].tolist())
    assert {each.channel for each in found} == best
    for each in found:
        assert (each.before, each.after) == (float(before[each.channel]), float(after[each.channel]))
        assert each.direction() == np.sign(round(100 * each.after, 1) - round(100 * each.before, 1))
    assert class_changes(make_scene(UNIT), 5) == []


def test_an_arrow_stands_where_the_numbers_differ_and_all_lines_have_the_same_decimals() -> None:
    same, rises = ClassChange(0, 0.1512, 0.1514), ClassChange(1, 0.204, 0.206)
    assert (same.words(), same.direction()) == ("15.1 → 15.1 %", 0)
    assert (rises.words(), rises.direction()) == ("20.4 → 20.6 %", 1)
    assert (rises.words(0), rises.direction(0)) == ("20 → 21 %", 1)
    assert (ClassChange(0, 0.154, 0.151).direction(0), ClassChange(0, float("nan"), 0.1).direction()) == (0, 0)
    scene, px = what_if(), 13
    assert decimals_of(scene, (same, rises), px, 300) == 1 and decimals_of(scene, (same, rises), px, 130) == 0


@pytest.mark.parametrize("index", [0, 2, 4])
def test_a_click_on_a_class_goes_to_the_class_that_stands_there(index: int) -> None:
    scene = what_if(cursor=Cursor.LAYERS)
    place = class_row(scene.areas(scene.layout["aux"]).body, index)
    under = hit(scene, place.row + 2, place.col + 2)
    assert under.unit == Unit("prob", class_changes(scene, 5)[index].channel)


def test_the_change_in_the_tiles_is_after_minus_before_largest_first() -> None:
    scene = what_if(change=True, order=Order.STRENGTH)
    view = layer_view(scene)
    expected = scene.snapshot.activations[LAYER] - scene.snapshot.before[LAYER]
    assert view.is_change and view.signed and view.caption == CHANGE and np.array_equal(view.values, expected)
    assert change_of(scene.snapshot, LAYER) is view.values  # worked out once
    assert scene.state.tile_order.channels == (7,) and order_words(scene, view) == "sorted by change, 1 of 40 change"
    later = intervened(make_scene(replace(scene.state.view, layer_index=3, channel=0)))
    sizes = np.abs(layer_view(later).values[list(later.state.tile_order.channels)]).max(axis=(1, 2))
    assert len(sizes) > 5 and (np.diff(sizes) <= 1e-7).all()


def test_diffs_go_before_the_change_and_patterns_stay() -> None:
    scene = what_if(change=True, show=Show.DIFFS, back_mode="gradient")
    assert not layer_view(scene).is_change and layer_view(scene).signed


def test_where_nothing_changes_or_nothing_can_one_sentence_says_so() -> None:
    early = what_if(change=True, layer_index=0, channel=3)
    assert layer_view(early).sentence == (
        f"Nothing changes in conv1/3x3: {LAYER} · 7 switched off. Go to a later layer (o), or press | for values."
    )
    plain = make_scene(replace(UNIT, interventions=OFF, change=True))
    request = replace(plain.snapshot.request, interventions=OFF)
    other = replace(plain, snapshot=replace(plain.snapshot, request=request))  # the fake backend, pycaffe
    assert status_words(other) == "what if: this backend changes no units; use --backend engine"
    assert layer_view(other).sentence == "No change: this backend changes no units; use --backend engine."
    assert layer_view(plain).sentence == "Waiting for the changed network." and layer_view(plain).stale
    assert unit_words(other, Unit(LAYER, 7)) == "" and class_changes(other, 5) == []
    assert TileOrders()(other) is None


def test_the_status_line_says_it_as_long_as_it_holds() -> None:
    words = dict(facts(intervened(make_scene(WHAT_IF))))
    assert words[f"what if: {LAYER} · 7 off, {LAYER} · 9 × 2, {LAYER} · 12 = 0.5 and 1 more"] == theme.CHANGED
    assert not any(text.startswith("what if") for text, _ in facts(make_scene(UNIT)))


def count_of(picture: np.ndarray, colour: theme.BGR) -> int:
    return int((picture == np.array(colour, np.uint8)).all(axis=2).sum())


@pytest.mark.parametrize("size", [(620, 1000), (1440, 2560), (360, 480)])
@pytest.mark.parametrize("layer", [0, 2, 3])
def test_the_marks_are_there_at_every_size_and_gone_afterwards(size: tuple[int, int], layer: int) -> None:
    view = ViewState(layer, 7, Cursor.UNITS, interventions=(*SEVERAL, replace(OFF[0], unit=Unit("fc3", 4))))
    scene = intervened(make_scene(view, size=size))
    picture = Composer()(scene)
    for pane in ("layers", "control"):
        assert count_of(picture[scene.layout[pane].slices], theme.CHANGED) > 10, pane
    plain = make_scene(replace(view, interventions=()), size=size)
    assert count_of(Composer()(plain), theme.CHANGED) == 0


def test_a_mark_has_as_much_as_fits_and_a_bar_keeps_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    wide = clamped(Unit("fc3", 4), -1234567.5)
    found = [fitting_mark(wide, 12, width) for width in (200, 75, 20, 3)]
    assert found == ["= −1.23457e+06", "= −1.2e+06", "=", ""]
    assert fitting_mark(OFF[0], 12, 30) == "off" and fitting_mark(OFF[0], 12, 3) == ""
    view = ViewState(3, 0, Cursor.UNITS, interventions=(wide, switched_off(Unit("fc3", 5))))
    scene = intervened(make_scene(view))
    said = words_of(monkeypatch, "layers", scene)
    assert "off" in said and any(each.startswith("= −1.2") for each in said)
    negative = np.array([[-3.0, 0.0], [-19.9, -1.0]])
    assert (extreme(negative), extreme(-negative), extreme(0 * negative)) == (-19.9, 19.9, 0)


def test_the_tiles_of_changes_are_blue_and_orange() -> None:
    scene = intervened(make_scene(replace(WHAT_IF, change=True)))
    tiles = Composer()(scene)[scene.layout["layers"].slices].astype(int)
    blue, red = tiles[..., 0] - tiles[..., 2], tiles[..., 2] - tiles[..., 0]
    assert (blue > 100).sum() > 500 and (red > 100).sum() > 500
