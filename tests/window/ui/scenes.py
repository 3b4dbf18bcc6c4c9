"""Scenes of a small made-up network, the same on every machine: waves instead of random numbers."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache

import numpy as np

import deepvis.attribution.methods
import deepvis.changes
import deepvis.network.back_modes  # noqa: F401  (fills the table)
from deepvis.core.back_modes import all_modes
from deepvis.core.changed_pictures import UNCHANGED, ChangedPicture, ChangedPictures, largest_values
from deepvis.core.commands import Command
from deepvis.core.first_hints import hint_words
from deepvis.core.geometry import Rect
from deepvis.core.over_time import Follow
from deepvis.core.picture_changes import PICTURE_CHANGES
from deepvis.core.pixels import fixed_scale_of
from deepvis.core.presenting import Presenting, Pressed
from deepvis.core.state import (
    AppState,
    BackFilter,
    ColourMap,
    Cursor,
    GoTo,
    HelpSearch,
    InputState,
    LiveState,
    Look,
    LookedBack,
    Order,
    Palette,
    PaletteLists,
    Show,
    ViewState,
    Zoom,
)
from deepvis.core.types import (
    Attribution,
    BackRequest,
    Contributions,
    Fit,
    Frame,
    LayerInfo,
    NetInfo,
    NetRequest,
    OptimizeProgress,
    PassSeconds,
    PastPicture,
    Patch,
    Snapshot,
    Unit,
    UnitImages,
    UnitStanding,
    WholeLayer,
)
from deepvis.window.tile_orders import TileOrders
from deepvis.window.ui.layer_list_layout import layout_for
from deepvis.window.ui.regions import HEADING, MAP, PICTURE, TOP, Hit
from deepvis.window.ui.scene import Scene, Status
from tests.window.ui.playing_scenes import film_scene, video_scene
from tests.window.ui.time_scenes import steady_scene, time_scene
from tests.window.ui.tree_scenes import tokens_scene
from tests.window.ui.what_if_scenes import OFF, SEVERAL, intervened

SIZE = (620, 1000)  # (height, width) of the window
ids = itertools.count(1)

LAYERS = (
    LayerInfo("conv1/3x3", "Convolution", 16, 24, 24, "conv1"),
    LayerInfo("pool1", "Pooling", 16, 12, 12, borrows="conv1/3x3"),
    LayerInfo("conv2/5x5_reduce", "Convolution", 40, 12, 12, "conv2r"),
    LayerInfo("fc3", "InnerProduct", 30, 1, 1),
    LayerInfo("prob", "Softmax", 10, 1, 1),
)
NAMES = ("ant", "bee", "cat", "dog", "elk", "fox", "gnu", "hen", "ibis", "jay")
LABELS = tuple(f"n{1000000 + i:08d} {name}" for i, name in enumerate(NAMES))
INFO = NetInfo("toy", LAYERS, (3, 48, 48), LABELS, frozenset({"prob"}), "prob", (0, 0, 1, 2, 2), device="cpu")


def waves(channels: int, height: int, width: int, phase: float = 0.0) -> np.ndarray:
    """(C, H, W) float32 in about -1..1, every channel another pattern and strength."""
    c, y, x = np.ogrid[:channels, :height, :width]
    strength = 0.1 + (c * 7 % channels) / channels
    pattern = np.sin((y + 1) * (c % 5 + 1) / 3 + phase) * np.cos((x + 1) * (c % 7 + 1) / 4 + c)
    return (strength * pattern).astype(np.float32)


def photo(height: int = 60, width: int = 80, phase: float = 0.0) -> np.ndarray:
    """(H, W, 3) uint8 RGB, smooth colours."""
    planes = waves(3, height, width, phase)
    rgb = np.clip(128 + 120 * planes.transpose(1, 2, 0), 0, 255).astype(np.uint8)
    rgb.setflags(write=False)
    return rgb


@lru_cache(maxsize=16)
def activations(phase: float) -> dict[str, np.ndarray]:
    blobs = {}
    for layer in LAYERS:
        values = np.maximum(waves(layer.channels, layer.height, layer.width, phase), 0)
        if layer.name == "prob":
            values = np.exp(6 * values) / np.exp(6 * values).sum()
        values.setflags(write=False)
        blobs[layer.name] = values
    return blobs


def make_frame(number: int, *, moving: bool = False) -> Frame:
    return Frame(number, photo(phase=number), f"photo_{number}.jpg", moving=moving, index=number, count=9)


def make_snapshot(frame: Frame, back: BackRequest | None = None, fit: Fit = Fit.CROP) -> Snapshot:
    """An answer whose numbers depend on the frame and on what was projected back."""
    blobs = activations(float(frame.id))
    diffs, input_diff = {}, None
    if back is not None:
        kind = all_modes().index(back.mode) + back.unit.channel / 10
        names = [layer.name for layer in LAYERS]
        upto = names[: names.index(back.unit.layer) + 1]
        diffs = {name: waves(*blobs[name].shape, phase=kind) for name in upto}
        input_diff = waves(3, 48, 48, phase=kind)
    seen = photo(48, 48, phase=frame.id)
    seconds = PassSeconds(0.0364, 0.0261 if back else 0)
    return Snapshot(next(ids), NetRequest(frame, back, fit), blobs, diffs, input_diff, seen, seconds)


def make_contributions(chain: tuple[Unit, ...], blobs: Mapping[str, np.ndarray]) -> Contributions:
    """Of all layers before the chain's first unit; below each other unit half as much."""
    names = [layer.name for layer in LAYERS]
    links = {
        name: link for link, unit in enumerate(chain) for name in names[: names.index(unit.layer)]
    }  # a later unit of the chain is nearer
    maps = {}
    for name, link in links.items():
        signs = np.where(np.arange(len(blobs[name])) % 3 == 1, -1, 1)[:, None, None]
        maps[name] = blobs[name] * waves(*blobs[name].shape, phase=2.0) * signs * 0.5**link
    return Contributions(chain, 9.25, maps, links)


