"""A seeded walk over the keys of the modes: what heading, unit pane, status line and sentences say is so, each time."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from deepvis.core.back_modes import OFF, title_of
from deepvis.core.commands import COMMANDS, perform
from deepvis.core.commands.ordering import pin_place
from deepvis.core.effects import Say
from deepvis.core.interventions import intervention_of
from deepvis.core.modes import MODES, sentences
from deepvis.core.state import AppState, Order, Show, ViewState, Zoom
from deepvis.core.typed import press
from deepvis.core.why import reason_selected
from deepvis.window.tile_orders import TileOrders
from deepvis.window.ui.hover_modes import SHOWN_IN
from deepvis.window.ui.panes.aux import unit_note
from deepvis.window.ui.panes.layers import shows_pattern, tiles_title
from deepvis.window.ui.panes.status import facts
from deepvis.window.ui.readings import LayerView, layer_view, peak_of
from deepvis.window.ui.regions import HEADING
from deepvis.window.ui.scene import Scene
from tests.window.ui.scenes import INFO, UNIT, field_of, make_contributions, make_frame, make_scene, make_snapshot
from tests.window.ui.what_if_scenes import intervened

KEYS = (*"X|PQOYABaszdbnVtE\\ouHeZ", "f4", "right", "left", "up", "down", "esc", "backspace", "place", "reset_view",
        "clear_interventions")  # fmt: skip
STEPS = 300
TILES = {
    "change": "change",
    "difference": "now − pinned",
    "pinned": "pinned frame",
    "diffs": "diffs",
    "pattern": "prefer",
}
VALUES = {
    "change": ("change",),
    "difference": ("difference",),
    "pinned": ("pinned max", "pinned value"),
    "diffs": ("strongest diff",),
    "activations": ("max", "value", "before"),
}


def scene_of(state: AppState) -> Scene:
    """All that the workers would have answered."""
    frame = make_frame(1 + state.input.file_index % 3)
    scene = make_scene(state.view, frame=frame.id, source=state.input, field_of=field_of)
    assert scene.snapshot is not None
    scene = replace(scene, state=replace(state, frame=frame, layers_pane=scene.state.layers_pane))
    if state.view.compared is not None:
        scene = replace(scene, pinned=make_snapshot(state.view.compared.frame))
    if state.view.interventions:
        scene = intervened(scene)
    if state.view.why:
        found = make_contributions(state.view.why, scene.snapshot.activations)
        scene = replace(scene, snapshot=replace(scene.snapshot, contributions=found))
    settled = reason_selected(replace(scene.state, tile_order=TileOrders()(scene)))
    return replace(scene, state=settled)


def pressed(state: AppState, key: str) -> tuple[AppState, str]:
    """The state after a key, and the sentence that it has said."""
    if key == "place":
        return pin_place(state, (20, 30)), ""
    after, effects = perform(state, COMMANDS[key]) if key in COMMANDS else press(state, key)
    return after, next((effect.sentence for effect in effects if isinstance(effect, Say)), "")


def kind_of(scene: Scene, view: LayerView) -> str:
    if shows_pattern(scene):
        return "pattern"
    if scene.state.view.show is Show.DIFFS:
        return "diffs"
    if scene.state.view.change:
        return "change"
    return "difference" if view.is_difference else "pinned" if view.is_pinned else "activations"


def check_heading(scene: Scene, view: LayerView, kind: str) -> None:
    title, chosen = tiles_title(scene, view), scene.state.view
    for name, words in TILES.items():
        if (name, kind) == ("change", "pattern") and view.is_change:
            continue  # the preferred inputs are sorted by what changes
        assert (words in title) == (name == kind) or (not view.has(0) and words not in title), (name, kind, title)
    order = scene.state.tile_order
    is_why = bool(chosen.why) and order is not None and order.contributions is not None
    assert ("by contribution" in title) == (is_why and view.has(0) and chosen.zoom is Zoom.OFF), title
    if "by difference" in title:
        assert chosen.order is Order.DIFFERENCE or view.is_difference, title
    if "by the place" in title or "at the place" in title:
        assert chosen.place is not None, title


def check_unit(scene: Scene, view: LayerView, kind: str) -> None:
    peak = peak_of(view, scene.state.unit.channel)
    if peak is None:
        return
    note, chosen = unit_note(scene, view, peak), scene.state.view
    assert ("change" in note) == view.is_change, (kind, note)
    if "pinned" in note:
        assert chosen.compared is not None and not view.is_change and chosen.show is Show.ACTIVATIONS, (kind, note)


def check_status(scene: Scene, view: LayerView, kind: str) -> None:
    said, chosen = [text for text, _ in facts(scene)], scene.state.view

    def says(start: str) -> bool:
        return any(text.startswith(start) for text in said)

    assert says("what if: ") == bool(chosen.interventions), said
    assert says("pinned: ") == (chosen.compared is not None), said
    assert says("place pinned") == (chosen.place is not None), said
    assert any("frozen at" in text for text in said) == (chosen.pinned is not None), said
    assert (says("contribution") or says("no contributions")) == bool(chosen.why), said
    assert says("back off" if chosen.back_mode == OFF else title_of(chosen.back_mode)), said
    if chosen.attribution != OFF and scene.state.attribution_request is not None:
        assert any(text.startswith(MODES["attribution"].word(chosen.attribution)) for text in said), said
    of_value = VALUES.get("activations" if kind == "pattern" and not view.signed and not view.is_pinned else kind, ())
    if view.has(scene.state.unit.channel) and of_value:
        assert any(text.startswith(tuple(f"{word} " for word in of_value)) for text in said), (kind, said)
    for name, words in VALUES.items() if view.has(scene.state.unit.channel) else ():
        if name != kind and kind not in ("pattern", "activations"):
            assert not any(text.startswith(tuple(f"{word} " for word in words)) for text in said), (kind, said)


def check_tooltips(scene: Scene, kind: str) -> None:
    said, chosen = sentences(scene.state, SHOWN_IN["layers", HEADING]), scene.state.view
    order, is_seen = scene.state.tile_order, chosen.zoom in (Zoom.OFF, Zoom.UNIT)
    by_why = order is not None and order.contributions is not None
    assert any(each.startswith("Order: ") for each in said) <= (not by_why and chosen.place is None), said
    assert any(each.startswith("Change: ") for each in said) == (kind == "change" and is_seen), said
    assert any(each.startswith("Diffs: ") for each in said) == (kind == "diffs" and is_seen), said
    assert any(each.startswith("Patterns: ") for each in said) == (kind == "pattern"), said
    assert any("the tiles are of it" in each for each in said) <= (kind == "pinned"), (kind, said)
    assert any("the tiles are current minus pinned" in each for each in said) <= (kind == "difference"), (kind, said)


def check_sentence(scene: Scene, kind: str, sentence: str) -> None:
    """What a key has said of the tiles and of the unit."""
    chosen = scene.state.view
    tiles = {
        "the tiles show the pinned frame": "pinned",
        "the tiles show current minus pinned": "difference",
        "the tiles show the current frame": "activations",
        "the tiles show the change": "change",
    }
    for start, expected in tiles.items():
        if sentence.startswith(start):
            assert kind == expected, (kind, sentence)
    if "is pinned; Q" in sentence:
        assert chosen.compared is not None
    if sentence == "the pinned frame is free":
        assert chosen.compared is None
    if "X once more" in sentence:
        assert intervention_of(chosen.interventions, scene.state.unit) is not None
    if "is as it was" in sentence:
        assert intervention_of(chosen.interventions, scene.state.unit) is None


@pytest.mark.parametrize("seed", range(4))
def test_what_is_said_is_so_and_what_is_on_is_said(seed: int) -> None:
    choices, state = random.Random(seed), AppState(INFO, ViewState(), initial_view=UNIT)
    pressed_so_far: list[str] = []
    scene = scene_of(state)
    for _ in range(STEPS):
        key = choices.choice(KEYS)
        pressed_so_far.append(key)
        state, sentence = pressed(scene.state, key)
        scene = scene_of(state)
        view = layer_view(scene)
        kind = kind_of(scene, view)
        try:
            if scene.state.view.zoom in (Zoom.OFF, Zoom.UNIT):
                check_heading(scene, view, kind)
            check_unit(scene, view, kind)
            check_status(scene, view, kind)
            check_tooltips(scene, kind)
            check_sentence(scene, kind, sentence)
        except AssertionError as error:
            raise AssertionError(f"after {' '.join(pressed_so_far[-20:])}: {error}") from None
