"""The user's settings: one table of name, type, default and help.

The class Settings is the table. ``settings.py`` in the repository documents and holds them
(``python -m deepvis.settings.table`` prints that file), ``settings_local.py`` overrides it, the command
line overrides both. The names of the 2015 toolbox are accepted too (original.py).
Settings files are Python, the user's own code, and are run as the original ran them.
"""

from __future__ import annotations

import inspect
import logging
import runpy
import sys
import textwrap
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from deepvis.core.nearest import most_like, nearest
from deepvis.core.program import ROOT
from deepvis.core.user_error import UserError
from deepvis.models.network_options import TYPES, NetworkOptions
from deepvis.network.back_modes import BACK_MODES  # noqa: F401  (fills the table that the window reads)
from deepvis.network.ref import is_name
from deepvis.schema.row_options import option_of
from deepvis.schema.rows import Refused, Table, row, shown
from deepvis.settings.original import RENAMED, WITHOUT_EFFECT, without_rivals

if TYPE_CHECKING:
    from deepvis.schema.value_types import Count, Device, Flag, Panes, Positive, Text, WindowSize
    from deepvis.settings.setting_types import (
        Backend,
        BackMode,
        ColourMap,
        DebugLevel,
        GammaBoost,
        IndividualBoost,
        KeyBindings,
        Look,
        Overlay,
    )

log = logging.getLogger(__name__)


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
    # input
    images: Text | None = row(
        None, "Photos to show: a folder, one file, or a text file of paths", "--images DIR|FILE|LIST", path=True
    )
    camera: Count | None = row(0, "Number of the camera; None: no camera", "auto")
    video: Text | None = row(None, "Video file or address to play in the camera's place", "--video FILE|URL", path=True)
    stretch: Flag = row(False, "Stretch pictures to the network's shape rather than crop them", "auto")
    mirror: Flag = row(True, "Show the camera as a mirror does", "auto", said="show the camera as others see you")
    # the window
    scale: Positive = row(1.0, "Size of the window, 1: 1500 x 930 pixels", "auto")
    window_size: WindowSize | None = row(
        None, "(height, width) of the window in pixels", "--size WxH", said="or in pixels"
    )
    font_scale: Positive = row(1.0, "Size of the text", "auto")
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
    debug: DebugLevel = row(0, "Debug level from the start (key D)", "auto")
    key_bindings: KeyBindings | None = row(
        None, 'Further keys of commands, as {"debug_level": "5"}: each key then does that alone'
    )
    fast: Count = row(3, "Distance of a fast move", "auto")
    unit_image_cache: Count = row(256 * 2**20, "Bytes that the cache of unit images may hold", "auto")
    pictures: Text = row(".", "Folder for the pictures that key p saves", "--pictures DIR")


SETTINGS = Table(Settings, TYPES, "deepvis.settings.setting_types")
TABLE = SETTINGS.rows
NAMES = (*TABLE, *RENAMED, *WITHOUT_EFFECT)
HEADINGS = {"model": "The network", "backend": "Where it runs", "images": "Input", "scale": "The window"}
PATH_ROOT = "%DVT_ROOT%"


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
        example = "" if default is None or "; " in str(error) else f", as in {name} = {default!r}"
        raise ConfigError(f"{where}: {name} is {shown(value)}: expected {error}{example}") from None


def run_file(path: Path) -> dict[str, Any]:
    """Run a settings file; what it sets, without imports and private names. Raises ConfigError."""
    try:
        names = runpy.run_path(str(path), run_name="deepvis_settings")
    except SyntaxError as error:
        line = f", line {error.lineno}" if error.lineno else ""
        raise ConfigError(f"{path}{line}: {error.msg}; it must be Python 3") from None
    except (Exception, SystemExit) as error:  # the user's own code may raise anything
        raise ConfigError(f"{path}{_line(path, error)} could not be run: {_words(error)}; mend it there") from error
    return {name: value for name, value in names.items() if not name.startswith("_") and not _is_import(value)}


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}".removesuffix(": ")


def _line(path: Path, error: BaseException) -> str:
    """The line of the file at which it was raised, "" where that is not known."""
    at = [each.lineno for each in traceback.extract_tb(error.__traceback__) if each.filename == str(path)]
    return f", line {at[-1]}" if at else ""


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
                values.setdefault(own, _renamed(name, value, own, convert, where))
        elif name in TABLE:
            values[name] = checked(name, value, where)
        elif is_original and not _looks_like_a_setting(name):
            log.warning("%s: %s is no setting and was passed over", where, name)
        else:
            hint = nearest(name, NAMES, "settings.py lists all of them", cutoff=0.5)
            raise ConfigError(
                f"{where}: {name!r} is no setting; {hint} (a variable of your own begins with _, as _{name})"
            )
    return {name: _resolved(name, value, folder) for name, value in values.items()}


def _renamed(name: str, value: Any, own: str, convert: Callable[[Any], Any], where: str) -> Any:
    try:
        converted = convert(value)
    except (TypeError, ValueError, AttributeError, KeyError, IndexError, OverflowError):
        expected = SETTINGS.type_of(own)
        raise ConfigError(f"{where}: {name}, now: {own} is {shown(value)}: expected {expected}") from None
    return checked(own, converted, f"{where}: {name}, now")


def _looks_like_a_setting(name: str) -> bool:
    """By its beginning, or as it nearly is one."""
    begins = ("caffevis_", "static_file", "input_updater_", "caffe_net_", "max_tracker_", "optimize_image_")
    return name.startswith(begins) or bool(most_like(name, NAMES, cutoff=0.8))


def _resolved(name: str, value: Any, folder: Path) -> Any:
    if not TABLE[name].metadata.get("path") or not isinstance(value, str) or "://" in value:
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


def document() -> str:
    """The text of settings.py: every setting with its help, its type and its default."""
    lines = [
        '"""The settings of the toolbox and their defaults.',
        "",
        "To change one, write it into settings_local.py beside this file; the command line overrides both.",
        "The names of the 2015 toolbox are accepted there too. Paths are relative to the file that holds",
        'them, and %DVT_ROOT% stands for its folder. Printed by: python -m deepvis.settings.table"""',
    ]
    for each in TABLE.values():
        lines += ["", f"# ---- {HEADINGS[each.name]}"] if each.name in HEADINGS else []
        words = f"{each.metadata['help']}. Type: {SETTINGS.type_of(each.name)}."
        option = option_of(SETTINGS, each.name)
        words += f" Option: {option.partition(' ')[0]}." if option else ""
        lines += ["", *textwrap.wrap(words, 105, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)]
        value = repr(each.default).replace("'", '"')
        lines.append(f"{each.name} = {value}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(document())