COMMANDS = tuple(
    Command(name, keys, said, group, lambda state: state)
    for group, rows in {
        "Moving around": (("left", ("left", "j"), "Previous layer or unit"), ("right", ("right", "l"), "Next one")),
        "Back projection": (("back", ("b",), "Back projection: off, gradient, gradient (norm), deconv"),),
        "Program": (("help", ("h", "f1"), "This help, on or off"), ("quit", ("q",), "Quit")),
    }.items()
    for name, keys, said in rows
)


def searching(text: str) -> Scene:
    """The help with something typed."""
    scene = make_scene(ViewState(help=True))
    return replace(scene, state=replace(scene.state, help_search=HelpSearch(text, 0)))


def presented(status: Status) -> Scene:
    """Presenter mode: larger text in the same window."""
    shown = Presenting(large_text=True)
    scene = make_scene(ViewState(presenting=shown), status=status)
    return replace(scene, layout=layout_for(INFO, *SIZE, presenting=shown))


def montage(phase: float) -> np.ndarray:
    return photo(90, 90, phase)


def unit_images(unit: Unit, version: int = 1, **changes: object) -> UnitImages:
    patches = tuple(Patch(12.5 - i, f"/photos/some_photo_{i}.jpg", i, i) for i in range(9))
    standing = UnitStanding(8242, 0.4, 0.1, 0.18, tuple(i / 10 for i in range(11)), (10,) * 10)
    images = UnitImages(unit, version, montage(1), montage(2), montage(3), patches=patches, standing=standing)
    return replace(images, **changes)


