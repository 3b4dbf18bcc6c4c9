"""The layer list of a module: marks of blocks, clicks on them, what tooltips say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deepvis.core.layer_list import listed
from deepvis.core.state import AppState
from deepvis.core.types import LayerInfo, NetInfo
from deepvis.window.pointer import clicked
from deepvis.window.ui.compose import Composer
from deepvis.window.ui.hit import hit
from deepvis.window.ui.hover_words import layer_tip
from deepvis.window.ui.layer_list_layout import chips_of, layout_for
from deepvis.window.ui.regions import FOLD
from deepvis.window.ui.scene import Scene

BLOCKS = 36
LAYERS = (
    LayerInfo("conv1", "Conv2d", 4, 8, 8),
    *(
        each
        for number in range(BLOCKS)
        for each in (
            LayerInfo(f"b.{number}.conv", "Conv2d", 4, 4, 4, "conv", inside=(f"b.{number}",)),
            LayerInfo(f"b.{number}", "Block", 4, 4, 4, folds=(f"b.{number}",)),
        )
    ),
    LayerInfo("prob", "Softmax", 4, 1, 1),
)
INFO = NetInfo("net", LAYERS, (3, 32, 32), groups=(0, *[1] * (2 * BLOCKS), 2))


def scene_of(size: tuple[int, int], state: AppState | None = None) -> Scene:
    return Scene(state or AppState(INFO), layout_for(INFO, *size), field_of=lambda layer, row, col: (0, 0, 32, 32))


def middle_of(scene: Scene, index: int, mark: bool) -> tuple[int, int]:
    pane, chips = scene.layout["control"], chips_of(scene.state, scene.layout)
    place = dict(chips.shown(scene.state.view.layer_index))[index].moved(pane.row, pane.col)
    return place.row + place.height // 2, place.col + (chips.mark // 2 + 2 if mark else place.width - 4)


@pytest.mark.parametrize("size", [(720, 1280), (930, 1500), (1440, 2560)])
def test_forty_names_fit_and_a_click_on_a_mark_opens_a_block(size: tuple[int, int]) -> None:
    scene = scene_of(size)
    chips = chips_of(scene.state, scene.layout)
    assert len(chips.indices) == BLOCKS + 2 and chips.rows < chips.visible  # a line is left for what a block holds
    found = hit(scene, *middle_of(scene, 4, mark=True))
    assert (found.layer_index, found.part) == (4, FOLD)
    opened, _ = clicked(scene.state, found)
    assert 3 in listed(INFO, opened.view) and opened.view.layer_index == 0  # what is selected stays
    again = replace(scene, state=opened)
    closed, _ = clicked(opened, hit(again, *middle_of(again, 4, mark=True)))
    assert closed.view == scene.state.view


def test_a_click_on_the_name_selects_it() -> None:
    scene = scene_of((720, 1280))
    found = hit(scene, *middle_of(scene, 4, mark=False))
    assert found.part == "" and clicked(scene.state, found)[0].layer.name == "b.1"
    assert hit(scene, *middle_of(scene, 0, mark=True)).part == ""  # conv1 has no mark


def test_a_mark_turns_when_its_block_opens() -> None:
    scene = scene_of((720, 1280))
    opened, _ = clicked(scene.state, hit(scene, *middle_of(scene, 2, mark=True)))
    before, after = Composer()(scene), Composer()(replace(scene, state=opened))
    pane = scene.layout["control"]
    assert (before[pane.slices] != after[pane.slices]).any()


def test_the_tooltip_says_what_a_layer_sees_and_how_a_block_opens() -> None:
    scene = scene_of((720, 1280))
    tip = layer_tip(scene, hit(scene, *middle_of(scene, 2, mark=False)))
    assert tip is not None and tip.title == "b.0"
    assert tip.lines[1:] == ("sees the whole picture", "click the mark or press Enter: open")
    plain = layer_tip(scene, hit(scene, *middle_of(scene, 0, mark=False)))
    assert plain is not None and plain.lines[1:] == ("sees the whole picture",)
