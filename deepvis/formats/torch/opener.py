"""Opens PyTorch modules: ``FILE.py:NAME``, ``package.module:NAME``, ``torchvision:NAME``, ``timm:NAME``, a module."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from torch import nn

from deepvis.formats.torch.aten_layouts import with_module_views
from deepvis.formats.torch.capture import captured, pictures_notes, with_own_numbers
from deepvis.formats.torch.eager import evaluating
from deepvis.formats.torch.export import baked_batch
from deepvis.formats.torch.flat_graph import graph_of_program
from deepvis.formats.torch.library import library_module
from deepvis.formats.torch.module_input import Captured, InputOptions, adapted, module_input, picture_config, runs
from deepvis.formats.torch.number_types import computable
from deepvis.formats.torch.pt2 import read_pt2
from deepvis.formats.torch.self_test import self_test
from deepvis.formats.torch.user_module import module_of
from deepvis.formats.torch.weights import load_weights
from deepvis.formats.torch.wrapped import check_is_no_script
from deepvis.formats.usual_pixels import usual_pixels
from deepvis.network.inputs import picture_input
from deepvis.network.model_error import ModelError
from deepvis.network.ref import FORMATS, LIBRARIES, Opened, Source, file_and_callable, name_of

NO_OPTIONS = InputOptions()
ASSUMED = ("scale", "order", "mean", "std")  # what no module says of its pictures


@FORMATS.add("torch")
def open_torch(source: Source) -> Opened:
    """The network of a module that is named; the user's own code is run, and the module captured. Raises ModelError.

    Weights are those of the module, or those of the file ``Source.weights``, see ``load_weights``.
    """
    if source.file.suffix.lower() == ".pt2":
        return opened_archive(source)
    options = InputOptions(source.input_size, source.channels, source.layout, source.data_input, source.inputs)
    module, title, notes = named_module(source)
    return opened_module(module, title, options, notes)


def named_module(source: Source) -> tuple[nn.Module, str, list[str]]:
    """The module, how errors name it, and notes on its weights. Raises ModelError."""
    name = name_of(source.file)
    if name is not None and name[0] in LIBRARIES:
        module, notes = library_module(*name, has_weights=source.weights is not None)
    else:
        module, notes = module_of(source.file), []
    if source.weights is not None:
        notes = load_weights(module, Path(source.weights), fill=source.fill)
    return module, title_of(str(source.file)), notes


def title_of(named: str) -> str:
    """``net.py:make`` without its folders; other names as they are."""
    file, name = file_and_callable(named)
    return f"{file.name}:{name}" if name else named


def opened_module(
    module: nn.Module, title: str, options: InputOptions = NO_OPTIONS, notes: Sequence[str] = ()
) -> Opened:
    """The network of a module that is there already. Raises ModelError.

    title: how errors and the window name it. options: what is said of its input. The module is left as it was: it is
    looked at in evaluation mode, whatever mode it is in. Its tensors are the graph's weights where they are float32
    and on the CPU; otherwise those of a copy, see ``computable``.
    """
    check_is_no_script(module, title)
    with in_evaluation(module, title, options) as (ready, types):
        found = module_input(ready, title, options)
        taking = adapted(ready, found)
        graph = with_module_views(captured(title, taking, found.shape, notes=[*notes, *types, *found.notes]), taking)
    mean, std, is_known = pixels_of(ready, found.shape[0])
    assumed = frozenset(("scale", "order") if is_known else ASSUMED)
    own, check = Captured(ready, found), partial(self_test, graph, taking)
    return Opened(graph, lambda: graph, mean, "RGB", 1.0, std=std, assumed=assumed, own=lambda: own, self_test=check)


def opened_archive(source: Source) -> Opened:
    """The network of a .pt2, with its own weights. Raises ModelError."""
    if source.weights is not None:
        raise ModelError(
            f"{source.file}: brings its own weights, and --weights {source.weights.name} names others; leave one away"
        )
    program = read_pt2(source.file, trust_file=source.trust_file)
    notes = pictures_notes(baked_batch(program))
    graph = with_module_views(
        with_own_numbers(graph_of_program(source.file.name, program, nn.Module(), notes)), nn.Module()
    )
    picture = graph.inputs[picture_input(graph.name, graph.inputs, source.data_input)]
    if source.input_size not in (None, picture[-2:]):
        raise ModelError(
            f"{source.file}: is for pictures of {picture[-2]}x{picture[-1]}, found --input-size "
            f"{'x'.join(map(str, source.input_size or ()))}; export it anew for those"
        )
    mean, std, _ = pixels_of(nn.Module(), picture[1] if len(picture) == 4 else 3)
    return Opened(graph, lambda: graph, mean, "RGB", 1.0, std=std, assumed=frozenset(ASSUMED))


@contextmanager
def in_evaluation(module: nn.Module, title: str, options: InputOptions) -> Iterator[tuple[nn.Module, list[str]]]:
    """(the module in evaluation mode or a copy on the CPU, notes on its numbers); then each part has its mode again."""
    with evaluating(module):
        yield computable(module, lambda each: runs(each, title, options))


def pixels_of(module: nn.Module, channels: int) -> tuple[tuple[float, ...] | None, tuple[float, ...] | None, bool]:
    """Mean and std of the module's pictures on the scale of 0 to 1, and whether the module itself says them.

    ImageNet's where nothing says others; none for pictures of more than 4 channels, or of 2.
    """
    config = picture_config(module)
    mean, std = config.get("mean"), config.get("std")
    if mean is not None and std is not None and len(mean) == len(std) == channels:
        return tuple(map(float, mean)), tuple(map(float, std)), True
    return *usual_pixels(channels), False
