"""One unit over the open photos, in the window: places, scale, words, clicks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deepvis.core.interventions import switched_off
from deepvis.core.state import ColourMap, Look, Zoom
from deepvis.core.typed import press
from deepvis.core.types import Unit
from deepvis.core.words import photo_name
from deepvis.live.unit_over_photos import OverPhotos, OverPhotosRequest
from deepvis.window.pointer import clicked, pointed
from deepvis.window.ui.compose import Composer
from deepvis.window.ui.events import Mouse
from deepvis.window.ui.hit import hit
from deepvis.window.ui.hover_words import tip_of
from deepvis.window.ui.over_photos import far_words, grid_of_sheet, seen, waiting_words, what_if_words
from deepvis.window.ui.photo_sheet import sheet_codes, sheet_legend, sheet_picture
from deepvis.window.ui.regions import PHOTO
from tests.window.ui.compared_scenes import answers, photos_scene
from tests.window.ui.scenes import UNIT, make_scene


@pytest.mark.parametrize("size", [(620, 1000), (720, 1280), (1440, 2560), (400, 640)])
@pytest.mark.parametrize("count", [1, 3, 30, 64])
def test_cells_lie_in_the_pane_beside_each_other(size: tuple[int, int], count: int) -> None:
    scene = photos_scene(count, size=size)
    found = scene.over_photos
    assert found is not None
    body = scene.areas(scene.layout["layers"]).body
    grid = grid_of_sheet(scene, found, body)
    cells = [grid.cell(index) for index in range(min(grid.count, count))]
    assert len(cells) >= min(count, 6)
    for index, cell in enumerate(cells):
        assert cell.clipped(body) == cell
        assert all(cell.clipped(other).is_empty for other in cells[:index])


def test_one_scale_serves_all_maps() -> None:
    maps = [answer.map_hw for answer in answers(6)]
    codes, paint = sheet_codes(maps, ColourMap.GRAY, Look.READABLE)
    largest = max(float(each.max()) for each in maps)
    np.testing.assert_allclose(codes.ceilings, largest, rtol=1e-6)
    assert sheet_legend(codes, paint).low == "0"
    signed, _ = sheet_codes([each - 0.2 for each in maps], ColourMap.GRAY, Look.READABLE)
    assert signed.signed
    rising, _ = sheet_codes([each - 0.2 for each in maps], ColourMap.VIRIDIS, Look.READABLE)
    assert not rising.signed


def test_a_click_goes_to_the_photo_and_the_sheet_stays() -> None:
    scene = photos_scene()
    found, pane = scene.over_photos, scene.layout["layers"]
    assert found is not None
    cell = grid_of_sheet(scene, found, scene.areas(pane).body).cell(2)
    under = hit(scene, cell.row + 3, cell.col + 3)
    assert (under.part, under.index, under.path) == (PHOTO, 2, found.best[2].path)
    tip = tip_of(replace(scene, hover=under))
    assert tip is not None and "rank 3 of 30 photos" in tip.lines and found.best[2].path in tip.lines
    after, effects = clicked(scene.state, under)
    assert after.input.photo == found.best[2].path and after.view.zoom is Zoom.PHOTOS and not effects


def test_the_wheel_scrolls_the_sheet_to_its_end_and_another_unit_begins_anew() -> None:
    scene = photos_scene(60)
    found, pane = scene.over_photos, scene.layout["layers"]
    assert found is not None
    grid = grid_of_sheet(scene, found, scene.areas(pane).body)
    rows = -(-60 // grid.columns)
    wheel = Mouse("wheel", pane.row + pane.height // 2, pane.col + pane.width // 2, -1)
    state, _ = pointed(scene.state, wheel, scene)
    after = replace(scene, state=state)
    cell = grid.cell(0)
    under = hit(after, cell.row + 3, cell.col + 3)
    assert (under.index, under.path) == (grid.columns, found.best[grid.columns].path)
    assert (Composer()(after) != Composer()(scene)).any()
    assert pointed(state, wheel, scene)[0].view.sheet.row == 2, "before it was drawn"
    for _ in range(2 * rows):
        state, _ = pointed(after.state, wheel, after)
        after = replace(after, state=state)
    assert after.state.view.sheet.row == rows - grid.rows and after.state.unit == scene.state.unit
    other = replace(after, state=replace(after.state, view=replace(after.state.view, channel=3)))
    assert seen(other, found, grid)[0] == 0
    back, _ = press(after.state, "backspace")
    assert back.view.sheet.row == 0  # all of it is one step


def test_it_is_said_how_far_it_is() -> None:
    found = photos_scene().over_photos
    assert found is not None
    assert far_words(found) == "over 30 photos, largest value first"
    some = replace(found, done=12, is_whole=False, skipped=("x",))
    assert far_words(some) == "over 12 of 30 or more photos so far, 1 skipped, largest value first"
    assert waiting_words(None) == "Getting ready to look at the open photos."
    nothing = replace(found, best=(), error="backend fake does not run photos; use --backend engine")
    assert "use --backend engine" in waiting_words(nothing)
    assert waiting_words(replace(found, best=())) == "There are no photos in ~/holiday that can be read."


def test_it_is_drawn_while_it_grows_and_for_a_vector() -> None:
    composer = Composer()
    empty = composer(photos_scene(best=(), done=0)).copy()
    one = composer(photos_scene(best=answers(1), done=1, version=2)).copy()
    assert (empty != one).any()
    vector = make_scene(replace(UNIT, layer_index=3, channel=2, zoom=Zoom.PHOTOS))
    request = OverPhotosRequest(vector.state.unit)
    found = OverPhotos(request, "~/holiday", answers(4, (1, 1)), 4, 4, True)
    assert composer(replace(vector, over_photos=found)).std() > 5


def test_the_sheet_of_a_file_is_as_wide_as_its_columns() -> None:
    sheet = sheet_picture(answers(7), "caffenet-mini  conv5:151, 7 photos", 3, 100)
    narrow = sheet_picture(answers(2), "x", 6, 100)
    assert sheet.shape[1] > 300 and narrow.shape[1] < 300
    assert sheet.shape[0] > 3 * 200


def test_the_heading_says_what_is_done_to_units_and_captions_begin_with_names() -> None:
    found = photos_scene().over_photos
    assert found is not None and what_if_words(found) == ""
    request = replace(found.request, interventions=(switched_off(Unit("conv1/3x3", 2)),))
    assert what_if_words(replace(found, request=request)) == "what if: conv1/3x3 · 2 switched off"
    assert photo_name("/a/n01440764_tench.jpg") == "tench" and photo_name("x/n01440764.jpg") == "n01440764"
    assert photo_name("n01440764_10026.JPEG") == "10026" and photo_name("cat.tar.png") == "cat.tar"
