"""The user's settings: one table of name, type, default and help.

The class Settings is the table. ``settings.py`` in the repository documents and holds them (``settings/printing.py``),
``settings_local.py`` overrides it, the command line overrides both. How files are read: ``settings/loading.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import deepvis.attribution.methods  # noqa: F401  (fills the table that the window reads)
from deepvis.core.user_error import UserError
from deepvis.models.network_options import TYPES, NetworkOptions
from deepvis.network.back_modes import BACK_MODES  # noqa: F401  (fills the table that the window reads)
from deepvis.schema.rows import Refused, Table, row, shown

if TYPE_CHECKING:
    from deepvis.schema.value_types import Count, Device, Flag, Panes, Positive, Scale, Text, WindowSize
    from deepvis.settings.setting_types import (
        AttributionName,
        Backend,
        BackMode,
        ColourMap,
        DebugLevel,
        GammaBoost,
        HintsChoice,
        IndividualBoost,
        KeyBindings,
        Look,
        Overlay,
    )


class ConfigError(UserError, ValueError):
    """A setting that cannot be used. One sentence: where, which, its value, what was expected."""


@dataclass(frozen=True)
class Settings(NetworkOptions):
    """All settings, those of the network first; None where the model or the machine decides.

    path: %DVT_ROOT% and folders relative to the settings file are resolved in such a row.
    """

    # where it runs
    backend: Backend = row("engine", "engine, caffe (an installed pycaffe) or auto", "auto")
    device: Device = row("auto", "auto, cpu, cuda or cuda:N", "--device DEVICE")
    caffe_root: Text | None = row(
        None, "Checkout of Caffe whose python/ the caffe backend imports", "--caffe-root DIR", path=True
    )
    compare: Text | None = row(
        None,
        "A second network beside the first, on the same pictures: a model's name or folder, or a network's file",
        "--compare NAME|DIR|FILE",
    )
    # input
    images: Text | None = row(
        None, "Photos to show: a folder, one file, or a text file of paths", "--images DIR|FILE|LIST", path=True
    )
    camera: Count | None = row(0, "Number of the camera; None: no camera", "auto")
    video: Text | None = row(None, "Video file or address to play in the camera's place", "--video FILE|URL", path=True)
    stretch: Flag = row(False, "Stretch pictures to the network's shape rather than crop them", "auto")
    mirror: Flag = row(True, "Show the camera as a mirror does", "auto", said="show the camera as others see you")
    autoplay_seconds: Positive = row(4.0, "Seconds that autoplay shows each photo (key ctrl+a)", "auto")
    # the window
    scale: Scale = row(1.0, "Size of the window, 1: 1500 x 930 pixels", "auto")
    window_size: WindowSize | None = row(
        None, "(height, width) of the window in pixels", "--size WxH", said="or in pixels"
    )
    font_scale: Scale = row(1.0, "Size of the text", "auto")
    panes: Panes | None = row(None, "Pane -> (row, column, height, width), None: leave it out")
    label_predictions: Flag = row(
        True,
        "Class names and probabilities from the start (key C)",
        "auto",
        said="no class names from the start (key C)",
    )
    unit_images: Flag = row(
        True, "Unit images from the start (key U)", "auto", said="no unit images from the start (key U)"
    )
    back_mode: BackMode = row(
        "auto",
        "Back projection from the start (key b); auto: deconv where nothing is asked for but the default, else off",
        "auto",
    )
    gamma_boost: GammaBoost = row(0, "Gamma boost from the start: place in 1, 0.7, 0.5, 0.3 (key t)", "auto")
    individual_boost: IndividualBoost = row(
        0, "Individual boost from the start: place in 0, 0.3, 0.5, 0.8, 1 (key T)", "auto"
    )
    look: Look = row(
        "readable",
        "How values become brightness: readable, or 2015: linear from 0 to the layer's largest value in every pane",
        "auto",
    )
    colormap: ColourMap = row("gray", "Colours of tiles, Unit pane and zoom (key V)", "auto")
    fixed_scale: Flag = row(False, "Each layer keeps its scale, from the start (key E)", "auto")
    overlay: Overlay = row(0, "Back projection over the input from the start: place in off, 40 %, 70 % (key A)", "auto")
    attribution: AttributionName = row("off", "Attribution over the input from the start (key B)", "auto")
    debug: DebugLevel = row(0, "Debug level from the start (key D)", "auto")
    presenter: Flag = row(False, "Presenter mode from the start: large text, and what was pressed (key f5)", "auto")
    hints: HintsChoice = row(
        "auto",
        "First-minute hints, each until done once: on, off, again: all once more; auto: on, but not headless",
        "auto",
    )
    key_bindings: KeyBindings | None = row(
        None, 'Further keys of commands, as {"debug_level": "5"}: each key then does that alone'
    )
    fast: Count = row(3, "Distance of a fast move", "auto")
    unit_image_cache: Count = row(256 * 2**20, "Bytes that the cache of unit images may hold", "auto")
    pictures: Text = row(".", "Folder for the pictures that key p saves", "--pictures DIR")


SETTINGS = Table(Settings, TYPES, "deepvis.settings.setting_types")
TABLE = SETTINGS.rows
HEADINGS = {"model": "The network", "backend": "Where it runs", "images": "Input", "scale": "The window"}


def sections() -> dict[str, list[str]]:
    """The names of all settings, by the title of their section."""
    found: dict[str, list[str]] = {}
    for name in TABLE:
        title = HEADINGS.get(name) or list(found)[-1]
        found.setdefault(title, []).append(name)
    return found


def checked(name: str, value: Any, where: str) -> Any:
    """A setting's value as its type has it; its default needs no check. Raises ConfigError."""
    default = TABLE[name].default
    if value is default or (type(value) is type(default) and value == default):
        return default
    try:
        return SETTINGS.checked(name, value)
    except Refused as error:
        if error.is_sentence:
            raise ConfigError(f"{where}: {name}: {error}") from None
        example = "" if default is None or error.hint else f", as in {name} = {default!r}"
        raise ConfigError(f"{where}: {name} is {shown(value)}: expected {error}{example}") from None
