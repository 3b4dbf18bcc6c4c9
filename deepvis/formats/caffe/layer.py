"""What a Caffe layer type is: one row of LAYERS, written in the type's own file in ``layers/``.

To add one, write one file there with::

    @layer_type("Power", kind=Kind.ACTIVATION, field=elementwise)
    def power(spec: LayerSpec, weights: Weights) -> Op | Callable: ...

The function reads the parameters once and returns what runs. A plain callable ``bottoms -> top`` (or a tuple of
tops) is enough: its gradient then comes from autograd, by running the layer once more with gradients enabled. A layer
that is worth a quicker gradient returns an ``Op`` with a rule of its own. A type with weights says in a ``WeightRule``
how many, of which shapes and how they begin. Loading these files does not load torch (``network/lazy.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from deepvis.core.registry import Registry
from deepvis.formats.caffe import layers
from deepvis.formats.caffe.schema import FillerParameter
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.field_rules import NodeEdge, Window, same_place, whole
from deepvis.network.kinds import Kind
from deepvis.network.lazy import Tensor
from deepvis.network.model_error import ModelError
from deepvis.network.op import Op, Weights
from deepvis.network.op import check_size as check_size_of

Shape = tuple[int, ...]
Builder = Callable[[LayerSpec, Weights], "Op | Callable[..., Any]"]
Count = tuple[int, int]  # fewest, most
MANY = 10**6
NO_FILLER = FillerParameter()  # constant 0


@dataclass(frozen=True, eq=False)
class CaffeOp(Op):
    """An op with what only Caffe's own passes do.

    resume: what a run saved -> the layer that goes on from there, where Caffe's keeps a state from pass to pass.
    """

    resume: Callable[[Any], Op] | None = None


def usual_filler(spec: LayerSpec, index: int, shape: Shape) -> Any:
    """weight_filler for matrices and kernels, bias_filler for vectors."""
    return spec.param.weight_filler if len(shape) > 1 else spec.param.bias_filler


def no_filler(spec: LayerSpec, index: int, shape: Shape) -> Any:
    """Zeros."""
    return NO_FILLER


def learned_filler(default: float) -> Callable[[LayerSpec, int, Shape], Any]:
    """``filler``, by default a constant; likewise in types whose parameters have no such field."""

    def filler(spec: LayerSpec, index: int, shape: Shape) -> Any:
        param = spec.param
        is_given = "filler" in param.DESCRIPTOR.fields_by_name and param.HasField("filler")
        return param.filler if is_given else FillerParameter(value=default)

    return filler


@dataclass(frozen=True)
class WeightRule:
    """The weight blobs of a layer type, in Caffe's order.

    count: LayerParameter -> how many. shapes: (layer, shapes of its bottoms) -> their shapes, raises ModelError.
    filler: (layer, index, shape) -> the FillerParameter of what no file gives. other_counts: that files have as well.
    """

    count: Callable[[Any], int]
    shapes: Callable[[LayerSpec, Sequence[Shape]], Sequence[Shape]]
    filler: Callable[[LayerSpec, int, Shape], Any] = usual_filler
    other_counts: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class LayerType:
    """All that is known of a layer type. Source of bottoms and tops: the ExactNum..., MinNum... of Caffe's layers."""

    build: Builder
    kind: Kind | Callable[[LayerSpec], Kind] = Kind.OTHER
    bottoms: Count = (1, 1)
    tops: Count = (1, 1)
    fewer_tops: int | None = None  # exactly so many fewer tops than bottoms
    weights: WeightRule | None = None
    field: Callable[[LayerSpec, NodeEdge, Window], Window | None] | None = None  # None: it may look everywhere
    outputs: Callable[[LayerSpec], int] | None = None  # channels of its tops, where the file says
    training: Builder | None = None  # where Caffe's TRAIN phase differs


class LayerTypes(Registry[LayerType]):
    """The table of layer types; those in ``layers/`` are entered when they are first asked for."""

    def __getitem__(self, name: str) -> LayerType:
        layers.load(name)
        return super().__getitem__(name)

    def get(self, name: str) -> LayerType | None:
        layers.load(name)
        return super().get(name)

    def __contains__(self, name: object) -> bool:
        return name in layers.files() or super().__contains__(name)

    def __iter__(self) -> Iterator[str]:
        for name in layers.files():
            layers.load(name)
        return super().__iter__()

    def __len__(self) -> int:
        return sum(1 for _ in self)


LAYERS = LayerTypes("layer type")


def layer_type(*names: str, **facts: Any) -> Callable[[Builder], Builder]:
    """Enter a builder under the names; facts: the other fields of LayerType."""

    def enter(build: Builder) -> Builder:
        for name in names:
            LAYERS.put(name, LayerType(build, **facts))
        return build

    return enter


def elementwise(spec: LayerSpec, edge: NodeEdge, window: Window) -> Window | None:
    """The field rule of layers that work element by element."""
    return same_place(edge, window)


def build(spec: LayerSpec, weights: Weights, *, training: bool = False) -> Op:
    """The layer's Op. ``training``: with the behaviour of Caffe's TRAIN phase (dropout drops)."""
    row = LAYERS[spec.type]
    made = (row.training if training and row.training else row.build)(spec, weights)
    return made if isinstance(made, Op) else Op(made)


def kind_of(spec: LayerSpec) -> Kind:
    """OTHER for types that nobody knows."""
    row = LAYERS.get(spec.type)
    if row is None:
        return Kind.OTHER
    return row.kind if isinstance(row.kind, Kind) else row.kind(spec)


