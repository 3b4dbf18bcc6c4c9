"""The user's settings: one table of name, type, default and help.

The class Settings is the table. ``settings.py`` in the repository documents and holds them
(``python -m deepvis.settings.table`` prints that file), ``settings_local.py`` overrides it, the command
line overrides both. The names of the 2015 toolbox are accepted too (original_settings.py).
Settings files are Python, the user's own code, and are run as the original ran them.
"""

from __future__ import annotations

import difflib
import inspect
import logging
import runpy
import sys
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from deepvis.core.back_modes import OFF
from deepvis.core.panes import LayoutError
from deepvis.core.state import ColourMap, Look
from deepvis.core.user_error import UserError
from deepvis.network.back_modes import BACK_MODES
from deepvis.network.ref import is_name
from deepvis.settings.kinds import (
    COUNT,
    DEVICE,
    FLAG,
    FUNCTION,
    KEYS,
    MEAN,
    NAME_MAP,
    NAMES,
    NUMBERS,
    PANES,
    POSITIVE,
    SIZE,
    TEXT,
    Kind,
    choice,
    choice_of,
)
from deepvis.settings.original import RENAMED, WITHOUT_EFFECT, without_rivals

log = logging.getLogger(__name__)
Panes = Mapping[str, tuple[int, int, int, int] | None]


class ConfigError(UserError, ValueError):
    """A setting that cannot be used. One sentence: where, which, its value, what was expected."""


def setting(kind: Kind, default: Any, help: str, *, path: bool = False) -> Any:
    """A row of the table. path: %DVT_ROOT% and folders relative to the settings file are resolved in it."""
    return field(default=default, metadata={"kind": kind, "help": help, "path": path})


