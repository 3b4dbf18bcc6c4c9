"""From pictures to network inputs and back, exactly as Caffe's and PyTorch's users do it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from deepvis.core.array_files import read_array
from deepvis.core.content_errors import CONTENT_ERRORS, reason
from deepvis.core.types import Fit
from deepvis.formats.caffe.weights import read_blob
from deepvis.network.model_error import ModelError

CHANNEL_ORDERS = ("BGR", "RGB")
MOST_CHANNELS = 8  # of which a mean file of one row or column is one number each, and no picture


@dataclass(frozen=True, eq=False)
class Preprocessor:
    """What a network wants of a picture: x = (pixel / 255 * scale - mean) / std, channel by channel.

    input_shape: (C, H, W). mean: None, (C,), or (C, h, w) at least as large as the input, on the scale of 0 to
    ``scale`` and in the network's channel order. channel_order: of the network's colour channels.
    scale: what a white pixel becomes where mean is 0 and std 1: 255 for Caffe (transform_param.scale times 255), 1 for
    most modules. std: None for Caffe, or (C,).
    Pictures of 4 channels are colours and a fourth that is white everywhere (opaque); of other counts than 3, gray.
    """

    input_shape: tuple[int, int, int]
    mean: np.ndarray | None = None
    channel_order: str = "BGR"
    scale: float = 255.0
    std: np.ndarray | None = None

    def __post_init__(self) -> None:
        if len(self.input_shape) != 3 or min(self.input_shape) < 1:
            raise ModelError(f"input shape {self.input_shape}: expected (channels, height, width), all at least 1")
        if self.channel_order not in CHANNEL_ORDERS:
            raise ModelError(f"channel order {self.channel_order!r}: expected one of {', '.join(CHANNEL_ORDERS)}")
        if not (np.isfinite(self.scale) and self.scale > 0):
            raise ModelError(f"input scale {self.scale}: expected a number above 0 (255 for Caffe's own networks)")
        if self.mean is not None:
            object.__setattr__(self, "mean", fit_mean(self.mean, self.input_shape))
        if self.std is not None:
            object.__setattr__(self, "std", fit_std(self.std, self.input_shape[0]))

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the input."""
        return self.input_shape[1:]

    @cached_property
    def mean_chw(self) -> np.ndarray:
        """(C, H, W) float32: what is subtracted, on the scale of 0 to ``scale``; read-only."""
        mean = np.zeros(self.input_shape, np.float32)
        if self.mean is not None:
            mean += self.mean
        mean.flags.writeable = False
        return mean

    @property
    def is_colour(self) -> bool:
        return self.input_shape[0] in (3, 4)

    @property
    def words(self) -> str:
        """What the network is fed with: 'input 3 x 117 x 117, BGR, 0..255, mean 104 117 123'."""
        shape = " x ".join(map(str, self.input_shape))
        order = self.channel_order if self.is_colour else "gray"
        order = f"{order} and opaque" if self.input_shape[0] == 4 else order
        std = "" if self.std is None else f", std {_numbers(self.std)}"
        return f"input {shape}, {order}, 0..{self.scale:.4g}, {self._mean_words}{std}"

    @property
    def _mean_words(self) -> str:
        if self.mean is None:
            return "no mean"
        numbers = _numbers(self.mean.reshape(len(self.mean), -1).mean(axis=1))
        return f"mean {numbers}" if self.mean[0].size == 1 else f"mean image, on average {numbers}"

    @property
    def signature(self) -> bytes:
        """What decides the network's input besides the picture, for ``network.identity``."""
        named = repr((self.input_shape, self.channel_order, float(self.scale))).encode()
        opaque = b"opaque" if self.input_shape[0] == 4 else b""
        std = b"" if self.std is None else b"std" + np.ascontiguousarray(self.std, "<f4").tobytes()
        return named + np.ascontiguousarray(self.mean_chw, "<f4").tobytes() + std + opaque

    def to_input(self, rgb: np.ndarray, fit: Fit = Fit.CROP) -> np.ndarray:
        """(H, W, 3) uint8 RGB of any size -> (C, H, W) float32 network input."""
        return self.normalised(self.crop(rgb, fit))

    def crop(self, rgb: np.ndarray, fit: Fit = Fit.CROP) -> np.ndarray:
        """(h, w, 3) uint8 -> (H, W, 3) uint8, what the network sees: the centre of its aspect ratio, resized.

        With Fit.STRETCH the whole picture is resized. Caffe's resize is cv2.INTER_LINEAR, so is this one.
        Gray, three times, for networks that see no colours.
        """
        resized = _resized(centre(rgb, self.size) if fit is Fit.CROP else rgb, self.size)
        if self.is_colour:
            return resized
        return cv2.cvtColor(cv2.cvtColor(np.ascontiguousarray(resized), cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)

    def caffe_crop(self, rgb: np.ndarray) -> np.ndarray:
        """(h, w, 3) uint8 -> (H, W, 3) uint8 as Caffe's ImageNet tests do: the whole resized, then its centre.

        The size before the crop is 256x256 for inputs of 224 and 227, and in proportion for others.
        """
        height, width = self.size
        larger = (_before_crop(height), _before_crop(width))
        resized = _resized(rgb, larger)
        top, left = (larger[0] - height) // 2, (larger[1] - width) // 2
        return np.ascontiguousarray(resized[top : top + height, left : left + width])

    def normalised(self, rgb: np.ndarray) -> np.ndarray:
        """(H, W, 3) uint8 RGB of the input's size -> (C, H, W) float32, scaled, mean subtracted, divided by std."""
        channels = self.input_shape[0]
        if self.is_colour:
            planes = list(cv2.split(rgb)[:: -1 if self.channel_order == "BGR" else 1])
            planes += [np.full(self.size, 255, np.uint8)] * (channels - 3)
        else:
            planes = [cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2GRAY)] * channels
        x = np.empty(self.input_shape, np.float32)
        for plane, mean, top in zip(planes, self.mean_chw, x, strict=True):
            if self.scale == 255:
                np.subtract(plane, mean, out=top, dtype=np.float32)
            else:
                np.multiply(plane, np.float32(self.scale / 255), out=top, dtype=np.float32)
                top -= mean
        if self.std is not None:
            x /= self.std[:, np.newaxis, np.newaxis]
        return x

    def to_rgb(self, x_chw: np.ndarray) -> np.ndarray:
        """(C, H, W) network input -> (H, W, 3) uint8 RGB; values outside 0..255 are clipped."""
        pixels = (self.deviation(x_chw) + self.mean_chw) * np.float32(255 / self.scale)
        rgb = self.in_rgb_order(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))
        if rgb.shape[0] != 3:
            rgb = np.repeat(rgb[:1], 3, axis=0)
        return np.ascontiguousarray(rgb.transpose(1, 2, 0))

    def deviation(self, x_chw: np.ndarray) -> np.ndarray:
        """(C, H, W) network input -> how far its pixels are from the mean, on the scale of 0 to ``scale``."""
        x_chw = np.asarray(x_chw, np.float32)
        return x_chw if self.std is None else x_chw * self.std[:, np.newaxis, np.newaxis]

    def diff_to_rgb(self, diff_chw: np.ndarray) -> np.ndarray:
        """A gradient at the network's input (C, H, W) -> at the picture, its 3 colours in RGB order.

        Of channels with a std of their own it is by grey levels of 0 to 255, as Caffe's is. Other counts of channels
        come back in their order.
        """
        if self.std is None:
            return self.in_rgb_order(diff_chw)
        return self.in_rgb_order(diff_chw * np.float32(self.scale / 255) / self.std[:, np.newaxis, np.newaxis])

    def in_rgb_order(self, x_chw: np.ndarray) -> np.ndarray:
        """(C, H, W), its colours in RGB order, an opaque fourth channel left out; other counts as they are."""
        colours = x_chw[:3] if self.is_colour else x_chw
        return colours[::-1] if self.is_colour and self.channel_order == "BGR" else colours


