"""The table of panes: names old and new, overrides, any window size."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

import deepvis.window.ui.panes  # noqa: F401  (gives the places)
from deepvis.core.geometry import Rect
from deepvis.core.panes import (
    ORIGINAL,
    LayoutError,
    card_areas,
    default_places,
    make_layout,
    pane_names,
    read_panes,
)
from deepvis.window.ui.pane import PANES

window_sizes = st.tuples(st.integers(300, 1600), st.integers(400, 2800))


def test_the_default_table_is_the_originals() -> None:
    layout = make_layout(930, 1500)
    assert layout["layers"] == Rect(30, 300, 870, 900)
    assert layout["status"] == Rect(900, 0, 30, 1500)
    assert [name for name, _ in layout] == [
        "input", "aux", "back", "status", "control", "layers", "jpgvis",
    ]  # fmt: skip


@given(window_sizes, st.one_of(st.none(), st.integers(30, 300)))
def test_the_default_panes_fill_any_window_without_overlap(size: tuple[int, int], control: int | None) -> None:
    layout = make_layout(*size, control_height=control)
    assert sum(rect.height * rect.width for _, rect in layout) == size[0] * size[1]
    assert all(a.clipped(b).is_empty for (_, a), (_, b) in itertools.combinations(layout, 2))


@given(window_sizes, st.data())
def test_every_pixel_belongs_to_one_pane(size: tuple[int, int], data: st.DataObject) -> None:
    layout = make_layout(*size)
    row, col = data.draw(st.integers(0, size[0] - 1)), data.draw(st.integers(0, size[1] - 1))
    name = layout.pane_at(row, col)
    assert name is not None and layout[name].contains(row, col)


def test_outside_the_window_there_is_no_pane() -> None:
    assert make_layout(930, 1500).pane_at(930, 0) is None


def test_the_originals_names_are_accepted() -> None:
    table = {name if name == "input" else ORIGINAL + name: place for name, place in default_places().items()}
    assert make_layout(930, 1500, table) == make_layout(930, 1500)


def test_a_pane_has_the_name_of_its_file() -> None:
    assert set(PANES) == set(pane_names())


def test_an_override_moves_one_pane_and_none_leaves_one_out() -> None:
    layout = make_layout(930, 1500, {"caffevis_control": (0, 300, 90, 900), "caffevis_layers": (90, 300, 810, 900)})
    assert layout["layers"] == Rect(90, 300, 810, 900)
    without = make_layout(930, 1500, {"jpgvis": None})
    assert "jpgvis" not in without and "layers" in without


def test_a_whole_table_of_another_size_is_scaled_from_its_own_extent() -> None:
    table = dict.fromkeys(pane_names()) | {"input": (0, 0, 100, 100), "layers": (0, 100, 100, 300)}
    layout = make_layout(500, 2000, table)
    assert layout["input"] == Rect(0, 0, 500, 500) and layout["layers"] == Rect(0, 500, 500, 1500)


def test_control_height_is_taken_from_the_layers_below() -> None:
    layout = make_layout(930, 1500, control_height=100)
    assert layout["control"].height == 100 and layout["layers"] == Rect(100, 300, 800, 900)


def test_control_height_gives_way_to_overrides() -> None:
    layout = make_layout(930, 1500, {"control": (0, 300, 50, 900)}, control_height=100)
    assert layout["control"].height == 50


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"inptu": (0, 0, 1, 1)}, "did you mean 'input'"),
        ({"caffevis_layer": (0, 0, 1, 1)}, "caffevis_layers"),
        ({"input": (0, 0, 1)}, "row, column, height, width"),
        ({"input": (0, 0, -1, 5)}, "whole numbers"),
        ({"input": (0, 0.5, 1, 5)}, "whole numbers"),
    ],
)
def test_a_wrong_table_gets_a_sentence(table: dict, said: str) -> None:
    with pytest.raises(LayoutError, match=said):
        read_panes(table)


def test_a_missing_pane_names_those_that_there_are() -> None:
    with pytest.raises(KeyError, match="there are input"):
        make_layout(930, 1500)["nowhere"]


@given(st.integers(0, 400), st.integers(0, 400), st.floats(0.3, 3))
def test_card_parts_lie_inside_the_pane(height: int, width: int, scale: float) -> None:
    pane = Rect(5, 6, height, width)
    parts = card_areas(pane, scale)
    for part in (parts.face, parts.heading, parts.body):
        if not part.is_empty:
            assert part.clipped(pane) == part
    assert parts.heading.clipped(parts.body).is_empty


def test_tiles_area_is_the_body_of_the_layers_pane() -> None:
    layout = make_layout(930, 1500)
    assert layout.tiles_area == card_areas(layout["layers"], layout.text_scale).body
    assert make_layout(930, 1500, {"layers": None}).tiles_area.is_empty


def test_text_shrinks_less_than_the_window_and_follows_the_font_scale() -> None:
    assert make_layout(930, 1500).text_scale == 1
    assert make_layout(1860, 3000).text_scale == 2
    assert 0.5 < make_layout(465, 750).text_scale < 1
    assert make_layout(930, 1500, font_scale=1.5).text_scale == 1.5
