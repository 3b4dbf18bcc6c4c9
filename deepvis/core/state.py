"""Everything that the user can change, as one immutable value.

Indices are absolute; what follows from other facts is a property, not a field.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from deepvis.core.back_modes import OFF
from deepvis.core.effects import StartOptimizing
from deepvis.core.types import BackAsk, Fit, LayerInfo, NetInfo, Unit


class Cursor(Enum):
    """Which of the two cursors the arrow keys move."""

    LAYERS = "layers"  # the layer list on top
    UNITS = "units"  # the tiles below


class BackFilter(Enum):
    """How the back projection becomes a picture."""

    RAW = "raw"
    GRAY = "gray"
    NORM = "norm"
    NORMBLUR = "normblur"


class Zoom(Enum):
    """What fills the layers pane instead of the tiles."""

    OFF = "off"
    UNIT = "unit"
    BACK = "back"
    PREFERRED = "preferred"


class Show(Enum):
    """What the tiles of the layers pane are."""

    ACTIVATIONS = "fwd"
    DIFFS = "back"


INDIVIDUAL_BOOSTS = (0.0, 0.3, 0.5, 0.8, 1.0)
GAMMA_BOOSTS = (1.0, 0.7, 0.5, 0.3)
PRESETS = ("1", "2", "3", "4", "robust")  # of the live optimizer: the rows of the paper's Table 1, and one beyond


@dataclass(frozen=True)
class ViewState:
    """What is looked at, and how."""

    layer_index: int = 0
    channel: int = 0  # as the user left it; clamped to the layer by AppState.unit
    cursor: Cursor = Cursor.LAYERS
    back_mode: str = OFF  # a name in core/back_modes.py, or "off"
    back_filter: BackFilter = BackFilter.RAW
    pinned: Unit | None = None  # back origin, None: it follows the selected unit
    show: Show = Show.ACTIVATIONS
    zoom: Zoom = Zoom.OFF
    pattern: bool = False
    individual_boost: int = 0  # index into INDIVIDUAL_BOOSTS
    gamma_boost: int = 0  # index into GAMMA_BOOSTS
    label_predictions: bool = True
    unit_images: bool = True
    receptive_field: bool = False
    scores: bool = False
    help: bool = False
    debug: int = 0


@dataclass(frozen=True)
class InputState:
    """Where frames come from.

    photo: a file that is shown at file_index ``photo_at``. If it is one of the open files, the indices around that one
    mean its neighbours; otherwise it is shown once, and they mean what they meant before.
    """

    moving: bool = False  # camera or video rather than files
    frozen: bool = False  # the moving source stands still
    file_index: int = 0  # absolute; may pass the end, the source takes it modulo its count
    fit: Fit = Fit.CROP
    mirror: bool = True  # camera as in a mirror; files and videos never
    photo: str = ""
    photo_at: int = 0


@dataclass(frozen=True)
class LiveState:
    """What the user has asked of the live optimizer."""

    optimizing: StartOptimizing | None = None  # the run in progress
    preset: int = 2  # of the next run: index into PRESETS


@dataclass(frozen=True)
class AppState:
    """The whole state; every command maps one to the next (and to effects, core/effects.py)."""

    info: NetInfo
    view: ViewState = field(default_factory=ViewState)
    input: InputState = field(default_factory=InputState)
    live: LiveState = field(default_factory=LiveState)
    layers_pane: tuple[int, int] = (870, 900)  # (height, width) in pixels: tile columns follow from it
    fast: int = 3  # layers, tiles or rows that a fast move passes
    quit: bool = False
    initial_view: ViewState = field(default_factory=ViewState)  # what a reset goes back to
    next_id: int = 1  # of the next effect

    @property
    def layer(self) -> LayerInfo:
        return self.info.layers[min(self.view.layer_index, len(self.info.layers) - 1)]

    @property
    def unit(self) -> Unit:
        """The selected unit: the channel clamped to the layer's size."""
        return Unit(self.layer.name, min(self.view.channel, self.layer.channels - 1))

    @property
    def back_unit(self) -> Unit:
        """Where the back projection starts."""
        return self.view.pinned or self.unit

    @property
    def back_ask(self) -> BackAsk | None:
        """The back projection that the window wants, None with the back pane off."""
        if self.view.back_mode == OFF:
            return None
        return BackAsk(self.back_unit, self.view.back_mode)
