"""An ONNX file as a graph: one node an operator that a picture decides."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import onnx
import torch

from deepvis.formats.map_views import with_map_views
from deepvis.formats.onnx.layout_calls import layout_call
from deepvis.formats.onnx.model_file import ModelFile
from deepvis.formats.onnx.names import Made, names_for
from deepvis.formats.onnx.node_parts import LeftOut, NodeParts
from deepvis.formats.onnx.nodes import operator_of, taken_names
from deepvis.formats.onnx.onnx_ops import field_of, kind_of
from deepvis.formats.onnx.onnx_rectifiers import with_plain_rectifiers
from deepvis.formats.onnx.order import in_order
from deepvis.formats.onnx.picture_input import PictureInput, inputs_of, picture_input_of
from deepvis.formats.onnx.pixels import Pixels, pixels_of, prepares_itself
from deepvis.formats.onnx.running import op_of
from deepvis.formats.onnx.tensors import DTYPES, read_tensor
from deepvis.formats.onnx.tracing import Trace, Tracer
from deepvis.formats.onnx.values import FACTORS, TogetherError, Value
from deepvis.network.graph import Graph, GraphBuilder
from deepvis.network.kinds import HANDED_ON, Kind
from deepvis.network.mixing import unmixed
from deepvis.network.model_error import ModelError
from deepvis.network.ref import Source
from deepvis.network.unavailable import Unavailable

MOST_NAMED = 5  # nodes of an operator that a note names


@dataclass(frozen=True, eq=False)
class FileGraph:
    """A file's graph, and what it says of pixels."""

    graph: Graph
    pixels: Pixels


def graph_of_file(file: ModelFile, source: Source) -> FileGraph:
    """Raises ModelError."""
    title = str(file.path)
    proto = file.model.graph
    nodes = in_order(title, proto)
    tensors = _initializers(file)
    kernels = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    picture = picture_input_of(title, proto, source, kernels)
    trace, reason = _traced(file, picture, nodes, tensors)
    if not trace.steps:
        raise ModelError(
            f"{title}: {_left_out(trace) or 'found nothing that a picture decides'}; nothing is left to show"
        )
    trace.steps = with_plain_rectifiers(trace.steps)
    metadata = {entry.key: entry.value for entry in file.model.metadata_props}
    prepares = prepares_itself(picture.name, proto)
    pixels = pixels_of(metadata, picture.shape[0], picture.dtype, prepares_itself=prepares)
    notes = [
        *_left_out_notes(trace),
        *picture.notes,
        *pixel_notes(pixels, prepares_itself=prepares),
        *_batch_notes(picture, reason),
        *_own_notes(trace),
    ]
    graph = _graph(file, picture, trace, None if reason is None else picture.batch, notes)
    if not picture.is_open and reason is None:
        graph = unmixed(graph, picture.name)
    calls = [layout_call(step, picture.batch) for step in trace.steps]
    names = {tensor.data_ptr(): name for name, tensor in tensors.items()}
    return FileGraph(with_map_views(graph, calls, names), pixels)


def _initializers(file: ModelFile) -> dict[str, torch.Tensor]:
    """Those that any node takes. Raises ModelError for two of one name."""
    wanted = taken_names(file.model.graph)
    found: dict[str, torch.Tensor] = {}
    for tensor in file.model.graph.initializer:
        if tensor.name in found:
            raise ModelError(f"{file.path}: found two initializers named {tensor.name!r}, expected each name once")
        if tensor.name in wanted:
            found[tensor.name] = read_tensor(file, tensor)
    if file.model.graph.sparse_initializer:
        named = file.model.graph.sparse_initializer[0].values.name
        raise ModelError(f"{file.path}: found the sparse initializer {named!r}, expected dense ones")
    return found


def _traced(
    file: ModelFile, picture: PictureInput, nodes: Sequence[onnx.NodeProto], tensors: Mapping[str, torch.Tensor]
) -> tuple[Trace, str | None]:
    """The trace for any number of pictures, or for the file's own alone and why. Raises ModelError."""
    try:
        return _trace(file, picture, nodes, tensors, [picture.batch * factor for factor in FACTORS]), None
    except TogetherError as error:
        reason = str(error)
    if picture.batch > 1:
        raise ModelError(
            f"{file.path}: found a batch of {picture.batch} that cannot be another ({reason}), expected one of 1 or an "
            "open one; export it so"
        )
    return _trace(file, picture, nodes, tensors, [picture.batch]), reason


