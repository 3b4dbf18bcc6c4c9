"""Everything that the user can change, as one immutable value.

Indices are absolute; what follows from other facts is a property, not a field.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TypeVar

from deepvis.core.attributions import ATTRIBUTIONS
from deepvis.core.back_modes import OFF
from deepvis.core.compared import PinnedFrame
from deepvis.core.effects import Effect, StartOptimizing, StartScan
from deepvis.core.filmstrip import Filmstrip
from deepvis.core.interventions import Intervention
from deepvis.core.naming import NameTyping
from deepvis.core.over_time import OverTime
from deepvis.core.photo_answers import SheetScroll
from deepvis.core.playing import Autoplay, MovingSource
from deepvis.core.presenting import USUAL, PanesNow, Presenting
from deepvis.core.tile_order import TileOrder, Tiles, tiles_of
from deepvis.core.types import AttributionRequest, BackRequest, Fit, Frame, LayerInfo, NetInfo, Unit
from deepvis.core.unit_names import NO_NAMES, Naming, UnitNames


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
    SIDE_BY_SIDE = "side by side"  # the back modes and an attribution (core/side_by_side.py)
    PHOTOS = "photos"  # the open photos with the unit's map beneath each
    CHANGES = "changes"  # colour or shape? (core/colour_or_shape.py)


CYCLED_ZOOMS = (Zoom.OFF, Zoom.UNIT, Zoom.BACK, Zoom.PREFERRED)  # in the order in which key z runs through them


class Show(Enum):
    """What the tiles of the layers pane are."""

    ACTIVATIONS = "fwd"
    DIFFS = "back"


class Order(Enum):
    """How the tiles are sorted (core/tile_order.py)."""

    NUMBER = "number"
    STRENGTH = "strength"  # the strongest unit first, silent ones hidden
    DIFFERENCE = "difference"  # what differs most from the pinned frame first


class ColourMap(Enum):
    """The colours of a brightness (core/colours.py), in the order in which key V runs through them."""

    GRAY = "gray"
    VIRIDIS = "viridis"
    CIVIDIS = "cividis"
    MAGMA = "magma"
    SIGNED = "signed"  # blue below 0, black, orange above


class Look(Enum):
    """How values become brightness (core/pixels.py)."""

    READABLE = "readable"  # a percentile and a gamma of the layer's own; the Unit pane scaled to the unit
    PLAIN_2015 = "2015"  # linear from 0 to the layer's largest value, everywhere


OVERLAYS = (0.0, 0.4, 0.7)  # of the back projection, or the attribution, over the input: its share of the picture
ATTRIBUTION_BESIDE = "grad_cam"  # beside the back modes where none is chosen
INDIVIDUAL_BOOSTS = (0.0, 0.3, 0.5, 0.8, 1.0)
GAMMA_BOOSTS = (1.0, 0.7, 0.5, 0.3)
DEBUG_LEVELS = 3
# of the live optimizer: the rows of the paper's Table 1, those beyond it, and those that change what is shown
PRESETS = ("1", "2", "3", "4", "robust", "lucid", "maco", "accentuate", "dream", "invert")


@dataclass(frozen=True)
class LookedBack:
    """An earlier picture of a live optimization is looked at. run: id of the effect that began it."""

    run: int
    iteration: int


@dataclass(frozen=True)
class ViewState:
    """What is looked at, and how."""

    layer_index: int = 0
    channel: int = 0  # as the user left it; clamped to the layer by AppState.unit
    cursor: Cursor = Cursor.LAYERS
    back_mode: str = OFF  # a name in core/back_modes.py, or "off"
    back_filter: BackFilter = BackFilter.RAW
    pinned: Unit | None = None  # back origin, None: it follows the selected unit
    # why: a class or unit, then units of earlier layers through which its reasons are followed (core/why.py); (): off
    why: tuple[Unit, ...] = ()
    interventions: tuple[Intervention, ...] = ()  # what if: what is done to units (core/interventions.py)
    change: bool = False  # what if: the tiles show after minus before in the place of the activations
    compared: PinnedFrame | None = None  # a frame beside the current one (core/compared.py)
    show: Show = Show.ACTIVATIONS
    zoom: Zoom = Zoom.OFF
    pattern: bool = False
    order: Order = Order.NUMBER
    place: tuple[int, int] | None = None  # (row, col) of the network's input: the tiles are sorted by what fires there
    jumped: tuple[Unit, ...] = ()  # the strongest units that were gone to in a row; the selected one is the last
    individual_boost: int = 0  # index into INDIVIDUAL_BOOSTS
    gamma_boost: int = 0  # index into GAMMA_BOOSTS
    colour_map: ColourMap = ColourMap.GRAY
    look: Look = Look.READABLE
    fixed_scale: bool = False  # brightness compares between frames: each layer keeps its scale
    overlay: int = 0  # index into OVERLAYS
    attribution: str = OFF  # a name in core/attributions.py, or "off": it lies over the input
    label_predictions: bool = True
    unit_images: bool = True
    receptive_field: bool = False
    looked_back: LookedBack | None = None  # in the history of the unit's climb; None: its newest picture
    opened: frozenset[str] = frozenset()  # blocks of the layer list
    all_layers: bool = False  # every operator is in the layer list
    sheet: SheetScroll = field(default_factory=SheetScroll)  # of a unit over photos
    filmstrip: Filmstrip = field(default_factory=Filmstrip)
    over_time: OverTime = field(default_factory=OverTime)
    scores: bool = False
    help: bool = False
    debug: int = 0
    presenting: Presenting = USUAL  # large text, one pane large


@dataclass(frozen=True)
class InputState:
    """Where frames come from."""

    moving: bool = False  # camera or video rather than files
    frozen: bool = False  # the moving source stands still
    file_index: int = 0  # absolute; may pass the end, the source takes it modulo its count
    fit: Fit = Fit.CROP
    mirror: bool = True  # camera as in a mirror; files and videos never
    images: str | None = None  # the user's own folder, photo or list of photos; None: the sample photos
    # a file that is shown at file_index ``photo_at``. If it is one of the open files, the indices around that
    # one mean its neighbours; otherwise it is shown once, and they mean what they meant before
    photo: str = ""
    photo_at: int = 0
    moving_source: MovingSource = field(default_factory=MovingSource)
    autoplay: Autoplay = field(default_factory=Autoplay)
    held: Frame | None = None  # the frame at which the source was frozen by a unit's value


@dataclass(frozen=True)
class LiveState:
    """What the user has asked of the live optimizer, and of the scan of the open files."""

    optimizing: StartOptimizing | None = None  # the run in progress
    preset: int = 2  # of the next run: index into PRESETS
    scanning: StartScan | None = None  # the scan in progress


@dataclass(frozen=True)
class GoTo:
    """The number of a unit is being typed. before: the view that Esc gives back."""

    before: ViewState
    text: str = ""


@dataclass(frozen=True)
class Palette:
    """The palette is open. before: the view that Esc gives back. row: of the highlighted candidate, from 0."""

    before: ViewState
    text: str = ""
    row: int = 0


@dataclass(frozen=True)
class HelpSearch:
    """What is typed while the help is open. row: of the highlighted command among those that fit, -1: none."""

    text: str = ""
    row: int = -1


@dataclass(frozen=True, eq=False)
class PaletteLists:
    """What the palette offers beside the network and the commands."""

    photos: Sequence[tuple[str, str]] = ()  # (path, name) of the open folder's photos, as far as they are listed
    first_photo: int = 0  # the file index of the first of them
    models: tuple[str, ...] = ()  # their names
    cameras: tuple[tuple[int, str], ...] = ()  # their numbers and names
    video: str = ""  # path or URL of the video that the settings name
    first_images: str | None = None  # the photos that the settings name, as in ``InputState.images``
    receives_text: bool = True  # capitals, accents and pasted text arrive in this window


NO_PALETTE_LISTS = PaletteLists()


@dataclass(frozen=True)
class Undoable:
    """The part of the state that undo and redo give back."""

    view: ViewState
    input: InputState
    preset: int
    own_names: UnitNames = NO_NAMES


@dataclass(frozen=True)
class HistoryStep:
    """One change of the state. gives: what undo (or redo) gives back. effects: what it wants done beside that."""

    gives: Undoable
    effects: tuple[type[Effect], ...] = ()


@dataclass(frozen=True)
class History:
    """What undo, redo, back and forward go through (core/history.py)."""

    past: tuple[HistoryStep, ...] = ()  # the newest last
    future: tuple[HistoryStep, ...] = ()  # the next to redo last
    growing: str = ""  # the command whose next press still belongs to the newest step
    visited: tuple[Unit, ...] = ()
    place: int = 0  # in visited: where the user stands


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
    typing: GoTo | Palette | NameTyping | None = None
    help_search: HelpSearch = field(default_factory=HelpSearch)
    palette_lists: PaletteLists = NO_PALETTE_LISTS
    tile_order: TileOrder | None = None  # of the newest pass; None before the first
    history: History = field(default_factory=History, compare=False)
    frame: Frame | None = field(default=None, compare=False)  # that is shown now
    naming: Naming = field(default_factory=Naming)  # what the user calls units
    panes: PanesNow = field(default_factory=PanesNow, compare=False)  # those of the window, the one pointed at
    awaits_reason: Unit | None = None  # why: selected until the strongest reason is known, which takes its place
    is_watched_elsewhere: bool = False  # in browsers: who presses q may not be the only one who looks
    to_confirm: str = ""  # a command that has asked whether it is meant: its key, if it comes next, does it

    @property
    def takes_letters(self) -> bool:
        """Keys are letters: a number is typed, or a text for the palette or the help."""
        return self.typing is not None or self.view.help

    @property
    def layer(self) -> LayerInfo:
        return self.info.layers[min(self.view.layer_index, len(self.info.layers) - 1)]

    @property
    def unit(self) -> Unit:
        """The selected unit: the channel clamped to the layer's size."""
        return Unit(self.layer.name, min(self.view.channel, self.layer.channels - 1))

    @property
    def tiles(self) -> Tiles:
        """The tiles of the layer, in the order in which they stand."""
        return tiles_of(self.tile_order, self.layer.name, self.layer.channels, self.unit.channel)

    @property
    def tile(self) -> int:
        """The place of the selected unit among the tiles."""
        return self.tiles.place_of(self.unit.channel) or 0

    @property
    def back_unit(self) -> Unit:
        """Where the back projection starts."""
        return self.view.pinned or self.unit

    @property
    def back_request(self) -> BackRequest | None:
        """The back projection that the window wants, None with the back pane off, or of a layer without values."""
        if self.view.back_mode == OFF or self.back_unit.layer in self.info.missing:
            return None
        return BackRequest(self.back_unit, self.view.back_mode)

    @property
    def attribution_request(self) -> AttributionRequest | None:
        """The attribution that the window wants: of the unit that the back projection starts from.

        Whose maps: with the origin frozen (key d) those of the selected layer, if it has maps and comes before.
        """
        method, unit, layer = self.view.attribution, self.back_unit, self.layer
        if method == OFF and self.view.zoom is Zoom.SIDE_BY_SIDE:
            method = ATTRIBUTION_BESIDE if ATTRIBUTION_BESIDE in ATTRIBUTIONS else OFF
        if method == OFF or unit.layer in self.info.missing:
            return None
        names = [each.name for each in self.info.layers]
        is_chosen = (
            ATTRIBUTIONS[method].uses_maps
            and layer.is_spatial
            and unit.layer in names
            and names.index(layer.name) < names.index(unit.layer)
        )
        return AttributionRequest(unit, method, layer.name if is_chosen else "")


F = TypeVar("F", bound=Effect)
Outcome = tuple[AppState, tuple[Effect, ...]]  # what a command brings about


def with_effect(state: AppState, make: Callable[[int], F]) -> tuple[AppState, tuple[F]]:
    """The state and the effect that ``make`` gives for the next free id."""
    return replace(state, next_id=state.next_id + 1), (make(state.next_id),)
