"""A Caffe network as a graph."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from deepvis.core.nearest import nearest
from deepvis.formats.caffe import schema
from deepvis.formats.caffe.filling import fill_net
from deepvis.formats.caffe.layer import LAYERS, build, field_of, kind_of
from deepvis.formats.caffe.spec import LayerSpec, NetworkSpec
from deepvis.formats.caffe.unknown import UnsupportedLayers, is_unknown
from deepvis.network.graph import Graph, GraphBuilder
from deepvis.network.model_error import ModelError

if TYPE_CHECKING:
    from deepvis.network.net import GraphNet

_WITHOUT_EFFECT = ("engine", "FillerParameter")  # on the numbers: a field's name, and the type of others


@dataclass(eq=False)
class _OfSpec:
    """The graph of one specification. lock: held while it is made; other specifications do not wait for it."""

    lock: Lock = field(default_factory=Lock)
    graph: Graph | None = None


_graphs: WeakKeyDictionary[NetworkSpec, _OfSpec] = WeakKeyDictionary()
_graphs_lock = Lock()  # of the table


def graph_of(spec: NetworkSpec) -> Graph:
    """The network as a graph, made once and kept as long as the specification lives.

    Every version of a blob that layers in place make is a value of its own, of the blob's name. Node i is layer i.
    Weights that no file gave are filled where the specification asks for that. A specification with layers that
    nothing here can run gives a graph with a ``refusal``. Raises ModelError where a layer takes a blob that nothing
    has made before it.
    """
    with _graphs_lock:
        own = _graphs.setdefault(spec, _OfSpec())
    with own.lock:
        if own.graph is None:
            own.graph = _graph_of(spec)
        return own.graph


def caffe_net(spec: NetworkSpec, device: Any = "cpu") -> GraphNet:
    """The network ready to run on a device. Raises ModelError."""
    from deepvis.network.net import GraphNet

    return GraphNet(graph_of(spec), device)


def _graph_of(spec: NetworkSpec) -> Graph:
    unknown = [layer for layer in spec.layers if is_unknown(layer)]
    refusal = UnsupportedLayers(unknown) if unknown else None
    filled = fill_net(spec) if spec.fill and refusal is None else spec
    builder = GraphBuilder(spec.name, spec.inputs)
    for layer, given in zip(filled.layers, spec.layers, strict=True):
        if layer.type == "Input":
            continue
        bottoms = [_value(builder, layer, name, spec) for name in layer.bottoms]
        row = LAYERS.get(layer.type)
        builder.add(
            layer.name,
            kind_of(layer),
            bottoms,
            layer.tops,
            partial(build, layer),
            weights=layer.blobs,
            field=field_of(layer),
            type=layer.type,
            outputs=row.outputs(layer) if row is not None and row.outputs is not None else None,
            signature=_signature(layer),
            has_own_weights=bool(given.blobs) or not layer.blobs,
        )
    return builder.graph(notes=spec.notes, refusal=refusal, unavailable=spec.unavailable, batch=spec.batch)


def _value(builder: GraphBuilder, layer: LayerSpec, name: str, spec: NetworkSpec) -> int:
    value = builder.last(name)
    if value is None:
        blobs = {*spec.inputs, *(top for each in spec.layers for top in each.tops)}
        hint = nearest(name, blobs, f"there are: {', '.join(blobs)}")
        raise ModelError(
            f"layer {layer.name!r} ({layer.type}): found no blob named {name!r}, expected one that was made before; "
            f"{hint}"
        )
    return value


def _signature(layer: LayerSpec) -> bytes:
    """Name, type, blobs, and the parameters of its type; not those that say how weights begin, or on what they run."""
    named = repr((layer.name, layer.type, layer.bottoms, layer.tops)).encode()
    if layer.type not in schema.PARAM_FIELD:
        return named
    kept = type(layer.param)()
    kept.CopyFrom(layer.param)
    for each, _ in layer.param.ListFields():
        kind = each.message_type.name if each.message_type is not None else ""
        if each.name in _WITHOUT_EFFECT or kind in _WITHOUT_EFFECT:
            kept.ClearField(each.name)
    return named + kept.SerializeToString(deterministic=True)
