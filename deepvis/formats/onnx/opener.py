"""Opens an ONNX file."""

from __future__ import annotations

from deepvis.formats.onnx.file_graph import graph_of_file
from deepvis.formats.onnx.model_file import read_model
from deepvis.network.ref import FORMATS, Opened, Source


@FORMATS.add("onnx")
def open_onnx(source: Source) -> Opened:
    """The network of an ONNX file. Raises ModelError.

    Nothing of the file is run; large tensors are read once, straight into the arrays that are computed with. Height and
    width that the file leaves open are ``Source.input_size``, by default 224 x 224.
    """
    found = graph_of_file(read_model(source.file), source)
    graph, pixels = found.graph, found.pixels
    assumed = frozenset(("mean", "std", "order", "scale")) - pixels.declared
    return Opened(graph, lambda: graph, pixels.mean, pixels.order, pixels.scale, std=pixels.std, assumed=assumed)
