"""Compare: a pinned frame beside the current one, back projections of one unit side by side, one unit over photos."""

from __future__ import annotations

from deepvis.core.commands.changes import next_of, say, view
from deepvis.core.commands.table import Group, command
from deepvis.core.compared import PinnedFrame, TilesOf
from deepvis.core.state import AppState, Order, Outcome, Show, Zoom

WHAT = {
    TilesOf.CURRENT: "the tiles show the current frame",
    TilesOf.PINNED: "the tiles show the pinned frame",
    TilesOf.DIFFERENCE: "the tiles show current minus pinned: orange is more now, blue is less",
}


@command("P", "&", group=Group.SHOW, help="Pin this frame to compare others with it, or free it")
def pin_frame(state: AppState) -> AppState | Outcome:
    """Another frame takes the pinned one's place; the pinned one itself is freed."""
    shown, compared = state.frame, state.view.compared
    if shown is None:
        return say(state, "there is no frame to pin yet")
    if compared is not None and compared.frame.id == shown.id:
        return say(view(state, compared=None), "the pinned frame is free")
    pinned = view(state, compared=PinnedFrame(shown, compared.tiles if compared else TilesOf.CURRENT))
    return say(pinned, f"{PinnedFrame(shown).name} is pinned; Q: its tiles, then the difference; O: what differs most")


@command("Q", "<", group=Group.SHOW, help="Tiles of the current frame, of the pinned one, or their difference")
def cycle_compared(state: AppState) -> AppState | Outcome:
    """Diffs, preferred pictures and the change of a what-if give way: compared are activations."""
    compared = state.view.compared
    if compared is None:
        return say(state, "no frame is pinned to compare with; P pins this one")
    if state.view.show is not Show.ACTIVATIONS or state.view.pattern:
        tiles = compared.tiles
    else:
        tiles = next_of(tuple(TilesOf), compared.tiles)
    zoom = state.view.zoom if state.view.zoom is Zoom.UNIT else Zoom.OFF
    shown = {"show": Show.ACTIVATIONS, "pattern": False, "change": False, "zoom": zoom}
    changed = view(state, compared=compared.showing(tiles), **shown)
    return say(changed, WHAT[tiles])


@command(group=Group.SHOW, help="Tiles by how much they differ from the pinned frame, or by number")
def order_by_difference(state: AppState) -> AppState | Outcome:
    if state.view.compared is None:
        return say(state, "no frame is pinned to compare with; P pins this one")
    is_on = state.view.order is Order.DIFFERENCE
    return view(state, order=Order.NUMBER if is_on else Order.DIFFERENCE)


@command("\\", group=Group.BACK, help="All back modes side by side, with an attribution: of this unit, of this frame")
def show_side_by_side(state: AppState) -> AppState | Outcome:
    if state.view.zoom is Zoom.SIDE_BY_SIDE:
        return view(state, zoom=Zoom.OFF)
    missing = state.info.layer(state.back_unit.layer).missing_words
    if missing:
        return say(state, f"there is nothing to project back: {missing}")
    return view(state, zoom=Zoom.SIDE_BY_SIDE)


@command("f3", group=Group.UNIT, help="This unit over the open photos: its map beneath each, the largest value first")
def show_over_photos(state: AppState) -> AppState | Outcome:
    if state.view.zoom is Zoom.PHOTOS:
        return view(state, zoom=Zoom.OFF)
    if state.layer.missing:
        return say(state, f"it has no values: {state.layer.missing_words}")
    return view(state, zoom=Zoom.PHOTOS)
