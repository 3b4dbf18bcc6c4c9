"""``deepvis.open``: a network in Python, whatever framework it came from."""

from __future__ import annotations

import atexit
import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deepvis.api.opened_network import Network
from deepvis.core.regular_file import instead_of_file
from deepvis.models.card import CARD_NAME
from deepvis.models.zoo import find_card, model_names, open_model
from deepvis.network.device import device_of
from deepvis.network.model_error import ModelError
from deepvis.network.ref import SUFFIXES, NetworkRef, absolute, file_and_callable, is_name

if TYPE_CHECKING:
    from deepvis.api.live_module import LiveModule

EXPECTED = "expected a torch.nn.Module, a network's file, or its name as --network and --model take it"


def open(
    what: Any,
    weights: Any = None,
    *,
    input_size: int | tuple[int, int] | None = None,
    mean: Any = None,
    std: Any = None,
    input_scale: float | None = None,
    channel_order: str | None = None,
    labels: str | os.PathLike[str] | Sequence[str] | None = None,
    device: str = "auto",
    **options: Any,
) -> Network:
    """Open a network.

    what: a torch.nn.Module; a file (``deploy.prototxt``, ``net.py:make``, ``net.pt2``); a name (``caffenet-mini``, a
    folder with a model.yaml, ``package.module:make``, ``torchvision:resnet18``). weights: the file of its weights,
    where they are not in it. A module is copied: it may go on training, and ``refresh`` takes its new weights up.
    x = (pixel / 255 * input_scale - mean) / std, in channel_order, at input_size (height, width) or a side.
    mean, std: a number or one for each channel; mean also a file. labels: a file with a class a line, or the names.
    device: "auto", "cpu", "cuda", "cuda:1". options: as of the command line, by their names with underscores:
    channels, layout, data_blob, fill, trust_file, layers, label_layers, prob_layer, ...; inputs: the values of other
    inputs for one picture, {name: array or .npy file}.
    Raises ModelError, one sentence.
    """
    given: dict[str, Any] = {
        "input_size": _size(input_size),
        "std": _numbers("std", std),
        "input_scale": input_scale,
        "channel_order": channel_order,
        **options,
    }
    if given.get("inputs") is not None:
        given["inputs"] = given_inputs(given["inputs"])
    given = {name: tuple(v) if isinstance(v, list) else v for name, v in given.items() if v is not None}
    names = None if labels is None or isinstance(labels, (str, os.PathLike)) else tuple(map(str, labels))
    labels_file = None if labels is None or names is not None else os.path.abspath(os.fspath(labels))  # type: ignore[arg-type]
    mean = os.path.abspath(mean) if isinstance(mean, (str, os.PathLike)) else _numbers("mean", mean)
    device_of(device)
    if isinstance(what, (str, os.PathLike)):
        ref = _ref_of(os.fspath(what), weights, mean, labels_file, given)
        return Network(open_model(ref), device, ref=None if names else ref, labels=names)
    live = _live(what, weights, mean, labels_file, given)
    return Network(live.model(), device, live=live, labels=names)


def _live(what: Any, weights: Any, mean: Any, labels: str | None, options: Mapping[str, Any]) -> LiveModule:
    """Raises ModelError for what is no module."""
    import torch

    if not isinstance(what, torch.nn.Module):
        kind = "a class: make an object of it" if isinstance(what, type) else f"a {type(what).__name__}"
        extra = ": weights alone do not say what to compute" if isinstance(what, dict) else ""
        raise ModelError(f"deepvis.open: found {kind}{extra}, {EXPECTED}")
    from deepvis.api.live_module import LiveModule
    from deepvis.formats.torch.wrapped import inner

    file = None if weights is None else Path(os.path.expanduser(os.fspath(weights)))
    if file is not None and not file.is_file():
        raise ModelError(f"{file}: found {instead_of_file(file)}, expected the network's weights")
    return LiveModule(inner(what), mean, labels, options, file)


