"""The values that flow through the program, one way: frame -> pass -> snapshot -> scene.

All are immutable. Those that hold arrays compare by identity (a generated ``==``
would raise); give them ids and compare those.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from deepvis.core.playing import VideoPlace
from deepvis.core.words import short_label

if TYPE_CHECKING:
    from deepvis.core.interventions import Intervention


class Fit(Enum):
    """How a picture of any shape becomes the network's input."""

    CROP = "crop"  # centre crop of the input's aspect ratio, then resize
    STRETCH = "stretch"  # resize, whatever the aspect ratio


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture from a source."""

    id: int  # rises with every frame that any source hands out
    rgb: np.ndarray  # (H, W, 3) uint8, RGB, read-only, upright as a person sees it
    label: str = ""
    path: str | None = None  # the file it was read from, None for a camera or a video frame
    moving: bool = False  # True for camera and video frames
    index: int = 0  # its place among the files of a still source, 0 for a moving one
    count: int = 0  # of those files, 0 for a moving source
    seconds: float | None = None  # its place in a video file; None for all else
    video: VideoPlace | None = None  # of that file; None for all else


@dataclass(frozen=True, order=True)
class Unit:
    """One channel of one layer. ``layer`` is the name of the blob (Caffe's top)."""

    layer: str
    channel: int

    @property
    def name(self) -> str:
        return f"{self.layer} · {self.channel}"


@dataclass(frozen=True)
class BackRequest:
    """What to project back to the input. mode: a name in core/back_modes.py.

    position None: the seed is the unit's whole activation map (the live window).
    position (row, col): the seed is 1.0 at that position (the top-9 tools).
    """

    unit: Unit
    mode: str
    position: tuple[int, int] | None = None


@dataclass(frozen=True)
class AttributionRequest:
    """Which part of the picture speaks for a unit? method: a name in core/attributions.py."""

    unit: Unit
    method: str
    layer: str = ""  # whose maps are looked at, of methods that do; "": the last layer with maps below the unit


@dataclass(frozen=True, eq=False)
class NetRequest:
    """What the window wants of the network."""

    frame: Frame
    back: BackRequest | None = None
    fit: Fit = Fit.CROP
    # the layers that panes will read; a backend may stop after the deepest of them. None means all
    shown: frozenset[str] | None = None
    # a chain of units, each in an earlier layer than the one before: what the units of layers before them contribute to
    # the first, through each other one alone; (): nothing is asked
    why: tuple[Unit, ...] = ()
    attribution: AttributionRequest | None = None
    interventions: tuple[Intervention, ...] = ()  # what is done to units (what if); (): the network as it is
    pin: Frame | None = None  # a frame whose values are wanted too, seen with the same fit
    beside: tuple[BackRequest, ...] = ()  # further projections of the same frame, of which the pictures are wanted
    changes: bool = False  # the picture gray, blurred, shuffled ..., too (core/changed_pictures.py)

    def same_as(self, other: NetRequest | None) -> bool:
        """True if both ask for the same thing of the same frame."""
        return (
            other is not None
            and self.frame.id == other.frame.id
            and (self.back, self.why, self.fit, self.shown) == (other.back, other.why, other.fit, other.shown)
            and (self.attribution, self.interventions) == (other.attribution, other.interventions)
            and (self.pin, self.beside, self.changes) == (other.pin, other.beside, other.changes)
        )


@dataclass(frozen=True, eq=False)
class Contributions:
    """What the units of earlier layers contribute to a unit, through a chain of others (network/contribution.py).

    chain: as asked. value: of its first unit, the sum of its activations; of a class the score before the softmax.
    maps: layer -> (C, H, W) float32, activation times diff, read-only; a unit's contribution is its map's sum. Only
    layers that lie on the way have some. links: layer -> the place in the chain of the unit to which it contributes.
    """

    chain: tuple[Unit, ...]
    value: float
    maps: Mapping[str, np.ndarray]
    links: Mapping[str, int]

    def of(self, layer: str) -> np.ndarray | None:
        """(C,) float64: the contribution of each unit of a layer; None for one that is not on the way."""
        return summed(self.maps[layer]) if layer in self.links else None

    def through(self, layer: str) -> tuple[Unit, ...]:
        """The part of the chain through which a layer contributes."""
        return self.chain[: self.links[layer] + 1] if layer in self.links else ()


def summed(maps: np.ndarray) -> np.ndarray:
    """(C, H, W) -> (C,) float64: the sum of each map."""
    sums: np.ndarray = maps.reshape(len(maps), -1).sum(axis=1, dtype=np.float64)
    return sums


PREFERRED_INPUT = "Preferred input"  # the title of a picture that a unit prefers


@dataclass(frozen=True)
class PassSeconds:
    """Wall-clock seconds of one pass; back is 0 where none was asked."""

    forward: float = 0.0
    back: float = 0.0


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The answer to one NetRequest, carrying the request that it answers."""

    id: int
    request: NetRequest
    # layer -> (C, H, W) float32, read-only; (C, 1, 1) for a vector. Fetched from the device when first read
    activations: Mapping[str, np.ndarray]
    # layer -> the same shape, the gradient (or deconv...) of the requested unit; empty without a back request. Only
    # layers between the input and that unit have one
    diffs: Mapping[str, np.ndarray] = field(default_factory=dict)
    # (C, H, W) float32, the projection at the data blob; 3 channels are in RGB order. None without a back request
    input_diff: np.ndarray | None = None
    input_rgb: np.ndarray | None = None  # (H, W, 3) uint8, what the network was shown
    seconds: PassSeconds = PassSeconds()
    contributions: Contributions | None = None  # None without a request of why
    # the activations of the network as it is, where units are intervened on: everything else here is with that. None
    # without interventions, and of a backend that makes none
    before: Mapping[str, np.ndarray] | None = None
    # of ``request.beside``: as input_diff, or why there is none in a sentence
    beside: Mapping[BackRequest, np.ndarray | str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Attribution:
    """Which part of a picture speaks for a unit, as far as it is found out."""

    id: int  # rises with every step of any
    snapshot_id: int  # of the pass of the picture
    request: NetRequest  # that the pass answers: what was asked, of which picture
    values: np.ndarray | None = None  # (h, w) float32, of the input's shape or coarser; None with an error
    done: int = 1
    total: int = 1  # of what the method counts: places, steps, samples
    note: str = ""  # what is to be said of the numbers
    layer: str = ""  # whose maps were looked at
    scored: str = ""  # of a probability: the layer of its score, which was looked at in its place
    error: str = ""  # why there are no values, one sentence

    @property
    def is_done(self) -> bool:
        return bool(self.error) or self.done >= self.total


@dataclass(frozen=True)
class LayerInfo:
    """A layer that the window can show: the blob's name and shape, the type of its layer."""

    name: str
    type: str
    channels: int
    height: int
    width: int
    short_name: str = ""
    borrows: str = ""  # the layer whose unit images this one shows (jpgvis_remap), itself by default
    inside: tuple[str, ...] = ()  # the blocks that must be open for it to be in the list, outermost first
    folds: tuple[str, ...] = ()  # the blocks that it stands for, outermost first
    is_minor: bool = False  # in the list with all operators alone
    # why nothing here can make its values, in a few words, "needs layer 'warp' of unknown type Warp"; it then has one
    # unit of no value
    missing: str = ""

    @property
    def is_spatial(self) -> bool:
        return self.height * self.width > 1

    @property
    def title(self) -> str:
        return self.short_name or self.name

    @property
    def images_of(self) -> str:
        return self.borrows or self.name

    @property
    def missing_words(self) -> str:
        """ "loss3: needs layer 'warp' of unknown type Warp"; "" for a layer that has values."""
        return f"{self.name}: {self.missing}" if self.missing else ""


FieldOf = Callable[[str, int, int], tuple[int, int, int, int] | None]
"""(layer, row, col) -> (top, left, bottom, right) in pixels of the network's input, half open and unclamped: the
receptive field of a position; None for a layer of which it is not known."""


@dataclass(frozen=True)
class NetInfo:
    """What the window knows of a network before the first pass."""

    name: str
    # those that can be shown, in order (the data blob is not among them); what of them is in the layer list follows
    # from the blocks that are open (core/layer_list.py). Those that have no values say why (LayerInfo.missing)
    layers: tuple[LayerInfo, ...]
    input_shape: tuple[int, int, int]  # (C, H, W)
    labels: tuple[str, ...] = ()  # of the classes, in order
    label_layers: frozenset[str] = frozenset()  # layers whose channels are classes
    prob_layer: str = ""  # where the top 5 are read, "" if there is none
    groups: tuple[int, ...] = ()  # index of the group of each layer, to set them apart in the list; may be empty
    notes: tuple[str, ...] = ()  # sentences on what does not fit
    device: str = "cpu"
    input_words: str = ""  # the network's input: "input 3 x 117 x 117, BGR, 0..255, mean 104 117 123"

    def layer(self, name: str) -> LayerInfo:
        for info in self.layers:
            if info.name == name:
                return info
        raise KeyError(f"no layer {name!r} in {self.name}; there are {', '.join(x.name for x in self.layers)}")

    @cached_property
    def listed(self) -> tuple[LayerInfo, ...]:
        """The layers of the list before any block is opened, of those that have values."""
        return tuple(layer for layer in self.live if not layer.inside and not layer.is_minor)

    @cached_property
    def live(self) -> tuple[LayerInfo, ...]:
        """The layers that have values."""
        return tuple(layer for layer in self.layers if not layer.missing)

    @cached_property
    def missing(self) -> frozenset[str]:
        """The names of those that have none."""
        return frozenset(layer.name for layer in self.layers if layer.missing)

    @cached_property
    def lists(self) -> dict[tuple[frozenset[str], bool], tuple[int, ...]]:
        """Kept by core/layer_list.py: (open blocks, all operators?) -> the indices of the layers in the list."""
        return {}

    def class_layer(self, current: str) -> str:
        """The layer of classes to go to: the current one, else the probabilities', else the last; "" for none."""
        names = [each.name for each in self.layers if each.name in self.label_layers]
        preferred = [name for name in (current, self.prob_layer) if name in names]
        return (preferred or names[-1:] or [""])[0]

    def class_title(self, channel: int) -> str:
        """The name of a class, without its synset's number; by its number where it has none."""
        return short_label(self.labels[channel]) if channel < len(self.labels) else f"class {channel}"

    def class_of(self, unit: Unit) -> str:
        """The class that a unit stands for, without its synset's number; "" if it stands for none."""
        is_class = unit.layer in self.label_layers and unit.channel < len(self.labels)
        return short_label(self.labels[unit.channel]) if is_class else ""


@dataclass(frozen=True)
class Patch:
    """One of the images that excite a unit most: value and place of its maximum in the unit's map."""

    value: float
    path: str  # of the photo, "" for a camera frame
    row: int
    col: int


@dataclass(frozen=True)
class UnitStanding:
    """Where a unit's activations lie in a photo collection (made by the top-9 scan)."""

    images: int
    mean: float
    std: float
    active: float  # share of the images in which the unit fires at all, 0..1
    edges: tuple[float, ...] = ()  # of the histogram of per-image maxima, rising
    counts: tuple[int, ...] = ()  # one fewer than the edges


@dataclass(frozen=True, eq=False)
class UnitImages:
    """What the right pane shows of one unit; each picture (H, W, 3) uint8 RGB read-only, or None with a note."""

    unit: Unit
    version: int  # rises with every new value, for any unit
    optimized: np.ndarray | None = None  # what the unit prefers
    top: np.ndarray | None = None  # 3x3 montage of the patches that excite it most
    top_back: np.ndarray | None = None  # their back projections, alike
    # picture's name ("optimized", "top", "top_back") -> a sentence on why it is missing and how to make it, or on what
    # it is ("running top-9 of this stream, 12 images")
    notes: Mapping[str, str] = field(default_factory=dict)
    patches: tuple[Patch, ...] = ()  # of the montage, best first
    samples: int = 0  # so many of the patches, the last ones, are sample photos and not the user's
    standing: UnitStanding | None = None
    loading: bool = False  # more of the top 9 is to come
    value: float | None = None  # the unit's activation by the preferred picture, None where nothing says it
    title: str = PREFERRED_INPUT  # what the preferred picture is
    unsaved: str = ""  # what the preferred picture is where no file has it: "stopped at iteration 12 of 300"


@dataclass(frozen=True, eq=False)
class WholeLayer:
    """One preferred image per unit of a layer, for the pattern overlay."""

    layer: str
    version: int
    tiles: np.ndarray | None = None  # (C, h, w, 3) uint8 RGB, read-only; None where there are none
    note: str = ""  # how to make them, where there are none
    standings: tuple[UnitStanding, ...] = ()  # of every unit among the scanned photos, () without a scan
    title: str = "preferred inputs"  # what the pictures are


@dataclass(frozen=True, eq=False)
class PastPicture:
    """The picture of one iteration of a live optimization: (h, w, 3) uint8, read-only."""

    iteration: int  # so many had been made then, itself included
    objective: float
    rgb: np.ndarray


@dataclass(frozen=True, eq=False)
class OptimizeProgress:
    """How far the live optimization of a unit is."""

    unit: Unit
    preset: str
    iteration: int
    iterations: int
    objective: float
    rgb: np.ndarray  # (h, w, 3) uint8, the picture so far
    done: bool = False
    note: str = ""  # what is out of the ordinary in how it began or ended, "" if nothing is
    version: int = 0
    is_stopped: bool = False  # ended by the user before its last iteration, with its best picture; done then, too
    title: str = PREFERRED_INPUT  # what the picture is
    run: int = 0  # id of the effect that began it
    past: tuple[PastPicture, ...] = ()  # of its iterations, the oldest first (core/past_pictures.py)
    value: float | None = None  # the unit's activation by the picture, once it is done; None for what is no unit's
