"""The values that flow through the program, one way: frame -> pass -> snapshot -> scene.

All are immutable. Those that hold arrays compare by identity (a generated ``==``
would raise); give them ids and compare those.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

import numpy as np


class Fit(Enum):
    """How a picture of any shape becomes the network's input."""

    CROP = "crop"  # centre crop of the input's aspect ratio, then resize
    STRETCH = "stretch"  # resize, whatever the aspect ratio


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture from a source.

    rgb: (H, W, 3) uint8, RGB, read-only, upright as a person sees it.
    id: rises with every frame that any source hands out.
    path: the file it was read from, None for a camera or a video frame.
    moving: True for camera and video frames.
    index, count: its place among the files of a still source (0, 0 for a moving one).
    seconds: its place in a video file; None for all else.
    """

    id: int
    rgb: np.ndarray
    label: str = ""
    path: str | None = None
    moving: bool = False
    index: int = 0
    count: int = 0
    seconds: float | None = None


@dataclass(frozen=True, order=True)
class Unit:
    """One channel of one layer. ``layer`` is the name of the blob (Caffe's top)."""

    layer: str
    channel: int


@dataclass(frozen=True)
class BackRequest:
    """What to project back to the input. mode: a name in core/back_modes.py.

    position None: the seed is the unit's whole activation map (the live window).
    position (row, col): the seed is 1.0 at that position (the top-9 tools).
    """

    unit: Unit
    mode: str
    position: tuple[int, int] | None = None


@dataclass(frozen=True, eq=False)
class NetRequest:
    """What the window wants of the network.

    shown: the layers that panes will read; a backend may stop after the deepest of
    them. None means all.
    """

    frame: Frame
    back: BackRequest | None = None
    fit: Fit = Fit.CROP
    shown: frozenset[str] | None = None

    def same_as(self, other: NetRequest | None) -> bool:
        """True if both ask for the same thing of the same frame."""
        return (
            other is not None
            and self.frame.id == other.frame.id
            and (self.back, self.fit, self.shown) == (other.back, other.fit, other.shown)
        )


@dataclass(frozen=True)
class PassSeconds:
    """Wall-clock seconds of one pass; back is 0 where none was asked."""

    forward: float = 0.0
    back: float = 0.0


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The answer to one NetRequest, carrying the request that it answers.

    activations: layer -> (C, H, W) float32, read-only; (C, 1, 1) for a vector. Fetched
    from the device when first read.
    diffs: layer -> the same shape, the gradient (or deconv...) of the asked unit; empty
    without a back request. Only layers between the input and the asked unit have one.
    input_diff: (C, H, W) float32, the projection at the data blob, in the network's own
    channel order turned back to RGB for 3 channels; None without a back request.
    input_rgb: (H, W, 3) uint8, what the network was shown.
    """

    id: int
    request: NetRequest
    activations: Mapping[str, np.ndarray]
    diffs: Mapping[str, np.ndarray] = field(default_factory=dict)
    input_diff: np.ndarray | None = None
    input_rgb: np.ndarray | None = None
    seconds: PassSeconds = PassSeconds()


@dataclass(frozen=True)
class LayerInfo:
    """A layer that the window can show: the blob's name and shape, the type of its layer.

    borrows: the layer whose unit images this one shows (jpgvis_remap), itself by default.
    inside: the blocks that must be open for it to be in the list, outermost first. folds: the blocks that it stands
    for, outermost first. is_minor: in the list with all operators alone. missing: why nothing here can make its values,
    in a few words, "needs layer 'warp' of unknown type Warp"; it then has one unit of no value.
    """

    name: str
    type: str
    channels: int
    height: int
    width: int
    short_name: str = ""
    borrows: str = ""
    inside: tuple[str, ...] = ()
    folds: tuple[str, ...] = ()
    is_minor: bool = False
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
    """What the window knows of a network before the first pass.

    layers: those that can be shown, in order (the data blob is not among them); what of them is in the layer list
    follows from the blocks that are open (core/layer_list.py). Those that have no values say why (LayerInfo.missing).
    groups: index of the group of each layer, to set them apart in the list; may be empty.
    input_shape: (C, H, W). labels: of the classes, in order. label_layers: layers whose
    channels are classes. prob_layer: where the top-5 are read, "" if there is none. notes: sentences on what does not
    fit. input_words: what the network is fed with: "input 3 x 117 x 117, BGR, 0..255, mean 104 117 123".
    """

    name: str
    layers: tuple[LayerInfo, ...]
    input_shape: tuple[int, int, int]
    labels: tuple[str, ...] = ()
    label_layers: frozenset[str] = frozenset()
    prob_layer: str = ""
    groups: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    device: str = "cpu"
    input_words: str = ""

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


@dataclass(frozen=True)
class Patch:
    """One of the images that excite a unit most: value and place of its maximum in the unit's map.

    path: of the photo, "" for a camera frame.
    """

    value: float
    path: str
    row: int
    col: int


@dataclass(frozen=True)
class UnitStanding:
    """Where a unit's activations lie in a photo collection (made by the top-9 scan).

    edges: of the histogram of per-image maxima, rising; counts: one fewer. active: share of
    the images in which the unit fires at all, 0..1.
    """

    images: int
    mean: float
    std: float
    active: float
    edges: tuple[float, ...] = ()
    counts: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class UnitImages:
    """What the right pane shows of one unit; each picture (H, W, 3) uint8 RGB read-only, or None with a note.

    optimized: what the unit prefers. top: 3x3 montage of the patches that excite it most.
    top_back: their back projections, alike. notes: picture's name ("optimized", "top",
    "top_back") -> a sentence on why it is missing and how to make it, or on what it is
    ("running top-9 of this stream, 12 images"). patches: of the montage, best first.
    samples: so many of the patches, the last ones, are sample photos and not the user's.
    version: rises with every new value, for any unit. loading: more of the top 9 is to come.
    """

    unit: Unit
    version: int
    optimized: np.ndarray | None = None
    top: np.ndarray | None = None
    top_back: np.ndarray | None = None
    notes: Mapping[str, str] = field(default_factory=dict)
    patches: tuple[Patch, ...] = ()
    samples: int = 0
    standing: UnitStanding | None = None
    loading: bool = False


@dataclass(frozen=True, eq=False)
class WholeLayer:
    """One preferred image per unit of a layer, for the pattern overlay.

    tiles: (C, h, w, 3) uint8 RGB, read-only; None where there are none, with a note that says how to make them.
    standings: of every unit among the scanned photos, () where no scan was made. title: what the pictures are.
    """

    layer: str
    version: int
    tiles: np.ndarray | None = None
    note: str = ""
    standings: tuple[UnitStanding, ...] = ()
    title: str = "preferred inputs"


@dataclass(frozen=True, eq=False)
class OptimizeProgress:
    """How far the live optimization of a unit is. rgb: (h, w, 3) uint8, the picture so far.

    note: what is out of the ordinary in how it began or ended, "" if nothing is. is_stopped: the user has ended it
    before its last iteration, and this is its best picture; it is ``done`` then, too.
    """

    unit: Unit
    preset: str
    iteration: int
    iterations: int
    objective: float
    rgb: np.ndarray
    done: bool = False
    note: str = ""
    version: int = 0
    is_stopped: bool = False
