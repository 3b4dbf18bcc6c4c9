"""Keeping what is seen: pictures, numbers, recordings."""

from __future__ import annotations

from deepvis.core.commands.table import Group, command
from deepvis.core.saving import SaveNumbers, SavePane, SwitchRecording
from deepvis.core.state import AppState, Outcome, with_effect


@command("ctrl+s", group=Group.KEEP, help="Save the pane under the mouse, else the unit, as a large PNG with its facts")
def save_pane(state: AppState) -> Outcome:
    return with_effect(state, SavePane)


@command("ctrl+e", group=Group.KEEP, help="Save the numbers of this layer, the unit's and the classes', as npz")
def save_numbers(state: AppState) -> Outcome:
    return with_effect(state, SaveNumbers)


@command("ctrl+r", group=Group.KEEP, help="Record the window as a video; again ends and saves it")
def record(state: AppState) -> Outcome:
    return with_effect(state, SwitchRecording)
