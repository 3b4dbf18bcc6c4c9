"""Functions of one value: Sigmoid, TanH, AbsVal, BNLL, Swish, Threshold, Clip, Mish, SeLU."""

from __future__ import annotations

from deepvis.formats.caffe.layer import elementwise, fault, layer_type
from deepvis.formats.caffe.spec import LayerSpec
from deepvis.network.kinds import Kind
from deepvis.network.lazy import F, torch
from deepvis.network.op import SAME, Op, Weights, by_slope, without_gradient


@layer_type("Sigmoid", kind=Kind.SIGMOID, field=elementwise)
def sigmoid(spec: LayerSpec, weights: Weights) -> Op:
    """y = 1 / (1 + exp(-x)), element by element.

    Shapes: any -> the same. Gradient: g y (1 - y).
    Source: Caffe's sigmoid_layer.cpp (which computes 0.5 tanh(0.5 x) + 0.5).
    """
    return Op(
        torch.sigmoid,
        backward=lambda ran, grads: [torch.ops.aten.sigmoid_backward(grads[0], ran.tops[0])],
        shapes=SAME,
    )


@layer_type("TanH", kind=Kind.ACTIVATION, field=elementwise)
def tanh(spec: LayerSpec, weights: Weights) -> Op:
    """y = tanh(x), element by element.

    Shapes: any -> the same. Gradient: g (1 - y^2).
    Source: Caffe's tanh_layer.cpp.
    """
    return Op(
        torch.tanh,
        backward=lambda ran, grads: [torch.ops.aten.tanh_backward(grads[0], ran.tops[0])],
        shapes=SAME,
    )


@layer_type("AbsVal", kind=Kind.ACTIVATION, field=elementwise)
def absval(spec: LayerSpec, weights: Weights) -> Op:
    """y = |x|, element by element.

    Shapes: any -> the same. Gradient: g sign(x), 0 at 0.
    Caffe's surprises: in place its backward pass writes over g; here it does not.
    Source: Caffe's absval_layer.cpp.
    """
    return Op(torch.abs, backward=by_slope(lambda x, y: x.sign()), shapes=SAME)


@layer_type("BNLL", kind=Kind.ACTIVATION, field=elementwise)
def bnll(spec: LayerSpec, weights: Weights) -> Op:
    """y = log(1 + exp(x)), element by element, written so that it never overflows.

    Shapes: any -> the same. Gradient: g / (1 + exp(-x)).
    Source: Caffe's bnll_layer.cpp.
    """
    return Op(
        lambda x: x.clamp(min=0) + torch.log1p(torch.exp(-x.abs())),
        backward=by_slope(lambda x, y: torch.sigmoid(x)),
        shapes=SAME,
    )


@layer_type("Swish", kind=Kind.ACTIVATION, field=elementwise)
def swish(spec: LayerSpec, weights: Weights) -> Op:
    """y = x / (1 + exp(-beta x)), element by element.

    Shapes: any -> the same. Gradient: g (beta y + s (1 - beta y)) with s the sigmoid of beta x.
    Source: Caffe's swish_layer.cpp; default beta 1.
    """
    beta = spec.param.beta
    back = by_slope(lambda x, y: beta * y + torch.sigmoid(beta * x) * (1 - beta * y))
    return Op(lambda x: x * torch.sigmoid(beta * x), backward=back, shapes=SAME)


@layer_type("Threshold", kind=Kind.ACTIVATION, field=elementwise)
def threshold(spec: LayerSpec, weights: Weights) -> Op:
    """y = 1 where x > threshold, else 0, element by element.

    Shapes: any -> the same.
    Caffe's surprises: it has no backward pass and stops the program where one is asked for; here no gradient passes.
    Source: Caffe's threshold_layer.cpp; default threshold 0.
    """
    level = spec.param.threshold
    return without_gradient(lambda x: (x > level).to(x.dtype), shapes=SAME)


@layer_type("Clip", kind=Kind.ACTIVATION, field=elementwise)
def clip(spec: LayerSpec, weights: Weights) -> Op:
    """y = min(max(x, min), max), element by element.

    Shapes: any -> the same. Gradient: g where min <= x <= max, both ends included, else 0.
    Caffe's surprises: both limits must be given; in place its backward pass looks at the clipped values, so
    that everything passes; here at the values before.
    Source: Caffe's clip_layer.cpp.
    """
    low, high = spec.param.min, spec.param.max
    for field in ("min", "max"):
        if not spec.param.HasField(field):
            raise fault(spec, f"no {field}", "clip_param with min and max")
    if low > high:
        raise fault(spec, f"min {low:g} above max {high:g}", "min at most max")
    return Op(lambda x: x.clamp(low, high), backward=by_slope(lambda x, y: (x >= low) & (x <= high)), shapes=SAME)


@layer_type("Mish", kind=Kind.ACTIVATION, field=elementwise)
def mish(spec: LayerSpec, weights: Weights) -> Op:
    """y = x tanh(log(1 + exp(x))), element by element.

    Shapes: any -> the same. Gradient: g (t + x s (1 - t^2)) with t the tanh and s the sigmoid of x.
    Source: Misra 2019; the YOLO v4 forks of Caffe, mish_layer.cpp.
    """

    return Op(
        F.mish,
        backward=lambda ran, grads: [torch.ops.aten.mish_backward(grads[0], ran.bottoms[0])],
        shapes=SAME,
    )


@layer_type("SeLu", "SeLU", "SELU", kind=Kind.ACTIVATION, field=elementwise)
def selu(spec: LayerSpec, weights: Weights) -> Op:
    """y = l x where x > 0, l a (exp(x) - 1) elsewhere, with l = 1.0507... and a = 1.6733...

    Shapes: any -> the same. Gradient: l g where x > 0, g (y + l a) elsewhere.
    Source: Klambauer et al. 2017; its forks of Caffe, selu_layer.cpp.
    """
    return Op(F.selu, shapes=SAME)
