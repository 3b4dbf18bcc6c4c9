"""Composing: what is kept from the last picture, panes inside their rectangles, any state at any size."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deepvis.core.back_modes import all_modes
from deepvis.core.geometry import Rect
from deepvis.core.panes import PLACES, make_layout
from deepvis.core.state import BackFilter, ColourMap, Cursor, InputState, LiveState, Look, Show, ViewState, Zoom
from deepvis.core.types import BackRequest, Fit, OptimizeProgress, Unit
from deepvis.window.ui.compose import QUICK_PANES, Composer
from deepvis.window.ui.layer_list_layout import layout_for
from deepvis.window.ui.pane import OVERLAYS, PANES, pane
from deepvis.window.ui.scene import Scene, Status
from tests.window.ui.scenes import (
    INFO,
    LAYERS,
    LONG_ERROR,
    SIZE,
    attribution_scene,
    field_of,
    make_frame,
    make_scene,
    make_snapshot,
    montage,
    unit_images,
    whole_layer,
)

units = st.sampled_from([Unit("conv2/5x5_reduce", 7), Unit("prob", 2), Unit("conv1/3x3", 15)])
views = st.builds(
    ViewState,
    layer_index=st.integers(0, 5),
    channel=st.integers(0, 45),
    cursor=st.sampled_from(Cursor),
    back_mode=st.sampled_from(all_modes()),
    back_filter=st.sampled_from(BackFilter),
    pinned=st.one_of(st.none(), units),
    show=st.sampled_from(Show),
    zoom=st.sampled_from(Zoom),
    pattern=st.booleans(),
    individual_boost=st.integers(0, 4),
    gamma_boost=st.integers(0, 3),
    colour_map=st.sampled_from(ColourMap),
    look=st.sampled_from(Look),
    fixed_scale=st.booleans(),
    overlay=st.integers(0, 2),
    attribution=st.sampled_from(["off", "off", "grad_cam", "occlusion"]),
    label_predictions=st.booleans(),
    unit_images=st.booleans(),
    receptive_field=st.booleans(),
    scores=st.booleans(),
    help=st.booleans(),
    debug=st.sampled_from([0, 0, 0, 1]),
)
FRAMES = [None, *(make_frame(i) for i in (1, 2)), make_frame(3, moving=True)]
BACKS = [None, BackRequest(Unit("conv2/5x5_reduce", 7), "deconv"), BackRequest(Unit("prob", 2), "guided")]
SNAPSHOTS = [None, *(make_snapshot(frame, back, fit) for frame in FRAMES[1:] for back in BACKS for fit in Fit)]
IMAGES = [
    None,
    unit_images(Unit("conv2/5x5_reduce", 7), 1),
    unit_images(Unit("conv1/3x3", 7), 2, optimized=None, top=None, notes={"top": "none yet"}),
    unit_images(Unit("prob", 2), 3, loading=True),
]
PROGRESS = [
    None,
    OptimizeProgress(Unit("conv2/5x5_reduce", 7), "3", 10, 100, 1.5, montage(7), version=1),
    OptimizeProgress(Unit("prob", 2), "1", 100, 100, 2.5, montage(8), done=True, version=2),
]
ATTRIBUTIONS = [
    None,
    *(
        attribution_scene(method, done=done, total=9).attribution
        for method in ("layer_cam", "occlusion")
        for done in (3, 9)
    ),
    attribution_scene("grad_cam", values=None, error="Grad-CAM: there is no layer with maps").attribution,
]
WHOLE = [None, whole_layer("conv2/5x5_reduce"), whole_layer("conv1/3x3")]
STATUS = [
    Status(),
    Status(error=LONG_ERROR),
    Status("photo.jpg", 9.9, error="a sentence about what went wrong"),
    Status(hint="h for help", recorded=12),
]


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    frame = draw(st.sampled_from(FRAMES))
    source = InputState(frame is not None and frame.moving, draw(st.booleans()), fit=draw(st.sampled_from(Fit)))
    live = LiveState(preset=draw(st.integers(0, 3)))
    scene = make_scene(draw(views), source=source, live=live, frame=None)
    return replace(
        scene,
        frame=frame,
        snapshot=draw(st.sampled_from(SNAPSHOTS)),
        attribution=draw(st.sampled_from(ATTRIBUTIONS)),
        unit_images=draw(st.sampled_from(IMAGES)),
        optimize=draw(st.sampled_from(PROGRESS)),
        whole_layer=draw(st.sampled_from(WHOLE)),
        status=draw(st.sampled_from(STATUS)),
        field_of=draw(st.sampled_from([None, field_of])),
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(scenes(), min_size=2, max_size=4))
def test_what_is_kept_never_shows(sequence: list[Scene]) -> None:
    """A composer that saw other scenes before draws the same as one that sees the scene first."""
    composer = Composer()
    for scene in sequence:
        assert (composer(scene) == Composer()(scene)).all()


def test_drawing_that_stops_for_a_key_goes_on_where_it_was() -> None:
    first, second = make_scene(), make_scene(frame=2)
    composer, whole = Composer(), Composer()(second).copy()
    before = composer(first).copy()
    assert (before != whole).any()
    asked = [False, True]
    composer(second, lambda: asked.pop(0))
    assert composer.is_partial and asked == []
    drawn = dict(composer.seconds)
    assert (composer(second) == whole).all()
    assert composer.has_changed and not composer.is_partial
    assert sum(composer.seconds[name] == drawn.get(name) for name in drawn) >= 1  # what was drawn stands
    composer(second)
    assert not composer.has_changed


def test_only_what_changed_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    original = Composer._draw
    monkeypatch.setattr(Composer, "_draw", lambda self, name, *rest: (drawn.append(name), original(self, name, *rest)))
    composer, scene = Composer(), make_scene(ViewState(2, 3, Cursor.UNITS))
    composer(scene)
    assert sorted(drawn) == sorted(PLACES)
    drawn.clear()
    composer(replace(scene))
    assert drawn == []
    composer(replace(scene, status=replace(scene.status, fps=12.0)))
    assert drawn == ["status"]
    drawn.clear()
    moved = replace(scene, state=replace(scene.state, view=replace(scene.state.view, channel=4)))
    composer(moved)
    assert "input" not in drawn and "control" not in drawn and "layers" in drawn


def test_the_list_of_layers_is_shown_before_the_other_panes() -> None:
    first, second, unit = (make_scene(view) for view in (ViewState(1), ViewState(2), ViewState(2, 3)))
    composer, whole = Composer(), Composer()(second).copy()
    early: list[np.ndarray] = []

    def show_early(bgr: np.ndarray, areas: list[Rect]) -> None:
        early.append(bgr.copy())
        assert areas == [rect for name, rect in second.layout if name in QUICK_PANES]

    before = composer(first, show_early=show_early).copy()
    assert early == [], "the first picture comes as a whole"
    after = composer(second, show_early=show_early)
    assert len(early) == 1 and (after == whole).all()
    for name, rect in second.layout:
        assert (early[0][rect.slices] == (after if name in QUICK_PANES else before)[rect.slices]).all(), name
    composer(unit, show_early=show_early)
    assert len(early) == 1, "another unit of a layer: one picture"
    under_help = make_scene(ViewState(1, help=True))
    composer(under_help, show_early=show_early)
    assert len(early) == 1, "help lies over the panes"


def test_the_buffer_is_reused_and_follows_the_size() -> None:
    composer, scene = Composer(), make_scene()
    first = composer(scene)
    assert composer(make_scene()) is first
    assert composer(replace(scene, layout=layout_for(INFO, 700, 1200))).shape == (700, 1200, 3)


def test_another_network_begins_anew() -> None:
    composer, scene = Composer(), make_scene()
    composer(scene)
    other = replace(INFO, layers=LAYERS[1:])
    changed = replace(scene, state=replace(scene.state, info=other), layout=layout_for(other, *SIZE))
    assert (composer(changed) == Composer()(changed)).all()


@settings(max_examples=80, deadline=None)
@given(scenes(), st.integers(1, 260), st.integers(1, 420), st.data())
def test_a_pane_paints_its_rectangle_and_nothing_else(
    scene: Scene, height: int, width: int, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(PANES)))
    place = (slice(20, 20 + height), slice(30, 30 + width))
    layout = make_layout(930, 1500, {name: (0, 0, height, width)})  # some panes ask the layout for their size
    scene = replace(scene, layout=layout)
    pictures = []
    for ground in (0, 255):
        buffer = np.full((height + 50, width + 70, 3), ground, np.uint8)
        PANES[name].draw(buffer[place], scene)
        outside = np.ones(buffer.shape[:2], bool)
        outside[place] = False
        assert (buffer[outside] == ground).all()
        pictures.append(buffer[place])
    assert (pictures[0] == pictures[1]).all(), "some pixels were not painted"


@pytest.mark.parametrize("size", [(720, 1280), (930, 1500), (1440, 2560), (240, 320), (2000, 600), (300, 3000)])
def test_any_window_size(size: tuple[int, int]) -> None:
    scene = make_scene(ViewState(2, 7, Cursor.UNITS, back_mode="deconv", scores=True), size=size)
    scene = replace(scene, unit_images=IMAGES[1])
    assert Composer()(scene).shape == (*size, 3)
    assert Composer()(replace(scene, state=replace(scene.state, view=ViewState(help=True)))).shape == (*size, 3)


def test_panes_that_overlap_are_drawn_in_the_tables_order() -> None:
    layout = make_layout(*SIZE, {"jpgvis": (200, 400, 500, 500)})
    composer = Composer()
    for channel in (1, 2):
        scene = replace(make_scene(ViewState(2, channel, Cursor.UNITS)), layout=layout)
        assert (composer(scene) == Composer()(scene)).all()


def test_a_pane_may_be_left_out() -> None:
    layout = make_layout(*SIZE, {"jpgvis": None, "control": None, "status": None})
    Composer()(replace(make_scene(), layout=layout))


def test_a_second_pane_of_the_same_name_is_refused() -> None:
    with pytest.raises(ValueError, match="registered twice"):
        pane("input", looks_at=lambda scene: None)(lambda canvas, scene: None)


def test_help_lies_over_the_window_and_goes_away() -> None:
    composer, scene = Composer(), make_scene()
    before = composer(scene).copy()
    shown = composer(replace(scene, state=replace(scene.state, view=ViewState(help=True))))
    assert (shown != before).any()
    assert (composer(scene) == before).all()
    assert list(OVERLAYS) == ["error", "help", "palette", "pressed", "recording", "hover"]  # the tooltip last


def test_a_composer_keeps_one_buffer() -> None:
    composer = Composer()
    assert composer(make_scene()) is composer(make_scene())
