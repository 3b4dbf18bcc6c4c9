"""``model.yaml``: what a model's folder says about its network, checked key by key.

The table ``KEYS`` is the schema and its documentation (docs/models.md lists it).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from deepvis.models.preprocess import CHANNEL_ORDERS
from deepvis.network.model_error import ModelError, nearest
from deepvis.network.ref import LAYOUTS, LIBRARIES, is_name, name_of

VERSION = 1
CARD_NAME = "model.yaml"
Check = Callable[[Any], Any]  # the value as the card holds it; raises ValueError(what was expected)


@dataclass(frozen=True)
class Checksum:
    """kind: "sha256", "sha1", or "git_blob" (sha1 of "blob SIZE NUL CONTENT"); value: hex digits.

    "sha256_start": the first eight digits or more, as PyTorch writes them into the names of its files.
    """

    kind: str
    value: str


@dataclass(frozen=True)
class RemoteFile:
    """A file that is not in the repository: its name in the model's folder, where it is, how it is checked.

    extract: members of the downloaded tar archive -> names in the folder; empty: the file is wanted as it is.
    optional: not fetched unless asked for (unit images of gigabytes). size: in bytes, about, 0 unknown.
    """

    path: str
    urls: tuple[str, ...]
    checksum: Checksum | None = None
    extract: Mapping[str, str] = field(default_factory=dict)
    optional: bool = False
    size: int = 0
    note: str = ""


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("a text")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError("a list of names")
    return tuple(value)


def _text_lists(value: Any) -> tuple[tuple[str, ...], ...]:
    if not isinstance(value, list):
        raise ValueError("a list of lists of layer names")
    return tuple(_texts(item) for item in value)


def _text_map(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(k, str) and isinstance(v, str) for k, v in value.items()):
        raise ValueError("a mapping of names to names")
    return dict(value)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < float("inf"):
        raise ValueError("a number above 0")
    return float(value)


def _mean(value: Any) -> str | tuple[float, ...]:
    if isinstance(value, str) and value:
        return value
    numbers = value if isinstance(value, list) else [value]
    if not numbers or not all(isinstance(n, (int, float)) and not isinstance(n, bool) for n in numbers):
        raise ValueError("one number for each channel, or the name of a .npy or .binaryproto file")
    return tuple(float(n) for n in numbers)


def _numbers(value: Any) -> tuple[float, ...]:
    numbers = value if isinstance(value, list) else [value]
    return tuple(_number(each) for each in numbers)


def _count(value: Any) -> int:
    if type(value) is not int or not 0 < value < 65536:
        raise ValueError("a whole number above 0")
    return value


def _layout(value: Any) -> str:
    if value not in LAYOUTS:
        raise ValueError(" or ".join(LAYOUTS))
    return value


def _channel_order(value: Any) -> str:
    if value not in CHANNEL_ORDERS:
        raise ValueError(" or ".join(CHANNEL_ORDERS))
    return value


def _size(value: Any) -> tuple[int, int]:
    if isinstance(value, list) and len(value) == 2 and all(type(n) is int and 0 < n < 65536 for n in value):
        return value[0], value[1]
    raise ValueError("[height, width] in pixels")


def _panes(value: Any) -> dict[str, tuple[int, int, int, int] | None]:
    if not isinstance(value, dict):
        raise ValueError("a mapping of pane names to [row, column, height, width] or null")
    for name, rect in value.items():
        fits = isinstance(rect, list) and len(rect) == 4 and all(type(n) is int for n in rect)
        if not isinstance(name, str) or not (rect is None or fits):
            raise ValueError("a mapping of pane names to [row, column, height, width] or null")
    return {name: rect if rect is None else tuple(rect) for name, rect in value.items()}


def _version(value: Any) -> int:
    if value != VERSION:
        raise ValueError(f"{VERSION}; a newer deepvis may be needed")
    return VERSION


_HEX_DIGITS = {"sha256": "64", "sha1": "40", "git_blob": "40", "sha256_start": "8,64"}
_FILE_KEYS = ("path", "url", "urls", *_HEX_DIGITS, "extract", "optional", "size", "note")


def _files(value: Any) -> tuple[RemoteFile, ...]:
    if not isinstance(value, list):
        raise ValueError("a list of files, each with path and url")
    return tuple(_file(item) for item in value)


def _file(item: Any) -> RemoteFile:
    if not isinstance(item, dict) or not isinstance(item.get("path"), str):
        raise ValueError("files that each have a path and a url")
    path = item["path"]
    unknown = [str(key) for key in item if key not in _FILE_KEYS]
    if unknown:
        raise ValueError(f"for {path!r} only {', '.join(_FILE_KEYS)} (found {unknown[0]!r})")
    if Path(path).is_absolute() or ".." in Path(path).parts:
        raise ValueError(f"paths inside the model's folder (found {path!r})")
    urls = _texts(item.get("urls", item.get("url", [])))
    if not all(url.startswith(("http://", "https://")) for url in urls) or not (urls or "note" in item):
        raise ValueError(f"an http or https address for {path!r}, or a note on where it comes from")
    kinds = [kind for kind in _HEX_DIGITS if kind in item]
    checksum = None
    if kinds:
        digits = str(item[kinds[0]]).lower()
        if not re.fullmatch(rf"[0-9a-f]{{{_HEX_DIGITS[kinds[0]]}}}", digits):
            count = _HEX_DIGITS[kinds[0]].replace(",", " to ")
            raise ValueError(f"{count} hexadecimal digits of {kinds[0]}, in quotes, for {path!r}")
        checksum = Checksum(kinds[0], digits)
    extract = _text_map(item.get("extract", {}))
    size = item.get("size", 0)
    if not isinstance(size, int):
        raise ValueError(f"a size in bytes for {path!r}")
    return RemoteFile(path, urls, checksum, extract, bool(item.get("optional", False)), size, str(item.get("note", "")))


# key -> (check, help)
KEYS: dict[str, tuple[Check, str]] = {
    "version": (_version, f"Version of this file's schema: {VERSION}"),
    "name": (_text, "Name shown in the window; the folder's name by default"),
    "description": (_text, "One line for deepvis fetch --list"),
    "license": (_text, "Licence of the weights"),
    "source": (_text, "Where the network comes from: a paper, an address"),
    "prototxt": (_text, "Caffe's network file, in this folder"),
    "network": (_text, "Any other network: FILE.py:NAME in this folder, package.module:NAME, torchvision:NAME, ..."),
    "weights": (_text, "Weights file, in this folder"),
    "files": (
        _files,
        "Files to download: path, url, sha256 (or sha256_start, sha1, git_blob), size, extract, optional, note",
    ),
    "mean": (
        _mean,
        "One number per channel on the scale of 0 to input_scale, or a .npy or .binaryproto file in pixels",
    ),
    "std": (_numbers, "One number per channel, by which what is left is divided"),
    "channel_order": (_channel_order, "Order of the colour channels: BGR (the default for Caffe) or RGB (for modules)"),
    "input_scale": (
        _number,
        "What a white pixel becomes before mean and std: 255 (Caffe's default), 1 (modules'), ...",
    ),
    "input_size": (_size, "[height, width] of the input, where it differs from the prototxt's"),
    "channels": (_count, "Channels of the input, where the network does not tell: 1, 3, 4"),
    "layout": (_layout, "How a module takes pictures: NCHW or NHWC; found by default"),
    "data_blob": (_text, "Input that takes the picture, where the network has several"),
    "labels": (_text, "Text file with the name of a class per line, in this folder"),
    "label_layers": (_texts, "Layers whose channels are the classes"),
    "prob_layer": (_text, "Layer of the class probabilities, for the top 5"),
    "layers": (_texts, "Layers in the window's list, in order; found from the network by default"),
    "groups": (_text_lists, "The layers of the list in groups that are set apart"),
    "short_names": (_text_map, "Layer -> its name in the list"),
    "unit_images": (_text, "Folder of the unit images, unit_jpg_vis by default"),
    "unit_image_layers": (_texts, "Layers that have unit images; looked up in the folder by default"),
    "remap": (_text_map, "Layer -> the layer whose unit images it borrows; found from the network by default"),
    "presets": (
        _texts,
        "Presets of optimize-layer for this network, one to four; the paper's 1 to 4 by default",
    ),
    "panes": (_panes, "Pane -> [row, column, height, width], or null to leave it out"),
}
REQUIRED = ("version", "prototxt", "weights")  # or network, with weights or without


@dataclass(frozen=True)
class Card:
    """A checked model.yaml. folder: where it lies. values: by key; keys that the file leaves out are absent."""

    folder: Path
    values: Mapping[str, Any]

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
        return named if is_name(named) else str(self.folder / named)

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
        """The file that the key names, in the card's folder."""
        value = self.get(key)
        return self.folder / value if isinstance(value, str) else None


