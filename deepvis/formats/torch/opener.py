"""Opens a PyTorch module: ``FILE.py:NAME``."""

from __future__ import annotations

from typing import Any

from torch import nn

from deepvis.formats.torch.export import exported, is_for_one_batch
from deepvis.formats.torch.flat_graph import graph_of_program
from deepvis.formats.torch.map_views import with_map_views
from deepvis.formats.torch.user_module import load_weights, module_of
from deepvis.network.errors import ModelError
from deepvis.network.ref import FORMATS, Opened, Source, file_and_callable

DEFAULT_SHAPE = (3, 224, 224)
PIXELS_NOTE = "pixels reach the module as RGB from 0 to 1; give --mean and --input-scale where it wants others"
ONE_PICTURE_NOTE = "the module takes one picture at a time: optimize with --batch 1"


@FORMATS.add("torch")
def open_torch(source: Source) -> Opened:
    """The network of a module that the user's own Python file makes; the file is run, and the module exported.

    The callable takes no arguments and returns a torch.nn.Module, which may say the shape of its pictures in an
    attribute ``input_shape`` = (channels, height, width); by default 3 x 224 x 224, and ``Source.input_size`` replaces
    height and width. Weights are those of the module, or of ``Source.weights``, a state_dict. Raises ModelError.
    """
    module = module_of(source.file)
    if source.weights is not None:
        load_weights(module, source.weights)
    file, name = file_and_callable(source.file)
    title = f"{file.name}:{name}"
    program = exported(title, module, picture_shape_of(module, title, source))
    notes = [PIXELS_NOTE, *([ONE_PICTURE_NOTE] if is_for_one_batch(program) else [])]
    graph = with_map_views(graph_of_program(title, program, module, notes), module)
    return Opened(graph, lambda: graph, channel_order="RGB", input_scale=1.0)


def picture_shape_of(module: nn.Module, title: str, source: Source) -> tuple[int, int, int]:
    """(channels, height, width). Raises ModelError for an input_shape that is none."""
    said: Any = getattr(module, "input_shape", DEFAULT_SHAPE)
    is_shape = isinstance(said, (tuple, list)) and len(said) == 3
    if not is_shape or not all(isinstance(d, int) and d > 0 for d in said):
        raise ModelError(f"{title}: found input_shape {said!r}, expected (channels, height, width)")
    channels, height, width = said
    height, width = source.input_size or (height, width)
    return channels, height, width
