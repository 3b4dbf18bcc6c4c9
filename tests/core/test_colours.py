"""Colour maps: one colour a level, dark to light, gaps that are no value."""

from __future__ import annotations

import numpy as np
import pytest

from deepvis.core.coding import MID
from deepvis.core.colours import GAP, NO_VALUE, PLAIN_GAP, SILENT, map_colours, paint_of
from deepvis.core.pixels import activation_codes, codes_with
from deepvis.core.state import ColourMap, Look

RISING = (ColourMap.GRAY, ColourMap.VIRIDIS, ColourMap.CIVIDIS, ColourMap.MAGMA)
LIGHTNESS = np.array([0.0722, 0.7152, 0.2126])  # of linear BGR


def lightness(bgr: np.ndarray) -> np.ndarray:
    return (bgr.astype(float) / 255) ** 2.2 @ LIGHTNESS


def acts() -> np.ndarray:
    return np.linspace(0, 1, 4 * 100).reshape(4, 10, 10).astype(np.float32)


@pytest.mark.parametrize("colour_map", RISING)
def test_maps_rise_from_dark_to_light(colour_map: ColourMap) -> None:
    light = lightness(map_colours(colour_map))
    assert (np.diff(light) > -0.004).all() and light[0] < 0.05 < 0.5 < light[-1]


def test_known_colours_of_the_maps() -> None:
    assert map_colours(ColourMap.VIRIDIS)[0].tolist() == [84, 1, 68]  # Matplotlib's #440154, BGR
    assert abs(map_colours(ColourMap.CIVIDIS)[0].astype(int) - [77, 34, 0]).max() <= 1  # #00224d
    assert map_colours(ColourMap.MAGMA)[0].tolist() == [4, 0, 0]  # #000004


def test_the_signed_map_is_blue_below_dark_at_zero_and_orange_above() -> None:
    table = map_colours(ColourMap.SIGNED).astype(int)
    assert table[MID].max() < 25
    assert table[1][0] > 2 * table[1][2] and table[255][2] > 2 * table[255][0]
    light = lightness(table)
    assert (np.diff(light[MID:]) >= 0).all() and (np.diff(light[1 : MID + 1]) <= 0).all()


@pytest.mark.parametrize("look", list(Look))
@pytest.mark.parametrize("colour_map", list(ColourMap))
@pytest.mark.parametrize("signed", [False, True])
def test_no_value_has_the_level_of_the_gaps(colour_map: ColourMap, look: Look, signed: bool) -> None:
    paint = paint_of(colour_map, look, signed=signed)
    levels = paint.levels(codes_with(acts() - 0.3 * signed, signed=signed))
    if paint.table is not None:
        assert paint.gap == NO_VALUE and levels.min() > NO_VALUE
        assert paint.table[NO_VALUE].ravel().tolist() == [PLAIN_GAP if look is Look.PLAIN_2015 else GAP] * 3
    assert (np.diff(levels.astype(int)) >= 0).all() and levels[-1] == 255


def test_silence_is_dark_grey_in_the_readable_look_and_black_in_the_plain_one() -> None:
    codes = activation_codes(acts())
    assert paint_of(ColourMap.GRAY, Look.READABLE).levels(codes)[0] == SILENT > GAP
    assert paint_of(ColourMap.GRAY, Look.PLAIN_2015).levels(codes)[0] == 0


@pytest.mark.parametrize("colour_map", list(ColourMap))
def test_diffs_keep_their_colours_in_any_map(colour_map: ColourMap) -> None:
    paint = paint_of(colour_map, Look.READABLE, signed=True, diffs=True)
    assert (paint.table[:, 0] == paint_of(ColourMap.GRAY, Look.READABLE, signed=True, diffs=True).table[:, 0]).all()
    assert (paint.table[MID] == MID).all()


def test_negative_values_are_blue_and_positive_ones_grey_in_the_gray_map() -> None:
    table = paint_of(ColourMap.GRAY, Look.READABLE, signed=True).table[:, 0].astype(int)
    assert table[1][0] > 2 * table[1][2] and len(set(table[255])) == len(set(table[MID])) == 1
    assert table[MID][0] == SILENT
