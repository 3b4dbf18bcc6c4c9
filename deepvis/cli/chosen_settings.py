"""What the settings files and the command line choose together, for the window and for every subcommand."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from deepvis.core.regular_file import instead_of_file
from deepvis.core.user_error import UsageError, UserError
from deepvis.models.network_options import NETWORK
from deepvis.network.model_error import ModelError
from deepvis.network.ref import format_of
from deepvis.schema.row_options import option_of
from deepvis.settings import loading
from deepvis.settings import table as config
from deepvis.settings.table import Settings

WHERE_IT_RUNS = ("device", "backend")  # settings that a subcommand takes beside those of the network, if it has them


def add_settings(group: Any) -> None:
    """The option of a settings file; ``with_settings`` is for the subcommands that have it."""
    group.add_argument("--settings", metavar="FILE", help="a settings file to read instead of settings_local.py")


def settings_of(arguments: argparse.Namespace) -> Settings:
    """The settings files, overridden by the command line of the window. Raises ConfigError or UsageError."""
    settings = _without_its_network(loading.load(_settings_files(arguments)), arguments)
    given: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value  # the parser has checked them
        for name, value in vars(arguments).items()
        if name in config.TABLE and value is not None
    }
    return replace(settings, **given)


def with_settings(arguments: argparse.Namespace) -> argparse.Namespace:
    """The arguments of a subcommand; what they do not say of the network and the device is that of the settings files.

    from_settings: the names of what is. Where the subcommand has no --settings, the arguments as they are. Raises
    ConfigError or UsageError.
    """
    said = vars(arguments)
    if "settings" not in said:
        return arguments
    settings = _without_its_network(loading.load(_settings_files(arguments)), arguments)
    names = [*NETWORK.rows, *(name for name in WHERE_IT_RUNS if name in said)]
    found = {name: getattr(settings, name) for name in names if said.get(name) in (None, False)}
    filled = {name: value for name, value in found.items() if value not in (None, False)}
    return argparse.Namespace(**{**said, **filled, "from_settings": frozenset(filled)})


@contextmanager
def settings_blamed(arguments: argparse.Namespace) -> Iterator[None]:
    """A sentence that begins with an option, whose value a settings file has said, begins with that file instead.

    One about a mean or a std that does not fit begins with what has said it.
    """
    try:
        yield
    except UserError as error:
        if (where := _said_by(str(error), arguments)) is not None:
            raise UsageError(f"{where}: {error}") from error
        if not isinstance(error, UsageError):
            raise
        raise UsageError(_blamed(str(error), arguments)) from error


def _without_its_network(settings: Settings, arguments: argparse.Namespace) -> Settings:
    """A network named on the command line takes nothing of another one from a settings file; the window stays.

    Raises UsageError for a command line that names none, or two.
    """
    said = {name: vars(arguments).get(name) for name in ("model", "network", "prototxt", "weights", "fill")}
    files = vars(arguments).get("files")  # of deepvis check: networks, and weights that may be made up
    option, named = ("--network", said["network"]) if said["network"] else ("--prototxt", said["prototxt"])
    if said["network"] and said["prototxt"]:
        raise UsageError("--network and --prototxt name two networks; give one of them")
    try:
        needs_weights = format_of(named) == "caffe" and files is None if named else False  # a module brings its own
    except ModelError as error:
        raise UsageError(f"{option} {error}") from error
    has_network = bool(settings.model or settings.prototxt or settings.network or said["model"])
    if named and said["weights"] is None and needs_weights and not said["fill"]:
        if not Path(named).exists():
            raise UsageError(f"{option} {named}: found no such file, expected the network's file")
        raise UsageError(f"{option} needs --weights too, or --fill for weights that are made up")
    if not named and said["weights"] is not None and not has_network and not files:
        raise UsageError("--weights needs --network too (or --prototxt): a network is its text and its weights")
    if said["model"] and named:
        raise UsageError(f"--model and {option} name two networks; give one of them")
    if not (said["model"] or named or files):
        return settings
    defaults = Settings()
    return replace(settings, **{name: getattr(defaults, name) for name in NETWORK.rows})


def _settings_files(arguments: argparse.Namespace) -> list[Path]:
    files = loading.settings_files()
    if not arguments.settings:
        return files
    if not Path(arguments.settings).is_file():
        found = instead_of_file(arguments.settings)
        raise UsageError(f"--settings {arguments.settings}: there is {found}, expected a file")
    return [path for path in files if path.name == "settings.py"] + [Path(arguments.settings)]


def _said_by(sentence: str, arguments: argparse.Namespace) -> str | None:
    """The option, or the file and its setting, that has said the mean or the std that a sentence begins with."""
    name = next((name for name in ("mean", "std") if sentence.startswith(f"the {name} ")), None)
    if name is None:
        return None
    if vars(arguments).get(name) is not None:
        return f"--{name}"
    names_others = any(vars(arguments).get(key) for key in ("model", "network", "prototxt", "session"))
    if names_others or "settings" not in vars(arguments):  # a settings file's are of the network that it names
        return None
    value, path = loading.said_in(_settings_files(arguments)).get(name, (None, None))
    return None if value is None else f"{path}: {name}"


def _blamed(sentence: str, arguments: argparse.Namespace) -> str:
    """The sentence with the name of the file and of the setting in the place of the option."""
    said = re.match(r"--[a-z-]+(?=[ :])", sentence) if "settings" in vars(arguments) else None
    for name, (_, path) in loading.said_in(_settings_files(arguments)).items() if said else ():
        option = (option_of(config.SETTINGS, name) or "").partition(" ")[0]
        if said and option == said[0] and vars(arguments).get(name, 0) is None:
            return f"{path}: {name}{sentence[said.end() :]}"
    return sentence
