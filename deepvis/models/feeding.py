"""What a picture becomes at a network's input: what caller and card say, else the file, else the format's usual."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deepvis.core.array_files import read_array
from deepvis.core.content_errors import CONTENT_ERRORS, reason
from deepvis.core.nearest import nearest
from deepvis.models.preprocess import Preprocessor, load_mean
from deepvis.network.model_error import ModelError
from deepvis.network.ref import Opened

Mean = str | Path | Sequence[float] | None


def preprocessor_of(
    shape: tuple[int, int, int], opened: Opened, mean: Mean, option: Callable[[str], Any]
) -> tuple[Preprocessor, tuple[str, ...], tuple[str, ...]]:
    """The preprocessor, what of it was assumed ("mean", "std", "order", "scale"), and notes. Raises ModelError.

    x = (pixel / 255 * input_scale - mean) / std. mean: as the caller or the card names it: numbers are on the scale
    of 0 to input_scale, those beyond it and mean files are in pixels, 0 to 255. option: name of an option -> what
    the caller or the card says, or None.
    """
    scale, is_scale_given = _scale(opened, mean, option("input_scale"))
    assumes_module = opened.assumed is not None
    is_usual = scale == opened.input_scale
    as_file_says = opened.mean is not None and (is_usual or not assumes_module)
    notes: list[str] = []
    std = option("std")
    if mean is not None:
        values, in_pixels = _mean(mean, scale)
        if in_pixels and assumes_module:  # Caffe's users name it so
            notes.append(f"the mean goes beyond 0..{scale:.4g}, so it is taken as pixels of 0 to 255")
        if in_pixels and std is not None and min(std) > scale:
            std = [each * scale / 255 for each in std]
    elif as_file_says:
        values = np.array(opened.mean, np.float32) * np.float32(scale / opened.input_scale)
    else:
        values = None
    if std is None and is_usual:
        std = opened.std
    preprocessor = Preprocessor(
        shape,
        values,
        option("channel_order") or opened.channel_order,
        scale,
        None if std is None else np.array(std, np.float32),
    )
    return preprocessor, _assumed(opened, preprocessor, mean, option, is_scale_given=is_scale_given), tuple(notes)


def given_inputs(inputs: Mapping[str, tuple[int, ...]], files: Sequence[str]) -> dict[str, np.ndarray]:
    """Name -> values of each ``name=FILE.npy``. inputs: those that take no picture, with their shapes, batch first.

    Raises ModelError for a name that is none of them, and for values that do not fit.
    """
    found = {}
    for each in files:
        name, _, file = each.partition("=")
        if name not in inputs:
            hint = nearest(name, inputs, f"there are: {', '.join(inputs) or 'none'}")
            raise ModelError(f"--input names {name!r}, which is no input without a picture; {hint}")
        values, shape = _read_values(Path(file), name), inputs[name]
        if math.prod(values.shape) != math.prod(shape):
            raise ModelError(
                f"{file}: found the shape {values.shape}, expected {shape} as the input {name!r} of the network has it"
            )
        found[name] = values.reshape(shape)
    return found


def zero_notes(
    inputs: Mapping[str, tuple[int, ...]], given: Mapping[str, np.ndarray], regions: Sequence[str] = ()
) -> tuple[str, ...]:
    """A sentence for each input that is given zeros, or numbers that nobody named. regions: those that name some."""
    size: tuple[str, ...] = ("the input 'im_info' is given the picture's height and width, and 1 as its scale",)
    notes = size if "im_info" in inputs and "im_info" not in given else ()
    whole = [name for name in regions if name in inputs and name not in given]
    notes += tuple(f"the input {name!r} takes regions: it is given the whole picture" for name in whole)
    return notes + tuple(
        f"the input {name!r} is given zeros of {' x '.join(map(str, shape)) or 'one number'}; give other values with "
        f"--input {name}=FILE.npy"
        for name, shape in inputs.items()
        if name not in given and name != "im_info" and name not in regions
    )


def _read_values(file: Path, name: str) -> np.ndarray:
    try:
        return np.asarray(read_array(file), np.float32)
    except OSError as error:
        raise ModelError(f"{file}: cannot be read ({error.strerror or error}), expected values of {name!r}") from None
    except CONTENT_ERRORS as error:
        raise ModelError(f"{file}: is no numpy array ({reason(error)}), expected values of {name!r}") from None


def _scale(opened: Opened, mean: Mean, scale: float | None) -> tuple[float, bool]:
    """The input scale, and whether it is given: a module's is 255 where a mean in pixels says so."""
    if scale is not None:
        return float(scale), True
    in_pixels = mean is not None and not isinstance(mean, (str, Path)) and max(map(abs, _floats(mean)), default=0) > 1
    if opened.assumed is not None and in_pixels and opened.input_scale == 1:
        return 255.0, False
    return opened.input_scale, False


def _mean(mean: Mean, scale: float) -> tuple[np.ndarray | None, bool]:
    """On the scale of 0 to ``scale``, and whether numbers were taken as pixels."""
    values = load_mean(mean)
    if values is None:
        return None, False
    in_pixels = isinstance(mean, (str, Path)) or float(np.abs(values).max()) > scale
    scaled = values * np.float32(scale / 255) if in_pixels else values
    return scaled, in_pixels and scale != 255 and not isinstance(mean, (str, Path))


def _floats(mean: Sequence[float]) -> list[float]:
    try:
        return [float(value) for value in np.asarray(mean, float).ravel()]
    except (TypeError, ValueError, OverflowError):
        raise ModelError(f"mean {mean}: expected numbers, one for each channel") from None


def _assumed(
    opened: Opened, preprocessor: Preprocessor, mean: Mean, option: Callable[[str], Any], *, is_scale_given: bool
) -> tuple[str, ...]:
    """What of the preprocessing neither the caller nor the card nor the network's file names."""
    open_to = opened.assumed
    if open_to is None:  # Caffe's
        open_to = frozenset(
            [
                *(["mean"] if preprocessor.mean is None else []),
                *(["order"] if opened.channel_order == "BGR" else []),
                *(["scale"] if opened.input_scale == 255 else []),
            ]
        )
    unnamed = {
        "mean": mean is None,
        "std": option("std") is None,
        "order": preprocessor.is_colour and option("channel_order") is None,
        "scale": not is_scale_given,
    }
    return tuple(name for name, is_unnamed in unnamed.items() if is_unnamed and name in open_to)
