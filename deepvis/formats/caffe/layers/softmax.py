"""Softmax."""

from __future__ import annotations

from deepvis.formats.caffe.layer import canonical_axis, layer_type
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.field_axes import whole_along
from deepvis.network.field_rules import NodeEdge, Window
from deepvis.network.kinds import Kind
from deepvis.network.lazy import Tensor, torch
from deepvis.network.op import Op, Weights, softmax_back


def softmax_field(spec: LayerSpec, edge: NodeEdge, window: Window) -> Window | None:
    return whole_along((canonical_axis(spec, spec.param.axis, len(edge.below)),), edge, window)


def softmax_kind(spec: LayerSpec) -> Kind:
    """Along another axis than the channels it makes no classes of these: SSD's, over the scores of each box."""
    return Kind.SOFTMAX if spec.param.axis == 1 else Kind.ACTIVATION


@layer_type("Softmax", kind=softmax_kind, field=softmax_field)
def softmax(spec: LayerSpec, weights: Weights) -> Op:
    """y = exp(x - max) / sum of exp(x - max), along ``axis`` (1: the channels).

    Shapes: any -> the same. Gradient: y (g - sum of g y).
    Source: Caffe's softmax_layer.cpp.
    """

    def axis_of(x: Tensor) -> int:
        return canonical_axis(spec, spec.param.axis, x.dim())

    def back(ran, grads):
        return softmax_back(ran, grads, axis_of(ran.tops[0]))

    return Op(lambda x: torch.softmax(x, axis_of(x)), backward=back)
