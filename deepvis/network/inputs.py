"""Which of a network's inputs takes the picture, and of what shape."""

from __future__ import annotations

import math
from collections.abc import Mapping

from deepvis.network.graph import Graph
from deepvis.network.model_error import ModelError

Shape = tuple[int, ...]
OF_REGIONS = frozenset(("ROIPooling", "PSROIPooling"))  # types of nodes whose second bottom names regions


def title_of(network: str) -> str:
    """How a sentence calls a network, with or without a name."""
    return f"network {network!r}" if network else "the network"


def picture_input(network: str, inputs: Mapping[str, Shape], data_input: str | None = None) -> str:
    """The input that takes the picture: the named one, "data", or the first of picture shape. Raises ModelError."""
    names = ", ".join(map(repr, inputs)) or "none"
    if data_input:
        if data_input not in inputs:
            raise ModelError(f"{title_of(network)} has no input {data_input!r}, expected one of its inputs: {names}")
        return data_input
    pictures = [name for name, shape in inputs.items() if len(shape) in (0, 3, 4)]
    if not pictures:
        shapes = ", ".join(f"{name!r} of {'x'.join(map(str, shape))}" for name, shape in inputs.items()) or "none"
        raise ModelError(
            f"{title_of(network)}: found the inputs {shapes}, expected one that takes a picture "
            "(batch, channels, height, width); declare one with four sizes in the network's file"
        )
    return "data" if "data" in pictures else pictures[0]


def picture_shape(network: str, name: str, shape: Shape) -> tuple[int, int, int]:
    """(channels, height, width) of an input. Raises ModelError where it is no picture, or is not declared."""
    if len(shape) not in (3, 4):
        found = "no shape" if not shape else f"the shape {'x'.join(map(str, shape))}"
        raise ModelError(
            f"{title_of(network)}: found {found} of the input {name!r}, expected (batch, channels, height, width); "
            "give its size with --input-size HxW"
        )
    return shape[-3], shape[-2], shape[-1]


def one_picture(shape: Shape) -> Shape:
    """The shape with batch 1, as the window runs it; a shape without a batch as it is."""
    return (1, *shape[1:]) if len(shape) == 4 else shape


def whole_picture(shape: Shape, size: tuple[int, int]) -> list[float]:
    """The values of an input that names regions, (R, 5): each the whole picture of (height, width), of item 0."""
    return [0.0, 0.0, 0.0, float(size[1] - 1), float(size[0] - 1)] * (math.prod(shape) // 5)


def region_inputs(graph: Graph) -> list[str]:
    """The inputs that name regions of the picture, by the layers that read them as such."""
    read = {node.bottoms[1] for node in graph.nodes if node.type in OF_REGIONS and len(node.bottoms) > 1}
    return [name for name, value in graph.input_values.items() if value in read]