def centre(rgb: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The largest centred window of rgb (h, w, ...) with the aspect ratio of size (H, W); a view."""
    height, width = rgb.shape[:2]
    high = min(height, max(1, round(width * size[0] / size[1])))
    wide = min(width, max(1, round(height * size[1] / size[0])))
    top, left = (height - high) // 2, (width - wide) // 2
    return rgb[top : top + high, left : left + wide]


def _resized(rgb: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    if rgb.shape[:2] == size:
        return np.ascontiguousarray(rgb)
    return cv2.resize(rgb, (size[1], size[0]), interpolation=cv2.INTER_LINEAR)


def _before_crop(side: int) -> int:
    return 256 if 192 < side <= 256 else round(side * 256 / 227)


# --- means -------------------------------------------------------------------------------------


def load_mean(mean: str | Path | Sequence[float] | np.ndarray | None) -> np.ndarray | None:
    """A mean as float32 (C,) or (C, h, w), from numbers, a .npy file or a .binaryproto file. Raises ModelError."""
    if mean is None:
        return None
    if isinstance(mean, (str, Path)):
        return _checked_mean(_read_mean(Path(mean)), str(mean))
    return _checked_mean(mean, f"mean {mean}" if not isinstance(mean, np.ndarray) else "the mean")


def _read_mean(path: Path) -> np.ndarray:
    if path.suffix == ".binaryproto":
        return read_blob(path)
    if path.suffix != ".npy":
        raise ModelError(f"{path}: found a mean of the kind {path.suffix!r}, expected .npy or .binaryproto")
    try:
        return read_array(path)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror or error}), expected a mean image") from None
    except CONTENT_ERRORS as error:
        raise ModelError(
            f"{path}: is no numpy array ({reason(error)}), expected a mean of shape (C,) or (C, h, w)"
        ) from None


def _checked_mean(mean: Any, where: str) -> np.ndarray:
    try:
        given = np.asarray(mean)
        if given.dtype.kind in "cmMSUV":
            raise TypeError(given.dtype)
        with np.errstate(over="ignore"):  # what becomes infinite is refused below
            array = np.array(given, np.float32)
    except (TypeError, ValueError, OverflowError):
        raise ModelError(f"{where}: expected numbers, one for each channel") from None
    while array.ndim > 3 and array.shape[0] == 1:
        array = array[0]
    if array.ndim == 3 and array.shape[2] in (1, 3) and array.shape[0] not in (1, 3):
        array = array.transpose(2, 0, 1)  # (h, w, C), as pictures are kept
    if array.ndim > 1 and array.size <= MOST_CHANNELS and max(array.shape) == array.size:
        array = array.reshape(-1)  # (C, 1, 1), (1, C), (1, 1, C): one number a channel
    if array.ndim == 2:
        array = array[np.newaxis]
    if array.ndim == 0:
        array = array[np.newaxis]
    if array.ndim not in (1, 3) or array.size == 0:
        raise ModelError(f"{where}: found the shape {array.shape}, expected (C,) or (C, h, w)")
    if not np.isfinite(array).all():
        raise ModelError(f"{where}: found values that are no finite numbers, expected pixels from 0 to 255")
    return array


def fit_std(std: np.ndarray, channels: int) -> np.ndarray | None:
    """(C,) float32, or None where all are 1. Raises ModelError."""
    std = np.atleast_1d(np.asarray(std, np.float32))
    if std.ndim != 1 or len(std) not in (1, channels):
        raise ModelError(f"the std has the shape {std.shape}, expected one number for each of {channels} channels")
    if not (np.isfinite(std).all() and (std > 0).all()):
        raise ModelError(f"the std is {_numbers(std)}, expected numbers above 0")
    return None if (std == 1).all() else np.repeat(std, channels // len(std))


def _numbers(values: np.ndarray) -> str:
    return " ".join(f"{value:.4g}" for value in values)


def fit_mean(mean: np.ndarray, input_shape: tuple[int, int, int]) -> np.ndarray:
    """A mean (C, 1, 1) or (C, H, W) for the input: larger images are cropped at the centre. Raises ModelError."""
    channels, height, width = input_shape
    mean = _checked_mean(mean, "the mean")
    if mean.shape[0] not in (1, channels):
        raise ModelError(f"the mean has {mean.shape[0]} channels, expected {channels} as the network's input has")
    if mean.ndim == 1:
        return mean[:, np.newaxis, np.newaxis]
    high, wide = mean.shape[1:]
    if high < height or wide < width:
        raise ModelError(
            f"the mean image is {wide}x{high}, expected at least {width}x{height} as the network's input is; "
            "give one number for each channel instead"
        )
    top, left = (high - height) // 2, (wide - width) // 2
    return np.ascontiguousarray(mean[:, top : top + height, left : left + width])
