"""What single panes do beyond their stored pictures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deepvis.core.commands import command_of
from deepvis.core.geometry import Rect
from deepvis.core.panes import make_layout
from deepvis.core.state import InputState, ViewState
from deepvis.core.types import Fit, LayerInfo, OptimizeProgress, PassSeconds, Unit
from deepvis.window.ui import heading, theme
from deepvis.window.ui.help_layout import Entry, flow
from deepvis.window.ui.panes import jpgvis
from deepvis.window.ui.panes.aux import shows_classes
from deepvis.window.ui.panes.input import network_input_rgb
from deepvis.window.ui.panes.jpgvis import images_of_unit
from deepvis.window.ui.panes.layers import draw_label
from deepvis.window.ui.panes.status import error_fits, facts, pass_fact, speed_facts
from deepvis.window.ui.scene import Scene, Status
from tests.window.ui.scenes import DECONV, INFO, LONG_ERROR, SIZE, UNIT, make_scene, montage, unit_images, unit_of


def said(scene: Scene) -> list[str]:
    return [text for text, _ in facts(scene)]


def test_the_input_is_what_the_network_sees() -> None:
    scene = make_scene()
    assert network_input_rgb(scene) is scene.snapshot.input_rgb
    waiting = make_scene(passed=False)
    assert (network_input_rgb(waiting) == waiting.frame.rgb[:, 10:70]).all()  # 60 x 80, cropped to a square
    stretched = make_scene(passed=False, source=InputState(fit=Fit.STRETCH))
    assert network_input_rgb(stretched).shape == (48, 48, 3)
    assert network_input_rgb(make_scene(frame=None)) is None


def test_a_gray_network_sees_gray() -> None:
    gray = replace(INFO, input_shape=(1, 48, 48))
    for scene in (make_scene(), make_scene(passed=False)):
        rgb = network_input_rgb(replace(scene, state=replace(scene.state, info=gray)))
        assert (rgb[..., 0] == rgb[..., 1]).all() and (rgb[..., 1] == rgb[..., 2]).all()


def test_classes_are_shown_beside_the_layer_list_unless_turned_off_or_missing() -> None:
    assert shows_classes(make_scene()) and not shows_classes(make_scene(UNIT))
    assert not shows_classes(make_scene(ViewState(label_predictions=False)))
    scene = make_scene()
    assert not shows_classes(replace(scene, state=replace(scene.state, info=replace(INFO, prob_layer=""))))


def test_the_status_says_unit_value_back_and_boosts() -> None:
    scene = make_scene(replace(DECONV, individual_boost=1, gamma_boost=2, pinned=Unit("conv1/3x3", 4)))
    values = scene.snapshot.activations["conv2/5x5_reduce"][7]
    assert said(scene) == [
        "conv2/5x5_reduce · 7",
        "Convolution 40 × 12 × 12",
        f"max {values.max():.3f}",
        "deconv, raw, frozen at conv1/3x3 · 4",
        "boost 0.3/0.5",
    ]
    assert "cat" in said(make_scene(ViewState(4, 2)))


def test_a_layer_of_which_only_the_name_is_known_has_no_empty_fact() -> None:
    unread = tuple(LayerInfo(layer.name, "", 1, 1, 1) for layer in INFO.layers)
    scene = make_scene(passed=False)
    assert "" not in said(replace(scene, state=replace(scene.state, info=replace(INFO, layers=unread))))


def test_the_status_tells_of_an_optimization_while_it_runs() -> None:
    progress = OptimizeProgress(unit_of, "3", 340, 1000, 1.0, montage(1))
    assert "optimizing conv2/5x5_reduce · 7: 34 %" in said(make_scene(optimize=progress))
    assert not any("optimizing" in text for text in said(make_scene(optimize=replace(progress, done=True))))


def test_speed_in_words() -> None:
    assert pass_fact(PassSeconds(0.0364, 0.0261)) == "36 + 26 ms"
    assert pass_fact(PassSeconds(0.0364)) == "36 ms" and pass_fact(PassSeconds(0.0, 0.0261)) == "back 26 ms"
    assert pass_fact(PassSeconds()) == ""
    assert speed_facts(make_scene(status=Status(device="cuda:0"))) == ["cuda:0"]


def test_while_the_top_9_is_still_to_come_the_other_notes_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    said_of: list[str] = []
    monkeypatch.setattr(jpgvis, "sentence", lambda canvas, scene, area, text, **_: said_of.append(text))
    notes = {"optimized": "none yet; press x", "top": "none yet"}
    coming = unit_images(unit_of, optimized=None, top=None, top_back=None, notes=notes, loading=True)
    jpgvis.draw(np.zeros((900, 300, 3), np.uint8), make_scene(UNIT, unit_images=coming))
    assert said_of == ["none yet; press x", "Loading …", "Loading …"]


def test_unit_images_of_another_unit_are_not_shown() -> None:
    scene = make_scene(ViewState(1, 7), unit_images=unit_images(Unit("pool1", 7)))
    assert images_of_unit(scene) is scene.unit_images
    borrowed = replace(scene, unit_images=unit_images(Unit("conv1/3x3", 7)))
    assert images_of_unit(borrowed) is borrowed.unit_images
    assert images_of_unit(replace(scene, unit_images=unit_images(Unit("conv1/3x3", 8)))) is None
    assert images_of_unit(replace(scene, unit_images=unit_images(Unit("fc3", 7)))) is None


def test_a_label_avoids_what_is_bright() -> None:
    canvas = np.zeros((200, 300, 3), np.uint8)
    canvas[60:120, 160:] = 255  # on the right of the tile
    tile = Rect(80, 130, 20, 20)
    draw_label(canvas, make_scene(), tile, "tiger shark")
    assert (canvas[60:120, 165:] == 255).all() and (canvas != 0).any()


def test_help_columns_are_balanced_and_in_order() -> None:
    def columns(heights: list[int], room: int, count: int) -> list[list[int]]:
        entries = [Entry(number, height=height) for number, height in enumerate(heights)]
        return [[entry.number for entry, _ in column] for column in flow(entries, room, 10, 0, count)]

    assert columns([5, 5, 5, 5], 1000, 2) == [[0, 1], [2, 3]]
    assert columns([9, 2, 2, 2], 1000, 2) == [[0], [1, 2, 3]]
    assert columns([3, 3], 1000, 1) == [[0, 1]]
    assert columns([3, 3, 3, 3], 60, 1) == [[0, 1], [2, 3]]  # pages
    heading = [Entry(0), Entry(1), Entry(-1, "heading"), Entry(2)]
    assert [len(column) for column in flow(heading, 30, 10, 0, 1)] == [2, 2]  # no heading is last


def test_an_error_is_said_whole_wherever_there_is_room() -> None:
    short, long = make_scene(status=Status(error="short")), make_scene(status=Status(error=LONG_ERROR))
    assert error_fits(short) and not error_fits(long)
    assert not error_fits(replace(short, layout=make_layout(*SIZE, {"status": None})))
    assert error_fits(make_scene(status=Status(error=LONG_ERROR), size=(930, 3000)))


def test_the_keys_that_sentences_name_do_what_they_say() -> None:
    named = {"b": "cycle_back", "U": "toggle_unit_images", "h": "toggle_help"}
    assert {key: command_of(key).name for key in named} == named


def test_a_long_sentence_is_written_smaller_before_it_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[tuple[str, int]] = []

    def write(canvas: np.ndarray, row: int, col: int, text: str, px: int, *_: object, **__: object) -> None:
        drawn.append((text, px))

    monkeypatch.setattr(heading, "draw_text", write)
    scene, area = replace(make_scene(), layout=make_layout(930, 1500)), Rect(0, 0, 200, 240)
    seen = []
    for words in (5, 42, 200):
        drawn.clear()
        heading.sentence(np.zeros((200, 240, 3), np.uint8), scene, area, "weights " * words)
        assert len({px for _, px in drawn}) == 1
        seen.append((drawn[0][1], drawn[-1][0].endswith("…")))
    normal, small = scene.px(theme.SIZE_TEXT), scene.px(theme.SIZE_SMALL)
    assert small < normal and seen == [(normal, False), (small, False), (small, True)]