def kind_of_type(layer: Any) -> Kind:
    """``kind_of`` of a layer's message, where it does not depend on its parameters; else OTHER."""
    row = LAYERS.get(layer.type)
    return row.kind if row is not None and isinstance(row.kind, Kind) else Kind.OTHER


def field_of(spec: LayerSpec) -> Callable[[NodeEdge, Window], Window | None]:
    """The layer's rule for the receptive field."""
    row = LAYERS.get(spec.type)
    rule = row.field if row is not None else None
    return whole if rule is None else lambda edge, window: rule(spec, edge, window)


def weight_count(message: Any) -> int | None:
    """How many weight blobs a layer message has; None for types that are not known to hold any."""
    row = LAYERS.get(message.type)
    return row.weights.count(message) if row is not None and row.weights is not None else None


def weight_counts(message: Any) -> set[int]:
    """All counts of weight blobs that a file may give such a layer; empty for types that are not known to hold any."""
    row = LAYERS.get(message.type)
    return set() if row is None or row.weights is None else {row.weights.count(message), *row.weights.other_counts}


def check_arity(layer: Any, where: str) -> None:
    """Raise ModelError where a layer message of a known type has too few or too many bottoms or tops."""
    row = LAYERS.get(layer.type)
    if row is None:
        return
    bottoms, tops = len(layer.bottom), len(layer.top)
    wrong = ""
    for count, (fewest, most), word in ((bottoms, row.bottoms, "bottom"), (tops, row.tops, "top")):
        if not fewest <= count <= most:
            wanted = str(fewest) if fewest == most else f"{fewest} to {most}"
            wrong = f"has {count} {word}s, expected {f'{fewest} or more' if most == MANY else wanted}"
    if row.fewer_tops is not None and bottoms != tops + row.fewer_tops:
        expected = "one top fewer" if row.fewer_tops else "as many"
        wrong = f"has {bottoms} bottoms and {tops} tops, expected {expected}"
    if wrong:
        raise ModelError(f"{where}: layer {layer.name!r} ({layer.type}) {wrong}")


# --- what layers check about themselves --------------------------------------------------------


def title(spec: LayerSpec) -> str:
    """How errors name a layer."""
    return f"layer {spec.name!r} ({spec.type})"


def fault(spec: LayerSpec, found: str, expected: str) -> ModelError:
    """The error of a layer that cannot run: one sentence with layer, what was found, what was expected."""
    return ModelError(f"{title(spec)}: found {found}, expected {expected}")


def check_size(spec: LayerSpec, shape: Sequence[int], what: str = "a top") -> None:
    """Refuse a blob that Caffe could not hold either (its counts are 32-bit). Raises ModelError."""
    check_size_of(title(spec), shape, what)


def option(spec: LayerSpec, field: str) -> str:
    """The name of an enum field's value: option(spec, "pool") -> "MAX"."""
    message = spec.param
    return message.DESCRIPTOR.fields_by_name[field].enum_type.values_by_number[getattr(message, field)].name


def check_image(spec: LayerSpec, shape: Sequence[int]) -> None:
    """Raise ModelError for a bottom that has not the four axes of images."""
    if len(shape) != 4:
        raise fault(spec, f"a bottom of {len(shape)} dimensions", "4: number, channels, height, width")


def check_channels(spec: LayerSpec, shape: Sequence[int]) -> None:
    """Raise ModelError for a bottom without an axis of channels."""
    if len(shape) < 2:
        raise fault(spec, f"a bottom of {len(shape)} dimensions", "2 or more: number, channels, ...")


def canonical_axis(spec: LayerSpec, axis: int, dims: int, *, end: bool = False) -> int:
    """Caffe's axis, counted from the end where negative. ``end``: one past the last is allowed too."""
    high = dims if end else dims - 1
    if not -dims - int(end) <= axis <= high:
        raise fault(spec, f"axis {axis} on a bottom of {dims} dimensions", f"an axis from {-dims} to {high}")
    return axis if axis >= 0 else axis + dims + int(end)


def blob(spec: LayerSpec, weights: Weights, index: int, shape: Sequence[int] | None, what: str) -> Tensor:
    """The layer's ``index``-th weight blob in ``shape``. Raises ModelError where it is missing or has another shape."""
    wanted = "x".join(str(d) for d in shape) if shape is not None else "any shape"
    if index >= len(weights):
        raise fault(
            spec, f"{len(weights)} weight blobs", f"its {what}, blob {index}, of {wanted}: give the weights file"
        )
    w = weights[index]
    if shape is None:
        return w
    if not fits(w.shape, shape):
        raise fault(
            spec,
            f"{what} of {'x'.join(str(d) for d in w.shape)}",
            f"{wanted} from its bottom and parameters; take the weights of this network, or rename the layer in the "
            "prototxt, and --fill starts it afresh",
        )
    return w if tuple(w.shape) == tuple(shape) else w.reshape(tuple(shape))


def fits(found: Sequence[int], wanted: Sequence[int]) -> bool:
    """True if a weight blob of the shape ``found`` can serve as one of ``wanted``: the same values in the same order.

    As in Caffe axes of 1 may stand in front, as legacy files have them; beyond Caffe a vector may have axes of 1
    anywhere, and the rows of a matrix may be images.
    Source: Caffe's Blob::ShapeEquals.
    """
    found, wanted = tuple(found), tuple(wanted)
    if found == wanted:
        return True
    if prod(found) != prod(wanted):
        return False
    if len(wanted) < 2:
        return sum(d != 1 for d in found) < 2
    extra = len(found) - len(wanted)
    ones_in_front = found[:extra] == (1,) * extra and found[extra:] == wanted if extra > 0 else False
    return ones_in_front or (len(wanted) == 2 and found[:1] == wanted[:1])
