"""Presenter mode drawn: larger text in every pane and overlay, nothing of it cut, at the sizes of usual screens."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deepvis.core.commands import COMMANDS
from deepvis.core.presenting import TEXT_SCALE, PanesNow, Presenting, Pressed, can_enlarge
from deepvis.core.state import Cursor, HelpSearch, ViewState
from deepvis.serve.browser_keys import BROWSERS_OWN
from deepvis.serve.served_window import ServedWindow
from deepvis.window.pointer import HELP
from deepvis.window.ui.compose import Composer
from deepvis.window.ui.help_layout import help_places
from deepvis.window.ui.layer_list_layout import layout_for
from deepvis.window.ui.overlays.help import row_at
from deepvis.window.ui.scene import Scene, Status
from tests.window.ui.scenes import INFO, UNIT, make_scene

SIZES = [(720, 1280), (930, 1500), (1440, 2560)]
LARGE = Presenting(large_text=True)


def presented(size: tuple[int, int], view: ViewState = UNIT, shown: Presenting = LARGE) -> Scene:
    scene = make_scene(replace(view, presenting=shown), size=size)
    return replace(scene, layout=layout_for(INFO, *size, presenting=shown), commands=(*COMMANDS.values(), *HELP))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("cursor", Cursor)
def test_all_text_is_larger_and_no_caption_is_cut(size: tuple[int, int], cursor: Cursor) -> None:
    scene = presented(size, replace(UNIT, cursor=cursor, back_mode="deconv"))
    assert scene.px(20) == pytest.approx(TEXT_SCALE * make_scene(size=size).px(20), abs=1)
    composer = Composer()
    composer(scene)
    assert {name: [text for _, text in cuts] for name, cuts in composer._cuts.items() if cuts} == {}


@pytest.mark.parametrize("size", SIZES)
def test_each_pane_can_be_drawn_large(size: tuple[int, int]) -> None:
    for pane in can_enlarge([name for name, _ in layout_for(INFO, *size)]):
        for large in (False, True):
            scene = presented(size, shown=Presenting(large, pane))
            assert scene.layout[pane].width * scene.layout[pane].height > 0.5 * size[0] * size[1]
            assert Composer()(scene).shape == (*size, 3)


def test_the_pressed_key_lies_at_the_lower_edge_and_hides_under_the_help() -> None:
    scene = presented((720, 1280))
    pressed = replace(scene, status=Status(pressed=Pressed("b", "back projection: " + "gradient " * 30)))
    plain, drawn = Composer()(replace(scene, status=Status())).copy(), Composer()(pressed).copy()
    rows = (plain != drawn).any(axis=(1, 2)).nonzero()[0]
    assert rows.min() > 0.6 * 720 and rows.max() < scene.layout["status"].bottom
    usual = replace(pressed, state=replace(pressed.state, view=UNIT))
    assert (Composer()(usual) == Composer()(replace(usual, status=Status()))).all()


@pytest.mark.parametrize("size", [*SIZES, (200, 300), (160, 160)])
@pytest.mark.parametrize("shown", [Presenting(), LARGE])
def test_the_help_shows_every_command_whole_on_some_page(size: tuple[int, int], shown: Presenting) -> None:
    scene = presented(size, ViewState(help=True), shown)
    seen: dict[int, tuple[str, ...]] = {}
    for number in range(len(scene.commands)):
        search = HelpSearch(row=number)
        places, rows = help_places(replace(scene, state=replace(scene.state, help_search=search)))
        here = {entry.number: entry.lines for entry, _ in places.entries if entry.number >= 0}
        assert number in here and 0 <= places.page < places.pages
        seen |= here
    assert [" ".join(seen[i]).replace(" ", "") for i in seen] == [rows[i].help.replace(" ", "") for i in seen]
    assert len(seen) == len(scene.commands)
    if min(size) > 400:
        assert all(place.bottom <= places.sheet.bottom for _, place in places.entries)


def test_the_help_of_a_served_window_names_no_key_that_the_browser_keeps() -> None:
    scene = replace(
        presented((930, 1500), ViewState(help=True), Presenting()), reserved_keys=ServedWindow.reserved_keys
    )
    caps: dict[tuple[str, ...], list[str]] = {}
    for number in range(len(scene.commands)):
        search = HelpSearch(row=number)
        places, rows = help_places(replace(scene, state=replace(scene.state, help_search=search)))
        caps |= {rows[each.number].keys: [key for key, *_ in each.caps] for each, _ in places.entries if each.caps}
    assert caps["ctrl+r",] == caps["ctrl+t",] == ["in /"] and caps["ctrl+s",] == ["ctrl+s"]
    assert not BROWSERS_OWN & {key for shown in caps.values() for key in shown}


def test_a_row_of_the_help_is_found_under_the_pointer() -> None:
    scene = presented((930, 1500), ViewState(help=True), Presenting())
    places, _ = help_places(scene)
    _, place = next((entry, place) for entry, place in places.entries if entry.number == 3)
    assert row_at(scene, place.row + 2, place.col + 5) == 3 and row_at(scene, 0, 0) is None
    assert not scene.state.panes.shown and PanesNow() == scene.state.panes
