"""What a tooltip says, and where it stands."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deepvis.core.commands.ordering import lists_layers
from deepvis.core.geometry import Rect
from deepvis.core.panes import card_areas
from deepvis.core.pixels import Scale
from deepvis.core.state import Look, Show, ViewState, Zoom
from deepvis.core.types import Patch, Unit
from deepvis.window.pointer import clicked
from deepvis.window.ui.compose import Composer
from deepvis.window.ui.hit import hit
from deepvis.window.ui.hover_pictures import ALIKE
from deepvis.window.ui.hover_words import tip_of
from deepvis.window.ui.overlays.hover import beside
from deepvis.window.ui.regions import CLASS, FIRES, HEADING, MAP, PICTURE, SCALE, TOP, TOP_BACK, Hit, Tip
from deepvis.window.ui.scene import Scene, Status
from tests.window.ui.scenes import (
    DECONV,
    LONG_ERROR,
    UNIT,
    fixed_scene,
    logits_scene,
    make_scene,
    scanned_layer,
    unit_images,
    unit_of,
)
from tests.window.ui.test_true_words import with_values


def said(scene: Scene, under: Hit) -> tuple[str, tuple[str, ...]]:
    tip = tip_of(replace(scene, hover=under))
    assert isinstance(tip, Tip)
    return tip.title, tip.lines


def test_a_tile() -> None:
    scene = make_scene(UNIT, whole_layer=scanned_layer())
    values = np.zeros((40, 12, 12), np.float32)
    values[3, 1, 2], values[9, 5, 5] = 0.5, 0.9
    scene = with_values(scene, values)
    assert said(scene, Hit("layers", channel=3)) == (
        "conv2/5x5_reduce · 3",
        (
            "max 0.500 at row 1, col 2",
            "rank 2 of 40 in conv2/5x5_reduce",
            "percentile 50.0 of 8,242 images",
            "its preferred input:",
        ),
    )
    assert said(scene, Hit("layers", channel=4))[1][0] == "silent: 0 everywhere"
    assert "cat" in said(make_scene(ViewState(4)), Hit("layers", channel=2))[1]
    assert said(logits_scene(ViewState(3)), Hit("layers", channel=2))[1][0] == "value −4.76"


def test_a_tile_of_diffs() -> None:
    scene = make_scene(replace(DECONV, show=Show.DIFFS))
    assert said(scene, Hit("layers", channel=7))[1][0].startswith("strongest ")


def test_a_cell_of_a_map() -> None:
    values = np.full((40, 12, 12), -1, np.float32)
    values[7, 2, 3] = 4.5
    scene = with_values(make_scene(UNIT, field_of=lambda layer, row, col: (row - 1, col - 1, row + 2, 90)), values)
    assert said(scene, Hit("aux", part=MAP, cell=(2, 3))) == (
        "conv2/5x5_reduce · 7, row 2, col 3",
        ("value 4.50", "max 4.50 at row 2, col 3", "sees rows 1 to 3, cols 2 to 47 of the input"),
    )
    assert said(scene, Hit("aux", part=MAP, cell=(0, 0)))[1][0] == "value −1.00"


def test_a_class_is_said_whole_with_where_a_click_goes() -> None:
    title, lines = said(make_scene(), Hit("aux", part=CLASS, unit=Unit("prob", 5), index=0))
    assert title == "fox" and lines == ("probability 47.2 %, rank 1 in prob", "click: prob · 5")


def test_patches_samples_and_empty_slots_are_told_apart() -> None:
    patches = (Patch(2.5, "/p/a.jpg", 1, 2), Patch(2.0, "", 3, 4), Patch(1.5, "/s/coffee.png", 5, 6))
    scene = make_scene(UNIT, unit_images=unit_images(unit_of, patches=patches, samples=1))
    first = said(scene, Hit("jpgvis", part=TOP, index=0, path="/p/a.jpg"))
    assert first == ("a.jpg", ("value 2.50 at row 1, col 2", "/p/a.jpg", "click: show it"))
    assert said(scene, Hit("jpgvis", part=TOP, index=1)) == (
        "a frame of the stream", ("value 2.00 at row 3, col 4", "there is no file to open", ALIKE),
    )  # fmt: skip
    assert said(scene, Hit("jpgvis", part=TOP_BACK, index=2, path="x"))[1][:2] == (
        "a sample photo, not one of yours", "deconv of patch 3",
    )  # fmt: skip
    assert said(scene, Hit("jpgvis", part=TOP, index=3))[0] == "Empty"
    marks = "a marked corner: a sample photo, none of yours"
    assert said(scene, Hit("jpgvis", part=HEADING, index=1))[1][-2:] == (ALIKE, marks)
    assert marks not in said(scene, Hit("jpgvis", part=HEADING, index=2))[1]


def test_a_fixed_scale_says_what_it_was_taken_from() -> None:
    origin = "taken from conv2/5x5_reduce at 14:05:33, of 12 passes; the largest value in cat.jpg"
    fixed = replace(UNIT, fixed_scale=True)
    scale = Scale(2.0, 1.0, False, np.full(40, 2.0, np.float32), fixed=True)
    scene = make_scene(fixed, fixed_scale=scale, fixed_from=origin)
    assert origin in said(scene, Hit("layers", part=SCALE))[1]
    by_scan = make_scene(fixed, fixed_scale=scale, fixed_from=origin, unit_images=unit_images(unit_of))
    of_unit = said(by_scan, Hit("aux", part=SCALE))[1]
    assert "taken from the scan: the largest value of unit 7 in all photos" in of_unit and origin not in of_unit
    assert origin not in said(make_scene(UNIT, fixed_from=origin), Hit("layers", part=SCALE))[1]


def test_the_squares_of_2015_have_a_colour_and_not_a_length() -> None:
    layers = ViewState(4, look=Look.PLAIN_2015)
    assert said(make_scene(layers), Hit("layers", part=SCALE))[0] == "Colour of a value"
    assert said(make_scene(replace(layers, look=Look.READABLE)), Hit("layers", part=SCALE))[0] == "Length of a bar"


def test_beside_a_unit_it_is_said_how_to_come_to_the_list_of_all_layers() -> None:
    scene = make_scene(replace(UNIT, place=(10, 10)))
    body = card_areas(scene.layout["aux"], scene.layout.text_scale).body
    found = hit(scene, body.row + 3, body.col + 20)
    assert found == Hit("aux", part=FIRES)
    assert said(scene, found)[0] == "All layers at the pinned place"
    after, _ = clicked(scene.state, found)
    assert lists_layers(after) and after.unit == scene.state.unit
    assert hit(make_scene(UNIT), body.row + 3, body.col + body.width // 2).part == MAP


def test_the_scale_says_what_it_maps() -> None:
    scene = make_scene(UNIT)
    assert said(scene, Hit("layers", part=SCALE))[1][0] == "darkest is 0, brightest is 0.966 and more"
    boosted = make_scene(replace(UNIT, individual_boost=2))
    each = "of unit 7: each tile is scaled by 50% towards its own largest value"
    assert each in said(boosted, Hit("layers", part=SCALE))[1]
    zoomed = make_scene(replace(UNIT, individual_boost=4, zoom=Zoom.UNIT))
    assert said(zoomed, Hit("layers", part=SCALE))[1][0] == "darkest is 0, brightest is 0.324"
    assert said(make_scene(UNIT), Hit("aux", part=SCALE))[1][::2] == (
        "darkest is 0, brightest is 0.324",
        "of unit 7 alone",
    )
    assert "fixed (E): it compares between pictures" in said(fixed_scene(UNIT), Hit("layers", part=SCALE))[1]
    assert said(logits_scene(ViewState(3)), Hit("layers", part=SCALE))[0] == "Length of a bar"
    assert "0 is in its middle" in said(make_scene(replace(DECONV, show=Show.DIFFS)), Hit("layers", part=SCALE))[1][0]


def test_the_input_says_what_the_network_is_fed_with() -> None:
    words = "input 3 x 48 x 48, BGR, 0..255, mean 104 117 123"
    scene = make_scene()
    scene = replace(scene, state=replace(scene.state, info=replace(scene.state.info, input_words=words)))
    assert words in said(scene, Hit("input", part=PICTURE))[1]


def test_a_back_projection_of_nothing_is_said_to_be_nothing() -> None:
    scene = make_scene(DECONV)
    assert scene.snapshot is not None
    nothing = replace(scene, snapshot=replace(scene.snapshot, input_diff=np.zeros((3, 48, 48), np.float32)))
    assert said(nothing, Hit("back", part=PICTURE))[1][0].startswith("0 everywhere")
    assert said(scene, Hit("back", part=PICTURE))[1][0].startswith("largest magnitude")


def test_a_cut_caption_under_the_pointer_is_in_the_tooltip_alone() -> None:
    scene, whole = make_scene(UNIT, pointer=(5, 5)), "a caption that is too long for its place"
    under = Hit("aux", part=MAP, cell=(2, 3))
    assert said(replace(scene, cut=whole), under)[1][-1] == whole
    assert said(replace(scene, cut="max 0.324 at row 9, col 9"), under) == said(scene, under)


def test_what_is_cut_is_said_whole() -> None:
    note = "best of 1 of yours first, then 16 samples"
    scene = make_scene(UNIT, unit_images=unit_images(unit_of, notes={"top": note}))
    assert note in said(scene, Hit("jpgvis", part=HEADING, index=1))[1]
    assert said(make_scene(status=Status(error=LONG_ERROR)), Hit("status"))[1] == (LONG_ERROR,)
    assert said(make_scene(status=Status(notice="11 names")), Hit("status")) == ("Note", ("11 names",))
    assert said(scene, Hit("control", layer_index=2)) == ("conv2/5x5_reduce", ("Convolution 40 × 12 × 12",))


@pytest.mark.parametrize("at", [(0, 0), (300, 500), (600, 980), (10, 980), (610, 5)])
def test_a_tooltip_stays_in_the_window_and_off_what_it_is_of(at: tuple[int, int]) -> None:
    window = Rect(0, 0, 620, 1000)
    place = Rect(*at, 9, 9)
    plate = beside(place, (100, 300), window, 8)
    assert plate.clipped(window) == plate and plate.clipped(place).is_empty


def test_every_pixel_can_be_pointed_at() -> None:
    composer = Composer()
    scene = make_scene(UNIT, unit_images=unit_images(unit_of), whole_layer=scanned_layer())
    for row in range(3, 620, 41):
        for col in range(3, 1000, 53):
            assert composer(replace(scene, hover=hit(scene, row, col))).shape == (620, 1000, 3)
