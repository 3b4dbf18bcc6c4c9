"""Dropout: nothing at test time."""

from __future__ import annotations

from deepvis.formats.caffe.layer import elementwise, layer_type
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.kinds import Kind
from deepvis.network.lazy import F, Tensor
from deepvis.network.op import SAME, Op, Weights, same_back


def dropout_in_training(spec: LayerSpec, weights: Weights):
    """y = x * mask / (1 - dropout_ratio), mask 0 with probability dropout_ratio; x * mask with scale_train false.

    Shapes: any -> the same. Source: Caffe's dropout_layer.cpp.
    """
    ratio = spec.param.dropout_ratio

    def forward(x: Tensor) -> Tensor:
        y = F.dropout(x, ratio, training=True)
        return y if spec.param.scale_train else y * (1 - ratio)

    return forward


def dropout_kind(spec: LayerSpec) -> Kind:
    return Kind.IDENTITY if spec.param.scale_train else Kind.SCALE


@layer_type("Dropout", "SpatialDropout", kind=dropout_kind, field=elementwise, training=dropout_in_training)
def dropout(spec: LayerSpec, weights: Weights) -> Op:
    """y = x in the TEST phase; x (1 - dropout_ratio) with scale_train false.

    Shapes: any -> the same. Gradient: g, or g (1 - dropout_ratio).
    Caffe's surprises: the scaling by 1 / (1 - dropout_ratio) is done in training, so nothing is left for
    the test phase, backward included; in forks with scale_train false it is the test phase that scales.
    Source: Caffe's dropout_layer.cpp; scale_train: Faster R-CNN's fork (rbgirshick/caffe-fast-rcnn).
    """
    if spec.param.scale_train:
        return Op(lambda x: x, backward=same_back, shapes=SAME)
    kept = 1 - spec.param.dropout_ratio
    return Op(lambda x: kept * x, shapes=SAME)