def read_card(path: Path) -> Card:
    """The card of a model.yaml file. Raises ModelError naming the file, the key, its value and what was expected."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}), expected a model's description") from None
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise ModelError(f"{path}: is no YAML ({' '.join(str(error).split())})") from None
    if not isinstance(content, dict):
        raise ModelError(f"{path}: found no mapping, expected the keys {', '.join(REQUIRED)} and others")
    values = {key: _checked(path, key, value) for key, value in content.items()}
    needed = ("version",) if "network" in values else REQUIRED
    absent = [key for key in needed if key not in values]
    if "network" in values and "prototxt" in values:
        raise ModelError(f"{path}: found both 'network' and 'prototxt', expected one of them")
    if absent:
        raise ModelError(f"{path}: found no {absent[0]!r}, expected it ({KEYS[absent[0]][1]})")
    return Card(path.parent, values)


def _checked(path: Path, key: Any, value: Any) -> Any:
    if key not in KEYS:
        hint = nearest(str(key), KEYS, f"there are: {', '.join(KEYS)}")
        raise ModelError(f"{path}: the key {key!r} is unknown; {hint}")
    try:
        return KEYS[key][0](value)
    except ValueError as error:
        found = repr(value) if len(repr(value)) <= 60 else repr(value)[:60] + "..."
        raise ModelError(f"{path}: {key}: found {found}, expected {error}") from None
