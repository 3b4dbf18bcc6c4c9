"""How a module takes pictures: which of its inputs, of what shape, and what the others are given.

Found by calling it: what is not said is tried, one small batch after the other, until the module takes it.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from deepvis.core.nearest import nearest
from deepvis.formats.torch.other_inputs import Other, others_of, suggested_by, values_of
from deepvis.network.model_error import ModelError
from deepvis.network.ref import LAYOUTS

SIDE = 224  # of the pictures, where nothing says another
MOST_CHANNELS = 4  # of a picture
MOST_TRIALS = 32
# the names of inputs that take a picture, the surest first
PICTURE_NAMES = ("pixel_values", "image", "images", "img", "imgs", "picture", "data", "x", "input", "inputs")


@dataclass(frozen=True)
class InputOptions:
    """What is said of a module's input; None: it is found."""

    input_size: tuple[int, int] | None = None  # (height, width)
    channels: int | None = None
    layout: str | None = None  # NCHW or NHWC
    data_input: str | None = None  # the input that takes the picture
    inputs: tuple[str, ...] = ()  # name=FILE.npy of the others


@dataclass(frozen=True, eq=False)
class ModuleInput:
    """How pictures (N, channels, height, width) are handed to a module. picture: the name of its input."""

    shape: tuple[int, int, int]
    layout: str = "NCHW"
    picture: str = "x"
    others: tuple[Other, ...] = ()

    @property
    def is_plain(self) -> bool:
        return self.layout == "NCHW" and not self.others

    @property
    def notes(self) -> list[str]:
        layout = ["the module takes pictures as (N, height, width, channels)"] if self.layout == "NHWC" else []
        return layout + [other.note for other in self.others if other.note]


@dataclass(frozen=True, eq=False)
class Captured:
    """The module whose tensors a graph has, in evaluation mode, and how it takes pictures."""

    module: nn.Module
    entry: ModuleInput

    @property
    def taking(self) -> nn.Module:
        """The module as one that takes pictures (N, C, H, W) alone."""
        return adapted(self.module, self.entry)


def module_input(module: nn.Module, title: str, options: InputOptions) -> ModuleInput:
    """How the module takes pictures; the first way that might do, where it takes none. Raises ModelError.

    module: in evaluation mode. It may say its pictures' shape, (channels, height, width), in an attribute
    ``input_shape``, and those of several inputs in ``input_shapes``, by name.
    """
    ways = list(islice(_ways(module, title, options), MOST_TRIALS))
    found = _first_that_runs(module, title, ways)
    if found is None and any(other.values is None for other in ways[0].others):
        further = list(islice(_ways(module, title, options, suggested_by(module)), MOST_TRIALS))
        found = _first_that_runs(module, title, further)
    if found is None:
        _check_channels(module, title, options, ways[0])
        _check_others(module, title, ways[0])
    return found or ways[0]


def runs(module: nn.Module, title: str, options: InputOptions) -> bool:
    """Does the module take pictures at all? Raises ModelError for options that make no sense."""
    return _first_that_runs(module, title, list(islice(_ways(module, title, options), MOST_TRIALS))) is not None


def _first_that_runs(module: nn.Module, title: str, ways: Sequence[ModuleInput]) -> ModuleInput | None:
    """Raises ModelError where what the module returns holds no tensor."""
    for batch, way in product((2, 1), ways):  # of two first: sizes that depend on the batch differ from others then
        does_run, found = _tried(module, way, batch)
        if not does_run:
            continue
        if not any(isinstance(leaf, Tensor) for leaf in tree_leaves(found)):
            raise ModelError(f"{title}: found a forward pass that returns {_kind(found)}, expected tensors")
        return way
    return None


def _check_channels(module: nn.Module, title: str, options: InputOptions, way: ModuleInput) -> None:
    """Raises ModelError where the first convolution takes what no picture has, and nobody says how to feed it."""
    first = _first_channels(module)
    if first > MOST_CHANNELS and not options.channels and way.shape[0] != first:
        raise ModelError(
            f"{title}: found a first convolution of {first} channels, expected one of 1, 3 or 4, as pictures have; "
            f"make a module whose forward pass makes the {first} of a picture's"
        )


def _check_others(module: nn.Module, title: str, way: ModuleInput) -> None:
    """Raises ModelError where the module takes no zeros for inputs of which nothing is said."""
    unsaid = [other.name for other in way.others if other.values is None]
    if unsaid and not any(_tried(module, way, batch)[0] for batch in (4, 8)):
        names = ", ".join(map(repr, unsaid))
        options = " ".join(f"--input {name}=FILE.npy" for name in unsaid)
        raise ModelError(
            f"{title}: its other input{'s' if len(unsaid) > 1 else ''} {names} cannot be filled with zeros (no shape "
            f"of those tried goes through), expected values for one picture; give {options}, or another --input-size "
            "or --data-blob, if the picture does not fit"
        )