@dataclass(frozen=True)
class Settings:
    """All settings; None where the model or the machine decides."""

    # the network
    model: str | None = setting(
        TEXT, None, "Name or folder of the model (see deepvis models); None: the embedded default"
    )
    network: str | None = setting(
        TEXT,
        None,
        "Your own network: FILE.py:NAME or package.module:NAME, code of yours that makes a torch.nn.Module; "
        "torchvision:NAME, timm:NAME; FILE.pt2; or Caffe's deploy.prototxt",
        path=True,
    )
    prototxt: str | None = setting(TEXT, None, "The same, as it is called for Caffe's networks", path=True)
    weights: str | None = setting(
        TEXT, None, "Its weights: a .caffemodel; .pth, .pt or .safetensors for a module", path=True
    )
    fill: bool = setting(FLAG, False, "Layers without weights keep their initial values")
    trust_file: bool = setting(FLAG, False, "Run what a .pt2 brings along to be run when it is read")
    mean: str | tuple[float, ...] | None = setting(
        MEAN,
        None,
        "Its mean: .npy, .binaryproto, or one number per channel, on the scale of 0 to input_scale, in the network's "
        "channel order",
        path=True,
    )
    std: tuple[float, ...] | None = setting(
        NUMBERS, None, "One number per channel: x = (pixel / 255 * input_scale - mean) / std"
    )
    labels: str | None = setting(TEXT, None, "Text file with a class name per line", path=True)
    label_layers: tuple[str, ...] | None = setting(NAMES, None, "Layers whose channels are the classes")
    prob_layer: str | None = setting(TEXT, None, "Layer of the class probabilities, for the top 5")
    data_blob: str | None = setting(TEXT, None, "Blob that takes the picture, where a network has several inputs")
    inputs: tuple[str, ...] | None = setting(NAMES, None, "NAME=FILE.npy of inputs that take no picture; else zeros")
    input_size: tuple[int, int] | None = setting(SIZE, None, "(height, width) of the network's input")
    channels: int | None = setting(COUNT, None, "Channels of the network's input, where the network does not tell")
    layout: str | None = setting(choice("NCHW", "NHWC"), None, "How a module takes pictures; None: it is found")
    channel_order: str | None = setting(choice("BGR", "RGB"), None, "Order of the network's colour channels")
    input_scale: float | None = setting(POSITIVE, None, "Value of a white pixel before mean and std: 255, or 1")
    layer_filter: Callable[[str], bool] | None = setting(FUNCTION, None, "True for layers to leave out of the window")
    short_name: Callable[[str], str] | None = setting(FUNCTION, None, "Layer's name -> name in the layer list")
    unit_image_dir: str | None = setting(TEXT, None, "Folder of the unit images (unit_jpg_vis)", path=True)
    unit_image_layers: tuple[str, ...] | None = setting(NAMES, None, "Layers that have unit images; None: look")
    remap: Mapping[str, str] | None = setting(NAME_MAP, None, "Layer -> the layer whose unit images it borrows")
    # where it runs
    backend: str = setting(
        choice("auto", "engine", "caffe", "fake"), "engine", "engine, caffe (an installed pycaffe) or auto"
    )
    device: str = setting(DEVICE, "auto", "auto, cpu, cuda or cuda:N")
    caffe_root: str | None = setting(TEXT, None, "Checkout of Caffe whose python/ the caffe backend imports", path=True)
    # input
    images: str | None = setting(TEXT, None, "Photos to show: a folder, one file, or a text file of paths", path=True)
    camera: int | None = setting(COUNT, 0, "Number of the camera; None: no camera")
    video: str | None = setting(TEXT, None, "Video file or address to play in the camera's place", path=True)
    stretch: bool = setting(FLAG, False, "Stretch pictures to the network's shape rather than crop them")
    mirror: bool = setting(FLAG, True, "Show the camera as a mirror does")
    # the window
    scale: float = setting(POSITIVE, 1.0, "Size of the window, 1: 1500 x 930 pixels")
    window_size: tuple[int, int] | None = setting(SIZE, None, "(height, width) of the window in pixels")
    font_scale: float = setting(POSITIVE, 1.0, "Size of the text")
    panes: Panes | None = setting(PANES, None, "Pane -> (row, column, height, width), None: leave it out")
    label_predictions: bool = setting(FLAG, True, "Class names and probabilities from the start (key C)")
    unit_images: bool = setting(FLAG, True, "Unit images from the start (key U)")
    back_mode: str = setting(
        choice_of(lambda: ("auto", OFF, *BACK_MODES)),
        "auto",
        "Back projection from the start (key b); auto: deconv where nothing is asked for but the default, else off",
    )
    gamma_boost: int = setting(COUNT, 0, "Gamma boost from the start: place in 1, 0.7, 0.5, 0.3 (key t)")
    individual_boost: int = setting(COUNT, 0, "Individual boost from the start: place in 0, 0.3, 0.5, 0.8, 1 (key T)")
    look: str = setting(
        choice_of(lambda: (look.value for look in Look)),
        "readable",
        "How values become brightness: readable, or 2015: linear from 0 to the layer's largest value in every pane",
    )
    colormap: str = setting(
        choice_of(lambda: (colour_map.value for colour_map in ColourMap)),
        "gray",
        "Colours of tiles, Unit pane and zoom (key V)",
    )
    fixed_scale: bool = setting(FLAG, False, "Each layer keeps its scale, from the start (key E)")
    overlay: int = setting(COUNT, 0, "Back projection over the input from the start: place in off, 40 %, 70 % (key A)")
    debug: int = setting(COUNT, 0, "Debug level from the start (key D)")
    key_bindings: Mapping[str, tuple[str, ...]] | None = setting(
        KEYS, None, 'Further keys of commands, as {"debug_level": "5"}: each key then does that alone'
    )
    fast: int = setting(COUNT, 3, "Distance of a fast move")
    unit_image_cache: int = setting(COUNT, 256 * 2**20, "Bytes that the cache of unit images may hold")
    pictures: str = setting(TEXT, ".", "Folder for the pictures that key p saves")


TABLE: dict[str, Field[Any]] = {row.name: row for row in fields(Settings)}
ROOT = Path(__file__).resolve().parents[2]
PATH_ROOT = "%DVT_ROOT%"


def checked(name: str, value: Any, where: str) -> Any:
    """A setting's value as its type has it. Raises ConfigError."""
    row = TABLE[name]
    if value is None and (row.default is None or name == "camera"):
        return None
    try:
        return row.metadata["kind"].convert(value)
    except LayoutError as error:
        raise ConfigError(f"{where}: {name}: {error}") from None
    except (ValueError, TypeError):
        raise ConfigError(f"{where}: {name} is {value!r}: expected {row.metadata['kind'].expects}") from None


def run_file(path: Path) -> dict[str, Any]:
    """Run a settings file; what it sets, without imports and private names. Raises ConfigError."""
    try:
        names = runpy.run_path(str(path), run_name="deepvis_settings")
    except SyntaxError as error:
        raise ConfigError(f"{path}, line {error.lineno}: {error.msg}; it must be Python 3") from None
    except Exception as error:  # the user's own code may raise anything
        raise ConfigError(f"{path} could not be run: {type(error).__name__}: {error}") from error
    return {name: value for name, value in names.items() if not name.startswith("_") and not _is_import(value)}


