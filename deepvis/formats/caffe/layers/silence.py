"""Silence: a sink for blobs that nobody uses."""

from __future__ import annotations

from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.op import LAYERS, Weights, without_gradient


@LAYERS.add("Silence")
def silence(spec: LayerSpec, weights: Weights):
    """No top; its bottoms are taken and not printed as outputs. Shapes: any. Formula: none; gradient 0.

    Source: Caffe's silence_layer.cpp.
    """
    return without_gradient(lambda *bottoms: (), shapes=lambda *shapes: ())