def make_scene(
    view: ViewState | None = None,
    *,
    frame: int | None = 1,
    passed: bool = True,
    asked: BackRequest | str | None = "wanted",
    moving: bool = False,
    size: tuple[int, int] = SIZE,
    source: InputState | None = None,
    live: LiveState | None = None,
    **parts: object,
) -> Scene:
    """A scene with everything in it. asked: the back request that the snapshot answers, "wanted": the state's."""
    state = AppState(INFO, view or ViewState(), source or InputState(moving=moving), live or LiveState())
    shown = None if frame is None else make_frame(frame, moving=moving)
    back = state.back_request if asked == "wanted" else asked
    snapshot = make_snapshot(shown, back, state.input.fit) if shown is not None and passed else None
    status = Status("photo_1.jpg, 2 of 9", 24.5, 17.25, snapshot.seconds if snapshot else PassSeconds(), device="cpu")
    layout = layout_for(INFO, *size)
    return replace(Scene(state, layout, shown, snapshot, status=status, commands=COMMANDS), **parts)


def why_scene(view: ViewState, **parts: object) -> Scene:
    """The tiles by their contributions to the chain of the view."""
    scene = make_scene(view, **parts)
    assert scene.snapshot is not None
    found = make_contributions(view.why, scene.snapshot.activations)
    request = replace(scene.snapshot.request, why=view.why)
    scene = replace(scene, snapshot=replace(scene.snapshot, request=request, contributions=found))
    return replace(scene, state=replace(scene.state, tile_order=TileOrders()(scene)))


UNIT = ViewState(2, 7, Cursor.UNITS)
DECONV = replace(UNIT, back_mode="deconv")


def attribution_scene(method: str, view: ViewState = UNIT, overlay: int = 2, **found: object) -> Scene:
    """An attribution over the input; what it has found is of the view's unit. found: fields of ``Attribution``."""
    scene = make_scene(replace(view, attribution=method, overlay=overlay))
    assert scene.snapshot is not None
    request = replace(scene.snapshot.request, attribution=scene.state.attribution_request)
    values = waves(5, 14, 14, phase=3.0)[2]
    whole = {"values": values, **found}
    return replace(scene, attribution=Attribution(next(ids), scene.snapshot.id, request, **whole))  # type: ignore[arg-type]


def changes_scene(view: ViewState, done: int = 99, **parts: object) -> Scene:
    """The picture and so many of its changes; each makes the units a little weaker."""
    scene = make_scene(view, **parts)
    assert scene.snapshot is not None and scene.snapshot.input_rgb is not None and scene.frame is not None
    seen = scene.snapshot.input_rgb
    largest = largest_values(scene.snapshot.activations, LAYERS)
    pictures = [ChangedPicture(UNCHANGED, seen, largest)]
    for number, name in enumerate(PICTURE_CHANGES, start=1):
        weaker = {layer: (values * (1.1 - 0.07 * number)).astype(np.float32) for layer, values in largest.items()}
        pictures.append(ChangedPicture(name, PICTURE_CHANGES[name].apply(seen), weaker))
    shown = tuple(pictures[: 1 + done])
    found = ChangedPictures(next(ids), scene.frame.id, scene.state.input.fit, shown, len(pictures))
    return replace(scene, changed=found)


def field_of(layer: str, row: int, col: int) -> tuple[int, int, int, int]:
    return 4 * row - 10, 4 * col - 10, 4 * row + 14, 4 * col + 14


def whole_layer(layer: str) -> WholeLayer:
    tiles = np.stack([photo(10, 10, phase=i) for i in range(40)])
    return WholeLayer(layer, 1, tiles)


def scanned_layer() -> WholeLayer:
    """The same with the statistics of a scan."""
    standing = UnitStanding(8242, 0.4, 0.1, 0.18, tuple(i / 10 for i in range(11)), (10,) * 10)
    return replace(whole_layer("conv2/5x5_reduce"), standings=(standing,) * 40)


def patch_hit(index: int) -> Hit:
    return Hit("jpgvis", part=TOP, index=index, path=f"/photos/some_photo_{index}.jpg")


