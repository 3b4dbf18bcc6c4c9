"""The module that a user's own Python file makes, with its weights."""

from __future__ import annotations

import importlib.util
import logging
import pickle
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from deepvis.network.errors import ModelError, nearest
from deepvis.network.ref import file_and_callable

log = logging.getLogger(__name__)
EXPECTED = "a function or class without arguments that returns a torch.nn.Module"

CHECKPOINT_KEYS = (
    "state_dict",
    "model",
)  # under which training scripts keep the state_dict, beside the epoch and so on


def module_of(named: str | Path) -> nn.Module:
    """The module of ``FILE.py:NAME``, in evaluation mode, its numbers float32 on the CPU.

    The file is run: it is the user's own code, chosen by name, and may do whatever Python can. It finds what lies
    beside it, as when it is run by itself. Raises ModelError.
    """
    file, name = file_and_callable(named)
    if not file.is_file():
        raise ModelError(f"{file}: found no such file, expected a Python file with {name or 'NAME'!r}, {EXPECTED}")
    if not name:
        raise ModelError(f"{file}: found no name after the file, expected {file.name}:NAME, where NAME is {EXPECTED}")
    log.info("%s is run: it is your own code, which makes the network", file)
    with importing_from(file.parent):
        maker = _found(_run(file), name, file)
        made = maker if isinstance(maker, nn.Module) else _called(maker, f"{file}:{name}")
    if not isinstance(made, nn.Module):
        raise ModelError(f"{file}:{name}: found a result of type {type(made).__name__}, expected a torch.nn.Module")
    return made.eval().float().cpu()


def load_weights(module: nn.Module, file: Path) -> None:
    """Give the module the state_dict that a file holds, all of it and nothing else. Raises ModelError.

    A checkpoint that keeps it under "state_dict" or "model" is taken too.
    Only tensors are read (weights_only): nothing that the file holds is run.
    """
    state = _state_dict(file)
    wanted = module.state_dict()
    missing = [name for name in wanted if name not in state]
    unknown = [name for name in state if name not in wanted]
    if missing or unknown:
        found = f"no {missing[0]!r}" if missing else f"{unknown[0]!r}, which the module has not"
        others = len(missing) + len(unknown) - 1
        more = f" (and {others} more that do not fit)" if others else ""
        raise ModelError(f"{file}: found {found}{more}, expected the state_dict of this very module")
    for name, tensor in state.items():
        if tensor.shape != wanted[name].shape:
            raise ModelError(
                f"{file}: found {name!r} of shape {tuple(tensor.shape)}, expected {tuple(wanted[name].shape)} as the "
                "module has it; give the weights of this very module"
            )
    module.load_state_dict(dict(state))


@contextmanager
def importing_from(folder: Path) -> Iterator[None]:
    """The folder first among those that imports are looked up in."""
    place = str(folder.resolve())
    sys.path.insert(0, place)
    try:
        yield
    finally:
        if place in sys.path:
            sys.path.remove(place)


def _run(file: Path) -> ModuleType:
    """Run anew each time: it may have changed."""
    name = f"deepvis_user_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ModelError(f"{file}: cannot be run, expected a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickles look their module up
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # the user's own code may raise anything
        raise ModelError(f"{file}: running it ended with {_words(error)}; put that right in the file") from error
    return module


def _found(module: ModuleType, name: str, file: Path) -> Any:
    """What the dotted name names."""
    thing: Any = module
    for part in name.split("."):
        if not hasattr(thing, part):
            known = [n for n, value in vars(module).items() if callable(value) and not n.startswith("_")]
            hint = nearest(name, known, f"there are: {', '.join(known) or 'none'}")
            raise ModelError(f"{file}: found no {name!r}, expected {EXPECTED}; {hint}")
        thing = getattr(thing, part)
    return thing


def _called(maker: Any, title: str) -> Any:
    if not callable(maker):
        raise ModelError(f"{title}: found a {type(maker).__name__}, expected {EXPECTED}")
    try:
        return maker()
    except (Exception, SystemExit) as error:  # the user's own code may raise anything
        raise ModelError(f"{title}: calling it ended with {_words(error)}; expected {EXPECTED}") from error


def _state_dict(file: Path) -> Mapping[str, Tensor]:
    try:
        state = torch.load(file, map_location="cpu", weights_only=True)
    except OSError as error:
        raise ModelError(f"{file}: cannot be read ({error.strerror or error}), expected the weights") from error
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"{file}: found no plain tensors, expected a state_dict; save one with "
            "torch.save(module.state_dict(), FILE), or that of a checkpoint with torch.save(c['state_dict'], FILE)"
        ) from error
    for key in CHECKPOINT_KEYS:
        if isinstance(state, Mapping) and isinstance(state.get(key), Mapping):
            state = state[key]
    if not isinstance(state, Mapping) or not all(isinstance(value, Tensor) for value in state.values()):
        raise ModelError(
            f"{file}: found a {type(state).__name__} that holds more than tensors by name, expected a state_dict; save "
            "one with torch.save(module.state_dict(), FILE)"
        )
    return state


def _words(error: BaseException) -> str:
    """The kind of an exception and the first line of what it says."""
    said = str(error).strip().split("\n")[0]
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
