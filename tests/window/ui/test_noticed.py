"""The comparison with the stored pictures notices any mark, word, tile and colour, and no rounding."""

from __future__ import annotations

import numpy as np
import pytest

from deepvis.core.geometry import Rect, tile_grid
from deepvis.window.ui import text, theme, tiles
from deepvis.window.ui.canvas import hatch
from deepvis.window.ui.panes import control, layers, status
from deepvis.window.ui.panes import input as input_pane
from tests.helpers.looks import BLOCK, blocks, forget_drawn, replace_everywhere, unlike
from tests.window.ui.draw_golden import pane_picture
from tests.window.ui.scenes import GOLDEN
from tests.window.ui.test_golden import same_letters, stored_picture

pytestmark = same_letters
Patch = pytest.MonkeyPatch


def noticed(name: str, patch: Patch) -> list[str]:
    forget_drawn(patch)
    pane, make = GOLDEN[name]
    return unlike(pane_picture(pane, make()), stored_picture(name))


def nothing(*_: object, **__: object) -> None:
    """Instead of a function that draws."""


# --- marks -------------------------------------------------------------------------------------

WITH_SELECTION = ["layers", "layers_boosted", "layers_diffs", "layers_stale", "layers_vector", "layers_pattern"]


@pytest.mark.parametrize("name", WITH_SELECTION)
def test_a_missing_selection_mark(name: str, monkeypatch: Patch) -> None:
    monkeypatch.setattr(layers, "mark_selected", nothing)
    assert noticed(name, monkeypatch)


@pytest.mark.parametrize("name", WITH_SELECTION)
def test_a_selection_one_tile_further(name: str, monkeypatch: Patch) -> None:
    real = layers.mark_selected
    monkeypatch.setattr(
        layers, "mark_selected", lambda canvas, tile, *a, **k: real(canvas, tile.moved(0, tile.width), *a, **k)
    )
    assert noticed(name, monkeypatch)


def test_a_missing_origin_mark(monkeypatch: Patch) -> None:
    monkeypatch.setattr(layers, "mark_origin", nothing)
    assert noticed("layers", monkeypatch)


def test_an_origin_marked_as_the_selection_is(monkeypatch: Patch) -> None:
    monkeypatch.setattr(layers, "mark_origin", tiles.mark_selected)
    assert noticed("layers", monkeypatch)


def test_marks_that_have_swapped_their_colours(monkeypatch: Patch) -> None:
    monkeypatch.setattr(tiles, "SELECTED", theme.ORIGIN)
    monkeypatch.setattr(tiles, "ORIGIN", theme.SELECTED)
    assert noticed("layers", monkeypatch)


@pytest.mark.parametrize(("name", "mark"), [("control_units", "brackets"), ("control_units", "frame")])
def test_a_missing_mark_in_the_layer_list(name: str, mark: str, monkeypatch: Patch) -> None:
    monkeypatch.setattr(control, mark, nothing)
    assert noticed(name, monkeypatch)


def test_a_missing_receptive_field_and_a_missing_tag(monkeypatch: Patch) -> None:
    monkeypatch.setattr(input_pane, "draw_field", nothing)
    assert noticed("input_field", monkeypatch)
    replace_everywhere(monkeypatch, "hatch", nothing, was=hatch)
    assert noticed("layers_stale", monkeypatch) and noticed("back_stale", monkeypatch)


# --- words -------------------------------------------------------------------------------------

SWAPS = [
    ("status", "deconv, raw", "deconv, gray"),
    ("status", "max 0.324", "max 0.325"),  # one digit
    ("status", "percentile 32.4 of 8,242 images", "percentile 32.4 of 8,242 photos"),
    ("status", "24.5 fps   17.2 passes/s   36 + 26 ms   cpu", "24.5 fps   17.2 passes/s   36 + 26 ms   gpu"),
    ("status_error", "camera 0 gives no more pictures", "camera 1 gives no more pictures"),
    ("aux_classes", "elk", "elf"),
    ("input_frozen", "frozen", "broken"),
    ("control_list", "pool1", "pool2"),
    ("layers_stale", "stale", "state"),
    ("help", "Next one", "Last one"),
]


@pytest.mark.parametrize(("name", "word", "other"), SWAPS)
def test_another_word(name: str, word: str, other: str, monkeypatch: Patch) -> None:
    real, met = text.draw_text, []

    def write(canvas: np.ndarray, row: int, col: int, line: str, *a: object, **k: object) -> int:
        met.append(line == word)
        return real(canvas, row, col, other if line == word else line, *a, **k)

    replace_everywhere(monkeypatch, "draw_text", write, was=real)
    assert noticed(name, monkeypatch) and any(met)


