"""Small changes of the state that many commands make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from deepvis.core.back_modes import OFF
from deepvis.core.commands.table import Group, enter
from deepvis.core.effects import Say
from deepvis.core.state import AppState, Order, Outcome, Show, Zoom, with_effect

T = TypeVar("T")


def say(state: AppState, sentence: str) -> Outcome:
    """The state, and a sentence for the status line."""
    return with_effect(state, lambda id: Say(id, sentence))


def view(state: AppState, **changes: object) -> AppState:
    """The state with some fields of its view changed, and with what cannot be shown put right.

    Without a back projection there are no diffs to show in the tiles, no result to zoom into or to lay over the input.
    Without an intervention there is no change to show.
    An attribution lies over the input, in the back projection's place; what is not laid over it is off.
    """
    changed = replace(state.view, **changes)  # type: ignore[arg-type]
    if changed.change and not changed.interventions:
        changed = replace(changed, change=False)
    if changed.overlay == 0 and changed.attribution != OFF:
        changed = replace(changed, attribution=OFF)
    if changed.compared is None and changed.order is Order.DIFFERENCE:
        changed = replace(changed, order=Order.NUMBER)
    if changed.back_mode == OFF:
        if changed.show is Show.DIFFS:
            changed = replace(changed, show=Show.ACTIVATIONS)
        if changed.zoom is Zoom.BACK:
            changed = replace(changed, zoom=Zoom.OFF)
        if changed.attribution == OFF:
            changed = replace(changed, overlay=0)
    return replace(state, view=changed)


def switch(*keys: str, field: str, group: Group, help: str) -> None:
    """Enter the command ``toggle_<field>``, which turns a field of the view on or off."""

    enter(f"toggle_{field}", keys, group, help, lambda state: view(state, **{field: not getattr(state.view, field)}))


def source(state: AppState, **changes: object) -> AppState:
    """The state with some fields of its input changed; whoever changes the input stops the autoplay."""
    stopped = {"autoplay": replace(state.input.autoplay, is_on=False), "held": None, **changes}
    return replace(state, input=replace(state.input, **stopped))  # type: ignore[arg-type]


def show_photo(state: AppState, path: str) -> AppState:
    """Show a photo by its path, one of the open files or any other."""
    return source(state, moving=False, frozen=False, photo=path, photo_at=state.input.file_index)


def live(state: AppState, **changes: object) -> AppState:
    return replace(state, live=replace(state.live, **changes))  # type: ignore[arg-type]


def next_of(members: Sequence[T], value: T) -> T:
    """The member after ``value``, the first after the last."""
    return members[(members.index(value) + 1) % len(members)]
