"""Reorg: YOLO v2's way of giving maps fewer places and more channels."""

from __future__ import annotations

from collections.abc import Sequence

from deepvis.formats.caffe.layer import fault, layer_type
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.lazy import Tensor
from deepvis.network.op import Op, Weights


@layer_type("Reorg", "ReorgYolo")
def reorg(spec: LayerSpec, weights: Weights) -> Op:
    """y = x with s x s as many channels and 1 / s of height and width; the other way round with ``reverse``.

    Shapes: (N, C, H, W) -> (N, C s^2, H / s, W / s); reverse: (N, C, H, W) -> (N, C / s^2, H s, W s).
    The values of an item, in order, are taken as maps of C / s^2 channels, height H s and width W s. Channel c, row h,
    column w of C x H x W is then channel c % (C / s^2), row h s + o // s, column w s + o % s, with o = c // (C / s^2);
    the result, in order, is what the top holds. Gradient: g put back.
    Caffe's surprises: this is not the plain space-to-depth that it is named for, as darknet's own is not; so C must
    be a multiple of s^2 in both directions.
    Source: darknet's reorg_cpu (pjreddie/darknet, blas.c) and its ports to Caffe, reorg_layer.cpp.
    """
    s = spec.param.stride

    def shapes(shape: Sequence[int]):
        is_whole = len(shape) == 4 and s > 0 and shape[1] % s**2 == 0
        if not is_whole or (not spec.param.reverse and (shape[2] % s or shape[3] % s)):
            expected = "4 axes, channels of a multiple of its square, sides too"
            raise fault(spec, f"stride {s} on a bottom of {list(shape)}", expected)
        n, c, h, w = shape
        return ((n, c // s**2, h * s, w * s) if spec.param.reverse else (n, c * s**2, h // s, w // s),)

    def forward(x: Tensor) -> Tensor:
        n, c, h, w = x.shape
        (top,) = shapes(x.shape)
        if spec.param.reverse:
            parts = x.reshape(n, s, s, c // s**2, h, w)  # of the channel: row offset, column offset, channel
            return parts.permute(0, 3, 4, 1, 5, 2).reshape(top)
        parts = x.reshape(n, c // s**2, h, s, w, s)
        return parts.permute(0, 3, 5, 1, 2, 4).reshape(top)

    return Op(forward, shapes=shapes)
