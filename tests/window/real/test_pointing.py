"""Pointing and clicking with a real mouse: tooltips, and clicks that open what they depict."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepvis.window.ui import theme

pytestmark = pytest.mark.window
Start = Callable[..., Any]
HEIGHT, WIDTH = 930, 1500
UNIT_PANE = (slice(330, 590), slice(10, 290))
BACK_PANE = (slice(630, 890), slice(10, 290))
MIDDLE = (slice(75, 880), slice(310, 1190))


TOP_NINE = (slice(335, 585), slice(1220, 1475))
DECONV = (slice(635, 885), slice(1220, 1475))


def is_full(part: np.ndarray) -> bool:
    """More than a sentence: many pixels that are not of the commonest brightness."""
    grey = part.max(axis=2).astype(int)
    return bool((np.abs(grey - np.bincount(grey.ravel()).argmax()) > 12).mean() > 0.05)


def shot(screen: Any) -> np.ndarray:
    return np.array(screen.pixels()[:HEIGHT, :WIDTH])


def still(program: Any, screen: Any) -> np.ndarray:
    """The picture once the network has answered, all panes are full, and nothing has changed for a moment."""
    program.until(lambda: all(is_full(shot(screen)[part]) for part in (MIDDLE, TOP_NINE, DECONV)), "full panes")

    def stands() -> bool:
        before = shot(screen)[:890]
        time.sleep(0.4)
        return bool(np.array_equal(before, shot(screen)[:890]))

    program.until(stands, "the picture to stand")
    return shot(screen)


def changed(before: np.ndarray, after: np.ndarray, part: tuple[slice, slice]) -> float:
    return float((before[part] != after[part]).any(axis=2).mean())


def point(program: Any, col: int, row: int) -> None:
    program.xdotool("mousemove", "--window", program.window, str(col), str(row))


def test_a_tooltip_comes_and_goes_and_a_cell_shows_its_field(start: Start, screen: Any, photos: Path) -> None:
    program = start("--images", photos)
    program.key("o", "Down")
    before = still(program, screen)
    point(program, 700, 450)
    program.until(lambda: 0.005 < changed(before, shot(screen), MIDDLE) < 0.2, "a tooltip over the tiles")
    program.key("r", "r")
    program.until(lambda: changed(before, shot(screen), MIDDLE) < 0.001, "the tooltip to go")
    point(program, 150, 450)

    def yellow() -> int:
        return int((shot(screen)[:300, :300] == theme.FIELD).all(axis=2).sum())

    program.until(lambda: yellow() > 50, "the receptive field of the cell on the input")
    program.key("q")
    assert program.end() == (0, "")


def test_a_class_opens_its_unit_and_the_back_picture_its_large_view(start: Start, screen: Any, photos: Path) -> None:
    program = start("--images", photos)
    program.until(lambda: (shot(screen)[UNIT_PANE] == theme.GOOD).all(axis=2).any(), "the classes")
    program.click(100, 350)  # the first of the five classes
    program.key("p")
    name = program.saved(1).name
    assert name.startswith("deepvis-caffenet-mini-prob-"), name

    program.key("b")
    before = still(program, screen)
    program.click(150, 760)  # the back picture
    large = still(program, screen)
    assert changed(before, large, MIDDLE) > 0.3 and changed(before, large, BACK_PANE) < 0.01  # large, and still on
    program.click(150, 760)
    program.until(lambda: changed(before, shot(screen), MIDDLE) < 0.01, "the tiles again")
    program.key("q")
    assert program.end() == (0, "")


def test_a_patch_opens_its_photo_and_a_preferred_image_its_large_view(start: Start, screen: Any, photos: Path) -> None:
    program = start("--images", photos)
    program.key("o", "o", "Down")
    before = still(program, screen)
    program.click(1260, 360)  # the first patch: the user's own, then samples
    program.click(1350, 450)  # the one in the middle: a sample
    picture = (slice(40, 250), slice(30, 270))
    program.until(lambda: changed(before, shot(screen), picture) > 0.5, "the patch's photo as the input")
    after = still(program, screen)
    program.click(1350, 150)
    program.until(lambda: changed(after, shot(screen), MIDDLE) > 0.3, "the preferred image, large")
    program.click(700, 450)
    program.until(lambda: changed(after, shot(screen), MIDDLE) < 0.02, "the tiles again")
    program.key("q")
    assert program.end() == (0, "")


def test_labels_that_do_not_fit_are_said_once(start: Start, screen: Any, tiny: list[str], photos: Path) -> None:
    labels = Path(tiny[tiny.index("--labels") + 1])
    more = labels.with_name("more.txt")
    more.write_text(labels.read_text().strip() + "\none more\n")
    program = start(*[str(more) if word == str(labels) else word for word in tiny], "--images", photos)

    def noticed() -> bool:
        return bool((shot(screen)[900:] == theme.ORIGIN).all(axis=2).sum() > 100)

    program.until(noticed, "the notice in the status line")
    program.until(lambda: not noticed(), "the notice to go after a while")
    program.key("q")
    assert program.end() == (0, "")
