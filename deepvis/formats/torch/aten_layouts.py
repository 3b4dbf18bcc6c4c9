"""What aten's operators do with the places of numbers in the picture: the words of ``formats/layouts.py`` for them."""

from __future__ import annotations

from functools import partial

from torch import nn

from deepvis.formats.layouts import LayoutCall, OnPlaces
from deepvis.formats.map_views import with_map_views
from deepvis.formats.torch.aten_ops import ATEN_OPS, elementwise
from deepvis.formats.torch.call import AtenCall
from deepvis.network.graph import Graph, Node

_NAMES = {
    OnPlaces.RESHAPES: "view _unsafe_view reshape unsqueeze",
    OnPlaces.REORDERS: "permute transpose t roll flip index",
    OnPlaces.MOVES: "flatten unflatten squeeze expand repeat select slice narrow split split_with_sizes chunk unbind "
    "stack index_select movedim im2col pixel_unshuffle clone alias contiguous detach lift_fresh_copy native_dropout",
    OnPlaces.JOINS: "cat",
    OnPlaces.PADS: "pad constant_pad_nd",
    OnPlaces.MULTIPLIES: "matmul bmm",
    OnPlaces.MULTIPLIES_BY_WEIGHT: "linear",
    # where the operator has no row of its own that says so
    OnPlaces.WORKS_BY_ELEMENT: "add sub mul div pow sqrt rsqrt exp neg abs where maximum minimum gelu silu tanh "
    "sigmoid clamp erf softplus mish _to_copy hardswish",
    OnPlaces.MIXES: "softmax _softmax log_softmax _log_softmax layer_norm native_layer_norm rms_norm "
    "_native_batch_norm_legit_no_training",
}
EFFECTS = {name: effect for effect, names in _NAMES.items() for name in names.split(" ")}


def with_module_views(graph: Graph, module: nn.Module) -> Graph:
    """The graph of an exported module with all that it takes to look at it (``with_map_views``)."""
    parameters = {tensor.data_ptr(): name for name, tensor in module.named_parameters(remove_duplicate=False)}
    return with_map_views(graph, [layout_call(node) for node in graph.nodes], parameters)


def layout_call(node: Node) -> LayoutCall | None:
    """Of a node of an exported program; None for other nodes."""
    arguments = node.make.args if isinstance(node.make, partial) else ()
    call = next((each for each in arguments if isinstance(each, AtenCall)), None)
    if call is None:
        return None
    effect, row = EFFECTS.get(call.op, OnPlaces.OTHER), ATEN_OPS.get(call.op)
    if effect is OnPlaces.OTHER and row is not None and row.field is elementwise:
        effect = OnPlaces.WORKS_BY_ELEMENT
    axes = _mixed_axes(call) if effect is OnPlaces.MIXES else ()
    return LayoutCall(effect, call.top_dims, call.bottom_dims, call.forward, axes, call.has_carrier)


def _mixed_axes(call: AtenCall) -> tuple[int, ...]:
    count = len(call.bottom_dims[0])
    if "dim" in call.arguments:
        return (call["dim"] % count,)
    return tuple(range(count - len(call.arguments.get("normalized_shape", ())), count))
