"""The mouse on the filmstrip and on a video's bar."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import deepvis.network.back_modes  # noqa: F401  (fills the table)
from deepvis.core.strips import with_strips
from deepvis.window.pointer import pointed
from deepvis.window.ui import theme
from deepvis.window.ui.compose import Composer
from deepvis.window.ui.events import Mouse
from deepvis.window.ui.film_cells import film_cells
from deepvis.window.ui.hit import hit
from deepvis.window.ui.hover_words import tip_of
from deepvis.window.ui.regions import SEEK
from deepvis.window.ui.scene import Scene
from deepvis.window.ui.video_bar import bar_place, time_words
from tests.window.ui.playing_scenes import film_scene as film
from tests.window.ui.playing_scenes import video_scene as video
from tests.window.ui.scenes import make_scene


def film_scene(index: int = 100) -> Scene:
    return film(make_scene(), index)


def video_scene(seconds: float = 12.0, speed: float = 1.0) -> Scene:
    return video(make_scene(moving=True), seconds, speed)


def cell(scene: Scene, number: int) -> tuple[int, int, int]:
    """(place among the photos, row, col) of a cell's middle."""
    place, rect = film_cells(scene, scene.areas(scene.layout["filmstrip"]).body)[number]
    return place, rect.row + rect.height // 2, rect.col + rect.width // 2


def test_a_click_shows_that_photo_and_the_strip_stays() -> None:
    scene = film_scene()
    place, row, col = cell(scene, 0)
    assert place < 100
    after, _ = pointed(scene.state, Mouse("press", row, col), scene)
    assert after.input.file_index == place - 7 and len(after.history.past) == 1
    shown = replace(scene, state=after, frame=replace(film_scene(place).frame, id=9))  # type: ignore[type-var]
    assert cell(shown, 0)[0] == place
    assert cell(replace(shown, frame=film_scene(2000).frame), 0)[0] > 1000  # e, w, the palette: around that photo


def test_the_wheel_scrolls_and_shows_nothing_new() -> None:
    scene = film_scene()
    first, row, col = cell(scene, 0)
    after, _ = pointed(scene.state, Mouse("wheel", row, col, steps=-2), scene)
    assert cell(replace(scene, state=after), 0)[0] == first + 6
    assert after.input == scene.state.input
    again, _ = pointed(after, Mouse("wheel", row, col, steps=-1), scene)  # before it was drawn
    assert cell(replace(scene, state=again), 0)[0] == first + 9
    back, _ = pointed(after, Mouse("wheel", row, col, steps=2), replace(scene, state=after))
    assert cell(replace(scene, state=back), 0)[0] == first


def test_the_tooltip_names_the_photo() -> None:
    scene = film_scene()
    place, row, col = cell(scene, 1)
    tip = tip_of(replace(scene, hover=hit(scene, row, col)))
    assert tip is not None and tip.title == f"{place}.jpg" and tip.lines[0] == f"{place + 1} of 50,000"


def test_tiles_and_strip_share_the_pane() -> None:
    plain, scene = make_scene(), film_scene()
    layers, strip = scene.layout["layers"], scene.layout["filmstrip"]
    assert layers.bottom == strip.row and strip.bottom == plain.layout["layers"].bottom
    assert with_strips(plain.layout, ()) is plain.layout


def test_a_click_on_the_bar_winds_there() -> None:
    scene = video_scene()
    pane = scene.layout["input"]
    body = scene.areas(pane).body
    bar = bar_place(scene, body)
    row, col = bar.row + 1, bar.col + bar.width // 2
    target = hit(scene, row, col)
    assert target.part == SEEK
    after, _ = pointed(scene.state, Mouse("press", row, col), scene)
    assert abs(after.input.moving_source.playback.wound - (92 - 12)) < 1.5
    tip = tip_of(replace(scene, hover=target))
    assert tip is not None and tip.title.startswith("1:3")


def test_time_in_words() -> None:
    assert time_words(video_scene()) == "0:12 / 3:04"
    assert time_words(video_scene(speed=0.5)) == "0:12 / 3:04, x0.5"
    assert time_words(make_scene()) == ""


def test_the_bar_is_filled_as_far_as_the_video_is() -> None:
    def filled(seconds: float) -> float:
        scene = video_scene(seconds)
        picture = Composer()(scene)
        bar = bar_place(scene, scene.areas(scene.layout["input"]).body)
        line = picture[bar.row + bar.height // 2, bar.col : bar.right]
        return float((line == np.array(theme.SELECTED)).all(axis=1).mean())

    assert abs(filled(46.0) - 0.25) < 0.02 and abs(filled(138.0) - 0.75) < 0.02
