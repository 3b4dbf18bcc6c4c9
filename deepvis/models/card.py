"""``model.yaml``: what a model's folder says about its network, checked key by key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepvis.core.nearest import nearest
from deepvis.models.card_values import VERSION, RemoteFile
from deepvis.network.model_error import ModelError
from deepvis.network.ref import LIBRARIES, is_name, name_of
from deepvis.schema.rows import Refused, Table, row, shown
from deepvis.schema.yaml_file import read_yaml

if TYPE_CHECKING:
    from deepvis.models.card_types import CardMean, Files, PresetNames, Version
    from deepvis.schema.value_types import (
        Channels,
        Layout,
        NameLists,
        NameMap,
        NameOrNames,
        Numbers,
        Order,
        Panes,
        Positive,
        Size,
        Text,
    )

CARD_NAME = "model.yaml"
NAMES_TO_NAMES = "a mapping of names to names"
PANES = "a mapping of pane names to [row, column, height, width] or null"


@dataclass(frozen=True, init=False, eq=False, repr=False)  # rows, of which there are no values
class CardKeys:
    """The keys of a model.yaml: the schema, and its documentation (docs/models.md lists it)."""

    version: Version = row(help=f"Version of this file's schema: {VERSION}")
    name: Text = row(help="Name shown in the window; the folder's name by default")
    description: Text = row(help="One line for deepvis fetch --list")
    license: Text = row(help="Licence of the weights")
    source: Text = row(help="Where the network comes from: a paper, an address")
    prototxt: Text = row(help="Caffe's network file, in this folder")
    network: Text = row(
        help="Any other network: FILE.py:NAME in this folder, package.module:NAME, torchvision:NAME, ..."
    )
    weights: Text = row(help="Weights file, in this folder")
    files: Files = row(
        help="Files to download: path, url, sha256 (or sha256_start, sha1, git_blob), size, extract, optional, note"
    )
    mean: CardMean = row(
        help="One number per channel on the scale of 0 to input_scale, or a .npy or .binaryproto file in pixels"
    )
    std: Numbers = row(help="One number per channel, by which what is left is divided", expects="a number above 0")
    channel_order: Order = row(
        help="Order of the colour channels: BGR (the default for Caffe) or RGB (for modules)", expects="BGR or RGB"
    )
    input_scale: Positive = row(
        help="What a white pixel becomes before mean and std: 255 (Caffe's default), 1 (modules'), ..."
    )
    input_size: Size = row(help="[height, width] of the input, where it differs from the prototxt's")
    channels: Channels = row(help="Channels of the input, where the network does not tell: 1, 3, 4")
    layout: Layout = row(help="How a module takes pictures: NCHW or NHWC; found by default", expects="NCHW or NHWC")
    data_blob: Text = row(help="Input that takes the picture, where the network has several")
    labels: Text = row(help="Text file with the name of a class per line, in this folder")
    label_layers: NameOrNames = row(help="Layers whose channels are the classes")
    prob_layer: Text = row(help="Layer of the class probabilities, for the top 5")
    layers: NameOrNames = row(help="Layers in the window's list, in order; found from the network by default")
    groups: NameLists = row(help="The layers of the list in groups that are set apart")
    short_names: NameMap = row(help="Layer -> its name in the list", expects=NAMES_TO_NAMES)
    unit_images: Text = row(help="Folder of the unit images, unit_jpg_vis by default")
    unit_image_layers: NameOrNames = row(help="Layers that have unit images; looked up in the folder by default")
    remap: NameMap = row(
        help="Layer -> the layer whose unit images it borrows; found from the network by default",
        expects=NAMES_TO_NAMES,
    )
    presets: PresetNames = row(
        help="Presets of optimize-layer for this network, one to four; the paper's 1 to 4 by default"
    )
    panes: Panes = row(help="Pane -> [row, column, height, width], or null to leave it out", expects=PANES)


CARD = Table(CardKeys, "deepvis.schema.value_types", "deepvis.models.card_types")
KEYS = CARD.rows
LONGEST_NAME = 255  # bytes of a file's name
OF_FILES = ("prototxt", "network", "weights", "labels", "mean", "unit_images")
REQUIRED = ("version", "prototxt", "weights")  # or network, with weights or without


@dataclass(frozen=True)
class Card:
    """A checked model.yaml.

    folder: where it lies. values: by key; keys that the file leaves out are absent. data_folder: where files are put
    that are fetched or made, if not in ``folder``: of a model that is part of an installed package.
    """

    folder: Path
    values: Mapping[str, Any]
    data_folder: Path | None = None

    def get(self, key: str, default: Any = None) -> Any:
        return self.values.get(key, default)

    @property
    def name(self) -> str:
        return self.get("name", self.folder.name)

    @property
    def files(self) -> tuple[RemoteFile, ...]:
        return self.get("files", ())

    @property
    def network(self) -> str:
        """As NetworkRef.network names it; a file's path with the card's folder in front."""
        named = str(self.get("prototxt") or self.get("network"))
        return named if is_name(named) else str(self.file(named))

    @property
    def file_keys(self) -> tuple[str, ...]:
        """The keys that name files without which the network cannot be opened."""
        return tuple(key for key in ("prototxt", "weights") if key in self.values)

    @property
    def library(self) -> str:
        """The package that builds its architecture by name, "" for none."""
        name = name_of(self.get("network", ""))
        return name[0] if name is not None and name[0] in LIBRARIES else ""

    def path(self, key: str) -> Path | None:
        """The file that the key names."""
        value = self.get(key)
        return self.file(value) if isinstance(value, str) else None

    def file(self, name: str) -> Path:
        """A file of the model: beside the card where it is there, else where files are put."""
        beside = self.folder / name
        return beside if self.data_folder is None or beside.exists() else self.data_folder / name

    @property
    def files_folder(self) -> Path:
        """Where files are put that are fetched or made."""
        return self.data_folder or self.folder


def read_card(path: Path) -> Card:
    """The card of a model.yaml file. Raises ModelError naming the file, the key, its value and what was expected."""
    try:
        content = read_yaml(path)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}), expected a model's description") from None
    except ValueError as error:
        raise ModelError(f"{path}: is no YAML ({error})") from None
    if not isinstance(content, dict):
        raise ModelError(f"{path}: found no mapping, expected the keys {', '.join(REQUIRED)} and others")
    values = {key: _checked(path, key, value) for key, value in content.items()}
    needed = ("version",) if "network" in values else REQUIRED
    absent = [key for key in needed if key not in values]
    if "network" in values and "prototxt" in values:
        raise ModelError(f"{path}: found both 'network' and 'prototxt', expected one of them")
    if absent:
        raise ModelError(f"{path}: found no {absent[0]!r}, expected it ({KEYS[absent[0]].metadata['help']})")
    return Card(path.parent, values)


def _checked(path: Path, key: Any, value: Any) -> Any:
    if key not in KEYS:
        hint = nearest(key, KEYS, f"there are: {', '.join(KEYS)}", any_case=True)
        raise ModelError(f"{path}: the key {key!r} is unknown; {hint}")
    parts = Path(value).parts if key in OF_FILES and isinstance(value, str) else ()
    if any(len(part.encode("utf-8", "replace")) > LONGEST_NAME for part in parts):
        raise ModelError(f"{path}: {key}: found {shown(value)}, longer than a file's name can be")
    try:
        return CARD.checked(key, value)
    except Refused as error:
        said = f"{error}" if error.is_sentence else f"found {shown(value)}, expected {error}"
        raise ModelError(f"{path}: {key}: {said}") from None
