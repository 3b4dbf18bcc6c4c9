"""What an ONNX file says of pixels, and what is assumed where it says nothing."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import onnx
import torch

from deepvis.core.json_file import parsed_json
from deepvis.formats.usual_pixels import usual_pixels


@dataclass(frozen=True)
class Pixels:
    """How pictures reach the network: x = (pixel / 255 * scale - mean) / std, channel by channel."""

    order: str = "RGB"
    scale: float = 1.0
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    declared: frozenset[str] = frozenset()  # of order, scale, mean, std: what the file says


ARITHMETIC = ("Sub", "Add", "Mul", "Div", "BatchNormalization")
MOVES = ("Identity", "Cast", "Transpose", "Reshape", "Unsqueeze", "Squeeze", "Split", "Slice")
MOST_BEFORE = 8  # operators between the input and the first arithmetic
ORDERS = {"rgb8": "RGB", "bgr8": "BGR", "rgba8": "RGB", "bgra8": "BGR", "rgb": "RGB", "bgr": "BGR"}
RANGES = {"nominalrange_0_255": 255.0, "normalized_0_1": 1.0, "normalized_1_1": 1.0}
MEANS = ("mean", "image_mean", "input_mean", "mean_values", "normalize_mean", "image.mean")
STDS = ("std", "image_std", "input_std", "std_values", "normalize_std", "image.std", "scale_values")
ORDER_KEYS = ("image.bitmappixelformat", "channel_order", "color_order", "color_format", "input_format")
SCALE_KEYS = ("image.nominalpixelrange", "pixel_range")


def pixels_of(
    metadata: Mapping[str, str], channels: int, dtype: torch.dtype, *, prepares_itself: bool = False
) -> Pixels:
    """What the metadata of the model say; where they say nothing of pixels, the usual mean and std.

    Values above 2 say that mean and std are in units of 0..255; a range of -1 to 1 is a mean and std of 0.5. None are
    assumed where the file says the range, where it takes whole numbers, or where it begins with arithmetic of its own.
    Source of the keys Image.*: ONNX's docs/MetadataProps.md.
    """
    entries = {key.strip().lower(): value for key, value in metadata.items()}
    order = _first(entries, ORDER_KEYS, lambda v: ORDERS.get(v.strip().lower()))
    span = _first(entries, SCALE_KEYS, lambda v: v.strip().lower() if v.strip().lower() in RANGES else None)
    mean, std = (_first(entries, keys, lambda v: _numbers(v, channels)) for keys in (MEANS, STDS))
    scale = RANGES[span] if span else None
    if span == "normalized_1_1" and mean is None and std is None:
        mean = std = (0.5,) * channels
    if scale is None and any(abs(v) > 2 for v in (*(mean or ()), *(std or ()))):
        scale = 255.0
    if scale is None and dtype is torch.uint8:
        scale = 255.0
    found = {"order": order, "scale": scale, "mean": mean, "std": std}
    is_said = frozenset(name for name, value in found.items() if value is not None)
    if not is_said - {"order"} and not prepares_itself:
        mean, std = usual_pixels(channels)
        if order == "BGR":
            mean, std = (None if each is None else (*each[2::-1], *each[3:]) for each in (mean, std))
    return Pixels(order or "RGB", scale or 1.0, mean, std, is_said)


def prepares_itself(name: str, graph: onnx.GraphProto) -> bool:
    """Does the file begin with sums or products of the picture, as those that take pixels as they are?"""
    for _ in range(MOST_BEFORE):
        takers = [node for node in graph.node if name in node.input]
        if len(takers) != 1:
            return False
        if takers[0].op_type in ARITHMETIC:
            return True
        if takers[0].op_type not in MOVES or not takers[0].output:
            return False
        name = takers[0].output[0]
    return False


def _first(values: Mapping[str, str], keys: Collection[str], read):
    return next((value for key in keys if key in values and (value := read(values[key])) is not None), None)


def _numbers(text: str, channels: int) -> tuple[float, ...] | None:
    """One number a channel out of "[0.485, 0.456, 0.406]" and its likes; None for anything else."""
    try:
        listed = parsed_json(text)
    except ValueError:
        listed = [float(word) for word in re.findall(r"[-+]?\d*\.?\d+(?:[eE][-+]?\d+)?", text)[:8]]
    listed = listed if isinstance(listed, list) else [listed]
    if not all(isinstance(v, (int, float)) and abs(v) < 1e6 for v in listed) or len(listed) not in (1, channels):
        return None
    return tuple(float(v) for v in (listed * channels if len(listed) == 1 else listed))
