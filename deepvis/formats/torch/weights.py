"""A module's weights from a file of tensors: .pth, .pt, .ckpt, .bin or .safetensors."""

from __future__ import annotations

import logging
import pickle
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from deepvis.core.content_errors import CONTENT_ERRORS
from deepvis.core.regular_file import instead_of_file, open_regular
from deepvis.core.zip_files import checked_zip
from deepvis.formats.torch.safetensors_file import read_safetensors
from deepvis.network.model_error import ModelError

log = logging.getLogger(__name__)

# under which training scripts keep the state_dict, beside the epoch and so on; the first that is there is taken
WRAPPERS = (
    "state_dict",
    "model",
    "model_state_dict",
    "state_dict_ema",
    "model_ema",
    "module",
    "net",
    "network",
    "params",
)
PREFIXES = ("module.", "_orig_mod.", "model.", "net.", "network.")  # of DataParallel, torch.compile, Lightning
BOOKKEEPING = ("num_batches_tracked", "n_averaged")  # counts of training steps, which no answer depends on
SAID = 3  # names in a sentence


def load_weights(module: nn.Module, file: Path, *, fill: bool = False) -> list[str]:
    """Give the module the weights that a file holds; sentences on what was left as it is, or left out.

    A state_dict, bare or as a checkpoint keeps it ("state_dict", "model", ...), its names as the module's or with
    a prefix in front of all ("module.", "_orig_mod.", ...). All must fit. fill: what is missing keeps its initial
    values, and what the module does not have is left out. Only tensors are read (weights_only): nothing that the
    file holds is run. Raises ModelError naming what is missing and what is too much.
    """
    wanted = module.state_dict()
    state = _without_prefix(state_dict_of(file), wanted)
    missing = [name for name in wanted if name not in state and not name.endswith(BOOKKEEPING)]
    unknown = [name for name in state if name not in wanted and not name.endswith(BOOKKEEPING)]
    if (missing or unknown) and not fill:
        raise ModelError(_misfit(file, missing, unknown))
    if wanted and not any(name in wanted for name in state):
        raise ModelError(
            f"{file}: found none of the module's weights, but {_named(unknown)}, expected {_named(missing)}; give the "
            "weights of this very module"
        )
    for name, tensor in state.items():
        if name in wanted and tensor.shape != wanted[name].shape:
            raise ModelError(
                f"{file}: found {name!r} of shape {tuple(tensor.shape)}, expected {tuple(wanted[name].shape)} as the "
                "module has it; give the weights of this very module"
            )
    module.load_state_dict({name: tensor for name, tensor in state.items() if name in wanted}, strict=False)
    notes = [f"{file.name} has no {_named(missing)}: initial values are used"] if missing else []
    return notes + ([f"{file.name} holds {_named(unknown)}, which the module has not: left out"] if unknown else [])


def state_dict_of(file: Path) -> Mapping[str, Tensor]:
    """The tensors of a weights file by name. Raises ModelError."""
    if not file.is_file():
        raise ModelError(f"{file}: found {instead_of_file(file)}, expected the network's weights")
    state: Any = read_safetensors(file) if file.suffix.lower() == ".safetensors" else _loaded(file)
    for _ in range(2):  # a checkpoint in a checkpoint
        key = next(
            (key for key in WRAPPERS if isinstance(state, Mapping) and isinstance(state.get(key), Mapping)), None
        )
        state = state if key is None else state[key]
    if not isinstance(state, Mapping) or not all(isinstance(value, Tensor) for value in state.values()):
        raise ModelError(
            f"{file}: found a {type(state).__name__} that holds more than tensors by name, expected a state_dict; save "
            "one with torch.save(module.state_dict(), FILE)"
        )
    return state


def _loaded(file: Path) -> Any:
    try:
        if zipfile.is_zipfile(file):
            with open_regular(file) as content:
                checked_zip(content).close()
        return torch.load(file, map_location="cpu", weights_only=True)
    except OSError as error:
        raise ModelError(f"{file}: cannot be read ({error.strerror or error}), expected the weights") from error
    except (pickle.UnpicklingError, AssertionError, *CONTENT_ERRORS) as error:
        raise ModelError(
            f"{file}: found no plain tensors, expected a state_dict; save one with "
            "torch.save(module.state_dict(), FILE), or that of a checkpoint with torch.save(c['state_dict'], FILE)"
        ) from error


def _without_prefix(state: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The names without the prefixes, while more of them fit so."""
    best = dict(state)
    while True:
        tries = [{name.removeprefix(prefix): tensor for name, tensor in best.items()} for prefix in PREFIXES]
        fits = [sum(name in wanted for name in names) for names in tries]
        most = max(range(len(tries)), key=fits.__getitem__)
        changed = [names for names in tries if names.keys() != best.keys()]
        if fits[most] > sum(name in wanted for name in best):
            best = tries[most]
        elif len(changed) == 1 and not any(name in wanted for name in best):
            best = changed[0]  # a prefix in front of another: module._orig_mod.
        else:
            return best


def _misfit(file: Path, missing: Sequence[str], unknown: Sequence[str]) -> str:
    found = [f"no {_named(missing)}"] if missing else []
    found += [f"{_named(unknown)}, which the module has not"] if unknown else []
    remedy = (
        "; --fill lets what is missing keep its initial values" if missing else "; --fill leaves out what is too much"
    )
    return f"{file}: found {', and '.join(found)}, expected the state_dict of this very module{remedy}"


def _named(names: Sequence[str]) -> str:
    """'a', 'b', 'c' and 12 more."""
    words = ", ".join(map(repr, names[:SAID]))
    return f"{words} and {len(names) - SAID} more" if len(names) > SAID else words
