"""An opened network with its card: what the window, the optimizer and the scan need to know of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from deepvis.models import listing
from deepvis.models.dictionary_file import Dictionary
from deepvis.models.image_folders import UNIT_IMAGES
from deepvis.models.preprocess import Preprocessor
from deepvis.network.graph import Graph
from deepvis.network.identity import identity
from deepvis.network.inputs import region_inputs, whole_picture
from deepvis.network.ref import Opened

DIGITS_0_1_0 = 64  # of the hash by which 0.1.0's scans name a network; an identity has fewer


@dataclass(frozen=True, eq=False)
class Model:
    """An opened network, with all that the window, the optimizer and the scan need to know of it."""

    name: str  # as shown
    folder: Path  # of its files
    file: Path  # of the network, or the name that stands in its place: torchvision:resnet18
    weights: Path | None
    opened: Opened
    data_blob: str  # the input that takes the picture
    preprocessor: Preprocessor
    labels: tuple[str, ...] = ()  # of the classes, in order
    labels_file: Path | None = None
    label_layers: frozenset[str] = frozenset()  # layers whose channels are classes
    prob_layer: str = ""  # where the top 5 are read, "" if nowhere
    layer_names: tuple[str, ...] = ()  # of the list, in order
    groups: tuple[int, ...] = ()  # index of the group of each
    short_names: Mapping[str, str] = field(default_factory=dict)  # layer -> name in the list
    remap: Mapping[str, str] = field(default_factory=dict)  # layer -> the layer whose unit images it borrows
    unit_image_dir: Path = Path(UNIT_IMAGES)  # where unit images are read and made
    further_images: tuple[Path, ...] = ()  # folders that are only read, such as an installed package's
    unit_image_layers: tuple[str, ...] | None = None  # those that have some, None: look in unit_image_dir
    presets: tuple[str, ...] = ()  # of the optimizer, that suit the network; none: the paper's
    panes: Mapping[str, tuple[int, int, int, int] | None] = field(default_factory=dict)  # (row, column, height, width)
    notes: tuple[str, ...] = ()  # sentences on what was left out or does not fit
    input_values: Mapping[str, np.ndarray] = field(default_factory=dict)  # of inputs that take no picture, as given
    assumed: tuple[str, ...] = ()  # what of the preprocessing nobody named: "mean", "order", "scale"
    dictionary: Dictionary | None = None  # whose atoms are a further layer

    @property
    def input_words(self) -> str:
        """What the network is fed with, and what of it was assumed."""
        words = self.preprocessor.words
        return f"{words} ({', '.join(self.assumed)} assumed)" if self.assumed else words

    @property
    def structure(self) -> Graph:
        """The network without its weights."""
        return self.opened.structure

    @cached_property
    def graph(self) -> Graph:
        """The network with its weights, read when first asked for. Raises ModelError."""
        return self.opened.weighted()

    @cached_property
    def identity(self) -> str:
        """One hash of structure, weights and preprocessing. Reads the weights. Raises ModelError."""
        return identity(self.graph, self.preprocessor.signature)

    def missing_words(self, layer: str) -> str:
        """ "loss3: needs layer 'warp' of unknown type Warp", for a layer of the file that cannot be had here; else "".

        Reads the weights. Raises ModelError.
        """
        each = self.graph.unavailable.get(layer)
        return "" if each is None or layer in self.graph else f"{layer}: {each.why}"

    def left_out_words(self) -> list[str]:
        """A sentence for each reason why something of the network is in no list of layers. Raises ModelError."""
        return [f"{', '.join(names)} left out: {why}" for why, names in listing.left_out(self.graph).items()]

    def is_named(self, word: str) -> bool:
        """Does a file's word for its network mean this one: its identity, or what 0.1.0's scans called it?

        With a dictionary the word for the network without it means this one too, whose own layers are the same.
        Reads the weights, for such a scan once more and all of them. Raises ModelError.
        """
        if self.dictionary is not None and word == self.dictionary.network:
            return True
        return word == self.identity or (len(word) == DIGITS_0_1_0 and word in self._older_names)

    @cached_property
    def _older_names(self) -> Collection[str]:
        """What 0.1.0 called it; none for a network that 0.1.0 could not open."""
        pre = self.preprocessor
        return self.opened.older_names(pre.channel_order, pre.scale, pre.mean_chw)

    def other_inputs(self) -> dict[str, np.ndarray]:
        """Inputs that are no picture: those of files; else im_info gets (height, width, 1), regions the whole picture,
        others zeros.
        """
        inputs = self.structure.inputs
        others = {name: np.zeros(shape, np.float32) for name, shape in inputs.items() if name != self.data_blob}
        others.update(self.input_values)
        if "im_info" in others and "im_info" not in self.input_values and others["im_info"].size >= 3:
            others["im_info"].reshape(-1)[:3] = (*self.preprocessor.size, 1)
        for name in region_inputs(self.structure):
            if name in others and name not in self.input_values and others[name].size % 5 == 0:
                others[name].reshape(-1)[:] = whole_picture(others[name].shape, self.preprocessor.size)
        return others
