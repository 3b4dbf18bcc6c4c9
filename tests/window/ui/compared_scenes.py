"""Scenes of a pinned frame, of back modes side by side, and of a unit over photos."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from deepvis.core.compared import PinnedFrame, TilesOf
from deepvis.core.photo_answers import PhotoAnswer
from deepvis.core.side_by_side import projections_beside
from deepvis.core.state import Order, ViewState, Zoom
from deepvis.core.types import Attribution, NetRequest
from deepvis.live.unit_over_photos import OverPhotos, OverPhotosRequest
from deepvis.window.tile_orders import TileOrders
from deepvis.window.ui.regions import Hit
from deepvis.window.ui.scene import Scene
from tests.window.ui.scenes import UNIT, hovering, ids, make_frame, make_scene, make_snapshot, photo, waves


def compared_scene(tiles: TilesOf, view: ViewState = UNIT, **parts: object) -> Scene:
    """Frame 1 is shown, frame 2 is pinned."""
    frame = make_frame(2)
    scene = make_scene(replace(view, compared=PinnedFrame(frame, tiles)), **parts)
    return replace(scene, pinned=make_snapshot(frame))


def sorted_by_difference() -> Scene:
    scene = compared_scene(TilesOf.DIFFERENCE, replace(UNIT, order=Order.DIFFERENCE))
    return replace(scene, state=replace(scene.state, tile_order=TileOrders()(scene)))


def hovering_compared() -> Scene:
    scene, over = compared_scene(TilesOf.PINNED), hovering(UNIT, Hit("layers", channel=25))
    return replace(scene, hover=over.hover)


def side_scene() -> Scene:
    """Three back modes and an attribution, all found."""
    scene = make_scene(replace(UNIT, zoom=Zoom.SIDE_BY_SIDE))
    assert scene.snapshot is not None and scene.frame is not None
    backs = projections_beside(scene.state)
    request = NetRequest(scene.frame, beside=backs, attribution=scene.state.attribution_request)
    beside = {back: waves(3, 48, 48, phase=i) for i, back in enumerate(backs)}
    snapshot = replace(scene.snapshot, request=request, beside=beside)
    found = Attribution(next(ids), snapshot.id, request, waves(5, 14, 14)[2])
    return replace(scene, snapshot=snapshot, attribution=found)


def answers(count: int, shape: tuple[int, int] = (12, 12)) -> tuple[PhotoAnswer, ...]:
    """Of as many photos, the largest value first."""
    made = []
    for number in range(count):
        values = np.maximum(waves(3, *shape, phase=number)[1], 0) * (count - number) / count
        row, col = divmod(int(values.argmax()), shape[1])
        rgb, path = photo(48, 48, number), f"/photos/{number}.jpg"
        made.append(PhotoAnswer(number, path, float(values.max()), (row, col), values, rgb))
    return tuple(sorted(made, key=lambda each: -each.value))


def photos_scene(count: int = 30, *, size: tuple[int, int] = (620, 1000), **found: object) -> Scene:
    scene = make_scene(replace(UNIT, zoom=Zoom.PHOTOS), size=size)
    whole = OverPhotos(
        OverPhotosRequest(scene.state.unit), "~/holiday", answers(count), count, count, True, version=count
    )
    return replace(scene, over_photos=replace(whole, **found))  # type: ignore[arg-type]
