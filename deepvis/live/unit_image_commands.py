"""The commands that make missing unit pictures, as the notes in the window name them: complete, and short to type."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from deepvis.models.card import CARD_NAME
from deepvis.models.zoo import Model, models_folder

_PLAIN = {"data_blob": "--data-blob", "channel_order": "--channel-order", "input_scale": "--input-scale"}


@dataclass(frozen=True)
class Commands:
    """network: the options that name the network, as --model NAME. size: (height, width), where the user said it.

    folder: of the unit images, where it is not the model's own. The two scripts name those two differently.
    """

    network: str
    size: tuple[int, int] | None = None
    folder: str = ""

    def optimize(self, layer: str) -> str:
        size = f" --data-size {self.size[0]},{self.size[1]}" if self.size else ""
        folder = f" --unit-jpg-dir {self.folder}" if self.folder else ""
        return f"scripts/optimize_layer.py {self.network}{size} --push-layer {shlex.quote(layer)}{folder}"

    def top(self, layer: str) -> str:
        size = f" --input-size {self.size[0]}x{self.size[1]}" if self.size else ""
        folder = f" --output {self.folder}" if self.folder else ""
        layers = shlex.quote(layer)
        return f"scripts/find_max_acts.py {self.network}{size} --layers {layers} --images FOLDER --crop{folder}"


def commands_for(model: Model, said: Mapping[str, Any] = MappingProxyType({})) -> Commands:
    """The commands for a model with a card, or for a network of one's own files.

    said: what the user has said of the network beyond its name, by the settings' names; None values are as if absent.
    """
    said = {name: value for name, value in said.items() if value is not None}
    words = _named(model, said)
    if "mean" in said:
        words += ["--mean", _mean(said["mean"])]
    if "labels" in said:
        words += ["--labels", short_path(said["labels"])]
    for name, option in _PLAIN.items():
        if name in said:
            value = said[name]
            words += [option, shlex.quote(f"{value:g}" if isinstance(value, float) else str(value))]
    folder = short_path(said["unit_image_dir"]) if "unit_image_dir" in said else ""
    return Commands(" ".join(words), said.get("input_size"), folder)


def _named(model: Model, said: Mapping[str, Any]) -> list[str]:
    """The model by its name or folder; by its files, where those were named or there is no card."""
    has_card = (model.folder / CARD_NAME).is_file() and model.file.parent == model.folder
    if "prototxt" in said or not has_card:
        weights = [] if model.weights is None else ["--weights", short_path(model.weights)]
        return ["--prototxt", short_path(model.file), *weights]
    own = model.folder.parent == models_folder()
    name = ["--model", shlex.quote(model.folder.name) if own else short_path(model.folder)]
    return [*name, "--weights", short_path(said["weights"])] if "weights" in said else name


def _mean(mean: Any) -> str:
    """A file, or one number a channel."""
    return short_path(mean) if isinstance(mean, (str, Path)) else ",".join(f"{value:g}" for value in mean)


def short_path(path: str | Path) -> str:
    """A path as one would type it in a shell: from the current folder, from home, or whole; quoted where need be."""
    path = Path(path)
    if path.is_absolute() and path.is_relative_to(Path.cwd()):
        return shlex.quote(os.path.relpath(path))
    if path.is_absolute() and path.is_relative_to(Path.home()) and path != Path.home():
        return f"~/{shlex.quote(str(path.relative_to(Path.home())))}"
    return shlex.quote(str(path))
