"""An operator that a picture decides as a step that is left to run: its weights, and shapes for each trial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import onnx
import torch
from torch import Tensor

from deepvis.formats.onnx.call import LeftOutError, OnnxCall
from deepvis.formats.onnx.nodes import alike, title_of, weight_input
from deepvis.formats.onnx.onnx_ops import OnnxOp
from deepvis.formats.onnx.running import chosen
from deepvis.formats.onnx.values import TogetherError, Value, argument_of, batch_axis, constant_value, weight_of
from deepvis.formats.open_arguments import BatchAt, Bottom
from deepvis.network.kinds import Kind
from deepvis.network.op import Weights, as_tuple, check_size


@dataclass(frozen=True, eq=False)
class NodeParts:
    """One operator that runs: all that a node of the graph is made of, but for its name."""

    node: onnx.NodeProto
    row: OnnxOp
    call: OnnxCall
    bottoms: tuple[Value, ...]
    weights: tuple[Tensor, ...]
    tops: tuple[Value, ...]
    batch: BatchAt | None
    weight_names: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class LeftOut:
    """A node that is not run."""

    node: onnx.NodeProto
    at: int  # how many steps stand before it
    kind: Kind  # of its row, OTHER without one
    cause: LeftOut | None = None  # the node left out whose value it needs; None: this node itself cannot run
    why: str = ""  # then: its operator, and what hinders beside that it is unknown


@dataclass(eq=False)
class Missing:
    """A value that is not made here. cause: the node that nothing here runs; None: an output that its node has not."""

    cause: LeftOut | None


def step_of(
    node: onnx.NodeProto, row: OnnxOp, call: OnnxCall, by_trial: Sequence[Mapping[str, Tensor]],
    data: Sequence[Value | None], *, trials: Sequence[int], place: int,
) -> tuple[NodeParts | None, list[Value | Missing]]:  # fmt: skip
    """The step, None where all that it makes are constants; and what each of the node's outputs is.

    by_trial: the arguments for each number of pictures. data: the other inputs. place: of its first top in the graph.
    Raises ModelError; TogetherError where several trials do not go together.
    """
    title = title_of(node)
    bottoms = tuple(v for v in data if v is not None and v.constants is None)
    inputs, weights = _inputs(title, data, trials)
    call = replace(call, inputs=inputs)
    fixed = [replace(call, arguments=arguments) for arguments in by_trial]
    _check_mixing(title, row, fixed[0], data)
    metas = [torch.empty(tuple(w.shape), dtype=w.dtype, device="meta") for w in weights]
    made = [_made_without_data(row, each, metas, bottoms, t) for t, each in enumerate(fixed)]
    arguments = {name: argument_of(title, [each[name] for each in by_trial], trials) for name in by_trial[0]}
    call = replace(call, arguments=arguments)
    batch = _batch_at(title, bottoms, trials) if call.depends_on_batch else None
    tops: list[Value] = []
    found: dict[str, Value] = {}
    names = [name for name, is_taken in zip(node.output, call.outputs, strict=True) if is_taken]
    is_all_constant = all(top.device.type != "meta" for top in made[0])
    for i, name in enumerate(names):
        of_trials = [each[i] for each in made]
        if is_all_constant:
            found[name] = constant_value(name, alike(of_trials))
            continue
        found[name] = _top(title, name, of_trials, bottoms, trials, place + len(tops))
        tops.append(found[name])
    results = [found.get(name) or Missing(None) for name in node.output]
    if not tops:
        return None, results
    names_of_weights = tuple(v.name for v in data if v is not None and v.constants is not None)
    return NodeParts(node, row, call, bottoms, weights, tuple(tops), batch, names_of_weights), results


def _inputs(
    title: str, data: Sequence[Value | None], trials: Sequence[int]
) -> tuple[tuple[Any, ...], tuple[Tensor, ...]]:
    """The call's inputs, and its weights."""
    inputs: list[Any] = []
    weights: list[Tensor] = []
    places = 0
    for value in data:
        if value is None:
            inputs.append(None)
        elif value.constants is None:
            inputs.append(Bottom(places))
            places += 1
        else:
            tensor = weight_of(title, value.constants, trials)
            inputs.append(weight_input(len(weights), tensor))
            weights.append(tensor)
    return tuple(inputs), tuple(weights)


def _top(
    title: str, name: str, made: Sequence[Tensor], bottoms: Sequence[Value], trials: Sequence[int], place: int
) -> Value:
    """made: one a trial, without data."""
    shapes = tuple(tuple(top.shape) for top in made)
    check_size(title, shapes[0])
    axis = batch_axis(title, shapes, trials)
    if axis is None and any(v.axis is not None for v in bottoms):
        raise TogetherError(f"{title} joins what belongs to several pictures")
    return Value(name, made[0].dtype, shapes, place=place, axis=axis)


def _made_without_data(
    row: OnnxOp, call: OnnxCall, weights: Weights, bottoms: Sequence[Value], trial: int
) -> tuple[Tensor, ...]:
    try:
        op = chosen(row.build(call, weights), call)
        if op.shapes is not None and all(v.dtype is torch.float32 for v in bottoms):
            shapes = op.shapes(*[v.shapes[trial] for v in bottoms])
            return tuple(torch.empty(tuple(shape), device="meta") for shape in shapes)
        empty = [torch.empty(v.shapes[trial], dtype=v.dtype, device="meta") for v in bottoms]
        return as_tuple(op.forward(*empty))
    except LeftOutError:
        raise
    except NotImplementedError as error:  # of torch: without data there is no shape
        raise LeftOutError(f"{str(error).splitlines()[0][:200]}") from None
    except Exception as error:
        if trial:
            raise TogetherError(f"{call.title} takes one number of pictures alone") from error
        raise


def _check_mixing(title: str, row: OnnxOp, call: OnnxCall, data: Sequence[Value | None]) -> None:
    """Raise TogetherError where places along the axis of the pictures see each other."""
    for place, value in enumerate(data):
        if value is None or value.axis is None or value.constants is not None:
            continue
        if value.axis in set(row.mixes(call, place, value.shapes[0])):
            raise TogetherError(f"{title} works along the axis of the pictures")


def _batch_at(title: str, bottoms: Sequence[Value], trials: Sequence[int]) -> BatchAt:
    for place, value in enumerate(bottoms):
        if value.axis is not None:
            return BatchAt(place, value.axis, value.shapes[0][value.axis] // trials[0])
    raise TogetherError(f"{title} depends on their number alone")
