"""Every change of a picture: what it takes, what it leaves, and that it is a pure function of pictures of any size."""

from __future__ import annotations

import numpy as np
import pytest

import deepvis.changes  # noqa: F401  (fills the table)
from deepvis.changes.colours import LUMA, hue_turned
from deepvis.changes.shuffling import shuffled
from deepvis.changes.turning import rotated
from deepvis.core.picture_changes import PICTURE_CHANGES, Takes, enter_change

NAMES = list(PICTURE_CHANGES)


def noise(height: int = 64, width: int = 64, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)


def disc(side: int = 96) -> np.ndarray:
    """A red disc on dark green."""
    rows, cols = np.indices((side, side)) - side // 2
    rgb = np.full((side, side, 3), (20, 60, 30), np.uint8)
    rgb[rows**2 + cols**2 < (side // 3) ** 2] = (220, 60, 50)
    return rgb


def luma(rgb: np.ndarray) -> np.ndarray:
    return rgb.astype(np.float64) @ LUMA


def changed(name: str, rgb: np.ndarray) -> np.ndarray:
    return PICTURE_CHANGES[name].apply(rgb)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(224, 224), (227, 227), (60, 97), (97, 60), (5, 7), (1, 1)])
def test_a_new_picture_of_the_same_shape_the_same_every_time(name: str, shape: tuple[int, int]) -> None:
    rgb = noise(*shape)
    before = rgb.copy()
    rgb.setflags(write=False)
    first = changed(name, rgb)
    assert first.shape == rgb.shape and first.dtype == np.uint8
    assert np.array_equal(first, changed(name, rgb)) and np.array_equal(rgb, before)
    assert not np.may_share_memory(first, rgb)


@pytest.mark.parametrize("name", NAMES)
def test_every_row_says_what_it_does(name: str) -> None:
    row = PICTURE_CHANGES[name]
    assert row.title and row.words and not row.words.endswith(".")
    assert not np.array_equal(changed(name, disc()), disc()) or name.startswith(("mirrored", "rotated"))


def test_all_that_the_issue_names_are_there_and_colour_and_shape_among_them() -> None:
    assert {"gray", "hue-90", "hue-180", "blurred", "edges", "mirrored", "rotated-90", "shuffled-4"} <= set(NAMES)
    assert NAMES[0] == "gray"
    assert {Takes.COLOUR, Takes.SHAPE} <= {PICTURE_CHANGES[name].takes for name in NAMES}


def test_a_name_is_taken_once() -> None:
    with pytest.raises(ValueError, match="'gray' is registered twice"):
        enter_change("gray", "Gray", lambda rgb: rgb, words="w", takes=Takes.COLOUR)


def test_gray_is_the_luma_in_all_channels() -> None:
    gray = changed("gray", noise())
    assert (gray == gray[..., :1]).all()
    assert np.abs(gray[..., 0] - luma(noise())).max() <= 0.51


@pytest.mark.parametrize("degrees", [90, 180, 33])
def test_a_turned_hue_leaves_the_luma_and_every_gray(degrees: float) -> None:
    assert np.abs(luma(hue_turned(noise(), degrees)) - luma(noise())).max() < 1
    grays = np.repeat(np.arange(256, dtype=np.uint8).reshape(16, 16, 1), 3, axis=2)
    assert np.array_equal(hue_turned(grays, degrees), grays)


def test_hues_turn_by_their_angle_and_come_back() -> None:
    pale = (noise() // 8 + 112).astype(np.uint8)  # no colour leaves 0..255
    assert np.abs(hue_turned(hue_turned(pale, 180), 180).astype(int) - pale).max() <= 2
    four = pale
    for _ in range(4):
        four = hue_turned(four, 90)
    assert np.abs(four.astype(int) - pale).max() <= 4
    red = hue_turned(np.full((1, 1, 3), (200, 100, 100), np.uint8), 180)[0, 0].astype(int)
    assert red[0] < red[1] == pytest.approx(red[2], abs=2)  # cyan


def test_inverted_twice_is_the_picture() -> None:
    assert np.array_equal(changed("inverted", changed("inverted", noise())), noise())
    assert np.array_equal(changed("inverted", noise()).astype(int), 255 - noise().astype(int))


def test_blurs_leave_even_faces_and_the_mean_and_take_the_more_the_stronger() -> None:
    even = np.full((50, 50, 3), (10, 120, 240), np.uint8)
    for name in ("blurred", "blurred-strongly"):
        assert np.array_equal(changed(name, even), even)
        assert changed(name, noise(224, 224)).mean() == pytest.approx(noise(224, 224).mean(), abs=1)
    assert changed("blurred-strongly", noise()).std() < changed("blurred", noise()).std() < noise().std()


def test_edges_are_dark_lines_on_white_where_the_outline_is() -> None:
    lines = changed("edges", disc())[..., 0]
    assert set(np.unique(lines)) == {0, 255}
    rows, cols = np.nonzero(lines == 0)
    away = np.abs(np.hypot(rows - 48, cols - 48) - 32)
    assert away.max() < 3 and 100 < len(rows) < 500
    assert (changed("edges", np.full((40, 40, 3), 90, np.uint8)) == 255).all()


@pytest.mark.parametrize("side", [4, 8])
def test_shuffled_patches_are_the_same_patches_none_at_its_place(side: int) -> None:
    rgb = noise()
    after, part = shuffled(rgb, side), 64 // side
    cells = [(row, col) for row in range(side) for col in range(side)]

    def patch(picture: np.ndarray, cell: tuple[int, int]) -> bytes:
        return picture[cell[0] * part : (cell[0] + 1) * part, cell[1] * part : (cell[1] + 1) * part].tobytes()

    assert sorted(patch(after, cell) for cell in cells) == sorted(patch(rgb, cell) for cell in cells)
    assert all(patch(after, cell) != patch(rgb, cell) for cell in cells)


def test_what_cannot_be_divided_stays_at_the_edge() -> None:
    rgb = noise(67, 70)
    after = shuffled(rgb, 4)
    assert np.array_equal(after[64:], rgb[64:]) and np.array_equal(after[:, 68:], rgb[:, 68:])
    assert np.array_equal(np.sort(after.ravel()), np.sort(rgb.ravel()))


def test_mirrored_and_half_a_turn_move_pixels_alone() -> None:
    rgb = noise(60, 97)
    assert np.array_equal(changed("mirrored", rgb), rgb[:, ::-1])
    assert np.array_equal(changed("rotated-180", rgb), rgb[::-1, ::-1])
    assert np.array_equal(changed("rotated-90", noise()), np.rot90(noise()))


def test_turned_counterclockwise_about_the_centre_without_empty_corners() -> None:
    rgb = np.zeros((101, 101, 3), np.uint8)
    rgb[50, 90] = 255  # right of the centre
    rows, cols = np.nonzero(rotated(rgb, 15)[..., 0] > 60)
    assert rows.mean() == pytest.approx(50 - 40 * np.sin(np.radians(15)), abs=1)
    assert cols.mean() == pytest.approx(50 + 40 * np.cos(np.radians(15)), abs=1)
    assert (rotated(np.full((40, 40, 3), 77, np.uint8), 15) == 77).all()
    assert rotated(noise(40, 60), 90).shape == (40, 60, 3)
