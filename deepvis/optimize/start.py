"""Where an ascent begins: x0, mean-subtracted, in the network's own channel order.

``random.normal`` and ``random.uniform`` are numpy's RandomState(seed), so that the images of the original
toolbox can be repeated number by number.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from deepvis.core.files import digest_words
from deepvis.core.registry import Registry
from deepvis.core.regular_file import bytes_of
from deepvis.optimize.optimize_error import OptimizeError

Start = Callable[[np.random.RandomState, np.ndarray, float], np.ndarray]
STARTS: Registry[Start] = Registry("start")
DEFAULT_START = "mean_plus_rand"
SEEDLESS = ("mean",)  # starts that are the same for every seed
LARGEST_SEED = 2**32 - 1  # that numpy's RandomState takes


@STARTS.add(DEFAULT_START)
def mean_plus_rand(random: np.random.RandomState, mean_chw: np.ndarray, scale: float) -> np.ndarray:
    """Normal(0, 10) around the mean, on the scale of 0 to 255."""
    return random.normal(0, 10.0 * scale / 255.0, mean_chw.shape)


@STARTS.add("randu")
def randu(random: np.random.RandomState, mean_chw: np.ndarray, scale: float) -> np.ndarray:
    """Uniform over the pixel range."""
    return random.uniform(0, scale, mean_chw.shape) - mean_chw


@STARTS.add("mean")
def mean(random: np.random.RandomState, mean_chw: np.ndarray, scale: float) -> np.ndarray:
    """The mean itself."""
    return np.zeros(mean_chw.shape)


def start_image(
    name: str, seed: int, mean_chw: np.ndarray, scale: float = 255.0, std: np.ndarray | float = 1.0
) -> np.ndarray:
    """x0 of the start ``name``: (C, H, W) float32.

    mean_chw: (C, H, W), the network's mean. scale: largest value of a pixel before mean and std.
    std: (C, 1, 1). Raises OptimizeError for an unknown start or a seed that numpy does not take.
    """
    try:
        make = STARTS[name]
    except KeyError as error:
        raise OptimizeError(error.args[0]) from None
    if not 0 <= seed <= LARGEST_SEED:
        raise OptimizeError(f"the random seed is {seed}; expected 0 to {LARGEST_SEED}")
    return (make(np.random.RandomState(seed), mean_chw, scale) / std).astype(np.float32)


def name_of_photo(path: Path) -> str:
    """The words for a job that starts from a photo or matches one: its path, and a digest of the file, which may be
    replaced one day.

    Raises OptimizeError where it cannot be read.
    """
    try:
        return digest_words(str(path), bytes_of(path))
    except OSError as error:
        raise OptimizeError(f"the photo {path} cannot be read ({error.strerror})") from None


def given_image(x_chw: np.ndarray, mean_chw: np.ndarray) -> np.ndarray:
    """A picture already turned into the network's input, checked: a photo or the camera's frame as x0."""
    if x_chw.shape != mean_chw.shape:
        raise OptimizeError(
            f"the start image has the shape {x_chw.shape}; the network's input is {mean_chw.shape}: "
            "turn a picture into it with Preprocessor.to_input"
        )
    if not np.isfinite(x_chw).all():
        raise OptimizeError("the start image holds values that are no finite numbers; expected pixels minus the mean")
    return np.ascontiguousarray(x_chw, np.float32)
