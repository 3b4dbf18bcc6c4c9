"""The most probable class over the input's picture: in a small pane its name stays, whatever becomes of the share."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from deepvis.core.geometry import Rect
from deepvis.window.ui.panes import input as input_pane
from deepvis.window.ui.panes.input import draw_first_class, first_class_place, picture_place
from deepvis.window.ui.scene import Scene
from tests.window.ui.scenes import UNIT, make_scene

NAME = "golden retriever"


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> dict[str, int | None]:
    """What is written over the picture, and the pixels that it has."""
    found: dict[str, int | None] = {}

    def write(canvas: np.ndarray, row: int, col: int, text: str, *_: Any, width: int | None = None, **__: Any) -> int:
        found[text] = width
        return 0

    monkeypatch.setattr(input_pane, "draw_text", write)
    return found


def scene_of(size: tuple[int, int]) -> Scene:
    scene = make_scene(UNIT, size=size)
    labels = tuple(NAME for _ in scene.state.info.labels)
    return replace(scene, state=replace(scene.state, info=replace(scene.state.info, labels=labels)))


@pytest.mark.parametrize("size", [(390, 844), (300, 500), (930, 1500)])
def test_the_name_has_room_beside_its_probability(size: tuple[int, int], drawn: dict[str, int | None]) -> None:
    scene = scene_of(size)
    place = picture_place(scene, scene.layout["input"])
    assert place is not None
    strip, body = first_class_place(scene, place), scene.areas(scene.layout["input"]).body
    assert body.col <= strip.col and strip.right <= body.right
    draw_first_class(np.zeros((*size, 3), np.uint8), scene, strip)
    assert list(drawn)[-1] == NAME and any(text.endswith("%") for text in drawn)
    assert (drawn[NAME] or 0) >= 0.6 * body.width - 20


def test_without_room_for_both_the_name_is_written(drawn: dict[str, int | None]) -> None:
    draw_first_class(np.zeros((930, 1500, 3), np.uint8), scene_of((930, 1500)), Rect(50, 20, 22, 70))
    assert list(drawn) == [NAME] and (drawn[NAME] or 0) > 50
