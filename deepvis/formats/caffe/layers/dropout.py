"""Dropout: nothing at test time."""

from __future__ import annotations

from deepvis.formats.caffe.layer import elementwise, layer_type
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.kinds import Kind
from deepvis.network.lazy import F, Tensor
from deepvis.network.op import SAME, Op, Weights


def dropout_in_training(spec: LayerSpec, weights: Weights):
    """y = x * mask / (1 - dropout_ratio), mask 0 with probability dropout_ratio.

    Shapes: any -> the same. Source: Caffe's dropout_layer.cpp.
    """
    ratio = spec.param.dropout_ratio

    def forward(x: Tensor) -> Tensor:
        return F.dropout(x, ratio, training=True)

    return forward


@layer_type("Dropout", kind=Kind.IDENTITY, field=elementwise, training=dropout_in_training)
def dropout(spec: LayerSpec, weights: Weights) -> Op:
    """y = x in the TEST phase.

    Shapes: any -> the same. Gradient: g.
    Caffe's surprises: the scaling by 1 / (1 - dropout_ratio) is done in training, so nothing is left for
    the test phase, backward included.
    Source: Caffe's dropout_layer.cpp.
    """
    return Op(lambda x: x, backward=lambda ran, grads: grads, shapes=SAME)
