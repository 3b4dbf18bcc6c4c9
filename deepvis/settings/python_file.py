"""A settings file is Python, the user's own code, and is run as the original ran it."""

from __future__ import annotations

import inspect
import runpy
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

from deepvis.settings.table import ConfigError


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