def test_a_missing_fact(monkeypatch: Patch) -> None:
    real = status.facts
    monkeypatch.setattr(status, "facts", lambda scene: real(scene)[:-1])
    assert noticed("status", monkeypatch)


# --- tiles and pictures --------------------------------------------------------------------------


def tile_of(scene: object, channel: int) -> Rect:
    """Where a tile lies in the layers pane."""
    layer, pane = scene.state.layer, scene.layout["layers"]
    tile = tile_grid(layer.channels, (layer.height, layer.width), scene.layout.tiles_area).tile(channel)
    return tile.moved(-pane.row, -pane.col)


@pytest.mark.parametrize("channel", [0, 12, 39])
def test_a_tile_shifted_by_a_pixel(channel: int) -> None:
    _, make = GOLDEN["layers"]
    stored = stored_picture("layers")
    tile, drawn = tile_of(make(), channel), stored.copy()
    drawn[tile.slices] = np.roll(stored[tile.slices], 1, axis=1)
    assert unlike(drawn, stored)


def test_two_tiles_that_have_changed_places(monkeypatch: Patch) -> None:
    real = tiles.mosaic

    def swapped(maps: np.ndarray, grid: object) -> np.ndarray:
        maps = maps.copy()
        maps[[3, 20]] = maps[[20, 3]]
        return real(maps, grid)

    monkeypatch.setattr(tiles, "mosaic", swapped)
    assert noticed("layers", monkeypatch) and noticed("layers_diffs", monkeypatch)


def test_red_and_blue_swapped(monkeypatch: Patch) -> None:
    for name in ("input", "back_raw", "jpgvis", "layers_pattern"):
        stored = stored_picture(name)
        assert unlike(np.ascontiguousarray(stored[..., ::-1]), stored), name


# --- colours -----------------------------------------------------------------------------------

COLOURS = sorted(name for name, value in vars(theme).items() if name.isupper() and isinstance(value, tuple))
# the first stored picture in which each is a face, or else letters of many pixels
SEEN = {
    "BACKGROUND": "status",
    "FACE": "status",
    "WELL": "back_off",
    "CHIP": "control_list",
    "CHOSEN": "palette",
    "KEY": "help",
    "LINE": "status",
    "TRACK": "aux_classes",
    "TEXT": "status",
    "SOFT": "status",
    "FAINT": "jpgvis_progress",
    "SELECTED": "layers",
    "ORIGIN": "layers",
    "STALE": "layers_stale",
    "ERROR": "status_error",
    "GOOD": "jpgvis_progress",
    "FIELD": "input_field",
    "RECORDING": "recording",
    "BAR": "layers_vector",
    "BAR_BELOW": "layers_logits",
    "EMPTY": "jpgvis_few",
    "FOR": "layers_why_through",
    "AGAINST": "layers_why",
    "CHANGED": "layers_what_if",
    "RISEN": "aux_what_if_classes",
    "FALLEN": "aux_what_if_classes",
}


@pytest.mark.parametrize("colour", COLOURS)
def test_a_colour_that_is_a_little_different(colour: str, monkeypatch: Patch) -> None:
    """By 12 of 255 in one channel, which one hardly sees."""
    was = getattr(theme, colour)
    other = (was[0], was[1] + (12 if was[1] < 128 else -12), was[2])
    replace_everywhere(monkeypatch, colour, other, was=was)
    assert noticed(SEEN[colour], monkeypatch)


# --- and no rounding ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", GOLDEN)
def test_roundings_pass(name: str, monkeypatch: Patch) -> None:
    """Letters whose edges are a little lighter or darker, and a quarter of all pixels one step brighter."""
    real, noise = text._glyph, np.random.default_rng(4)

    def rounded(*asked: object) -> tuple[int, np.ndarray]:
        first, ink = real(*asked)
        edge = (ink > 0) & (ink < 255)
        return first, np.where(edge, np.clip(ink.astype(int) + noise.integers(-4, 5, ink.shape), 0, 255), ink).astype(
            np.uint16
        )

    monkeypatch.setattr(text, "_glyph", rounded)
    monkeypatch.setattr(text, "_ink", text._ink.__wrapped__)
    forget_drawn(monkeypatch)
    pane, make = GOLDEN[name]
    drawn = pane_picture(pane, make())
    brighter = noise.random(drawn.shape[:2])[..., None] < 0.25
    drawn = np.where(brighter, np.minimum(drawn, 254) + 1, drawn).astype(np.uint8)
    stored = stored_picture(name)
    assert not unlike(drawn, stored) and (drawn != stored).mean() > 0.1


def test_every_pixel_lies_in_one_block() -> None:
    counted = np.zeros((70, 33), int)
    for block in blocks(70, 33):
        counted[block.slices] += 1
        assert block.height <= BLOCK and block.width <= BLOCK
    assert (counted == 1).all()
