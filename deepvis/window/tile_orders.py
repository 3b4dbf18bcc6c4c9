"""The order of the tiles of the layer that is shown, from pass to pass (core/tile_order.py decides)."""

from __future__ import annotations

from deepvis.core.places import cell_at
from deepvis.core.state import Order
from deepvis.core.tile_order import TileOrder, by_contribution, by_number, ordered, strengths_of
from deepvis.core.types import Snapshot
from deepvis.window.ui.compared_values import differences_in
from deepvis.window.ui.fires import strengths_in
from deepvis.window.ui.readings import layer_view
from deepvis.window.ui.reasons import reasons_in
from deepvis.window.ui.scene import Scene


class TileOrders:
    """Remembers the newest order, to which that of the next pass stays close while the picture moves."""

    def __init__(self) -> None:
        self._subject: tuple[object, ...] = ()  # what the order is of, whichever the pass
        self._snapshot: Snapshot | None = None
        self._order: TileOrder | None = None

    def __call__(self, scene: Scene, *, is_held: bool = False) -> TileOrder | None:
        """The order in the newest snapshot; the same value as before if nothing has changed; None without values.

        is_held: as long as the picture moves no tile moves.
        """
        view, chosen, snapshot, layer = layer_view(scene), scene.state.view, scene.snapshot, scene.state.layer
        if snapshot is None or not view.has(0):
            return None
        cell = None if chosen.place is None else cell_at(scene.field_of, layer, chosen.place)
        reasons = reasons_in(scene)
        differences = differences_in(scene, cell) if chosen.order is Order.DIFFERENCE and reasons is None else None
        of = differences is not None or reasons is not None
        is_sorted = chosen.order is Order.STRENGTH or cell is not None or of
        moves = snapshot.request.frame.moving and not scene.state.input.frozen
        back = snapshot.request.back if view.signed and not of else None
        compared = chosen.compared and (chosen.compared.frame, scene.pinned, None if of else chosen.compared.tiles)
        through = None if reasons is None else reasons.through
        subject = (layer, back, view.is_change, cell, is_sorted, moves, of, through, compared)
        if subject == self._subject and snapshot is self._snapshot:
            return self._order
        before = self._order if subject == self._subject and moves else None
        found = None if reasons is None else reasons.sums if cell is None else reasons.maps[:, cell[0], cell[1]]
        strengths = strengths_in(view, cell) if differences is None else strengths_of(differences, magnitude=False)
        self._subject, self._snapshot = subject, snapshot
        if found is not None:
            signed = strengths_of(found, magnitude=False)
            self._order = by_contribution(layer.name, signed, before, cell, is_held=is_held)
        elif is_sorted:
            self._order = ordered(layer.name, strengths, before, cell, is_held=is_held)
        else:
            self._order = by_number(layer.name, strengths)
        return self._order