def _ref_of(named: str, weights: Any, mean: Any, labels: str | None, options: Mapping[str, Any]) -> NetworkRef:
    """A card's where the name is one, else a network's file or what stands in its place."""
    path = str(Path(os.path.expanduser(named)))
    file = None if weights is None else os.path.abspath(Path(os.path.expanduser(os.fspath(weights))))
    pairs = tuple(options.items())
    if named in model_names() or (Path(path) / CARD_NAME).is_file() or Path(path).name == CARD_NAME:
        model = named if named in model_names() else os.path.abspath(path)
        return NetworkRef(model, None, file, mean, labels, pairs)
    is_file = Path(file_and_callable(path)[0]).suffix.lower() in SUFFIXES or Path(path).is_file()
    if is_name(named) or is_file or os.sep in named:
        return NetworkRef(None, absolute(path), file, mean, labels, pairs)
    find_card(named)  # says which there are
    return NetworkRef(named, None, file, mean, labels, pairs)


def _size(size: Any) -> tuple[int, int] | None:
    if size is None:
        return None
    pair = (size, size) if isinstance(size, (int, np.integer)) and not isinstance(size, bool) else size
    if (
        not isinstance(pair, (tuple, list))
        or len(pair) != 2
        or not all(isinstance(d, (int, np.integer)) and d > 0 for d in pair)
    ):
        raise ModelError(f"input_size is {size!r}, expected (height, width) or one side, in pixels")
    return int(pair[0]), int(pair[1])


def _numbers(name: str, values: Any) -> tuple[float, ...] | None:
    """One number a channel."""
    if values is None:
        return None
    try:
        numbers = tuple(map(float, np.atleast_1d(np.asarray(values, float)).reshape(-1)))
    except (TypeError, ValueError):
        raise ModelError(f"{name} is {values!r}, expected a number, or one for each channel") from None
    if np.ndim(values) > 1 or not np.isfinite(numbers).all():
        raise ModelError(f"{name}: expected a number, or one for each channel; of a mean image name the file")
    return numbers


INPUTS_EXPECTED = 'expected {"name": array or file}, or a list of "name=FILE.npy"'


def given_inputs(options: Any) -> tuple[str, ...]:
    """``name=FILE.npy`` of each, as the command line has them. Raises ModelError.

    Arrays are written to a folder that lasts as long as this program, where other processes find them too.
    """
    if isinstance(options, Mapping):
        return tuple(f"{name}={_file(str(name), value)}" for name, value in options.items())
    texts = [options] if isinstance(options, str) else options
    if not isinstance(texts, (list, tuple)) or not all(isinstance(each, str) for each in texts):
        raise ModelError(f"inputs is a {type(options).__name__}, {INPUTS_EXPECTED}")
    for text in texts:
        if not all(text.partition("=")):
            raise ModelError(f"inputs has {text!r}, {INPUTS_EXPECTED}")
    return tuple(f"{name}={_absolute(file)}" for name, _, file in (text.partition("=") for text in texts))


def _file(name: str, value: Any) -> str:
    if isinstance(value, (str, os.PathLike)):
        return _absolute(os.fspath(value))
    try:
        values = np.asarray(value.detach().cpu() if hasattr(value, "detach") else value)
    except (TypeError, ValueError) as error:
        raise ModelError(f"inputs: the value of {name!r} is no array ({error}), {INPUTS_EXPECTED}") from None
    if values.dtype.kind not in "biufc":
        raise ModelError(f"inputs: found a {type(value).__name__} as the value of {name!r}, {INPUTS_EXPECTED}")
    if values.dtype.kind in "fc" and np.isnan(values).any():
        raise ModelError(f"inputs: found NaN among the values of {name!r}, expected numbers")
    word = hashlib.sha256(repr((values.dtype, values.shape)).encode() + values.tobytes()).hexdigest()[:16]
    file = _folder() / f"{word}.npy"
    np.save(file, values)
    return str(file)


@cache
def _folder() -> Path:
    folder = tempfile.mkdtemp(prefix="deepvis-inputs-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _absolute(file: str) -> str:
    return os.path.abspath(os.path.expanduser(file))
