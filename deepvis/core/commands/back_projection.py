"""The back projection: its mode, its filter, where it starts, where it is shown."""

from __future__ import annotations

from deepvis.core.attributions import ATTRIBUTIONS, all_attributions, attribution_title
from deepvis.core.back_modes import DECONV, GRADIENT, OFF, all_modes, title_of
from deepvis.core.commands.changes import next_of, say, view
from deepvis.core.commands.table import BY_PALETTE, Group, command
from deepvis.core.state import OVERLAYS, AppState, BackFilter, Outcome, Show

ATTRIBUTION_SHARE = 0.7  # of the picture, where nothing was laid over the input before

# what b runs through; anything else goes to the first
_BACK_CYCLE = (
    (OFF, None),
    (GRADIENT, BackFilter.RAW),
    (GRADIENT, BackFilter.NORM),
    (DECONV, BackFilter.RAW),
)


@command("b", group=Group.BACK, help="Back projection: off, gradient, gradient (norm), deconv")
def cycle_back(state: AppState) -> AppState:
    mode = state.view.back_mode
    now = (mode, None if mode == OFF else state.view.back_filter)
    place = _BACK_CYCLE.index(now) if now in _BACK_CYCLE else len(_BACK_CYCLE) - 1
    mode, back_filter = _BACK_CYCLE[(place + 1) % len(_BACK_CYCLE)]
    return view(state, back_mode=mode, back_filter=back_filter or state.view.back_filter)


@command("n", group=Group.BACK, help=lambda: f"Back mode alone: {', '.join(map(title_of, all_modes()))}")
def cycle_back_mode(state: AppState) -> AppState:
    return view(state, back_mode=next_of(all_modes(), state.view.back_mode))


@command("m", group=Group.BACK, help="Back filter alone: raw, gray, norm, normblur")
def cycle_back_filter(state: AppState) -> AppState:
    return view(state, back_filter=next_of(tuple(BackFilter), state.view.back_filter))


@command("d", group=Group.BACK, help="Freeze the back origin at the selected unit, or free it")
def freeze_back_unit(state: AppState) -> AppState | Outcome:
    if state.layer.missing and not state.view.pinned:
        return say(state, f"there is nothing to freeze at: {state.layer.missing_words}")
    return view(state, pinned=None if state.view.pinned else state.unit)


@command("a", group=Group.BACK, help="Tiles show activations, or the diffs of the back projection")
def toggle_diffs(state: AppState) -> AppState:
    if state.view.pattern:
        return view(state, pattern=False)
    if state.view.show is Show.DIFFS:
        return view(state, show=Show.ACTIVATIONS)
    mode = GRADIENT if state.view.back_mode == OFF else state.view.back_mode
    return view(state, show=Show.DIFFS, back_mode=mode)


@command(
    "A", "*", group=Group.BACK, help="The back projection, or the attribution, laid over the input: off, 40 %, 70 %"
)
def cycle_overlay(state: AppState) -> AppState:
    """Turns the gradient on where there was nothing to lay over it."""
    chosen = state.view
    has_none = chosen.back_mode == OFF and chosen.attribution == OFF
    return view(
        state, overlay=(chosen.overlay + 1) % len(OVERLAYS), back_mode=GRADIENT if has_none else chosen.back_mode
    )


def _methods() -> str:
    """'Grad-CAM to LRP, 7 methods'."""
    names = all_attributions()[1:]
    return f"{attribution_title(names[0])} to {attribution_title(names[-1])}, {len(names)} methods" if names else ""


@command(
    "B",
    ":",
    group=Group.BACK,
    help=lambda: f"Attribution over the input: off, {_methods()} (each by its name in {BY_PALETTE})",
)
def cycle_attribution(state: AppState) -> AppState | Outcome:
    return show_attribution(state, next_of(all_attributions(), state.view.attribution))


def show_attribution(state: AppState, name: str) -> AppState | Outcome:
    """Lay an attribution over the input, in the place of what lies there; "off": nothing."""
    if name == OFF:
        return view(state, attribution=OFF, overlay=0)
    row = ATTRIBUTIONS[name]
    shown = view(state, attribution=name, overlay=state.view.overlay or OVERLAYS.index(ATTRIBUTION_SHARE))
    return say(shown, f"{row.title}: {row.words}")
