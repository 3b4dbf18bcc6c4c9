"""The layers of a network, and its comparison with its framework: text on standard output."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from deepvis.core.types import FieldOf, NetInfo
from deepvis.core.user_error import UsageError
from deepvis.core.words import field_size_words
from deepvis.live.backend import BackendError, open_backend
from deepvis.live.fields import open_fields
from deepvis.models.model import Model
from deepvis.network.model_error import ModelError


def print_self_test(model: Model) -> int:
    """The network beside its framework's own pass: what was compared, and the largest difference. 1: something differs.

    A network of a framework alone can be: a Caffe network is run by nothing else here. Raises UsageError.
    """
    if model.opened.self_test is None:
        raise UsageError(
            f"self-test: found {model.name}, a network that no framework here runs beside deepvis; expected a "
            "PyTorch module"
        )
    try:
        compared = model.opened.self_test()
    except ModelError as error:
        raise UsageError(str(error)) from error
    for comparison in compared:
        sys.stdout.write(f"{comparison}\n")
    return 0 if all(comparison.is_same for comparison in compared) else 1


def print_layers(model: Model, backend_name: str, device: str) -> int:
    """What the network is fed with, what does not fit, and the layers that the window shows."""
    try:
        backend = open_backend(backend_name, model, device)
    except (BackendError, ModelError) as error:
        raise UsageError(str(error)) from error
    for sentence in (backend.info.input_words, *backend.info.notes):
        sys.stdout.write(f"# {sentence}\n" if sentence else "")
    for line in layer_lines(backend.info, open_fields(model)):
        sys.stdout.write(f"{line}\n")
    layers = [layer for layer in backend.info.layers if not layer.is_minor]
    if others := len(backend.info.layers) - len(layers):
        sys.stdout.write(f"# and {others} values more, in the window with the key tab\n")
    backend.close()
    return 0


def layer_lines(info: NetInfo, field_of: FieldOf | None) -> Iterator[str]:
    """Of each layer of the list: name, set in by the blocks that it lies in, type, channels x height x width, name in
    the list, and how much of the input a unit in its middle sees; of one without values why it has none."""
    _, height, width = info.input_shape
    layers = [layer for layer in info.layers if not layer.is_minor]
    names = {layer.name: "  " * len(layer.inside) + layer.name for layer in layers}
    wide, title, kind = (
        max(map(len, words), default=0)
        for words in (names.values(), [layer.title for layer in info.live], [layer.type for layer in layers])
    )
    for layer in layers:
        begin = f"{names[layer.name]:{wide}}  {layer.type:{max(kind, 14)}}"
        if layer.missing:
            yield f"{begin}  {'-':12}  {layer.missing}"
            continue
        shape = f"{layer.channels}x{layer.height}x{layer.width}" if layer.is_spatial else f"{layer.channels}"
        edges = field_of(layer.name, layer.height // 2, layer.width // 2) if field_of is not None else None
        unknown = "" if field_of is None else "what it sees is not known"
        seen = unknown if edges is None else field_size_words(edges, height, width)
        yield f"{begin}  {shape:12}  {layer.title:{title}}  {seen}".rstrip()