def _is_import(value: Any) -> bool:
    if inspect.isfunction(value) or inspect.isclass(value):
        return value.__module__ != "deepvis_settings"
    return isinstance(value, ModuleType) or inspect.isbuiltin(value)


def from_names(names: Mapping[str, Any], where: str, folder: Path) -> dict[str, Any]:
    """Names as a settings file sets them, the original's included -> fields of Settings.

    folder: of the settings file, for relative paths and %DVT_ROOT%. Raises ConfigError for an
    unknown name, with the nearest known one. A file in the original's names may have variables of its own beside them,
    as those files do: they are passed over with a warning, unless they look like a setting.
    """
    values: dict[str, Any] = {}
    is_original = not RENAMED.keys().isdisjoint(names)
    for name, value in without_rivals(names).items():
        if name in WITHOUT_EFFECT:
            log.info("%s: %s has no effect any more: %s", where, name, WITHOUT_EFFECT[name])
        elif name in RENAMED:
            own, convert = RENAMED[name]
            if own not in names:
                values.setdefault(own, checked(own, convert(value), f"{where}: {name}, now"))
        elif name in TABLE:
            values[name] = checked(name, value, where)
        elif is_original and not _looks_like_a_setting(name):
            log.warning("%s: %s is no setting and was passed over", where, name)
        else:
            raise ConfigError(f"{where}: {name!r} is no setting{_nearest(name)}")
    return {name: _resolved(name, value, folder) for name, value in values.items()}


def _looks_like_a_setting(name: str) -> bool:
    """By its beginning, or as it nearly is one."""
    begins = ("caffevis_", "static_file", "input_updater_", "caffe_net_", "max_tracker_", "optimize_image_")
    known = [*TABLE, *RENAMED, *WITHOUT_EFFECT]
    return name.startswith(begins) or bool(difflib.get_close_matches(name, known, n=1, cutoff=0.8))


def _nearest(name: str) -> str:
    near = difflib.get_close_matches(name, [*TABLE, *RENAMED, *WITHOUT_EFFECT], n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else "settings.py lists all of them"
    return f"; {hint} (a variable of your own begins with _, as _{name})"


def _resolved(name: str, value: Any, folder: Path) -> Any:
    if not TABLE[name].metadata["path"] or not isinstance(value, str) or "://" in value:
        return value
    if name == "network" and is_name(value):
        return value
    value = value.replace(PATH_ROOT, str(folder))
    return str(folder / Path(value).expanduser())


def settings_files(folder: Path = ROOT) -> list[Path]:
    """settings.py and settings_local.py of a checkout, or else a settings_local.py of the current folder."""
    if (folder / "run_toolbox.py").exists():
        candidates = [folder / "settings.py", folder / "settings_local.py"]
    else:
        candidates = [Path.cwd() / "settings_local.py"]
    return [path for path in candidates if path.exists()]


def load(files: list[Path] | None = None) -> Settings:
    """The settings of the files, the later ones overriding. Raises ConfigError."""
    settings = Settings()
    for path in settings_files() if files is None else files:
        settings = replace(settings, **from_names(run_file(path), str(path), path.resolve().parent))
    return settings


_HEADINGS = {"model": "The network", "backend": "Where it runs", "images": "Input", "scale": "The window"}


def document() -> str:
    """The text of settings.py: every setting with its help, its type and its default."""
    lines = [
        '"""The settings of the toolbox and their defaults.',
        "",
        "To change one, write it into settings_local.py beside this file; the command line overrides both.",
        "The names of the 2015 toolbox are accepted there too. Paths are relative to the file that holds",
        'them, and %DVT_ROOT% stands for its folder. Printed by: python -m deepvis.settings.table"""',
    ]
    for row in TABLE.values():
        if row.name in _HEADINGS:
            lines += ["", f"# ---- {_HEADINGS[row.name]}"]
        words = f"{row.metadata['help']}. Type: {row.metadata['kind'].expects}."
        lines += ["", *textwrap.wrap(words, 105, initial_indent="# ", subsequent_indent="# ")]
        value = repr(row.default).replace("'", '"')
        lines.append(f"{row.name} = {value}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(document())
