"""Text keeps its size and its room in windows smaller than the design."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deepvis.core.panes import text_scale_of
from deepvis.core.presenting import Presenting
from deepvis.core.state import ViewState
from deepvis.window.ui import theme
from deepvis.window.ui.compose import Composer
from deepvis.window.ui.hit import hit
from deepvis.window.ui.layer_list_layout import layout_for
from deepvis.window.ui.panes.jpgvis import PARTS, part_areas, part_place
from deepvis.window.ui.panes.status import lines_of, speed_words
from deepvis.window.ui.regions import HEADING
from deepvis.window.ui.scene import Status
from deepvis.window.ui.text import line_height
from deepvis.window.ui.work_area import fitted
from tests.window.ui.scenes import DECONV, INFO, UNIT, make_scene, unit_images, unit_of

SIZES = [(720, 1280), (930, 1500), (1440, 2560), (600, 900)]


@pytest.mark.parametrize("size", SIZES)
def test_text_is_never_smaller_than_in_the_design(size: tuple[int, int]) -> None:
    scene = make_scene(size=size)
    assert scene.px(13) >= 13 and scene.px(11.5) >= 11.5


def test_text_shrinks_only_where_there_is_no_room_for_words() -> None:
    scales = [text_scale_of(round(930 * share), round(1500 * share)) for share in (0.2, 0.4, 0.6, 0.8, 1, 1.5)]
    assert scales == sorted(scales) and scales[2:5] == [1, 1, 1]
    assert 0.4 < scales[0] < scales[1] < 1 and scales[5] == pytest.approx(1.5)


@pytest.mark.parametrize("size", SIZES[:3])
@pytest.mark.parametrize("view", [ViewState(), UNIT, replace(DECONV, gamma_boost=2)], ids=["list", "unit", "deconv"])
def test_nothing_is_cut_on_a_common_screen(size: tuple[int, int], view: ViewState) -> None:
    notes = {"top": "running top 9 of this stream, 12 images"}
    composer, scene = Composer(), make_scene(view, size=size, unit_images=unit_images(unit_of, notes=notes))
    composer(replace(scene, status=replace(scene.status, error="camera 0 gives no more pictures")))
    assert not {text for cuts in composer._cuts.values() for _, text in cuts}


@pytest.mark.parametrize("size", [*SIZES, (400, 600), (300, 400)])
def test_panes_touch_and_fill_the_window(size: tuple[int, int]) -> None:
    layout = layout_for(INFO, *size)
    assert sum(rect.height * rect.width for _, rect in layout) == size[0] * size[1]
    assert all(rect.bottom <= size[0] and rect.right <= size[1] and not rect.is_empty for _, rect in layout)


@pytest.mark.parametrize("ratio", [1, 2, 3])
def test_a_window_as_narrow_as_a_phone_has_its_panes_above_each_other(ratio: int) -> None:
    size = 765 * ratio, 390 * ratio
    layout = layout_for(INFO, *size, pixel_ratio=ratio)
    assert layout.text_scale == pytest.approx(ratio)
    assert layout["layers"].width == layout["control"].width == layout["status"].width == size[1]
    assert layout["input"].bottom == layout["back"].bottom == layout["control"].row
    assert layout["layers"].height > 0.2 * size[0]
    assert sum(rect.height * rect.width for _, rect in layout) == size[0] * size[1]
    assert Composer()(replace(make_scene(size=size), layout=layout)).shape == (*size, 3)
    enlarged = layout_for(INFO, *size, pixel_ratio=ratio, presenting=Presenting(pane="back"))
    assert enlarged["back"].width > 0.7 * size[1]
    table = {"input": (0, 0, 300, 300)}
    assert layout_for(INFO, *size, table, pixel_ratio=ratio)["layers"].width < size[1]  # a table of one's own stands


@pytest.mark.parametrize("ratio", [0.5, 1, 2, 3])
def test_text_is_as_large_as_the_pages_own_whatever_the_screen(ratio: float) -> None:
    for height, width in ((350, 844), (740, 1100), (930, 1500), (1440, 2560)):
        layout = layout_for(INFO, round(height * ratio), round(width * ratio), pixel_ratio=ratio)
        assert layout.text_scale == pytest.approx(ratio * text_scale_of(height, width), rel=0.01)
        assert layout["layers"].width < 0.7 * layout.width  # three columns


@pytest.mark.parametrize("size", SIZES)
def test_the_status_pane_has_room_for_two_lines(size: tuple[int, int]) -> None:
    scene = make_scene(size=size)
    first, second = lines_of(scene, scene.layout["status"])
    assert first.bottom <= second.row and first.height == line_height(scene.px(13))


def test_a_pane_of_ones_own_table_may_be_too_low_for_two_lines() -> None:
    layout = layout_for(INFO, 930, 1500, {"status": (900, 0, 30, 1500)})
    scene = replace(make_scene(status=Status(hint="saved")), layout=layout)
    assert layout["status"].height == 30 and len(lines_of(scene, layout["status"])) == 1
    assert layout["layers"].bottom == 900


def test_a_size_is_fitted_into_the_room() -> None:
    assert fitted((930, 1500), None) == (930, 1500)
    assert fitted((930, 1500), (700, 2000)) == (700, 1500)
    assert fitted((930, 1500), (1000, 1280)) == (930, 1280)


def test_the_low_cards_of_a_phone_have_their_titles_beside_the_pictures() -> None:
    size = 765 * 3, 390 * 3
    layout = layout_for(INFO, *size, pixel_ratio=3)
    scene = replace(make_scene(UNIT, size=size, unit_images=unit_images(unit_of)), layout=layout)
    composer, pane = Composer(), layout["jpgvis"]
    bgr = composer(scene)
    for number, (name, _) in enumerate(PARTS):
        areas = part_areas(scene, part_place(pane, number))
        heading, body = areas.heading, areas.body
        assert heading.right < body.col and body.height == body.width
        assert (bgr[heading.slices] == theme.TEXT).all(axis=2).any(), "a title stands there"
        assert hit(scene, heading.row + 5, heading.col + 5).part == HEADING
        assert hit(scene, body.row + body.height // 2, body.col + body.width // 2).part == name


def test_on_a_phone_a_sentence_goes_before_how_fast_it_is() -> None:
    words = "b: what in the picture drives this unit"
    scene = make_scene(size=(765, 390))
    scene = replace(scene, layout=layout_for(INFO, 765, 390, pixel_ratio=1))
    line = lines_of(scene, scene.layout["status"])[-1]
    assert speed_words(scene, line).endswith("cpu")
    said = replace(scene, status=replace(scene.status, first_hint=words))
    assert speed_words(said, line) == "24.5 fps"
    wide = replace(said, layout=layout_for(INFO, 930, 1500))
    assert speed_words(wide, lines_of(wide, wide.layout["status"])[-1]).endswith("cpu")


@pytest.mark.parametrize("size", [(240, 240), (240, 1400), (4096, 240)])
def test_letters_do_not_outgrow_a_narrow_window(size: tuple[int, int]) -> None:
    """At a ratio of 16 it would have 15 of its user's pixels."""
    assert layout_for(INFO, *size, pixel_ratio=16).text_scale <= 2 * layout_for(INFO, *size, pixel_ratio=1).text_scale