def adapted(module: nn.Module, way: ModuleInput) -> nn.Module:
    """The module as one that takes pictures (N, C, H, W) alone: the same parts, under the same names."""
    if way.is_plain:
        return module
    kind, own = type(module), module.__dict__.get("forward")

    def forward(self: nn.Module, pictures: Tensor) -> Any:
        taken = pictures.permute(0, 2, 3, 1) if way.layout == "NHWC" else pictures
        given = {way.picture: taken, **{other.name: other.given(pictures) for other in way.others}}
        return own(**given) if own is not None else kind.forward(self, **given)

    parameter = inspect.Parameter(way.picture, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    own_parameter = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    forward.__signature__ = inspect.Signature([own_parameter, parameter])  # type: ignore[attr-defined]
    made = copy.copy(module)  # its dictionaries of parts are the module's own
    made.__dict__.pop("forward", None)
    made.__class__ = type(kind.__name__, (kind,), {"forward": forward, "__module__": kind.__module__})
    return made


def _tried(module: nn.Module, way: ModuleInput, batch: int) -> tuple[bool, Any]:
    """Whether the module takes pictures so, and what it makes of them."""
    picture = torch.rand(batch, *way.shape, generator=torch.Generator().manual_seed(0))
    try:
        with torch.no_grad():
            return True, adapted(module, way)(picture)
    except Exception:  # the module's own code may raise anything
        return False, None


def _ways(
    module: nn.Module, title: str, options: InputOptions, suggested: Sequence[Other] = ()
) -> Iterator[ModuleInput]:
    """The ways to hand a picture in, the likeliest first. suggested: for the other inputs, of which nothing is said."""
    given = values_of(options.inputs)
    names, required = _arguments(module)
    shapes = _declared_shapes(module)
    picture = _picture_name(title, names, required, shapes, given, options.data_input)
    unknown = next((name for name in given if name not in names), None)
    if unknown is not None and names:
        raise ModelError(f"{title}: --input names {unknown!r}, which the module has not; {nearest(unknown, names)}")
    is_open = suggested and not options.data_input and picture not in PICTURE_NAMES
    free = [name for name in required if name != picture and name not in given] if is_open else []
    for taking in (picture, *free):
        rest = [name for name in names if name != taking and (name in required or name in given)]
        for shape, layout in islice(_pictures(module, title, options, shapes.get(taking)), 1 if suggested else None):
            choices = [others_of(name, given, shapes, shape, suggested) for name in rest]
            for others in product(*choices):
                yield ModuleInput(shape, layout, taking, others)


def _pictures(
    module: nn.Module, title: str, options: InputOptions, declared: tuple[int, ...] | None
) -> Iterator[tuple[tuple[int, int, int], str]]:
    """(channels, height, width), layout."""
    shape = declared_shape(module, title) or (declared if declared is not None and len(declared) == 3 else None)
    first = _first_channels(module)
    likely = [first if first <= MOST_CHANNELS else 3, 3, 1, 4]
    channels = [options.channels] if options.channels else [shape[0]] if shape else list(dict.fromkeys(likely))
    height, width = options.input_size or (shape[1:] if shape else _declared_side(module))
    layouts = [options.layout] if options.layout else list(LAYOUTS)
    for each in channels:
        for layout in layouts:
            yield (each, height, width), layout


def _first_channels(module: nn.Module) -> int:
    """Those that its first convolution takes; 3 where it has none."""
    return next((part.in_channels for part in module.modules() if isinstance(part, nn.Conv2d)), 3)


def declared_shape(module: nn.Module, title: str) -> tuple[int, int, int] | None:
    """(channels, height, width), as the module's attribute ``input_shape`` or timm's description says.

    Raises ModelError for an input_shape that is none.
    """
    declared: Any = getattr(module, "input_shape", None)
    if declared is None:
        declared = picture_config(module).get("input_size")
    if declared is None or isinstance(declared, (nn.Module, Tensor)) or callable(declared):
        return None
    is_shape = isinstance(declared, (tuple, list)) and len(declared) == 3
    if not is_shape or not all(isinstance(d, int) and d > 0 for d in declared):
        raise ModelError(f"{title}: found input_shape {declared!r}, expected (channels, height, width)")
    return declared[0], declared[1], declared[2]


def picture_config(module: nn.Module) -> Mapping[str, Any]:
    """What a module of timm says of its pictures: input_size, mean, std."""
    config = getattr(module, "pretrained_cfg", None)
    return config if isinstance(config, Mapping) else {}


def _declared_side(module: nn.Module) -> tuple[int, int]:
    """(height, width): a transformer's attribute image_size, or the usual."""
    for name in ("image_size", "img_size"):
        declared = getattr(module, name, None)
        if isinstance(declared, int) and not isinstance(declared, bool) and declared > 0:
            return declared, declared
        if (
            isinstance(declared, (tuple, list))
            and len(declared) == 2
            and all(isinstance(d, int) and d > 0 for d in declared)
        ):
            return declared[0], declared[1]
    return SIDE, SIDE


def _declared_shapes(module: nn.Module) -> dict[str, tuple[int, ...]]:
    """The shapes of several inputs by name, without the batch, from the attribute ``input_shapes``."""
    declared = getattr(module, "input_shapes", None)
    if not isinstance(declared, Mapping):
        return {}
    return {str(name): tuple(shape) for name, shape in declared.items() if isinstance(shape, (tuple, list))}


def _arguments(module: nn.Module) -> tuple[list[str], list[str]]:
    """The names of forward's arguments, and of those that must be given."""
    try:
        parameters = list(inspect.signature(module.forward).parameters.values())
    except (ValueError, TypeError):
        return [], []
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    named = [each for each in parameters if each.kind not in variable]
    return [each.name for each in named], [each.name for each in named if each.default is each.empty]


def _picture_name(
    title: str,
    names: Sequence[str],
    required: Sequence[str],
    shapes: Mapping[str, tuple[int, ...]],
    given: Mapping[str, Tensor],
    data_input: str | None,
) -> str:
    """The input that takes the picture: as named, the only one, by its shape, by its name, the first."""
    if data_input and names:
        if data_input not in names:
            raise ModelError(f"{title}: has no input {data_input!r}, expected one of its inputs: {', '.join(names)}")
        return data_input
    free = [name for name in required or names if name not in given] or list(names)
    by_shape = [name for name in free if len(shapes.get(name, ())) == 3]
    by_name = [name for name in PICTURE_NAMES if name in free]
    return next(iter([*(free if len(free) == 1 else []), *by_shape, *by_name, *free]), "x")


def _kind(value: Any) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"
