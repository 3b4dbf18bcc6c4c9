"""The back modes and an attribution side by side: which are shown, of which unit. Pure."""

from __future__ import annotations

from deepvis.core.back_modes import OFF, all_modes
from deepvis.core.state import AppState, Zoom
from deepvis.core.types import BackRequest


def projections_beside(state: AppState) -> tuple[BackRequest, ...]:
    """Every back mode of the unit that the back projection starts from; () while they are not shown."""
    if state.view.zoom is not Zoom.SIDE_BY_SIDE or state.back_unit.layer in state.info.missing:
        return ()
    return tuple(BackRequest(state.back_unit, mode) for mode in all_modes() if mode != OFF)
