"""Silence: a sink for blobs that nobody uses."""

from __future__ import annotations

from deepvis.formats.caffe.layer import MANY, layer_type
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.kinds import Kind
from deepvis.network.op import Weights, without_gradient


@layer_type("Silence", kind=Kind.SINK, bottoms=(1, MANY), tops=(0, 0))
def silence(spec: LayerSpec, weights: Weights):
    """No top; its bottoms are taken and not printed as outputs. Shapes: any. Formula: none; gradient 0.

    Source: Caffe's silence_layer.cpp.
    """
    return without_gradient(lambda *bottoms: (), shapes=lambda *shapes: ())
