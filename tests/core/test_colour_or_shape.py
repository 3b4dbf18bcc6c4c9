"""What a unit's values for a picture and its changes say; and the key that asks for them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import deepvis.changes  # noqa: F401  (fills the table)
from deepvis.core.changed_pictures import UNCHANGED, ChangedPicture, ChangedPictures, largest_values
from deepvis.core.colour_or_shape import (
    UnitAnswer,
    conclusion,
    mean_answers,
    percent_of,
    percent_words,
    title_of_change,
    unit_answers,
)
from deepvis.core.commands import COMMANDS, perform
from deepvis.core.effects import Say
from deepvis.core.picture_changes import PICTURE_CHANGES, Takes
from deepvis.core.state import AppState, Cursor, ViewState, Zoom
from deepvis.core.typed import press
from deepvis.core.types import Fit, LayerInfo, NetInfo, Unit

RGB = np.zeros((4, 4, 3), np.uint8)
INFO = NetInfo(
    "net", (LayerInfo("conv", "Convolution", 3, 2, 2), LayerInfo("gone", "X", 1, 1, 1, missing="needs X")), (3, 4, 4)
)


def picture(change: str, *values: float) -> ChangedPicture:
    return ChangedPicture(change, RGB, {"conv": np.array(values, np.float32)})


Percent = dict[str, float] | float


def answers(colour: Percent, shape: Percent, value: float = 10.0, other: Percent = -50.0) -> list[UnitAnswer]:
    """All changes; those of colour and shape change the value by so many per cent, all others by ``other``."""
    rows = [UnitAnswer(UNCHANGED, value, 1, 0.0)]
    for name in PICTURE_CHANGES:
        given = {Takes.COLOUR: colour, Takes.SHAPE: shape}.get(PICTURE_CHANGES[name].takes, other)
        percent = given.get(name, 0.0) if isinstance(given, dict) else given
        rows.append(UnitAnswer(name, value * (1 + percent / 100), 1, percent))
    return rows


def says(colour: Percent, shape: Percent, value: float = 10.0, *, prob: bool = False, other: Percent = -50.0) -> str:
    return conclusion(answers(colour, shape, value, other), is_probability=prob)


def test_the_largest_of_each_map_of_the_layers_that_have_values() -> None:
    maps = np.arange(12, dtype=np.float32).reshape(3, 2, 2) - 5
    found = largest_values({"conv": maps, "other": maps}, INFO.layers)
    assert list(found) == ["conv"] and found["conv"].tolist() == [-2, 2, 6]


def test_value_rank_and_per_cent_of_each_picture() -> None:
    rows = unit_answers(
        [picture(UNCHANGED, 4, 8, 1), picture("gray", 6, 2, 9), picture("edges", 0, -4, 0)], Unit("conv", 1)
    )
    assert [(row.change, row.value, row.rank, row.percent) for row in rows] == [
        (UNCHANGED, 8, 1, 0),
        ("gray", 2, 3, -75),
        ("edges", -4, 3, -150),
    ]
    assert unit_answers([picture(UNCHANGED, 1, 2)], Unit("fc", 0)) == () == unit_answers([], Unit("conv", 0))


@pytest.mark.parametrize(
    ("value", "reference", "percent"),
    [(12, 10, 20), (5, -10, 150), (-15, -10, -50), (1, 0, None), (float("nan"), 1, None), (1, float("inf"), None)],
)
def test_per_cent_of_the_unchanged_value(value: float, reference: float, percent: float | None) -> None:
    assert percent_of(value, reference) == percent


@pytest.mark.parametrize(
    ("percent", "words"),
    [(12.4, "+12 %"), (-81, "−81 %"), (-99.7, "−99.7 %"), (-99.98, "−100 %"), (0.3, "0 %"), (-0.2, "0 %"),
     (None, "–"), (43210.0, "+43,210 %")],
)  # fmt: skip
def test_per_cent_in_words(percent: float | None, words: str) -> None:
    assert percent_words(percent) == words


def test_the_sentence_names_the_two_largest_falls_and_the_larger_wins() -> None:
    assert says(-4, {"shuffled-4": -81, "shuffled-8": -70}) == (
        "Gray changes it by −4 %, shuffled 4 × 4 patches by −81 %: shape more than colour."
    )
    found = says({"hue-180": -90, "gray": -60}, -20)
    assert found == "Hue turned by 180° changes it by −90 %, shuffled 4 × 4 patches by −20 %: colour more than shape."
    assert says(-80, -90).endswith(": colour and shape alike.")
    assert says(-3, 4, other=-20).endswith(": neither colour nor shape matters much.")
    blurred = {"mirrored": -42.0, "blurred-strongly": -71.0}
    assert says(-3, 4, other=blurred).endswith(": neither matters as much as blurred strongly (−71 %).")
    assert says(-3, 4, other={"mirrored": 80.0, "blurred-strongly": -71.0}).endswith("as much as mirrored (+80 %).")


@pytest.mark.parametrize(
    ("colour", "shape"),
    [(-20, -40), (-30, -40), ({"gray": 30}, -90), (-90, {"shuffled-4": 49, "shuffled-8": -100}), (-15, -5)],
)
def test_nothing_is_said_where_the_numbers_do_not_carry_it(
    colour: dict[str, float] | float, shape: dict[str, float] | float
) -> None:
    assert says(colour, shape) == ""


def test_nothing_is_said_of_silent_units_improbable_classes_and_before_all_is_there() -> None:
    assert says(-4, -81, value=0.5, prob=True) and not says(-4, -81, value=0.009, prob=True)
    assert not says(-4, -81, value=0.0) and not says(-4, -81, value=-3.0) and not says(-4, -81, value=float("nan"))
    assert conclusion(answers(-4, -81)[:2], is_probability=False) == conclusion((), is_probability=False) == ""


def test_the_mean_over_photos_is_of_values_and_per_cents_are_of_the_means() -> None:
    first = unit_answers([picture(UNCHANGED, 10, 0, 0), picture("gray", 0, 1, 1)], Unit("conv", 0))
    second = unit_answers([picture(UNCHANGED, 30, 0, 0), picture("gray", 20, 1, 1)], Unit("conv", 0))
    mean = mean_answers([first, second])
    assert [(row.change, row.value, row.rank) for row in mean] == [(UNCHANGED, 20, 1), ("gray", 10, 2)]
    assert mean[1].percent == -50 and mean_answers([]) == ()


def test_titles() -> None:
    assert (title_of_change(UNCHANGED), title_of_change("gray")) == ("Unchanged", "Gray")
    with pytest.raises(KeyError, match="picture change"):
        title_of_change("grey-ish")


def test_it_is_done_with_all_pictures_or_an_error() -> None:
    found = ChangedPictures(1, 1, Fit.CROP, (picture(UNCHANGED, 1),), 2)
    assert not found.is_done and replace(found, error="no").is_done and replace(found, total=1).is_done


def test_f4_turns_the_chart_on_and_off_and_undo_takes_that_back() -> None:
    state = AppState(INFO)
    on, _ = press(state, "f4")
    assert (on.view.zoom, on.view.cursor) == (Zoom.CHANGES, Cursor.UNITS)
    right, _ = press(on, "right")
    assert right.view.zoom is Zoom.CHANGES and right.unit == Unit("conv", 1)
    off, _ = press(on, "f4")
    assert off.view.zoom is Zoom.OFF
    for key in ("backspace", "esc"):
        assert press(on, key)[0].view.zoom is Zoom.OFF
    assert press(press(on, "backspace")[0], "Z")[0].view == on.view
    assert perform(on, COMMANDS["reset_view"])[0].view == ViewState()


def test_z_does_not_come_past_it_and_leaves_it() -> None:
    state, seen = AppState(INFO), []
    for _ in range(4):
        state, _ = press(state, "z")
        seen.append(state.view.zoom)
    assert Zoom.CHANGES not in seen
    on, _ = press(AppState(INFO), "f4")
    assert press(on, "z")[0].view.zoom is Zoom.OFF


def test_a_layer_without_values_says_so() -> None:
    state = AppState(INFO, ViewState(layer_index=1))
    after, effects = press(state, "f4")
    assert after.view.zoom is Zoom.OFF
    assert isinstance(effects[0], Say) and "gone: needs X" in effects[0].sentence
