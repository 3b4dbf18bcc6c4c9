"""Opens an ONNX file."""

from __future__ import annotations

from deepvis.formats.onnx.file_graph import graph_of_file
from deepvis.formats.onnx.model_file import read_model
from deepvis.formats.onnx.pictures import Pixels
from deepvis.network.ref import FORMATS, Opened, Source


@FORMATS.add("onnx")
def open_onnx(source: Source) -> Opened:
    """The network of an ONNX file. Raises ModelError.

    Nothing of the file is run; large tensors are read once, straight into the arrays that are computed with. Height and
    width that the file leaves open are ``Source.input_size``, by default 224 x 224.
    """
    found = graph_of_file(read_model(source.file), source)
    graph, pixels = found.graph, found.pixels
    mean, scale = pixel_units(pixels)
    return Opened(graph, lambda: graph, mean=mean, channel_order=pixels.order, input_scale=scale)


def pixel_units(pixels: Pixels) -> tuple[list[float] | None, float]:
    """(mean from 0 to 255, value of a white pixel without it): std as one number for all channels."""
    std = sum(pixels.std) / len(pixels.std) if pixels.std else 1.0
    mean = None if pixels.mean is None else [value * 255 / pixels.scale for value in pixels.mean]
    return mean, pixels.scale / (std or 1.0)
