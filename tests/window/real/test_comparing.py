"""Two photos compared by real keys in a real window, against the network run beside the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from deepvis.core.types import Frame, NetRequest
from deepvis.live.backend import open_backend
from deepvis.models.zoo import load_model
from deepvis.sources.photos import load_rgb
from tests.window.real.test_fires import Session
from tests.window.real.test_pointing import MIDDLE, changed, shot, still

pytestmark = pytest.mark.window
Start = Callable[..., Any]
INPUT = (slice(30, 290), slice(5, 295))
LAYER, LAYERS_ON = "conv3", ["o"] * 6  # from conv1


@pytest.fixture
def photos(photo: Path, tmp_path: Path) -> Path:
    """A photo, and the same upside down."""
    folder = tmp_path / "two"
    folder.mkdir()
    bgr = cv2.imread(str(photo))
    cv2.imwrite(str(folder / "a.png"), bgr)
    cv2.imwrite(str(folder / "b.png"), np.ascontiguousarray(bgr[::-1]))
    return folder


def differing(folder: Path) -> list[int]:
    """The units of the layer by how much b.png's maps differ from a.png's, by numpy alone."""
    backend = open_backend("engine", load_model("caffenet-mini"), "cpu")
    a, b = (
        backend.run(NetRequest(Frame(i, cv2.cvtColor(cv2.imread(str(folder / name)), cv2.COLOR_BGR2RGB))))
        .activations[LAYER]
        .copy()
        for i, name in enumerate(("a.png", "b.png"))
    )
    sizes = np.abs(b - a).max(axis=(1, 2))
    return [channel for channel in np.argsort(-sizes, kind="stable").tolist() if sizes[channel] > 0]


def colours(screen: Any) -> tuple[int, int]:
    """How many pixels of the tiles are blue, and orange."""
    tiles = shot(screen)[MIDDLE].astype(int)
    blue = (tiles[..., 0] > tiles[..., 2] + 60) & (tiles[..., 0] > 120)
    orange = (tiles[..., 2] > tiles[..., 0] + 60) & (tiles[..., 2] > 120)
    return int(blue.sum()), int(orange.sum())


def test_p_pins_q_shows_the_difference_o_sorts_by_it_and_backslash_shows_all_modes(
    start: Start, screen: Any, photos: Path
) -> None:
    program = start("--images", photos)
    program.key(*LAYERS_ON, "Down")
    session, best = Session(program), differing(photos)
    assert session.at()[0] == LAYER
    before = still(program, screen)
    program.key("P", "e", "Q")
    program.until(lambda: changed(before, shot(screen), INPUT) > 0.1, "the pinned strip")
    assert min(colours(screen)) < 300
    program.key("less")
    program.until(lambda: min(colours(screen)) > 500, "blue and orange tiles")
    program.key("O", "O")
    program.until(lambda: session.at("Home") == (LAYER, best[0]), "what differs most in the first tile")
    assert session.at("Right") == (LAYER, best[1])
    assert session.at("End") == (LAYER, best[-1])
    program.key("O")
    program.key("Escape", "Escape")  # the tiles of the current frame, then free
    program.until(lambda: min(colours(screen)) < 300, "gray tiles")
    before = still(program, screen)
    program.key("backslash")
    program.until(lambda: changed(before, shot(screen), MIDDLE) > 0.3, "pictures side by side")
    program.key("backslash")
    program.until(lambda: changed(before, shot(screen), MIDDLE) < 0.02, "tiles again")
    session.end()


@pytest.mark.slow
def test_f3_shows_the_unit_over_the_photos_and_a_click_goes_to_one(start: Start, screen: Any, photos: Path) -> None:
    program = start("--images", photos)
    program.key(*LAYERS_ON, "Down")
    before = still(program, screen)
    program.key("F3")
    program.until(lambda: changed(before, shot(screen), MIDDLE) > 0.3, "the sheet")
    backend = open_backend("engine", load_model("caffenet-mini"), "cpu")
    values = [
        float(backend.run(NetRequest(Frame(i, load_rgb(photos / name)))).activations[LAYER][0].max())
        for i, name in enumerate(("a.png", "b.png"))
    ]
    sheet, col_of_b = still(program, screen), 450 if values[1] > values[0] else 750
    program.click(col_of_b, 200)  # b.png, which is not in the input pane
    program.until(lambda: changed(sheet, shot(screen), INPUT) > 0.1, "the other photo in the input")
    program.key("Escape")
    program.until(lambda: changed(sheet, shot(screen), MIDDLE) > 0.3, "the tiles")
    program.key("q")
    assert program.end() == (0, "")