def _trace(
    file: ModelFile, picture: PictureInput, nodes: Sequence[onnx.NodeProto], tensors: Mapping[str, torch.Tensor],
    trials: Sequence[int],
) -> Trace:  # fmt: skip
    constants = {
        name: Value(name, t.dtype, (tuple(t.shape),) * len(trials), (t,) * len(trials)) for name, t in tensors.items()
    }
    tracer = Tracer(file, trials, constants)
    others = [each for each in inputs_of(file.model.graph) if each.name != picture.name]
    before: list[onnx.NodeProto] = []
    raw = picture.name if picture.order == "NCHW" else f"\0{picture.name}"
    tracer.add_input(raw, torch.float32, [(n, *picture.shape) for n in trials])
    if picture.order != "NCHW":
        before += _laid_out(picture, raw)
    for each in others:
        is_float = each.dtype is torch.float32
        name = each.name if is_float else f"\0{each.name}"
        shape = tuple(d or 1 for d in each.dims or ())
        tracer.add_input(name, torch.float32, [shape] * len(trials))
        if not is_float:
            kind = next(number for number, dtype in DTYPES.items() if dtype is each.dtype)
            before.append(onnx.helper.make_node("Cast", [name], [each.name], f"{each.name}/type", to=kind))
    return tracer.run([*before, *nodes])


def _laid_out(picture: PictureInput, raw: str) -> list[onnx.NodeProto]:
    """From (N, C, H, W) to the axes that the file wants."""
    order = ["NCHW".index(axis) for axis in picture.order if axis != "N"]
    turned = f"{raw}/turned" if "N" not in picture.order else picture.name
    nodes = [onnx.helper.make_node("Transpose", [raw], [turned], f"{picture.name}/axes", perm=[0, *order])]
    if "N" not in picture.order:
        shape = onnx.helper.make_tensor(
            "",
            onnx.TensorProto.INT64,
            [3],
            [dict(zip("CHW", picture.shape, strict=True))[axis] for axis in picture.order],
        )
        nodes.append(onnx.helper.make_node("Constant", [], [f"{raw}/shape"], value=shape))
        nodes.append(onnx.helper.make_node("Reshape", [turned, f"{raw}/shape"], [picture.name], f"{picture.name}/one"))
    return nodes


# --- the graph ------------------------------------------------------------------------------------


def _graph(file: ModelFile, picture: PictureInput, trace: Trace, batch: int | None, notes: Sequence[str]) -> Graph:
    others = [each for each in inputs_of(file.model.graph) if each.name != picture.name]
    inputs = {
        picture.name: (1, *picture.shape),
        **{each.name: tuple(d or 1 for d in each.dims or ()) for each in others},
    }
    made = [Made(step.node, [top.name for top in step.tops], step.weight_names) for step in trace.steps]
    initializers = [tensor.name for tensor in file.model.graph.initializer]
    names = names_for(made, inputs, initializers)
    builder = GraphBuilder(str(file.path.name), inputs)
    value_names = dict(enumerate(inputs))
    for step, tops in zip(trace.steps, names, strict=True):
        places = builder.add(
            tops[0],
            kind_of(step.row, step.call.at(1)),
            [value.place for value in step.bottoms],
            tops,
            partial(op_of, step.row, replace(step.call, name=tops[0]), [v.dtype for v in step.bottoms], step.batch),
            weights=step.weights,
            field=field_of(step.row, step.call.at(1)),
            type=step.node.op_type,
            outputs=_channels(step),
            signature=replace(step.call, name=tops[0]).signature([value_names[value.place] for value in step.bottoms]),
        )
        value_names.update(zip(places, tops, strict=True))
    outputs = [trace.env.get(each.name) for each in file.model.graph.output]
    ends = [value_names[value.place] for value in outputs if isinstance(value, Value) and value.place >= 0]
    unavailable = _unavailable(trace, names, inputs, initializers)
    return builder.graph(notes=notes, outputs=ends, batch=batch, unavailable=unavailable)


