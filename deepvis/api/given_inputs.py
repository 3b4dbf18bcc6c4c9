"""The values of a network's other inputs, as ``deepvis.open`` takes them: files or arrays by name."""

from __future__ import annotations

import atexit
import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from deepvis.network.model_error import ModelError

EXPECTED = 'expected {"name": array or file}, or a list of "name=FILE.npy"'


def given_inputs(options: Any) -> tuple[str, ...]:
    """``name=FILE.npy`` of each, as the command line has them. Raises ModelError.

    Arrays are written to a folder that lasts as long as this program, where other processes find them too.
    """
    if isinstance(options, Mapping):
        return tuple(f"{name}={_file(str(name), value)}" for name, value in options.items())
    texts = [options] if isinstance(options, str) else options
    if not isinstance(texts, (list, tuple)) or not all(isinstance(each, str) for each in texts):
        raise ModelError(f"inputs is a {type(options).__name__}, {EXPECTED}")
    for text in texts:
        if not all(text.partition("=")):
            raise ModelError(f"inputs has {text!r}, {EXPECTED}")
    return tuple(f"{name}={_absolute(file)}" for name, _, file in (text.partition("=") for text in texts))


def _file(name: str, value: Any) -> str:
    if isinstance(value, (str, os.PathLike)):
        return _absolute(os.fspath(value))
    try:
        values = np.asarray(value.detach().cpu() if hasattr(value, "detach") else value)
    except (TypeError, ValueError) as error:
        raise ModelError(f"inputs: the value of {name!r} is no array ({error}), {EXPECTED}") from None
    if values.dtype.kind not in "biufc":
        raise ModelError(f"inputs: found a {type(value).__name__} as the value of {name!r}, {EXPECTED}")
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
