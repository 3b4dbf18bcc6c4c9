"""Every pane against its stored picture, and against the words that belong in it, rendered without a window.

test_noticed.py shows what the comparison notices.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import features

from deepvis.window.ui.pane import OVERLAYS, PANES
from tests.helpers.looks import FREETYPE, unlike, words_of
from tests.window.ui.draw_golden import FOLDER, pane_picture, store
from tests.window.ui.scenes import GOLDEN
from tests.window.ui.words import WORDS

FOUND = features.version("freetype2") or "0.0"
same_letters = pytest.mark.skipif(
    tuple(map(int, FOUND.split(".")[:2])) < FREETYPE, reason=f"FreeType {FOUND} places letters otherwise than 2.14"
)

# where a line ends depends on the letters' widths
CUT = {"error", *(name for name, words in WORDS.items() if any("…" in word for word in words))}


def stored_picture(name: str) -> np.ndarray:
    stored = cv2.imread(str(FOLDER / f"{name}.png"))
    assert stored is not None, f"no {name}.png: python -m tests.window.ui.draw_golden draws it"
    return stored


@same_letters
@pytest.mark.parametrize("name", GOLDEN)
def test_pane_looks_as_stored(name: str) -> None:
    pane, make = GOLDEN[name]
    assert not unlike(pane_picture(pane, make()), stored_picture(name))


@pytest.mark.parametrize("name", [pytest.param(name, marks=same_letters) if name in CUT else name for name in GOLDEN])
def test_pane_writes_these_words_and_no_others(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pane, make = GOLDEN[name]
    assert words_of(monkeypatch, pane, make()) == WORDS[name]


def test_a_picture_that_looks_the_same_is_not_stored_anew(tmp_path: Path) -> None:
    path = tmp_path / "pane.png"
    picture = np.full((64, 64, 3), 100, np.uint8)
    store(path, picture)
    first = path.read_bytes()
    picture[5, 5] += 1
    store(path, picture)
    assert path.read_bytes() == first
    picture[5:15, 5:15] = 0
    store(path, picture)
    assert (cv2.imread(str(path)) == picture).all()


def test_every_pane_has_a_stored_picture() -> None:
    assert {pane for pane, _ in GOLDEN.values()} == {*PANES, *OVERLAYS}


def test_no_stored_picture_is_left_over() -> None:
    assert {path.stem for path in FOLDER.glob("*.png")} == set(GOLDEN) == set(WORDS)