def hovering(view: ViewState, under: Hit, **parts: object) -> Scene:
    """A scene with the pointer over something, in the middle of its pane."""
    scene = make_scene(view, **parts)
    pane = scene.layout[under.pane or ""]
    place = Rect(pane.row + pane.height // 2, pane.col + pane.width // 2, 20, 20)
    layout = layout_for(INFO, *SIZE, {"status": None})  # it is full of small letters
    return replace(scene, hover=replace(under, place=place), layout=layout)


def stale_scene() -> Scene:
    return make_scene(DECONV, asked=BackRequest(Unit("conv2/5x5_reduce", 3), "gradient"))


def fixed_scene(view: ViewState) -> Scene:
    """The scale of the layer was fixed when its values were twice as large."""
    scene = make_scene(replace(view, fixed_scale=True))
    values = scene.snapshot.activations[scene.state.layer.name]
    return replace(scene, fixed_scale=fixed_scale_of(values, 2 * values.max(axis=(1, 2))))


def logits_scene(view: ViewState) -> Scene:
    """Scalars on both sides of 0."""
    return with_layer(make_scene(replace(view, layer_index=3)), "fc3", waves(30, 1, 1, phase=1.0) * 10)


def below_zero_scene(view: ViewState) -> Scene:
    """Maps on both sides of 0."""
    return with_layer(make_scene(view), "conv2/5x5_reduce", waves(40, 12, 12, phase=1.0) * 10)


def with_layer(scene: Scene, layer: str, values: np.ndarray) -> Scene:
    """The scene with other values (C, H, W) of a layer."""
    assert scene.snapshot is not None
    values.setflags(write=False)
    return replace(scene, snapshot=replace(scene.snapshot, activations={**scene.snapshot.activations, layer: values}))


PLAIN = replace(DECONV, look=Look.PLAIN_2015)
unit_of = Unit("conv2/5x5_reduce", 7)


def looking_back(view: ViewState) -> Scene:
    """An earlier picture of a climb that has come to its end."""
    past = tuple(PastPicture(n, n / 10, montage(n / 20)) for n in range(1, 151))
    climb = OptimizeProgress(unit_of, "lucid", 150, 150, 15.0, montage(9), done=True, run=5, past=past, value=15.0)
    view = replace(view, looked_back=LookedBack(5, 37))
    return make_scene(view, unit_images=unit_images(unit_of, value=15.0), climb=climb)


def typing_scene(typing: GoTo | Palette, *, receives_text: bool = True) -> Scene:
    """Something is being typed; two photos are listed. Without the status line, whose letters lie in a narrow block."""
    scene = make_scene(UNIT, layout=layout_for(INFO, *SIZE, {"status": None}))
    palette_lists = PaletteLists(
        (("/p/egret.jpg", "egret.jpg"), ("/p/gecko.png", "gecko.png")), receives_text=receives_text
    )
    return replace(scene, state=replace(scene.state, typing=typing, palette_lists=palette_lists))


def sorted_scene(view: ViewState, **parts: object) -> Scene:
    """The tiles in the order that the loop would give them."""
    scene = make_scene(view, field_of=field_of, **parts)
    return replace(scene, state=replace(scene.state, tile_order=TileOrders()(scene)))


BY_STRENGTH = replace(UNIT, order=Order.STRENGTH)
AT_PLACE = replace(UNIT, place=(30, 14))
LISTING = replace(AT_PLACE, cursor=Cursor.LAYERS)
WHY = replace(UNIT, why=(Unit("prob", 4),))
THROUGH = replace(UNIT, layer_index=0, channel=3, why=(Unit("prob", 4), unit_of))


def missing_scene(view: ViewState, **parts: object) -> Scene:
    """A layer of an unknown type, and one that needs it, behind the others."""
    scene = make_scene(UNIT, **parts)
    more = (
        LayerInfo("warp", "Warp", 1, 1, 1, missing="its type Warp is unknown"),
        LayerInfo("loss3/classifier", "InnerProduct", 1, 1, 1, "loss3", missing=NEEDS_WARP),
    )
    info = replace(INFO, layers=(*LAYERS, *more), groups=(*INFO.groups, 3, 3))
    return replace(scene, state=replace(scene.state, info=info, view=view))


NEEDS_WARP = "needs layer 'warp' of unknown type Warp"
MISSING = ViewState(6, 0, Cursor.LAYERS)


def missing_palette() -> Scene:
    scene = missing_scene(MISSING, layout=layout_for(INFO, *SIZE, {"status": None}))
    return replace(scene, state=replace(scene.state, typing=Palette(UNIT, "loss3")))


def missing_hover() -> Scene:
    scene = hovering(UNIT, Hit("layers"))
    assert scene.hover is not None
    under = replace(
        scene.hover, place=scene.hover.place.moved(14, 9), pane="control", layer_index=6
    )  # in the middle, clear of the small letters of the list
    return replace(missing_scene(UNIT), hover=under, layout=scene.layout)


def hovering_why(channel: int) -> Scene:
    scene, asked = hovering(WHY, Hit("layers", channel=channel)), why_scene(WHY)
    return replace(scene, snapshot=asked.snapshot, frame=asked.frame, state=asked.state)


WHAT_IF = replace(UNIT, interventions=SEVERAL)
CHANGE = replace(WHAT_IF, change=True)


def hovering_what_if(channel: int) -> Scene:
    return intervened(hovering(replace(UNIT, interventions=SEVERAL), Hit("layers", channel=channel)))


def hovering_input(view: ViewState) -> Scene:
    under = Hit("input", part=PICTURE, cell=(3, 9), spot=(14, 38))
    return hovering(view, under, field_of=field_of)


LONG_ERROR = (
    "the photo /data/collections/2026/expedition/a_rather_long_name_of_a_folder/photo_000123.jpg ends in the middle of "
    "its data (4,096 of 1,048,576 bytes); copy it again, or take it out of the folder; showing the next one"
)


def compared(name: str) -> Callable[[], Scene]:
    """A scene of compared_scenes.py, which takes what it is made of from here."""

    def make() -> Scene:
        from deepvis.core.compared import TilesOf
        from tests.window.ui import compared_scenes

        if name in ("current", "pinned", "difference"):
            return compared_scenes.compared_scene(TilesOf(name))
        scene: Scene = getattr(compared_scenes, name)()
        return scene

    return make


# name of the stored picture -> (pane, scene); "error", "help" and "palette" are overlays: the whole window
FOLLOWED = (Unit("conv2/5x5_reduce", 7), Unit("conv2/5x5_reduce", 31))
OF_CLASSES = tuple(Unit("prob", n) for n in (5, 7, 2, 9, 0))
GOLDEN: dict[str, tuple[str, Callable[[], Scene]]] = {
    "input": ("input", make_scene),
    "input_waiting": ("input", lambda: make_scene(frame=None)),
    "input_before_the_pass": ("input", lambda: make_scene(passed=False)),
    "input_field": ("input", lambda: make_scene(replace(UNIT, receptive_field=True), field_of=field_of)),
    "input_frozen": (
        "input",
        lambda: make_scene(moving=True, source=InputState(True, True, fit=Fit.STRETCH), status=Status(recorded=12)),
    ),
    "recording": ("recording", lambda: make_scene(status=Status(recorded=125))),
    "input_video": ("input", lambda: video_scene(make_scene(moving=True))),
    "filmstrip": ("filmstrip", lambda: film_scene(make_scene())),
    "timeline": ("timeline", lambda: time_scene(make_scene(UNIT), Follow.UNITS, FOLLOWED)),
    "timeline_own": ("timeline", lambda: time_scene(make_scene(UNIT), Follow.UNITS, (*FOLLOWED, Unit("conv1/3x3", 1)))),
    "timeline_classes": ("timeline", lambda: time_scene(make_scene(), Follow.CLASSES, OF_CLASSES, frozen=True)),
    "timeline_empty": ("timeline", lambda: time_scene(make_scene(UNIT), Follow.UNITS)),
    "control_steadiness": ("control", lambda: steady_scene(make_scene(UNIT))),
    "input_overlay": ("input", lambda: make_scene(replace(DECONV, overlay=2, receptive_field=True), field_of=field_of)),
    "input_overlay_stale": (
        "input",
        lambda: make_scene(replace(DECONV, overlay=1), asked=BackRequest(unit_of, "gradient")),
    ),
    "control_list": ("control", lambda: make_scene(replace(UNIT, cursor=Cursor.LAYERS))),
    "control_units": ("control", lambda: make_scene(replace(UNIT, pinned=Unit("fc3", 2)))),
    "control_tree": ("control", lambda: tokens_scene("blocks.4")),
    "layers_tokens": ("layers", lambda: tokens_scene("blocks.4")),
    "layers_heads": ("layers", lambda: tokens_scene("blocks.4.attn.softmax")),
    "layers": ("layers", lambda: make_scene(replace(UNIT, pinned=Unit("conv2/5x5_reduce", 25)))),
    "layers_boosted": ("layers", lambda: make_scene(replace(UNIT, individual_boost=2, gamma_boost=1))),
    "layers_diffs": ("layers", lambda: make_scene(replace(DECONV, show=Show.DIFFS))),
    "layers_no_diffs": ("layers", lambda: make_scene(replace(UNIT, show=Show.DIFFS))),
    "layers_stale": ("layers", lambda: replace(stale_scene(), frame=make_frame(5))),
    "layers_vector": ("layers", lambda: make_scene(ViewState(4, 2, Cursor.UNITS))),
    "layers_vector_2015": ("layers", lambda: make_scene(ViewState(4, 2, Cursor.UNITS, look=Look.PLAIN_2015))),
    "aux_vector_2015": ("aux", lambda: make_scene(ViewState(4, 2, Cursor.UNITS, look=Look.PLAIN_2015))),
    "layers_logits": ("layers", lambda: logits_scene(ViewState(3, 2, Cursor.UNITS))),
    "layers_zoom": ("layers", lambda: make_scene(replace(UNIT, zoom=Zoom.UNIT))),
    "layers_zoom_back": ("layers", lambda: make_scene(replace(DECONV, zoom=Zoom.BACK))),
    "layers_pattern": (
        "layers",
        lambda: make_scene(replace(UNIT, pattern=True), whole_layer=whole_layer("conv2/5x5_reduce")),
    ),
    "input_grad_cam": ("input", lambda: attribution_scene("grad_cam", layer="pool1")),
    "input_occlusion": ("input", lambda: attribution_scene("occlusion", done=64, total=196)),
    "input_no_attribution": (
        "input",
        lambda: attribution_scene(
            "layer_cam", values=None, error="LayerCAM: there is no layer with maps below conv1; go to a later layer"
        ),
    ),
    "status_attribution": ("status", lambda: attribution_scene("occlusion", done=64, total=196)),
    "hover_attribution": (
        "hover",
        lambda: replace(attribution_scene("grad_cam", layer="pool1"), hover=Hit("input", part=HEADING), pointer=(4, 4)),
    ),
    "layers_viridis": ("layers", lambda: make_scene(replace(UNIT, colour_map=ColourMap.VIRIDIS))),
    "layers_signed": ("layers", lambda: below_zero_scene(replace(UNIT, colour_map=ColourMap.SIGNED))),
    "layers_below_zero": ("layers", lambda: below_zero_scene(UNIT)),
    "layers_fixed": ("layers", lambda: fixed_scene(UNIT)),
    "layers_2015": ("layers", lambda: make_scene(PLAIN)),
    "layers_waiting": ("layers", lambda: make_scene(passed=False)),
    "aux_classes": ("aux", make_scene),
    "aux_unit": ("aux", lambda: make_scene(UNIT)),
    "aux_label": ("aux", lambda: make_scene(ViewState(4, 2, Cursor.UNITS))),
    "aux_diff": ("aux", lambda: make_scene(replace(DECONV, show=Show.DIFFS))),
    "aux_fixed": ("aux", lambda: fixed_scene(replace(UNIT, colour_map=ColourMap.MAGMA))),
    "aux_2015": ("aux", lambda: make_scene(PLAIN)),
    "back_2015": ("back", lambda: make_scene(PLAIN)),
    "back_off": ("back", make_scene),
    "back_raw": ("back", lambda: make_scene(DECONV)),
    "back_gray": ("back", lambda: make_scene(replace(DECONV, back_filter=BackFilter.GRAY))),
    "back_norm": ("back", lambda: make_scene(replace(DECONV, back_filter=BackFilter.NORM))),
    "back_normblur": ("back", lambda: make_scene(replace(DECONV, back_filter=BackFilter.NORMBLUR))),
    "back_stale": ("back", stale_scene),
    "back_waiting": ("back", lambda: make_scene(DECONV, asked=None)),
    "status": ("status", lambda: make_scene(replace(DECONV, gamma_boost=2), unit_images=unit_images(unit_of))),
    "status_error": ("status", lambda: make_scene(status=Status(error="camera 0 gives no more pictures", fps=20.0))),
    "jpgvis": ("jpgvis", lambda: make_scene(replace(UNIT, scores=True), unit_images=unit_images(unit_of))),
    "jpgvis_few": (
        "jpgvis",
        lambda: make_scene(UNIT, unit_images=unit_images(unit_of, patches=unit_images(unit_of).patches[:5], samples=2)),
    ),
    "jpgvis_notes": (
        "jpgvis",
        lambda: make_scene(
            UNIT,
            unit_images=unit_images(
                unit_of,
                optimized=None,
                top_back=None,
                notes={"optimized": "none yet: press x", "top": "running top-9 of this stream, 12 images"},
            ),
        ),
    ),
    "jpgvis_progress": (
        "jpgvis",
        lambda: make_scene(UNIT, optimize=OptimizeProgress(unit_of, "3", 340, 1000, 12.34, montage(4))),
    ),
    "jpgvis_dream": (
        "jpgvis",
        lambda: make_scene(
            UNIT, optimize=OptimizeProgress(unit_of, "dream", 12, 60, 3.5, montage(4), title="Deep dream")
        ),
    ),
    "jpgvis_reached": ("jpgvis", lambda: make_scene(UNIT, unit_images=unit_images(unit_of, value=17.5))),
    "jpgvis_reached_alone": (
        "jpgvis",
        lambda: make_scene(UNIT, unit_images=unit_images(unit_of, value=17.5, patches=(), top=None, top_back=None)),
    ),
    "jpgvis_earlier": ("jpgvis", lambda: looking_back(UNIT)),
    "layers_earlier": ("layers", lambda: looking_back(replace(UNIT, zoom=Zoom.PREFERRED))),
    "jpgvis_off": ("jpgvis", lambda: make_scene(replace(UNIT, unit_images=False))),
    "palette": ("palette", lambda: typing_scene(Palette(UNIT, "conv2 7"))),
    "palette_class": ("palette", lambda: typing_scene(Palette(UNIT, "elk"))),
    "palette_open": ("palette", lambda: typing_scene(Palette(UNIT))),
    "palette_nothing": ("palette", lambda: typing_scene(Palette(UNIT, "conv2 700"), receives_text=False)),
    "palette_photos": ("palette", lambda: typing_scene(Palette(UNIT, "cko.png"))),
    "palette_path": ("palette", lambda: typing_scene(Palette(UNIT, "/home/me/Größe ß.jpg"))),
    "palette_number": ("palette", lambda: typing_scene(GoTo(UNIT, "7"))),
    "palette_wrong_number": ("palette", lambda: typing_scene(GoTo(UNIT, "151"))),
    "hover_tile": ("hover", lambda: hovering(UNIT, Hit("layers", channel=25), whole_layer=scanned_layer())),
    "hover_cell": ("hover", lambda: hovering(UNIT, Hit("aux", part=MAP, cell=(3, 9)), field_of=field_of)),
    "hover_patch": ("hover", lambda: hovering(UNIT, patch_hit(8), unit_images=unit_images(unit_of, samples=2))),
    "layers_sorted": ("layers", lambda: sorted_scene(BY_STRENGTH)),
    "layers_sorted_diffs": ("layers", lambda: sorted_scene(replace(DECONV, show=Show.DIFFS, order=Order.STRENGTH))),
    "layers_sorted_bars": ("layers", lambda: sorted_scene(replace(BY_STRENGTH, layer_index=4, channel=2))),
    "layers_sorted_pattern": (
        "layers",
        lambda: sorted_scene(replace(BY_STRENGTH, pattern=True), whole_layer=whole_layer("conv2/5x5_reduce")),
    ),
    "layers_place": ("layers", lambda: sorted_scene(AT_PLACE)),
    "layers_no_places": ("layers", lambda: sorted_scene(replace(AT_PLACE, layer_index=3))),
    "aux_here": ("aux", lambda: sorted_scene(LISTING)),
    "aux_place": ("aux", lambda: sorted_scene(AT_PLACE)),
    "input_place": ("input", lambda: sorted_scene(AT_PLACE)),
    "layers_why": ("layers", lambda: why_scene(WHY)),
    "layers_why_pattern": (
        "layers",
        lambda: why_scene(replace(WHY, pattern=True), whole_layer=whole_layer("conv2/5x5_reduce")),
    ),
    "layers_why_bars": ("layers", lambda: why_scene(replace(WHY, layer_index=3, channel=2))),
    "layers_why_through": ("layers", lambda: why_scene(THROUGH)),
    "status_why": ("status", lambda: why_scene(WHY)),
    "hover_why": ("hover", lambda: hovering_why(25)),
    "layers_what_if": ("layers", lambda: intervened(make_scene(WHAT_IF))),
    "layers_what_if_change": ("layers", lambda: intervened(make_scene(replace(CHANGE, order=Order.STRENGTH)))),
    "layers_what_if_bars": ("layers", lambda: intervened(make_scene(replace(CHANGE, layer_index=3, channel=2)))),
    "aux_what_if_classes": ("aux", lambda: intervened(make_scene(replace(WHAT_IF, cursor=Cursor.LAYERS)))),
    "aux_what_if_unit": ("aux", lambda: intervened(make_scene(WHAT_IF))),
    "input_what_if": ("input", lambda: intervened(make_scene(WHAT_IF))),
    "control_what_if": ("control", lambda: intervened(make_scene(WHAT_IF))),
    "status_what_if": ("status", lambda: intervened(make_scene(replace(UNIT, interventions=OFF)))),
    "hover_what_if": ("hover", lambda: hovering_what_if(9)),
    "layers_changes": ("layers", lambda: changes_scene(replace(UNIT, zoom=Zoom.CHANGES))),
    "layers_changes_begun": ("layers", lambda: changes_scene(replace(UNIT, zoom=Zoom.CHANGES), done=3)),
    "hover_place": ("hover", lambda: hovering_input(UNIT)),
    "control_missing": ("control", lambda: missing_scene(UNIT)),
    "layers_missing": ("layers", lambda: missing_scene(MISSING)),
    "back_missing": ("back", lambda: missing_scene(replace(MISSING, back_mode="deconv"))),
    "status_missing": ("status", lambda: missing_scene(MISSING)),
    "palette_missing": ("palette", missing_palette),
    "hover_missing": ("hover", missing_hover),
    "layers_difference": ("layers", compared("sorted_by_difference")),
    "layers_side_by_side": ("layers", compared("side_scene")),
    "layers_photos": ("layers", compared("photos_scene")),
    "input_pinned": ("input", compared("current")),
    "aux_compared": ("aux", compared("difference")),
    "status_compared": ("status", compared("pinned")),
    "hover_compared": ("hover", compared("hovering_compared")),
    "error": ("error", lambda: make_scene(status=Status(error=LONG_ERROR))),
    "help": ("help", lambda: make_scene(ViewState(help=True))),
    "help_search": ("help", lambda: searching("bac")),
    "help_search_nothing": ("help", lambda: searching("xyzzy")),
    "pressed": ("pressed", lambda: presented(Status(pressed=Pressed("b", "back projection: gradient")))),
    "status_first_hint": (
        "status",
        lambda: make_scene(status=replace(make_scene().status, first_hint=hint_words(frozenset()))),
    ),
}
