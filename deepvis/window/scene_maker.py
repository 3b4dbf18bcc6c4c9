"""From the state and the newest answers to the scene that the window shows."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

from deepvis.core.commands import COMMANDS
from deepvis.core.over_time import Lines
from deepvis.core.panes import PaneLayout
from deepvis.core.state import PRESETS, AppState
from deepvis.core.tile_order import TileOrder
from deepvis.window.fixed_scales import FixedScales
from deepvis.window.parts import Parts
from deepvis.window.pointer import HELP
from deepvis.window.requests import pinned_snapshot, shown_frame, shown_photos, shown_progress
from deepvis.window.status import StatusReader
from deepvis.window.tile_orders import TileOrders
from deepvis.window.ui.hit import hit
from deepvis.window.ui.scene import Scene


class SceneMaker:
    """Makes scenes; remembers the fixed scales and the order of the tiles.

    layout: where the panes are now; to be set before the first scene is made. lines: of the strip over time.
    reserved_keys: as ``AnyWindow.reserved_keys``.
    """

    layout: PaneLayout
    lines: Lines | None = None

    def __init__(self, parts: Parts, status: StatusReader, reserved_keys: frozenset[str] = frozenset()) -> None:
        self._parts, self._status, self._reserved_keys = parts, status, reserved_keys
        self._with_fixed_scale = FixedScales()
        self._tile_orders = TileOrders()
        self._help_rows = (*COMMANDS.values(), *HELP)

    def tile_order(self, state: AppState, *, is_held: bool) -> TileOrder | None:
        """The order of the tiles of the selected layer; the same value where nothing has changed."""
        return self._tile_orders(self._bare(state), is_held=is_held)

    def __call__(self, state: AppState, pointer: tuple[int, int] | None, *, recorded: int | None) -> Scene:
        """The scene. pointer: (row, col) in the window, None while it rests. recorded: seconds of a recording."""
        latest = self._parts.latest
        scene = replace(
            self._bare(state),
            attribution=latest.attribution,
            over_photos=shown_photos(state, latest),
            changed=latest.changed,
            unit_images=latest.unit_images,
            whole_layer=latest.whole_layer,
            thumbnails=latest.thumbnails.value,
            lines=self.lines,
            steadiness=latest.steadiness.value,
            optimize=shown_progress(state, latest),
            climb=latest.optimize.value,
            status=self._status.read(state, latest, state.input.moving_source.name, recorded=recorded),
            commands=self._help_rows,
            reserved_keys=self._reserved_keys,
            preset_names=PRESETS,
            pointer=pointer,
        )
        scene = self._with_fixed_scale(scene)
        if pointer is None:
            return scene
        under = hit(scene, *pointer)
        if under.channel is not None:
            self._parts.peek()
        return replace(scene, hover=under)

    def _bare(self, state: AppState) -> Scene:
        """What the network has given, without what else the window shows."""
        latest = self._parts.latest
        field_of = latest.network.value.field_of if latest.network.value else None
        pinned = pinned_snapshot(state, latest)
        return Scene(state, self.layout, shown_frame(state, latest), latest.snapshot, pinned=pinned, field_of=field_of)


def parts_of(scene: Scene) -> tuple[Hashable, ...]:
    """The ids and values that a scene's picture depends on; the last three are the status and the pointer's."""
    images, layer, progress = scene.unit_images, scene.whole_layer, scene.optimize
    return (
        scene.state,
        scene.layout,
        scene.frame_id,
        scene.snapshot_id,
        scene.pinned and scene.pinned.id,
        scene.attribution and scene.attribution.id,
        scene.over_photos and scene.over_photos.version,
        scene.changed and scene.changed.id,
        images and (images.unit, images.version),
        layer and (layer.layer, layer.version),
        scene.thumbnails and scene.thumbnails.version,
        scene.lines and scene.lines.version,
        scene.steadiness and scene.steadiness.version,
        progress and (progress.unit, progress.version),
        scene.climb and (scene.climb.unit, scene.climb.version),
        scene.status,
        scene.pointer,
        scene.hover,
    )
