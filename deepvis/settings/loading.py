"""The settings as files say them, the names of the 2015 toolbox included (``settings/original.py``)."""

from __future__ import annotations

import inspect
import logging
import os
import runpy
import traceback
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from deepvis.core.nearest import most_like, nearest
from deepvis.core.program import ROOT
from deepvis.core.regular_file import NotRegularError, check_regular
from deepvis.network.ref import is_name
from deepvis.schema.rows import Refused, shown
from deepvis.settings.original import RENAMED, WITHOUT_EFFECT, without_rivals
from deepvis.settings.table import SETTINGS, TABLE, ConfigError, Settings, checked

log = logging.getLogger(__name__)

NAMES = (*TABLE, *RENAMED, *WITHOUT_EFFECT)
PATH_ROOT = "%DVT_ROOT%"


def settings_files(folder: Path = ROOT) -> list[Path]:
    """settings.py and settings_local.py of a checkout, or else a settings_local.py of the current folder."""
    if (folder / "run_toolbox.py").exists():
        candidates = [folder / "settings.py", folder / "settings_local.py"]
    else:
        candidates = [Path.cwd() / "settings_local.py"]
    return [path for path in candidates if path.exists()]


def load(files: list[Path] | None = None) -> Settings:
    """The settings of the files, the later ones overriding. Raises ConfigError."""
    return Settings(
        **{name: value for name, (value, _) in said_in(settings_files() if files is None else files).items()}
    )


def said_in(files: list[Path]) -> dict[str, tuple[Any, Path]]:
    """Setting -> its value and the last of the files that says it. Raises ConfigError."""
    found: dict[str, tuple[Any, Path]] = {}
    for path in files:
        values = from_names(run_file(path), str(path), path.resolve().parent)
        found |= {name: (value, path) for name, value in values.items()}
    return found


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
    except Refused as error:
        raise ConfigError(f"{where}: {name}, now: {own} is {shown(value)}: expected {error}") from None
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
    return str(folder / Path(os.path.expanduser(value)))


def run_file(path: Path) -> dict[str, Any]:
    """Run a settings file; what it sets, without imports and private names. Raises ConfigError."""
    try:
        check_regular(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)  # what comes of it is said in one sentence below
            names = runpy.run_path(str(path), run_name="deepvis_settings")
    except SyntaxError as error:
        line = f", line {error.lineno}" if error.lineno else ""
        raise ConfigError(f"{path}{line}: {error.msg}; it must be Python 3") from None
    except NotRegularError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
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
