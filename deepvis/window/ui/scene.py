"""All that a pane may look at, as one frozen value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from deepvis.core.changed_pictures import ChangedPictures
from deepvis.core.commands import Command
from deepvis.core.filmstrip import Thumbnails
from deepvis.core.geometry import Rect
from deepvis.core.over_time import LayerSteadiness, Lines
from deepvis.core.panes import CardAreas, PaneLayout, card_areas
from deepvis.core.pixels import Scale
from deepvis.core.presenting import Pressed
from deepvis.core.state import AppState
from deepvis.core.types import (
    Attribution,
    FieldOf,
    Frame,
    OptimizeProgress,
    PassSeconds,
    Snapshot,
    UnitImages,
    WholeLayer,
)
from deepvis.live.unit_over_photos import OverPhotos
from deepvis.window.ui.regions import Hit


@dataclass(frozen=True)
class Status:
    """Facts about the running program, for the status line."""

    source: str = ""  # where frames come from, as the user would say it ("camera 0", "cat.jpg, 1 of 1000")
    fps: float | None = None  # pictures shown per second; None until it is measured
    passes_per_second: float | None = None  # of the network; None until it is measured
    pass_seconds: PassSeconds = field(default_factory=PassSeconds)  # of the newest pass
    error: str = ""  # what went wrong, in one sentence, "" if nothing
    hint: str = ""  # what the user may want to know now
    path: str = ""  # of a file that the hint names: a click copies it
    notice: str = ""  # a sentence that takes the line for a while: what does not fit, why the numbers may mean nothing
    recorded: int | None = None  # seconds that are recorded so far; None while there is no recording
    device: str = ""  # "cpu", "cuda:0"
    pressed: Pressed | None = None  # the key of just now, in presenter mode
    first_hint: str = ""  # a thing that the user has not done yet


@dataclass(frozen=True, eq=False)
class Scene:
    """What the window shows at one moment. Compare parts by ids and values, never arrays."""

    state: AppState
    layout: PaneLayout
    frame: Frame | None = None
    snapshot: Snapshot | None = None
    pinned: Snapshot | None = None  # of the pinned frame, once it is passed; None while none is pinned
    attribution: Attribution | None = None  # the newest step of the newest, whatever is wanted now
    over_photos: OverPhotos | None = None  # the unit over the open photos, while it is shown
    changed: ChangedPictures | None = None  # the newest picture and its changes, while they are asked for
    unit_images: UnitImages | None = None
    whole_layer: WholeLayer | None = None
    thumbnails: Thumbnails | None = None  # of the filmstrip
    lines: Lines | None = None  # of the strip over time
    steadiness: LayerSteadiness | None = None  # the newest
    optimize: OptimizeProgress | None = None  # in progress, or its end until the unit images have it
    climb: OptimizeProgress | None = None  # the newest, in progress or not: whose history there is
    status: Status = field(default_factory=Status)
    commands: Sequence[Command] = ()
    reserved_keys: frozenset[str] = frozenset()  # that never arrive, as a browser keeps them
    field_of: FieldOf | None = None  # the receptive fields; None where they are unknown
    preset_names: tuple[str, ...] = ()  # of the live optimizer, by LiveState.preset
    fixed_scale: Scale | None = None  # of the selected layer, while it is wanted
    fixed_from: str = ""  # in words, what the fixed scale was taken from
    pointer: tuple[int, int] | None = None  # (row, col) in the window; None while it rests
    hover: Hit | None = None  # what lies under the pointer; None while it rests
    cut: str = ""  # the whole of a caption that is cut under the pointer, "" if none is; the composer fills it in

    def px(self, size: float) -> int:
        """A text size or a distance of the design, in this window's pixels; text stays legible."""
        return max(round(size * self.layout.text_scale), 10 if size >= 10 else 1)

    def areas(self, pane: Rect) -> CardAreas:
        """The parts of a pane, or of a card in one, that lies there."""
        return card_areas(pane, self.layout.text_scale)

    @property
    def snapshot_id(self) -> int | None:
        return None if self.snapshot is None else self.snapshot.id

    @property
    def frame_id(self) -> int | None:
        return None if self.frame is None else self.frame.id
