"""What a key wants done beside a change of the state: values that a command returns and somebody else carries out.

Each has an id of its own, which comes from the state (``AppState.next_id``). Whoever carries an effect out answers
with that id: a comparison shows which answers come late.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from deepvis.core.types import Fit, Unit


@dataclass(frozen=True)
class Effect:
    """id: a number that no other effect of this run has; a later effect has a higher one."""

    id: int


class SavePicture(Effect):
    """Write the window as a picture."""


@dataclass(frozen=True)
class StartOptimizing(Effect):
    """Begin to optimize a unit, in the place of what is being optimized."""

    unit: Unit
    preset: str  # a name, see core/state.py
    from_frame: bool = False  # start from the current frame rather than from noise
    fit: Fit = Fit.CROP  # how that frame becomes the network's input


class StopOptimizing(Effect):
    """Optimize nothing any more."""


class ForgetTop(Effect):
    """Begin the running top 9 anew; what there was is kept for RecallTop."""


class RecallTop(Effect):
    """Bring back the running top 9 that was forgotten last, in the place of what there is."""


@dataclass(frozen=True)
class SaveTop(Effect):
    """Write the running top 9 as the model's unit images.

    over_better: write over pictures that were made from more images or by a scan, too.
    """

    over_better: bool = False


class UndoSave(Effect):
    """Take the newest save of the running top 9 back: the files that it replaced are there again."""


class RedoSave(Effect):
    """Do the save again that was taken back last."""


@dataclass(frozen=True)
class KeepPicture(Effect):
    """Put a unit's finished picture among its nine."""

    unit: Unit


@dataclass(frozen=True)
class TakeOutPicture(Effect):
    """Take the picture that was kept last, in this run or an earlier one, out of a unit's nine."""

    unit: Unit


class UndoKeep(Effect):
    """Undo the newest change of a unit's nine that stands."""


class RedoKeep(Effect):
    """Do the change of a unit's nine again that was undone last."""


@dataclass(frozen=True)
class StartScan(Effect):
    """Scan the open files for the top 9 of every unit, in the place of a scan in progress.

    images: as in ``InputState``. fit: how a photo becomes the network's input.
    """

    images: str | None = None
    fit: Fit = Fit.CROP


class StopScan(Effect):
    """Scan no more; what was found is kept."""


class OtherNetwork(Effect):
    """Keys go to the other of two networks from now on."""


@dataclass(frozen=True)
class OpenPath(Effect):
    """Show the photos of a folder, a photo, or a list, if it can be opened; else nothing changes.

    path: as it was typed or pasted.
    """

    path: str


@dataclass(frozen=True)
class Say(Effect):
    """Show a sentence in the status line for some seconds."""

    sentence: str


# what undoes an effect; any other is not undone (a save of the top 9 or of a picture is by its answer: Report.reverse)
REVERSE: Mapping[type[Effect], type[Effect]] = {
    ForgetTop: RecallTop,
    RecallTop: ForgetTop,
    UndoSave: RedoSave,
    RedoSave: UndoSave,
    UndoKeep: RedoKeep,
    RedoKeep: UndoKeep,
    StartScan: StopScan,
    StopScan: StartScan,
}