def _unavailable(
    trace: Trace, names: Sequence[Sequence[str]], inputs: Collection[str], initializers: Sequence[str]
) -> dict[str, Unavailable]:
    """The first output of every node that is not run. names: of the others' outputs, in their order."""
    taken = {*inputs, *(name for tops in names for name in tops)}
    weight_names = set(initializers)
    weights = [[name for name in each.node.input if name in weight_names] for each in trace.left_out]
    made = [Made(each.node, each.node.output[:1], own) for each, own in zip(trace.left_out, weights, strict=True)]
    found: dict[str, Unavailable] = {}
    own = {each: tops[0] for each, tops in zip(trace.left_out, names_for(made, taken, initializers), strict=True)}
    place, before = -1, ""
    for each, name in own.items():
        if each.at != place:
            place, before = each.at, names[each.at - 1][-1] if each.at else ""
        is_minor = each.kind in HANDED_ON or (each.kind is Kind.OTHER and not each.why)
        found[name] = Unavailable(_why(each, own), each.node.op_type, each.kind, before, is_minor)
        before = name
    return found


def _why(left_out: LeftOut, names: Mapping[LeftOut, str]) -> str:
    """Why a node is not run, in a few words."""
    cause = left_out if left_out.why else left_out.cause
    if cause is None:
        return "needs an output that its node has not"
    operator = operator_of(cause.node)
    if cause is left_out:
        return f"its type {operator} is unknown" if cause.why == operator else f"nothing here runs it ({cause.why})"
    if cause.why == operator:
        return f"needs layer {names[cause]!r} of unknown type {operator}"
    return f"needs layer {names[cause]!r}, which nothing here runs ({cause.why})"


def _channels(step: NodeParts) -> int | None:
    """Of the first top, where it has channels."""
    shape = step.tops[0].shapes[0]
    return shape[1] if len(shape) > 1 and step.tops[0].axis != 1 else None


# --- notes ----------------------------------------------------------------------------------------


def _batch_notes(picture: PictureInput, reason: str | None) -> list[str]:
    if reason is not None:
        return [f"one picture goes through at a time: {reason}"]
    if picture.is_open:
        return []
    return [f"the file is written for a batch of {picture.batch}; no operator forbids others: any number goes through"]


def _own_notes(trace: Trace) -> list[str]:
    """Of the operators."""
    notes = [note for step in trace.steps if step.row.note is not None and (note := step.row.note(step.call.at(1)))]
    return list(dict.fromkeys(notes))


def _left_out_notes(trace: Trace) -> list[str]:
    left_out = _left_out(trace)
    return [f"{left_out}; all else is shown"] if left_out else []


def _left_out(trace: Trace) -> str:
    """Which operators are not there, and how many nodes depend on them; "" where all are."""
    if not trace.unknown:
        return ""
    named = []
    for operator, nodes in trace.unknown.items():
        shown = ", ".join(map(repr, nodes[:MOST_NAMED])) + (" ..." if len(nodes) > MOST_NAMED else "")
        named.append(f"{operator} ({len(nodes)}: {shown})")
    dependent = sum(not each.why for each in trace.left_out)
    depends = f", and the {dependent} that depend on them" if dependent else ""
    return f"left out are operators that nothing here runs: {'; '.join(named)}{depends}"


def pixel_notes(pixels: Pixels, *, prepares_itself: bool = False) -> list[str]:
    """What was taken for granted of the pixels."""
    usual = "no mean (it begins with arithmetic of its own)" if prepares_itself else "no mean"
    usual = usual if pixels.mean is None else f"ImageNet's mean {_listed(pixels.mean)} and std {_listed(pixels.std)}"
    usual_words = {"order": pixels.order, "scale": f"0 to {pixels.scale:g}", "mean": usual}
    missing = [word for name, word in usual_words.items() if name not in pixels.declared]
    if not missing:
        return []
    options = "--mean, --std, --input-scale, --channel-order"
    return [f"the file does not say how pixels reach it; unless said otherwise ({options}): {', '.join(missing)}"]


def _listed(numbers: Sequence[float] | None) -> str:
    return ", ".join(f"{number:g}" for number in numbers or ())
