"""What fires here, by real keys and a real mouse on a real photo, against the network run beside the window."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from deepvis.core.geometry import Rect, fit_inside
from deepvis.core.panes import card_areas
from deepvis.core.types import Frame, NetRequest, Snapshot
from deepvis.live.backend import open_backend
from deepvis.models.zoo import load_model
from deepvis.network.field import receptive_field
from deepvis.network.shapes import infer_shapes
from deepvis.window.ui import theme
from deepvis.window.ui.layer_list_layout import layout_for
from tests.window.real.test_pointing import HEIGHT, MIDDLE, WIDTH, changed, point, shot, still

pytestmark = pytest.mark.window
Start = Callable[..., Any]
LAYER = "conv3"
LAYERS_ON = ["o"] * 6  # from conv1
INPUT = (slice(30, 290), slice(5, 295))


@pytest.fixture(scope="module")
def passed(photo: Path) -> Snapshot:
    """What caffenet-mini gives for it."""
    rgb = cv2.cvtColor(cv2.imread(str(photo)), cv2.COLOR_BGR2RGB)
    return open_backend("engine", load_model("caffenet-mini"), "cpu").run(NetRequest(Frame(1, rgb)))


def by_strength(values: np.ndarray) -> list[int]:
    order = np.argsort(-values, kind="stable").tolist()
    return [channel for channel in order if values[channel] > 0]


def cell_of(place: tuple[int, int], size: int) -> tuple[int, int]:
    """The cell of the layer whose field has its centre nearest to a place of the input, found among all."""
    graph = load_model("caffenet-mini").graph
    shapes = infer_shapes(graph, graph.inputs)

    def distance(cell: tuple[int, int]) -> float:
        field = receptive_field(graph, shapes, LAYER, *cell)
        rows, cols = (field.top + field.bottom) / 2, (field.left + field.right) / 2
        return (rows - place[0] - 0.5) ** 2 + (cols - place[1] - 0.5) ** 2

    return min(((row, col) for row in range(size) for col in range(size)), key=distance)


class Session:
    """The program on a photo, and which unit it is at."""

    def __init__(self, program: Any) -> None:
        self.program, self.pictures = program, 0

    def at(self, *keys: str) -> tuple[str, int]:
        """The (layer, unit) that is selected after some keys."""
        self.program.key(*keys, "p")
        self.pictures += 1
        name = self.program.saved(self.pictures).name
        found = re.match(r"deepvis-caffenet-mini-(.+?)-(\d+)-", name)
        assert found is not None, name
        return found[1], int(found[2])

    def end(self) -> None:
        self.program.key("q")
        assert self.program.end() == (0, "")


def test_o_sorts_the_arrows_follow_and_h_goes_to_the_strongest(
    start: Start, screen: Any, photo: Path, passed: Snapshot
) -> None:
    best = by_strength(passed.activations[LAYER].max(axis=(1, 2)))
    program = start("--images", photo)
    program.key(*LAYERS_ON)
    before = still(program, screen)
    session = Session(program)
    assert session.at("H") == (LAYER, best[0])  # one key
    assert session.at("H") == (LAYER, best[1])
    assert session.at("at") == (LAYER, best[2])
    program.key("O")
    program.until(lambda: changed(before, shot(screen), MIDDLE) > 0.3, "the tiles by strength")
    assert session.at("Home") == (LAYER, best[0])
    assert session.at("Right", "Right") == (LAYER, best[2])
    assert session.at("Left") == (LAYER, best[1])
    assert session.at("End") == (LAYER, best[-1])
    program.click(*tile_at(screen, 0))
    assert session.at() == (LAYER, best[0])
    assert session.at("numbersign", "Home") == (LAYER, 0)  # by number again
    assert session.at("O", "Escape", "Home") == (LAYER, 0)
    session.end()


def tile_at(screen: Any, index: int) -> tuple[int, int]:
    """(column, row) in the first tile of the pane: where the first that is not of the pane's face begins."""
    part = shot(screen)[MIDDLE].astype(int)
    inked = np.abs(part - np.array(theme.FACE)).max(axis=2) > 6
    rows, cols = np.flatnonzero(inked.mean(axis=1) > 0.5), np.flatnonzero(inked.mean(axis=0) > 0.5)
    return MIDDLE[1].start + int(cols[0]) + 15 + 40 * index, MIDDLE[0].start + int(rows[0]) + 15


def test_a_place_of_the_input_is_told_of_pinned_listed_and_freed(
    start: Start, screen: Any, photo: Path, passed: Snapshot
) -> None:
    program = start("--images", photo)
    program.key(*LAYERS_ON)
    before = still(program, screen)
    session = Session(program)

    def yellow() -> int:
        return int((shot(screen)[INPUT] == theme.FIELD).all(axis=2).sum())

    point(program, 110, 120)
    program.until(lambda: yellow() > 50 and 0.005 < changed(before, shot(screen), MIDDLE) < 0.3, "the tooltip")
    program.click(110, 120)  # one click: this layer, and all
    point(program, 700, 920)
    program.until(lambda: changed(before, shot(screen), MIDDLE) > 0.3 and yellow() > 50, "the tiles by the place")
    assert passed.input_rgb is not None
    place = place_of(passed.input_rgb.shape[0])
    cell = cell_of(place, passed.activations[LAYER].shape[1])
    best = by_strength(passed.activations[LAYER][:, cell[0], cell[1]])

    def framed() -> np.ndarray:
        """Where the selected layer's row is in the list of all layers; empty while that is not shown."""
        return np.flatnonzero((shot(screen)[330:590, 10:290] == theme.SELECTED).all(axis=2).mean(axis=1) > 0.8)

    program.click(60, 330 + int(framed().mean()))
    assert session.at() == (LAYER, best[0])
    assert session.at("Right") == (LAYER, best[1])
    assert session.at("End") == (LAYER, best[-1])
    assert not framed().size
    program.click(60, 333)  # "all layers here: click, or up"
    program.until(lambda: framed().size > 0, "the list of all layers")
    assert session.at() == (LAYER, best[-1])
    assert session.at("H") == (LAYER, best[0])
    program.key("Escape")
    program.until(lambda: yellow() == 0, "the place to be free")
    assert session.at("Home") == (LAYER, 0)
    program.key("BackSpace", "BackSpace")
    program.until(lambda: yellow() > 50, "the place again")
    program.click(110, 120)
    point(program, 700, 920)
    program.until(lambda: yellow() == 0, "the place to be free by a click on it")
    session.end()


def place_of(size: int) -> tuple[int, int]:
    """The pixel of the network's input on which a click at (110, 120) falls."""
    layout = layout_for(open_backend("engine", load_model("caffenet-mini"), "cpu").info, HEIGHT, WIDTH)
    pane = layout["input"]
    body = card_areas(Rect(0, 0, pane.height, pane.width), layout.text_scale).body.moved(pane.row, pane.col)
    at = fit_inside(size, size, body)
    return (120 - at.row) * size // at.height, (110 - at.col) * size // at.width
