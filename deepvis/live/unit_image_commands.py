"""The commands that make missing unit pictures, as the notes in the window name them: complete, and short to type."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from deepvis.core.program import program
from deepvis.models.card import CARD_NAME
from deepvis.models.model import Model
from deepvis.models.zoo import data_folder_of, is_in_memory, models_folder
from deepvis.network.ref import is_name

_FLAGS = ("fill", "trust_file")


@dataclass(frozen=True)
class Commands:
    """network: the options that name the network, as --model NAME.

    folder: of the unit images, where it is not the model's own.
    is_in_memory: the network is a module in the memory of this process, which no other command can open.
    """

    network: str
    folder: str = ""
    is_in_memory: bool = False

    def optimize(self, layer: str) -> str:
        """ "" where there is none."""
        if self.is_in_memory:
            return ""
        return f"{program()} optimize-layer {self.network} --push-layer {shlex.quote(layer)}{self._output}"

    def top(self, layer: str) -> str:
        if self.is_in_memory:
            return f"network.scan(PHOTOS, {layer!r}, folder={self.folder!r}, crops=True)"
        return f"{program()} scan {self.network} --layers {shlex.quote(layer)} --images FOLDER --crop{self._output}"

    @property
    def _output(self) -> str:
        return f" --output {self.folder}" if self.folder else ""


def commands_for(model: Model, options: Mapping[str, Any] = MappingProxyType({})) -> Commands:
    """The commands for a model with a card, or for a network of one's own files.

    options: of the network, by the settings' names; those that are None count as absent.
    """
    options = {name: value for name, value in options.items() if value is not None}
    if is_in_memory(model):
        return Commands("", str(model.unit_image_dir), is_in_memory=True)
    words = _named(model, options)
    for name, typed in TYPED.items():
        words += [_option(name), typed(options[name])] if name in options else []
    for each in options.get("inputs", ()):
        name, _, file = each.partition("=")
        words += ["--input", shlex.quote(f"{name}={os.path.relpath(file)}")]
    words += [_option(name) for name in _FLAGS if options.get(name)]
    folder = short_path(options["unit_image_dir"]) if "unit_image_dir" in options else ""
    return Commands(" ".join(words), folder)


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _named(model: Model, options: Mapping[str, Any]) -> list[str]:
    """The model by its name or folder; by its files, where those were named or there is no card."""
    is_own = model.file.parent in (model.folder, data_folder_of(model.folder)) or is_name(model.file)
    has_card = (model.folder / CARD_NAME).is_file() and is_own
    if "network" in options or "prototxt" in options or not has_card:
        weights = [] if model.weights is None else ["--weights", short_path(model.weights)]
        option = "--prototxt" if model.file.suffix == ".prototxt" else "--network"
        named = shlex.quote(str(model.file)) if is_name(model.file) else short_path(model.file)
        return [option, named, *weights]
    own = model.folder.parent == models_folder()
    name = ["--model", shlex.quote(model.folder.name) if own else short_path(model.folder)]
    return [*name, "--weights", short_path(options["weights"])] if "weights" in options else name


def _mean(mean: Any) -> str:
    """A file, or one number a channel."""
    return short_path(mean) if isinstance(mean, (str, Path)) else ",".join(f"{value:g}" for value in mean)


def short_path(path: str | Path) -> str:
    """A path as one would type it in a shell: from the current folder, from home, or whole; quoted where need be."""
    path = Path(path)
    if path.is_absolute() and path.is_relative_to(Path.cwd()):
        return shlex.quote(os.path.relpath(path))
    home = Path(os.path.expanduser("~"))  # stays "~" where there is none
    if path.is_absolute() and path.is_relative_to(home) and path != home:
        return f"~/{shlex.quote(str(path.relative_to(home)))}"
    return shlex.quote(str(path))


def _word(value: Any) -> str:
    return shlex.quote(f"{value:g}" if isinstance(value, float) else str(value))


# setting -> how its value is typed, in the order of the command
TYPED: Mapping[str, Callable[[Any], str]] = {
    **dict.fromkeys(("mean", "std"), _mean),
    "labels": short_path,
    **dict.fromkeys(("data_blob", "channel_order", "input_scale", "channels", "layout"), _word),
    "dictionary": short_path,
    "input_size": lambda size: "x".join(map(str, size)),
}
